// Ranges of IP addresses, for the CIDR functions of templates and ipRangeContains() of policies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freehold::gate::expression {

__extension__ using Address128 = unsigned __int128;

struct AddressRange {
  bool six = false;  // IPv6; else IPv4, in the low 32 bits
  Address128 first = 0;
  Address128 last = 0;
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

// "10.0.0.0", "10.0.0.0/24" or "10.0.0.1-10.0.0.9", IPv6 likewise. A network is the range of its prefix whatever host
// bits are set. nullopt for anything else, an empty range, or two families.
[[nodiscard]] std::optional<AddressRange> parse_address_range(std::string_view text);

struct Network {
  AddressRange range;
  int prefix = 0;
};
[[nodiscard]] std::optional<Network> parse_network(std::string_view text);
[[nodiscard]] std::string address_text(bool six, Address128 address);

}  // namespace freehold::gate::expression
