// The address range of a SAS (`sip`): one address, or two with a hyphen between them, both included.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace freehold::gate {

// In sixteen bytes, IPv4 as IPv4-mapped IPv6, so that a peer on a dual-stack socket is the same peer.
using IpAddress = std::array<std::uint8_t, 16>;
struct IpRange {
  IpAddress first;
  IpAddress last;
};

[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);
// nullopt if it is none, if it mixes families, or if it is empty because `last` comes before `first`.
[[nodiscard]] std::optional<IpRange> parse_ip_range(std::string_view text);
// False for an address that can't be read (the admin socket has none).
[[nodiscard]] bool contains(const IpRange& range, std::string_view address);

}  // namespace freehold::gate
