#include "src/blob_gate.h"

#include "base/encoding.h"
#include "route/storage_target.h"
#include "src/responses.h"

namespace freehold::blob {
BlobGate::BlobGate(BlobParts& parts, std::vector<std::string> host_suffixes)
    : host_suffixes_(std::move(host_suffixes)),
      accounts_(parts.accounts),
      properties_(parts.properties),
      containers_(parts) {
  add_routes(*this, parts);
  add_jobs(*this);
  routes_ = gate::RouteTable(rows());
}

bool BlobGate::claims(const http::Request& request, gate::Target& target) const {
  auto found = gate::storage_target(request, host_suffixes_);
  if (!found) return false;
  target = std::move(*found);
  return true;
}

// A SAS speaks the version it was signed for unless a header or `api-version` says otherwise; a request without any of
// them the account's default. Older ones are answered as the oldest known.
gate::ApiResult<int> BlobGate::check_version(const http::Request& request) const {
  if (request.headers.has("x-ms-version")) {
    const int version = parse_version(request.headers.get("x-ms-version"));
    if (version == 0) return refuse(errors::invalid_header("x-ms-version", request.headers.get("x-ms-version")));
    return version;
  }
  if (request.has_parameter("api-version")) {
    const int version = parse_version(request.parameter("api-version"));
    if (version == 0) {
      return refuse(errors::invalid_parameter("api-version", request.parameter("api-version"), "Unknown version"));
    }
    return version;
  }
  if (request.has_parameter("sv")) {
    const int signed_version = parse_version(request.parameter("sv"));
    return signed_version != 0 ? signed_version : kOldestVersion;
  }
  gate::Target target;
  const auto properties = claims(request, target) ? properties_of(target.account) : nullptr;
  return properties != nullptr && properties->default_version != 0 ? properties->default_version : kOldestVersion;
}

std::shared_ptr<const ServiceProperties> BlobGate::properties_of(std::string_view account) const {
  const auto found = accounts_.find(account);
  return found != nullptr ? properties_.find(found->id) : nullptr;
}

http::Response BlobGate::render(const gate::ApiError& error, const http::Request& request) const {
  auto response = error_answer(error);
  if (request.method != http::Method::kHead && error.status != 304) return response;
  response.headers.remove("Content-Type");
  response.body = std::monostate();
  return response;
}

gate::ApiError BlobGate::no_such_route(const http::Request& request, gate::Scope scope) const {
  using http::Method;
  if (request.method == Method::kOptions) return errors::cors_preflight_failure();
  if (scope == gate::Scope::kBlob && request.method == Method::kPut && !request.has_parameter("comp")) {
    if (!request.headers.has("x-ms-blob-type")) return errors::missing_header("x-ms-blob-type");
    return errors::invalid_header("x-ms-blob-type", request.headers.get("x-ms-blob-type"));
  }
  if (has_route_of_another_verb(request, scope)) return errors::verb_not_supported();
  for (const std::string_view name : {"comp", "restype"}) {
    if (request.has_parameter(name)) {
      return errors::invalid_parameter(name, request.parameter(name), "No such operation");
    }
  }
  const bool reads = request.method == Method::kGet || request.method == Method::kHead;
  if (!reads || scope == gate::Scope::kBlob) return errors::verb_not_supported();
  if (scope == gate::Scope::kService) return errors::invalid_parameter("comp", "", "No operation is named");
  return errors::resource_not_found();
}

bool BlobGate::has_route_of_another_verb(const http::Request& request, gate::Scope scope) const {
  auto other = request;
  for (const auto method : {http::Method::kGet, http::Method::kPut, http::Method::kPost, http::Method::kDelete}) {
    other.method = method;
    if (routes_.find(other, scope) != nullptr) return true;
  }
  return false;
}

// Refusals say what the rules allow too: a page has to see why it was refused.
void BlobGate::finish(http::Response& response, const http::Request& request, const gate::Admission& admission) const {
  response.headers.set("x-ms-version",
                       version_text(admission.api_version != 0 ? admission.api_version : kOldestVersion));
  if (!properties_.any_cors() || request.method == http::Method::kOptions) return;
  const auto properties = properties_of(admission.target.account);
  if (properties != nullptr) add_cors_headers(response, request, properties->cors);
}

}  // namespace freehold::blob
