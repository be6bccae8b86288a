#include "src/listing_rules.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "src/name_rules.h"

namespace freehold::blob {
namespace {

constexpr std::string_view kMarkerVersion = "1.";

bool set_include(ListingQuery& query, ListingKind kind, std::string_view word) {
  if (word == "metadata") return query.metadata = true;
  if (kind == ListingKind::kContainers) return word == "system";  // there are no system containers
  if (word == "uncommittedblobs") return query.uncommitted = true;
  if (word == "snapshots") return query.snapshots = true;
  if (word == "tags") return query.tags = true;
  if (word == "copy") return query.copy = true;
  return false;
}

bool is_not_yet(std::string_view word) {
  constexpr std::array<std::string_view, 6> kNotYet = {"deleted",   "versions",    "deletedwithversions",
                                                       "legalhold", "permissions", "immutabilitypolicy"};
  return std::find(kNotYet.begin(), kNotYet.end(), word) != kNotYet.end();
}

ApiResult<> parse_includes(ListingQuery& query, ListingKind kind, std::string_view text) {
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto word = to_lower(text.substr(0, comma));
    if (is_not_yet(word)) return refuse(errors::not_implemented("include=" + word));
    if (!word.empty() && !set_include(query, kind, word)) {
      return refuse(errors::invalid_parameter("include", word, "Invalid include value"));
    }
    text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
  }
  return {};
}

// A bound on names, as long as a name may be; empty if it isn't given.
ApiResult<std::string> parse_bound(const http::Request& request, std::string_view name, int since, int api_version) {
  if (!request.has_parameter(name)) return std::string();
  const auto value = request.parameter(name);
  if (api_version < since) return refuse(errors::invalid_parameter(name, value, "Not in this version"));
  if (value.size() > kBlobNameChars * 4) return refuse(errors::invalid_parameter(name, value, "Longer than any name"));
  return std::string(value);
}

}  // namespace

ApiResult<std::uint32_t> parse_max_results(const http::Request& request) {
  const auto text = request.parameter("maxresults");
  if (text.empty()) return kMostResults;
  const auto number = parse_u64(text);
  if (!number) return refuse(errors::invalid_parameter("maxresults", text, "Not a number"));
  if (*number == 0) return refuse(errors::out_of_range_parameter("maxresults", text, "1", "2147483647"));
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(*number, kMostResults));
}

ApiResult<ListingQuery> parse_listing(const http::Request& request, ListingKind kind, int api_version) {
  ListingQuery query;
  query.prefix = request.parameter("prefix");
  // Longer than any name, and than a key of the store may be.
  if (query.prefix.size() > kBlobNameChars * 4) {
    return refuse(errors::invalid_parameter("prefix", query.prefix, "Longer than any name"));
  }
  if (kind == ListingKind::kBlobs) query.delimiter = request.parameter("delimiter");
  query.marker = request.parameter("marker");
  if (!query.marker.empty()) {
    auto from = open_marker(query.marker);
    if (!from) return refuse(errors::invalid_parameter("marker", query.marker, "Invalid marker"));
    query.from = std::move(*from);
  }
  FH_TRY(query.max_results, parse_max_results(request));
  query.max_given = !request.parameter("maxresults").empty();
  if (kind == ListingKind::kBlobs) {
    FH_TRY(query.start_from, parse_bound(request, "startfrom", 2026'02'06, api_version));
    FH_TRY(query.end_before, parse_bound(request, "endbefore", 2026'10'06, api_version));
  }
  if (request.has_parameter("showonly")) return refuse(errors::not_implemented("showonly"));
  FH_CHECK_OK(parse_includes(query, kind, request.parameter("include")));
  if (query.snapshots && !query.delimiter.empty()) {
    return refuse(errors::invalid_parameter("include", "snapshots", "Not together with a delimiter"));
  }
  return query;
}

std::string make_marker(BytesView from) { return std::string(kMarkerVersion) + to_base64url(from); }

std::optional<Bytes> open_marker(std::string_view marker) {
  if (!marker.starts_with(kMarkerVersion) || marker.size() > 2 * limits::kKeyBytes) return std::nullopt;
  auto from = from_base64url(marker.substr(kMarkerVersion.size()));
  constexpr std::size_t kRoom = 16;  // for what a listing sets before and behind it
  if (!from || from->empty() || from->size() > limits::kKeyBytes - kRoom) return std::nullopt;
  return from;
}

std::optional<std::string> folded(std::string_view name, const ListingQuery& query) {
  if (query.delimiter.empty()) return std::nullopt;
  const auto at = name.find(query.delimiter, query.prefix.size());
  if (at == name.npos) return std::nullopt;
  return std::string(name.substr(0, at + query.delimiter.size()));
}

}  // namespace freehold::blob
