#include "src/login_gate.h"

#include <nlohmann/json.hpp>

#include "http/json_response.h"
#include "src/token_errors.h"

namespace freehold::directory {

std::string_view first_segment(const http::Request& request) {
  std::string_view path = request.path;
  if (path.starts_with('/')) path.remove_prefix(1);
  return path.substr(0, path.find('/'));
}

bool LoginGate::claims(const http::Request& request, gate::Target& target) const {
  if (request.listener != http::Listener::kHttps || request.host != site_.host()) return false;
  target.scope = gate::Scope::kSystem;
  const auto tenant = parse_guid<TenantId>(first_segment(request));
  if (tenant && store_.has(*tenant)) target.tenant = *tenant;
  return true;
}

gate::ApiResult<int> LoginGate::check_version(const http::Request&) const { return 1; }

// As Entra renders them: the numbers, times and ids that people paste into tickets stand in the text too.
http::Response LoginGate::render(const gate::ApiError& error, const http::Request&) const {
  for (const auto& [name, value] : error.fields) {
    if (name != kPageField) continue;
    http::Response page;
    page.status = error.status;
    page.body = value;
    return page;
  }
  const std::string time = rfc3339(error.time);
  nlohmann::ordered_json body;
  const bool known = error.message.starts_with("AADSTS");
  body["error"] = known ? error.code : "temporarily_unavailable";
  body["error_description"] =
      error.message + " Trace ID: " + error.request_id + " Correlation ID: " + error.request_id + " Timestamp: " + time;
  body["error_codes"] = nlohmann::ordered_json::array();
  for (const auto& [name, value] : error.fields) {
    if (name == "error_codes") body["error_codes"].push_back(std::stoll(value));
  }
  body["timestamp"] = time;
  body["trace_id"] = error.request_id;
  body["correlation_id"] = error.request_id;
  auto response =
      http::json_response(error.status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  // RFC 6749 section 5.2: who came with an Authorization header is told by the same scheme.
  if (error.status == 401) response.headers.add("www-authenticate", "Basic realm=\"token endpoint\"");
  return response;
}

gate::ApiError LoginGate::no_such_route(const http::Request&, gate::Scope) const {
  return token_errors::no_such_page();
}

void LoginGate::finish(http::Response& response, const http::Request&, const gate::Admission&) const {
  if (!response.headers.has("cache-control")) response.headers.add("cache-control", "no-store");
  response.headers.set("pragma", "no-cache");
  response.headers.set("x-content-type-options", "nosniff");
}

}  // namespace freehold::directory
