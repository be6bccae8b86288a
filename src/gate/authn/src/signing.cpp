#include "authn/signing.h"

#include <initializer_list>
#include <utility>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "shared_key_string.h"

namespace freehold::gate {
namespace {

// The versions from which something has a line of its own.
constexpr std::string_view kResourceSince = "2018-11-09";  // sr and the snapshot
constexpr std::string_view kAgentsSince = "2020-02-10";    // saoid, suoid, scid
constexpr std::string_view kScopeSince = "2020-12-06";     // ses
constexpr std::string_view kUserSince = "2025-07-05";      // skdutid, sduoid
constexpr std::string_view kRequestSince = "2026-04-06";   // what the request must carry

using Parameters = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// A line each, behind the lines that are there. The last has no line feed.
void append_lines(std::string& out, std::initializer_list<std::string_view> lines) {
  for (auto line : lines) out.append("\n").append(line);
}

void append_parameters(std::string& query, Parameters parameters) {
  for (auto [name, value] : parameters) {
    if (!value.empty()) query.append(name).append("=").append(percent_encode(value)).append("&");
  }
}

void append_resource_parameters(std::string& query, const ResourceSasFields& f) {
  append_parameters(query, {{"sv", f.version},
                            {"sr", f.resource},
                            {"sp", f.permissions},
                            {"st", f.start},
                            {"se", f.expiry},
                            {"si", f.identifier},
                            {"sip", f.ip_range},
                            {"spr", f.protocol},
                            {"ses", f.encryption_scope},
                            {"sdd", f.directory_depth},
                            {"rscc", f.overrides.cache_control},
                            {"rscd", f.overrides.content_disposition},
                            {"rsce", f.overrides.content_encoding},
                            {"rscl", f.overrides.content_language},
                            {"rsct", f.overrides.content_type}});
}

void append_resource_lines(std::string& out, const ResourceSasFields& f) {
  append_lines(out, {f.ip_range, f.protocol, f.version});
  if (f.version >= kResourceSince) append_lines(out, {f.resource, f.snapshot});
  if (f.version >= kScopeSince) append_lines(out, {f.encryption_scope});
}

void append_overrides(std::string& out, const ResponseOverrides& o) {
  append_lines(out, {o.cache_control, o.content_disposition, o.content_encoding, o.content_language, o.content_type});
}

std::string sign(BytesView key, std::string_view text) {
  auto mac = crypto::hmac_sha256(key, text);
  return to_base64(crypto::view(mac));
}

}  // namespace

std::string shared_key_string_to_sign(const http::Request& request, std::string_view account,
                                      std::string_view canonical_path) {
  return shared_key_string(request, account, canonical_path, {});
}

std::string shared_key_authorization(const http::Request& request, std::string_view account, BytesView key) {
  auto signature = sign(key, shared_key_string_to_sign(request, account, request.path));
  return std::string("SharedKey ").append(account).append(":").append(signature);
}

std::string shared_key_lite_authorization(const http::Request& request, std::string_view account, BytesView key) {
  auto signature = sign(key, shared_key_lite_string(request, account, request.path, {}));
  return std::string("SharedKeyLite ").append(account).append(":").append(signature);
}

std::string account_sas_string_to_sign(const AccountSasFields& f, std::string_view account) {
  std::string out(account);
  out.append("\n");
  for (const auto* field :
       {&f.permissions, &f.services, &f.resource_types, &f.start, &f.expiry, &f.ip_range, &f.protocol, &f.version}) {
    out.append(*field).append("\n");
  }
  if (f.version >= kScopeSince) out.append(f.encryption_scope).append("\n");
  return out;
}

std::string account_sas_query(const AccountSasFields& f, std::string_view account, BytesView key) {
  std::string query;
  append_parameters(query, {{"sv", f.version},
                            {"ss", f.services},
                            {"srt", f.resource_types},
                            {"sp", f.permissions},
                            {"st", f.start},
                            {"se", f.expiry},
                            {"sip", f.ip_range},
                            {"spr", f.protocol},
                            {"ses", f.encryption_scope}});
  return query.append("sig=").append(percent_encode(sign(key, account_sas_string_to_sign(f, account))));
}

std::string service_sas_string_to_sign(const ResourceSasFields& f, std::string_view resource) {
  std::string out = f.permissions + "\n" + f.start;
  append_lines(out, {f.expiry, resource, f.identifier});
  append_resource_lines(out, f);
  append_overrides(out, f.overrides);
  return out;
}

std::string service_sas_query(const ResourceSasFields& f, std::string_view resource, BytesView key) {
  std::string query;
  append_resource_parameters(query, f);
  return query.append("sig=").append(percent_encode(sign(key, service_sas_string_to_sign(f, resource))));
}

std::string delegation_sas_string_to_sign(const ResourceSasFields& f, const DelegationSasFields& d,
                                          std::string_view resource) {
  std::string out = f.permissions + "\n" + f.start;
  append_lines(
      out, {f.expiry, resource, d.key_object, d.key_tenant, d.key_start, d.key_expiry, d.key_service, d.key_version});
  if (f.version >= kAgentsSince) append_lines(out, {d.authorized_object, d.unauthorized_object, d.correlation});
  if (f.version >= kUserSince) append_lines(out, {d.key_delegated_user, d.delegated_user});
  append_resource_lines(out, f);
  if (f.version >= kRequestSince) append_lines(out, {d.headers, d.parameters});
  append_overrides(out, f.overrides);
  return out;
}

std::string delegation_sas_query(const ResourceSasFields& f, const DelegationSasFields& d, std::string_view resource,
                                 BytesView key) {
  std::string query;
  append_resource_parameters(query, f);
  append_parameters(query, {{"skoid", d.key_object},
                            {"sktid", d.key_tenant},
                            {"skt", d.key_start},
                            {"ske", d.key_expiry},
                            {"sks", d.key_service},
                            {"skv", d.key_version},
                            {"skdutid", d.key_delegated_user},
                            {"saoid", d.authorized_object},
                            {"suoid", d.unauthorized_object},
                            {"scid", d.correlation},
                            {"sduoid", d.delegated_user},
                            {"srh", d.header_names},
                            {"srq", d.parameter_names}});
  return query.append("sig=").append(percent_encode(sign(key, delegation_sas_string_to_sign(f, d, resource))));
}

}  // namespace freehold::gate
