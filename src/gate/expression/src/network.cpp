#include "expression/network.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>

#include "src/function.h"

namespace freehold::gate::expression {
namespace {

struct Address {
  bool six = false;
  Address128 value = 0;
};

std::optional<Address> parse_address(std::string_view text) {
  constexpr std::size_t kLongest = 45;
  if (text.size() > kLongest) return std::nullopt;
  const std::string copy(text);
  Address out{.six = copy.find(':') != std::string::npos};
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(out.six ? AF_INET6 : AF_INET, copy.c_str(), bytes.data()) != 1) return std::nullopt;
  for (std::size_t i = 0; i < (out.six ? 16U : 4U); ++i) out.value = out.value << 8 | bytes[i];
  return out;
}

int bits_of(bool six) { return six ? 128 : 32; }

// 2^count - 1
Address128 low_bits(int count) { return count == 128 ? ~Address128{0} : (Address128{1} << count) - 1; }

AddressRange range_of(bool six, Address128 address, int prefix) {
  const auto host = low_bits(bits_of(six) - prefix);
  return {six, address & ~host, address | host};
}

Result<Network> network_argument(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  const auto network = parse_network(text);
  if (!network) return call.wrong(fmt::format("'{}' is no network in CIDR notation", text.substr(0, 64)));
  return *network;
}

Result<Json> parse_cidr(const Call& call) {
  FH_TRY(const Network network, network_argument(call));
  const auto& [six, first, last] = network.range;
  const auto edge = !six && network.prefix < 31 ? Address128{1} : Address128{0};
  const auto mask = low_bits(bits_of(six)) & ~low_bits(bits_of(six) - network.prefix);
  Json out = {{"network", address_text(six, first)}, {"netmask", address_text(six, mask)}};
  if (!six) out["broadcast"] = address_text(six, last);
  out["firstUsable"] = address_text(six, first + edge);
  out["lastUsable"] = address_text(six, last - edge);
  out["cidr"] = network.prefix;
  return out;
}

Result<Json> cidr_subnet(const Call& call) {
  FH_TRY(const Network network, network_argument(call));
  FH_TRY(const auto prefix, call.integer(1));
  FH_TRY(const auto index, call.integer(2));
  const auto bits = bits_of(network.range.six);
  if (prefix < network.prefix || prefix > bits) return call.wrong("the new prefix must be longer than the network's");
  const auto more = static_cast<int>(prefix) - network.prefix;
  if (index < 0 || (more < 63 && index >> more != 0)) return call.wrong("the network has no subnet of that index");
  const auto width = bits - static_cast<int>(prefix);
  const auto offset = width == 128 ? Address128{0} : static_cast<Address128>(index) << width;
  return address_text(network.range.six, network.range.first + offset) + "/" + std::to_string(prefix);
}

Result<Json> cidr_host(const Call& call) {
  FH_TRY(const Network network, network_argument(call));
  FH_TRY(const auto index, call.integer(1));
  const auto& [six, first, last] = network.range;
  const bool whole = network.prefix >= bits_of(six) - 1;  // without a network's and a broadcast address
  const auto begin = whole ? first : first + 1;
  const auto end = whole || six ? last : last - 1;
  if (index < 0 || static_cast<Address128>(index) > end - begin) return call.wrong("the network has no such host");
  return address_text(six, begin + static_cast<Address128>(index));
}

constexpr FunctionRow kRows[] = {
    {{"parsecidr", 1, 1}, parse_cidr},
    {{"cidrsubnet", 3, 3}, cidr_subnet},
    {{"cidrhost", 2, 2}, cidr_host},
};

}  // namespace

std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_address(text.substr(0, slash));
  const auto digits = text.substr(slash + 1);
  int prefix = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (!address || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (prefix < 0 || prefix > bits_of(address->six)) return std::nullopt;
  return Network{range_of(address->six, address->value, prefix), prefix};
}

std::optional<AddressRange> parse_address_range(std::string_view text) {
  if (text.find('/') != std::string_view::npos) {
    const auto network = parse_network(text);
    return network ? std::optional(network->range) : std::nullopt;
  }
  const auto dash = text.find('-');
  const auto first = parse_address(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_address(text.substr(dash + 1));
  if (!first || !last || first->six != last->six || last->value < first->value) return std::nullopt;
  return AddressRange{first->six, first->value, last->value};
}

std::string address_text(bool six, Address128 address) {
  std::array<unsigned char, 16> bytes{};
  const std::size_t size = six ? 16 : 4;
  for (std::size_t i = 0; i < size; ++i) bytes[size - 1 - i] = static_cast<unsigned char>(address >> (8 * i));
  std::array<char, INET6_ADDRSTRLEN> out{};
  inet_ntop(six ? AF_INET6 : AF_INET, bytes.data(), out.data(), out.size());
  return out.data();
}

std::span<const FunctionRow> network_functions() { return kRows; }

}  // namespace freehold::gate::expression
