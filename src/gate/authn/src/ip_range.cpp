#include "ip_range.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

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

bool contains(const IpRange& range, std::string_view address) {
  auto a = parse_ip(address);
  return a && range.first <= *a && *a <= range.last;
}

}  // namespace freehold::gate
