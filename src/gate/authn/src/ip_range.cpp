#include "authn/ip_range.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

#include "base/encoding.h"

namespace freehold::gate {
namespace {

constexpr IpAddress kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};

bool is_v4(const IpAddress& a) { return std::equal(a.begin(), a.begin() + 12, kMappedPrefix.begin()); }

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (text.size() > INET6_ADDRSTRLEN) return std::nullopt;
  std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address = kMappedPrefix;
  if (inet_pton(AF_INET, copy.c_str(), address.data() + 12) == 1) return address;
  if (inet_pton(AF_INET6, copy.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

std::optional<IpRange> parse_ip_range(std::string_view text) {
  auto hyphen = text.find('-');
  auto first = parse_ip(text.substr(0, hyphen));
  auto last = hyphen == std::string_view::npos ? first : parse_ip(text.substr(hyphen + 1));
  if (!first || !last || *last < *first || is_v4(*first) != is_v4(*last)) return std::nullopt;
  return IpRange{*first, *last};
}

std::optional<IpRange> parse_ip_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return IpRange{*address, *address};
  const auto length = text.substr(slash + 1);
  const auto bits = parse_u64(length);
  const std::uint64_t offset = is_v4(*address) ? 96 : 0;
  if (!bits || length.size() > 3 || *bits > 128 - offset) return std::nullopt;
  IpRange range{*address, *address};
  for (std::size_t bit = offset + *bits; bit < 128; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80u >> (bit % 8));
    if ((range.first[bit / 8] & mask) != 0) return std::nullopt;
    range.last[bit / 8] |= mask;
  }
  return range;
}

bool is_ipv4(const IpRange& range) { return is_v4(range.first); }

bool contains(const IpRange& range, const IpAddress& address) {
  return range.first <= address && address <= range.last;
}

bool contains(const IpRange& range, std::string_view address) {
  const auto a = parse_ip(address);
  return a && contains(range, *a);
}

}  // namespace freehold::gate
