#include "blob/allowed_sources.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "base/encoding.h"

namespace freehold::blob {
namespace {

constexpr std::uint16_t kHttps = 443;

// Ranges of IPv4 that nobody on the internet at large has.
constexpr std::string_view kSpecialV4[] = {
    "0.0.0.0/8",       "10.0.0.0/8",    "100.64.0.0/10",   "127.0.0.0/8",     "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24",    "192.0.2.0/24",  "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
    "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",  "224.0.0.0/4",    "240.0.0.0/4"};
// Of IPv6 only global unicast is public, and of that not these.
constexpr std::string_view kGlobalV6 = "2000::/3";
constexpr std::string_view kSpecialV6[] = {"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"};

std::optional<AddressRange> parse_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(text), error);
  if (error || text.contains('%')) return std::nullopt;
  AddressRange range;
  range.v6 = address.is_v6();
  if (range.v6) {
    range.bytes = address.to_v6().to_bytes();
    range.prefix_bits = 128;
  } else {
    const auto bytes = address.to_v4().to_bytes();
    std::copy(bytes.begin(), bytes.end(), range.bytes.begin());
    range.prefix_bits = 32;
  }
  return range;
}

std::optional<AddressRange> parse_range(std::string_view text) {
  const auto slash = text.find('/');
  auto range = parse_address(text.substr(0, slash));
  if (!range || slash == std::string_view::npos) return range;
  const auto bits = parse_u64(text.substr(slash + 1));
  if (!bits || *bits > range->prefix_bits) return std::nullopt;
  range->prefix_bits = static_cast<unsigned>(*bits);
  return range;
}

bool holds(const AddressRange& range, const AddressRange& address) {
  if (range.v6 != address.v6) return false;
  for (unsigned bit = 0; bit < range.prefix_bits; ++bit) {
    const auto mask = 0x80u >> (bit % 8);
    if ((range.bytes[bit / 8] & mask) != (address.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

bool in_any(std::span<const std::string_view> ranges, const AddressRange& address) {
  return std::ranges::any_of(ranges, [&](std::string_view text) { return holds(*parse_range(text), address); });
}

bool is_host(std::string_view name) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  return !name.empty() && name.size() <= 253 && name.front() != '.' && name.back() != '.' && !name.contains("..") &&
         std::ranges::all_of(name, good);
}

std::unexpected<Error> wrong(std::string_view entry, std::string_view why) {
  return fail(ErrorCode::kInvalidArgument, "'" + std::string(entry) + "' " + std::string(why));
}

// Cuts ":port" off the end; an IPv6 address has to stand in brackets for that.
Result<std::optional<std::uint16_t>> take_port(std::string_view entry, std::string_view& text) {
  const auto colon = text.rfind(':');
  const bool bare_v6 = !text.starts_with('[') && std::ranges::count(text, ':') > 1;
  if (colon == std::string_view::npos || bare_v6 || text.ends_with(']')) return std::nullopt;
  const auto port = parse_u64(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65'535) return wrong(entry, "has no valid port");
  text = text.substr(0, colon);
  return static_cast<std::uint16_t>(*port);
}

bool host_matches(const AllowedSource& entry, const http::Url& url) {
  if (entry.addresses) {
    const auto address = parse_address(url.host);
    return address && holds(*entry.addresses, *address);
  }
  if (!entry.subdomains) return url.host == entry.host;
  return url.host.size() > entry.host.size() + 1 && url.host.ends_with("." + entry.host);
}

}  // namespace

Result<AllowedSource> parse_allowed_source(std::string_view entry) {
  AllowedSource source;
  std::string lower = to_lower(entry);
  std::string_view text = lower;
  if (text.contains("://")) return wrong(entry, "names a scheme; give the host alone, https is always meant");
  FH_TRY(source.port, take_port(entry, text));
  if (auto range = parse_range(text)) {
    source.addresses = *range;
    return source;
  }
  source.subdomains = text.starts_with("*.");
  if (source.subdomains) text.remove_prefix(2);
  if (!is_host(text)) return wrong(entry, "is no host, *.host, address or range of addresses");
  source.host = text;
  return source;
}

bool AllowedSources::allows(const http::Url& url) const {
  if (!url.tls) return false;
  return std::ranges::any_of(entries_, [&](const AllowedSource& entry) {
    return url.port == entry.port.value_or(kHttps) && host_matches(entry, url);
  });
}

bool AllowedSources::allows_address(std::string_view address) const {
  const auto parsed = parse_address(address);
  if (!parsed) return false;
  if (is_public_address(address)) return true;
  return std::ranges::any_of(
      entries_, [&](const AllowedSource& entry) { return entry.addresses && holds(*entry.addresses, *parsed); });
}

bool is_public_address(std::string_view address) {
  const auto parsed = parse_address(address);
  if (!parsed) return false;
  if (!parsed->v6) return !in_any(kSpecialV4, *parsed);
  return holds(*parse_range(kGlobalV6), *parsed) && !in_any(kSpecialV6, *parsed);
}

}  // namespace freehold::blob
