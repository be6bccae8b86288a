#include "src/blob_gate.h"

#include "base/encoding.h"
#include "route/storage_target.h"
#include "src/xml_text.h"

namespace freehold::blob {
BlobGate::BlobGate(BlobParts& parts, std::vector<std::string> host_suffixes)
    : host_suffixes_(std::move(host_suffixes)),
      accounts_(parts.accounts),
      properties_(parts.properties),
      containers_(parts.containers) {
  add_routes(*this, parts);
  add_jobs(*this);
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
  const int signed_version = parse_version(request.parameter("sv"));
  if (signed_version != 0) return signed_version;
  gate::Target target;
  const auto properties = claims(request, target) ? properties_of(target.account) : nullptr;
  return properties != nullptr && properties->default_version != 0 ? properties->default_version : kOldestVersion;
}

std::shared_ptr<const ServiceProperties> BlobGate::properties_of(std::string_view account) const {
  const auto found = accounts_.find(account);
  return found != nullptr ? properties_.find(found->id) : nullptr;
}

http::Response BlobGate::render(const gate::ApiError& error, const http::Request& request) const {
  http::Response response;
  response.status = error.status;
  response.headers.add("x-ms-error-code", error.code);
  if (request.method == http::Method::kHead || error.status == 304) return response;
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

gate::ApiError BlobGate::no_such_route(const http::Request& request, gate::Scope scope) const {
  if (request.method == http::Method::kOptions) return errors::cors_preflight_failure();
  for (const std::string_view name : {"comp", "restype"}) {
    if (request.has_parameter(name)) {
      return errors::invalid_parameter(name, request.parameter(name), "No such operation");
    }
  }
  if (scope == gate::Scope::kBlob && request.method == http::Method::kPut) {
    if (!request.headers.has("x-ms-blob-type")) return errors::missing_header("x-ms-blob-type");
    return errors::invalid_header("x-ms-blob-type", request.headers.get("x-ms-blob-type"));
  }
  if (scope != gate::Scope::kBlob) return errors::resource_not_found();
  return errors::verb_not_supported();
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
