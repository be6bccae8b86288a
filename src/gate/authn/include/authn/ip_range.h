// Ranges of addresses: of a SAS (`sip`: one address, or two with a hyphen between them, both included), and of the
// networks that an account admits ("10.1.0.0/16").
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
  friend bool operator==(const IpRange&, const IpRange&) = default;
};

[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);
// nullopt if it is none, if it mixes families, or if it is empty because `last` comes before `first`.
[[nodiscard]] std::optional<IpRange> parse_ip_range(std::string_view text);
// One address, or a network in CIDR notation whose address has no bits beside the prefix. nullopt if it is neither.
[[nodiscard]] std::optional<IpRange> parse_ip_network(std::string_view text);
// Of either family?
[[nodiscard]] bool is_ipv4(const IpRange& range);
[[nodiscard]] bool contains(const IpRange& range, const IpAddress& address);
// False for an address that can't be read (the admin socket has none).
[[nodiscard]] bool contains(const IpRange& range, std::string_view address);

}  // namespace freehold::gate
