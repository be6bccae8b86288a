#include "src/token_rules.h"

#include <nlohmann/json.hpp>

namespace freehold::directory {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

// "Access token claims reference" (Microsoft identity platform). A token carries no groups: they are looked up when it
// is used, so that leaving a group takes effect at once.
std::string token_claims(const TokenRequest& request, const ServicePrincipal& principal) {
  const std::int64_t now = seconds_of(request.now);
  const std::string object = to_string(principal.object);
  Json json = {{"aud", request.audience},
               {"iss", request.issuer},
               {"iat", now},
               {"nbf", now},
               {"exp", now + kTokenLife.count()},
               {"appid", to_string(principal.application)},
               {"appidacr", "1"},
               {"idp", request.issuer},
               {"idtyp", "app"},
               {"oid", object},
               {"sub", object},
               {"tid", to_string(request.tenant)},
               {"uti", request.token_id},
               {"ver", "1.0"}};
  if (!principal.directory_roles.empty()) {
    json["wids"] = Json::array();
    for (const auto& role : principal.directory_roles) json["wids"].push_back(to_string(role));
  }
  return json.dump();
}

std::string token_answer(const TokenRequest& request, std::string_view token) {
  const std::int64_t life = kTokenLife.count() - 1;
  Json json;
  if (request.style == Style::kEntraV1) {
    const std::int64_t now = seconds_of(request.now);
    json = {{"token_type", "Bearer"},
            {"expires_in", std::to_string(life)},
            {"ext_expires_in", std::to_string(life)},
            {"expires_on", std::to_string(now + kTokenLife.count())},
            {"not_before", std::to_string(now)},
            {"resource", request.audience}};
  } else {
    json = {{"token_type", "Bearer"}, {"expires_in", life}, {"ext_expires_in", life}};
  }
  json["access_token"] = token;
  return json.dump();
}

}  // namespace freehold::directory
