#include "src/blob_gate.h"

#include <cstdio>

#include "base/encoding.h"
#include "route/storage_target.h"
#include "src/xml_text.h"

namespace freehold::blob {
namespace {

constexpr int kOldestVersion = 20180328;
constexpr int kNewestVersion = 20261006;

}  // namespace

std::string version_text(int version) {
  std::array<char, 16> text{};
  const int n =
      std::snprintf(text.data(), text.size(), "%04d-%02d-%02d", version / 10000, version / 100 % 100, version % 100);
  return {text.data(), static_cast<std::size_t>(n)};
}

int parse_version(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return 0;
  const auto year = parse_u64(text.substr(0, 4));
  const auto month = parse_u64(text.substr(5, 2));
  const auto day = parse_u64(text.substr(8, 2));
  if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return 0;
  const auto version = static_cast<int>(*year * 10000 + *month * 100 + *day);
  return version >= kOldestVersion && version <= kNewestVersion ? version : 0;
}

BlobGate::BlobGate(BlobParts& parts, std::vector<std::string> host_suffixes)
    : host_suffixes_(std::move(host_suffixes)), containers_(parts.containers) {
  add_routes(*this, parts);
  add_jobs(*this);
}

bool BlobGate::claims(const http::Request& request, gate::Target& target) const {
  auto found = gate::storage_target(request, host_suffixes_);
  if (!found) return false;
  target = std::move(*found);
  return true;
}

// A SAS speaks the version it was signed for unless a header or `api-version` says otherwise; older ones are answered
// as the oldest known.
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
  return signed_version != 0 ? signed_version : kOldestVersion;
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
  if (request.method == http::Method::kOptions) {
    gate::ApiError error;
    error.status = 403;
    error.code = "CorsPreflightFailure";
    error.message = "CORS not enabled or no matching rule found for this request.";
    return error;
  }
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

void BlobGate::finish(http::Response& response, const http::Request&, const gate::Admission& admission) const {
  response.headers.set("x-ms-version",
                       version_text(admission.api_version != 0 ? admission.api_version : kOldestVersion));
}

}  // namespace freehold::blob
