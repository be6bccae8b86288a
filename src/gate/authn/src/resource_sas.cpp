#include "resource_sas.h"

#include <algorithm>

#include "base/encoding.h"

namespace freehold::gate {
namespace {

using namespace authn_errors;

constexpr std::string_view kSnapshotsSince = "2018-11-09";
constexpr std::string_view kVersionsSince = "2019-12-12";
constexpr std::string_view kDirectoriesSince = "2026-06-06";
constexpr std::uint64_t kDeepest = 512;  // a name has at most 1,024 characters
constexpr std::size_t kOverrideBytes = 2048;

bool knows_resource(const ResourceSasFields& f) {
  if (f.resource == "c" || f.resource == "b") return true;
  if (f.resource == "bs") return f.version >= kSnapshotsSince;
  if (f.resource == "bv") return f.version >= kVersionsSince;
  return f.resource == "d" && f.version >= kDirectoriesSince;
}

// These become headers of the answer.
bool fits_header(std::string_view text) {
  const auto unfit = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; };
  return text.size() <= kOverrideBytes && std::ranges::none_of(text, unfit);
}

bool fit_headers(const ResponseOverrides& o) {
  return fits_header(o.cache_control) && fits_header(o.content_disposition) && fits_header(o.content_encoding) &&
         fits_header(o.content_language) && fits_header(o.content_type);
}

// Where the segment that ends the directory ends: the place of the depth-th slash, or the end of a name that has
// exactly that many segments.
std::optional<std::string_view> directory_of(std::string_view name, std::uint64_t depth) {
  std::size_t end = 0;
  for (std::uint64_t i = 0; i < depth; ++i) {
    if (i > 0) ++end;
    if (end >= name.size()) return std::nullopt;
    end = std::min(name.find('/', end), name.size());
  }
  return name.substr(0, end);
}

// Of a listing: its prefix, if that is inside a directory and not only begins like one.
std::optional<std::string_view> listed_directory(const http::Request& request, std::uint64_t depth) {
  if (!equals_ignoring_case(request.parameter("comp"), "list")) return std::nullopt;
  const auto prefix = request.parameter("prefix");
  const auto directory = directory_of(prefix, depth);
  if (!directory || directory->size() == prefix.size()) return std::nullopt;
  return directory;
}

}  // namespace

ResourceSasFields resource_fields_of(const http::Request& request) {
  auto get = [&](std::string_view name) { return std::string(request.parameter(name)); };
  ResourceSasFields f{.version = get("sv"),
                      .resource = get("sr"),
                      .permissions = get("sp"),
                      .start = get("st"),
                      .expiry = get("se"),
                      .identifier = get("si"),
                      .ip_range = get("sip"),
                      .protocol = get("spr"),
                      .encryption_scope = get("ses"),
                      .directory_depth = get("sdd"),
                      .overrides = {get("rscc"), get("rscd"), get("rsce"), get("rscl"), get("rsct")}};
  if (f.resource == "bs") f.snapshot = get("snapshot");
  if (f.resource == "bv") f.snapshot = get("versionid");
  return f;
}

SasTerms terms_of(const ResourceSasFields& f) {
  return {f.version, f.permissions, f.start, f.expiry, f.ip_range, f.protocol};
}

ApiResult<> check_resource_shape(const http::Request& request, const ResourceSasFields& f) {
  FH_CHECK_OK(mandatory(f.resource, "sr"));
  FH_CHECK_OK(mandatory(request.parameter("sig"), "sig"));
  FH_CHECK_OK(mandatory(f.version, "sv"));
  FH_CHECK_OK(check_terms(terms_of(f)));
  if (!knows_resource(f) || !fit_headers(f.overrides)) return not_well_formed();
  const auto depth = parse_u64(f.directory_depth);
  if ((f.resource == "d") != (depth && *depth >= 1 && *depth <= kDeepest)) return not_well_formed();
  if (f.resource != "d" && request.has_parameter("sdd")) return not_well_formed();
  return {};
}

std::optional<std::string> signed_resource(const ResourceSasFields& f, const http::Request& request,
                                           const Target& target) {
  if (target.container.empty()) return std::nullopt;
  const auto container = "/blob/" + target.account + "/" + target.container;
  if (f.resource == "c") return container;
  if (f.resource == "d") {
    const auto depth = parse_u64(f.directory_depth).value_or(0);
    const auto directory = target.blob.empty() ? listed_directory(request, depth) : directory_of(target.blob, depth);
    return directory ? std::optional(container + "/" + std::string(*directory)) : std::nullopt;
  }
  if (target.blob.empty()) return std::nullopt;
  if (f.resource != "b" && f.snapshot.empty()) return std::nullopt;
  return container + "/" + target.blob;
}

}  // namespace freehold::gate
