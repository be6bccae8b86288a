#include "src/responses.h"

#include "base/encoding.h"
#include "src/content_key.h"
#include "src/customer_key.h"
#include "src/lease_rules.h"
#include "src/snapshot_time.h"
#include "src/tier_rules.h"
#include "src/xml_text.h"
#include "store/hybrid_clock.h"

namespace freehold::blob {
namespace {

void add_if(http::Response& response, const char* name, const std::string& value) {
  if (!value.empty()) response.headers.add(name, value);
}

}  // namespace

void add_entity(http::Response& response, std::uint64_t etag, WallTime last_modified) {
  response.headers.add("ETag", quoted_etag(etag));
  response.headers.add("Last-Modified", http_date(last_modified));
}

void add_metadata(http::Response& response, const Metadata& metadata) {
  for (const auto& [name, value] : metadata) response.headers.add("x-ms-meta-" + name, value);
}

void add_lease_headers(http::Response& response, const std::optional<Lease>& lease, std::uint64_t now) {
  const auto state = lease_state(lease, store::HybridClock::wall_time(now));
  response.headers.add("x-ms-lease-status", is_locked(state) ? "locked" : "unlocked");
  response.headers.add("x-ms-lease-state", std::string(to_string(state)));
  if (state == LeaseState::kLeased) response.headers.add("x-ms-lease-duration", std::string(duration_text(*lease)));
}

void add_tier_headers(http::Response& response, const BlobRow& row, std::uint64_t now) {
  if (row.type != BlobType::kBlock) return;
  const auto tier = tier_at(row.tier, store::HybridClock::wall_time(now));
  auto& headers = response.headers;
  headers.add("x-ms-access-tier", std::string(to_string(tier.tier)));
  if (!tier.named) headers.add("x-ms-access-tier-inferred", "true");
  if (tier.changed != 0) {
    headers.add("x-ms-access-tier-change-time", http_date(store::HybridClock::wall_time(tier.changed)));
  }
  add_if(response, "x-ms-archive-status", archive_status(tier));
  if (tier.rehydration) headers.add("x-ms-rehydrate-priority", std::string(to_string(tier.rehydration->priority)));
}

void add_blob_headers(http::Response& response, const BlobRow& row, const Notes& notes, Part part, std::uint64_t now) {
  auto& headers = response.headers;
  headers.reserve(24 + notes.metadata.size());
  add_entity(response, row.etag, row.last_modified());
  add_if(response, "Content-Type", row.content.type);
  add_if(response, "Content-Encoding", row.content.encoding);
  add_if(response, "Content-Language", row.content.language);
  add_if(response, "Content-Disposition", row.content.disposition);
  add_if(response, "Cache-Control", row.content.cache_control);
  if (!row.content.md5.empty()) {
    headers.add(part == Part::kWhole ? "Content-MD5" : "x-ms-blob-content-md5", to_base64(row.content.md5));
  }
  headers.add("Accept-Ranges", "bytes");
  headers.add("x-ms-blob-type", std::string(to_string(row.type)));
  if (row.page) headers.add("x-ms-blob-sequence-number", std::to_string(row.page->sequence_number));
  if (row.append) {
    headers.add("x-ms-blob-committed-block-count", std::to_string(row.append->committed_blocks));
    if (row.append->sealed) headers.add("x-ms-blob-sealed", "true");
  }
  headers.add("x-ms-creation-time", http_date(row.creation_time()));
  if (!row.is_snapshot()) add_lease_headers(response, row.lease, now);
  if (!notes.tags.empty()) headers.add("x-ms-tag-count", std::to_string(notes.tags.size()));
  headers.add("x-ms-server-encrypted", "true");
  add_customer_key(response, row.customer_key_sha256);
  add_scope(response, scope_of(row.wrapped_key));
  add_copy_headers(response, row.copy);
  add_metadata(response, notes.metadata);
}

std::string_view public_access_text(PublicAccess access) {
  if (access == PublicAccess::kNone) return {};
  return access == PublicAccess::kBlob ? "blob" : "container";
}

void add_public_access(http::Response& response, const ContainerRow& row) {
  const auto text = public_access_text(row.public_access);
  if (!text.empty()) response.headers.add("x-ms-blob-public-access", std::string(text));
}

void apply_overrides(http::Response& response, const gate::Principal& principal) {
  if (!principal.sas) return;
  const auto& o = principal.sas->overrides;
  const std::pair<std::string_view, const std::string&> overrides[] = {{"Cache-Control", o.cache_control},
                                                                       {"Content-Disposition", o.content_disposition},
                                                                       {"Content-Encoding", o.content_encoding},
                                                                       {"Content-Language", o.content_language},
                                                                       {"Content-Type", o.content_type}};
  for (const auto& [name, value] : overrides) {
    if (!value.empty()) response.headers.set(std::string(name), value);
  }
}

void add_copy_headers(http::Response& response, const std::optional<CopyState>& copy) {
  if (!copy) return;
  auto& headers = response.headers;
  headers.add("x-ms-copy-id", copy->id);
  headers.add("x-ms-copy-source", copy->source);
  headers.add("x-ms-copy-status", std::string(to_string(copy->status)));
  add_if(response, "x-ms-copy-status-description", copy->description);
  headers.add("x-ms-copy-progress", std::to_string(copy->copied) + "/" + std::to_string(copy->total));
  if (copy->completed != 0) {
    headers.add("x-ms-copy-completion-time", http_date(store::HybridClock::wall_time(copy->completed)));
  }
  if (copy->incremental) headers.add("x-ms-incremental-copy", "true");
  if (copy->incremental && copy->status == CopyStatus::kSuccess) {
    headers.add("x-ms-copy-destination-snapshot", snapshot_text(copy->destination_snapshot));
  }
}

void add_container_headers(http::Response& response, const ContainerRow& row, const Notes& notes, std::uint64_t now) {
  add_entity(response, row.etag, row.last_modified());
  add_public_access(response, row);
  add_lease_headers(response, row.lease, now);
  response.headers.add("x-ms-has-immutability-policy", "false");
  response.headers.add("x-ms-has-legal-hold", "false");
  response.headers.add("x-ms-immutable-storage-with-versioning-enabled", "false");
  response.headers.add("x-ms-default-encryption-scope", scope_shown(row.scope));
  response.headers.add("x-ms-deny-encryption-scope-override", row.scope.only ? "true" : "false");
  add_metadata(response, notes.metadata);
}

http::Response error_answer(const ApiError& error) {
  auto response = answer(error.status);
  response.headers.add("x-ms-error-code", error.code);
  std::string body(kXmlDeclaration);
  body += "<Error>";
  append_element(body, "Code", error.code);
  body += "<Message>";
  append_escaped(body, error.message);
  body += "\nRequestId:" + error.request_id + "\nTime:" + rfc3339_ticks(error.time) + "</Message>";
  for (const auto& [name, value] : error.fields) append_element(body, name, value);
  body += "</Error>";
  response.headers.add("Content-Type", "application/xml");
  response.body = std::move(body);
  return response;
}

http::Response answer(int status) {
  http::Response response;
  response.status = status;
  return response;
}

http::Response written(int status, const BlobRow& row) {
  auto response = answer(status);
  add_entity(response, row.etag, row.last_modified());
  response.headers.add("x-ms-request-server-encrypted", "true");
  add_customer_key(response, row.customer_key_sha256);
  add_scope(response, scope_of(row.wrapped_key));
  return response;
}

http::Response xml_answer(Bytes body) {
  auto response = answer(200);
  response.headers.add("Content-Type", "application/xml");
  response.body = std::move(body);
  return response;
}

std::string service_endpoint(const http::Request& request, const gate::Target& target) {
  std::string endpoint = request.listener == http::Listener::kHttps ? "https://" : "http://";
  endpoint += request.headers.has("host") ? std::string(request.headers.get("host")) : request.host;
  endpoint += '/';
  if (target.path_style) endpoint += target.account + (target.secondary ? "-secondary/" : "/");
  return endpoint;
}

ApiError with_entity(ApiError error, std::uint64_t etag, WallTime last_modified) {
  error.headers.emplace_back("ETag", quoted_etag(etag));
  error.headers.emplace_back("Last-Modified", http_date(last_modified));
  return error;
}

}  // namespace freehold::blob
