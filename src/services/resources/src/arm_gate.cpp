#include "src/arm_gate.h"

#include <nlohmann/json.hpp>

#include "authn/authenticate.h"
#include "base/encoding.h"
#include "http/json_response.h"
#include "resource/resource_id.h"
#include "src/arm_call.h"
#include "src/arm_errors.h"
#include "src/arm_path.h"
#include "src/metadata.h"
#include "src/own_types.h"

namespace freehold::resources {
namespace {

// "2021-04-01", "2018-11-01-preview": the date as a number.
std::optional<int> version_number(std::string_view text) {
  const bool shaped = text.size() >= 10 && text[4] == '-' && text[7] == '-' && (text.size() == 10 || text[10] == '-');
  if (!shaped || text.size() > 40) return std::nullopt;
  const auto year = parse_u64(text.substr(0, 4));
  const auto month = parse_u64(text.substr(5, 2));
  const auto day = parse_u64(text.substr(8, 2));
  if (!year || !month || !day || *month == 0 || *month > 12 || *day == 0 || *day > 31) return std::nullopt;
  return static_cast<int>(*year * 10'000 + *month * 100 + *day);
}

// Whatever stands behind the last "providers" of a path: namespace and type.
struct Named {
  std::string provider;
  std::string type;
};
std::optional<Named> type_named_by(std::string_view path) {
  std::vector<std::string> words;
  bool found = false;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    auto word = percent_decode(path.substr(0, path.find('/')));
    path.remove_prefix(std::min(path.size(), path.find('/')));
    if (!word) return std::nullopt;
    if (equals_ignoring_case(*word, "providers")) {
      words.clear();
      found = true;
    } else if (found) {
      words.push_back(std::move(*word));
    }
  }
  if (words.empty()) return std::nullopt;
  Named named{.provider = words[0], .type = {}};
  for (std::size_t i = 1; i < words.size(); i += 2) named.type.append(named.type.empty() ? "" : "/").append(words[i]);
  return named;
}

}  // namespace

bool ArmGate::claims(const http::Request& request, gate::Target& target) const {
  if (request.listener != http::Listener::kHttps || request.host != "management." + site_.domain) return false;
  target.scope = gate::Scope::kSystem;
  const auto text = tidy_path(request.path);
  const auto path = gate::resource::parse_resource_path(text);
  if (path && path->id.subscription) target.tenant = tree_.tenant_of(*path->id.subscription).value_or(TenantId{});
  return true;
}

void ArmGate::tidy(http::Request& request) const {
  request.path = tidy_path(request.path);
  request.decoded_path = percent_decode(request.path).value_or(std::string());
}

gate::ApiResult<int> ArmGate::check_version(const http::Request& request) const {
  if (is_metadata_path(request.path)) return 1;
  if (!request.has_parameter("api-version")) return std::unexpected(arm_errors::missing_api_version());
  const auto version = version_number(request.parameter("api-version"));
  if (!version) return std::unexpected(arm_errors::invalid_api_version(request.parameter("api-version")));
  return *version;
}

http::Response ArmGate::render(const gate::ApiError& error, const http::Request& request) const {
  if (request.method == http::Method::kHead) return empty_answer(error.status);
  nlohmann::ordered_json body = {{"code", error.code}, {"message", error.message}};
  for (const auto& [name, value] : error.fields) {
    if (name == "target") body["target"] = value;
    if (name == "additionalInfo") body["additionalInfo"] = nlohmann::ordered_json::parse(value, nullptr, false);
  }
  const nlohmann::ordered_json whole = {{"error", std::move(body)}};
  return http::json_response(error.status,
                             whole.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

// Azure names what is wrong: the namespace, the type, or the method.
gate::ApiError ArmGate::no_such_route(const http::Request& request, gate::Scope) const {
  const auto named = type_named_by(request.path);
  if (!named) return arm_errors::no_such_endpoint(request.path);
  bool provider = registry_.find_provider(named->provider) != nullptr;
  bool type = named->type.empty() || registry_.find(named->provider + "/" + named->type) != nullptr;
  for (const auto& own : own_types()) {
    if (!equals_ignoring_case(own.provider, named->provider)) continue;
    provider = true;
    type = type || equals_ignoring_case(own.type, named->type);
  }
  if (!provider) return arm_errors::invalid_namespace(named->provider);
  if (type) return arm_errors::method_not_allowed();
  return arm_errors::invalid_type(named->provider, named->type, request.parameter("api-version"));
}

// "Request tracking" of ARM's common headers. Nothing here is for caches, and no body is for guessing at.
void ArmGate::finish(http::Response& response, const http::Request& request, const gate::Admission& admission) const {
  const auto asked = request.headers.get("x-ms-correlation-request-id");
  const bool good = parse_guid<RequestId>(asked).has_value();
  response.headers.set("x-ms-correlation-request-id", good ? std::string(asked) : admission.request_id_text);
  response.headers.set("cache-control", "no-cache");
  response.headers.set("pragma", "no-cache");
  response.headers.set("x-content-type-options", "nosniff");
}

}  // namespace freehold::resources
