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
  f.snapshot = snapshot_of(f.resource, request);
  return f;
}

std::string_view snapshot_of(std::string_view kind, const http::Request& request) {
  if (kind == "bs") return request.parameter("snapshot");
  return kind == "bv" ? request.parameter("versionid") : std::string_view();
}

std::uint64_t depth_of(const ResourceSasFields& f) { return parse_u64(f.directory_depth).value_or(0); }

void bind_grant(SasGrant& grant, const ResourceSasFields& f, std::string resource) {
  grant.resource = f.resource;
  grant.signed_resource = std::move(resource);
  grant.snapshot = f.snapshot;
  grant.directory_depth = depth_of(f);
  grant.overrides = f.overrides;
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

std::optional<std::string> signed_resource(std::string_view kind, std::uint64_t directory_depth,
                                           const http::Request& request, const Target& target) {
  if (target.container.empty()) return std::nullopt;
  const auto container = "/blob/" + target.account + "/" + target.container;
  if (kind == "c") return container;
  if (kind == "d") {
    const auto directory =
        target.blob.empty() ? listed_directory(request, directory_depth) : directory_of(target.blob, directory_depth);
    return directory ? std::optional(container + "/" + std::string(*directory)) : std::nullopt;
  }
  if (target.blob.empty()) return std::nullopt;
  if (kind != "b" && snapshot_of(kind, request).empty()) return std::nullopt;
  return container + "/" + target.blob;
}

ApiResult<> check_signed_resource(const Principal& principal, const http::Request& request, const Target& target) {
  if (!principal.sas || principal.credential == kAccountSas) return {};
  const auto& grant = *principal.sas;
  const auto resource = signed_resource(grant.resource, grant.directory_depth, request, target);
  if (resource != grant.signed_resource || snapshot_of(grant.resource, request) != grant.snapshot) {
    return permission_mismatch();
  }
  return {};
}

}  // namespace freehold::gate
