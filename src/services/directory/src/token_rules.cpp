#include "src/token_rules.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "src/local_identity.h"

namespace freehold::directory {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Json texts(const std::vector<DirectoryRoleId>& roles) {
  Json out = Json::array();
  for (const auto& role : roles) out.push_back(to_string(role));
  return out;
}

// What both tokens of a user say of the user.
Json user_json(const TokenRequest& request, const UserTokens& tokens, const User& user) {
  const std::int64_t now = seconds_of(request.now);
  const std::string name = text_of(user.attributes, "userPrincipalName");
  Json json = {{"iss", request.issuer},
               {"iat", now},
               {"nbf", now},
               {"exp", now + kTokenLife.count()},
               {"amr", tokens.methods},
               {"name", text_of(user.attributes, "displayName")},
               {"oid", to_string(user.object)},
               {"puid", user.puid},
               {"sub", to_string(user.object)},
               {"tid", to_string(request.tenant)},
               {"unique_name", name},
               {"upn", name},
               {"uti", request.token_id}};
  if (home_of(user.attributes)) json["idp"] = text_of(user.attributes, "homeTenant");
  if (const auto mail = shown_identity(user.attributes); mail.find('@') != mail.npos) json["emails"] = {mail};
  for (const auto* optional : {"given_name", "family_name"}) {
    const auto* attribute = std::string_view(optional) == "given_name" ? "givenName" : "surname";
    const auto value = text_of(user.attributes, attribute);
    if (!value.empty()) json[optional] = value;
  }
  return json;
}

}  // namespace

std::string user_claims(const TokenRequest& request, const UserTokens& tokens, const User& user,
                        const ServicePrincipal& client) {
  Json json = user_json(request, tokens, user);
  json["aud"] = request.audience;
  json["acr"] = "1";
  json["appid"] = to_string(client.application);
  json["appidacr"] = tokens.public_client ? "0" : "1";
  json["idtyp"] = "user";
  json["scp"] = "user_impersonation";
  json["ver"] = "1.0";
  if (!user.directory_roles.empty()) json["wids"] = texts(user.directory_roles);
  return json.dump();
}

std::string id_claims(const TokenRequest& request, const UserTokens& tokens, const User& user,
                      const ServicePrincipal& client) {
  Json json = user_json(request, tokens, user);
  json["aud"] = to_string(client.application);
  const std::string shown = shown_identity(user.attributes);
  json["preferred_username"] = shown.empty() ? text_of(user.attributes, "userPrincipalName") : shown;
  json["ver"] = request.style == Style::kEntraV2 ? "2.0" : "1.0";
  if (!tokens.nonce.empty()) json["nonce"] = tokens.nonce;
  return json.dump();
}

std::string user_answer(const TokenRequest& request, const UserTokens& tokens, const User& user,
                        const UserAnswer& answer) {
  Json json = Json::parse(token_answer(request, answer.access_token));
  json["scope"] = request.style == Style::kEntraV1 ? std::string("user_impersonation") : tokens.scope;
  if (!answer.refresh_token.empty()) json["refresh_token"] = answer.refresh_token;
  if (!answer.id_token.empty()) json["id_token"] = answer.id_token;
  // By which MSAL tells accounts apart.
  const Json client_info = {{"uid", to_string(user.object)}, {"utid", to_string(request.tenant)}};
  json["client_info"] = to_base64url(client_info.dump());
  return json.dump();
}

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
  if (!principal.directory_roles.empty()) json["wids"] = texts(principal.directory_roles);
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
