#include "src/discovery.h"

#include <nlohmann/json.hpp>

namespace freehold::directory {
namespace {

using Json = nlohmann::ordered_json;

bool names_many(std::string_view tenant) { return tenant == "common" || tenant == "organizations"; }

// Where each style has its pages, below what stands before them.
struct Places {
  std::string base;  // of authorize, token, devicecode and logout
  std::string keys;
};

Places places_of(Style style, const std::string& base) {
  switch (style) {
    case Style::kAdfs:
      return {base + "/adfs/oauth2", base + "/adfs/discovery/keys"};
    case Style::kEntraV1:
      return {base + "/oauth2", base + "/discovery/keys"};
    case Style::kEntraV2:
      return {base + "/oauth2/v2.0", base + "/discovery/v2.0/keys"};
  }
  return {};
}

}  // namespace

std::string openid_configuration(const LoginSite& site, Style style, std::string_view tenant, std::string_view port) {
  const std::string origin = site.origin(port);
  const Places places = places_of(style, style == Style::kAdfs ? origin : origin + "/" + std::string(tenant));
  const std::string issued_for = names_many(tenant) ? "{tenantid}" : std::string(tenant);
  const Json json = {
      {"issuer", site.issuer(style, issued_for, port)},
      {"authorization_endpoint", places.base + "/authorize"},
      {"token_endpoint", places.base + "/token"},
      {"device_authorization_endpoint", places.base + "/devicecode"},
      {"end_session_endpoint", places.base + "/logout"},
      {"jwks_uri", places.keys},
      {"token_endpoint_auth_methods_supported", {"client_secret_post", "client_secret_basic", "private_key_jwt"}},
      {"token_endpoint_auth_signing_alg_values_supported", {"RS256", "PS256"}},
      {"grant_types_supported",
       {"authorization_code", "client_credentials", "password", "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code"}},
      {"response_types_supported", Json::array({"code"})},
      {"response_modes_supported", {"query", "form_post"}},
      {"code_challenge_methods_supported", Json::array({"S256"})},
      {"scopes_supported", {"openid", "profile", "email", "offline_access"}},
      {"subject_types_supported", Json::array({"public"})},
      {"id_token_signing_alg_values_supported", Json::array({"RS256"})},
      {"claims_supported",
       {"aud", "iss", "iat", "nbf", "exp", "sub", "oid", "tid", "appid", "ver", "nonce", "upn", "name",
        "preferred_username", "unique_name", "given_name", "family_name", "amr", "puid"}}};
  return json.dump();
}

std::string instance_discovery(const LoginSite& site, std::string_view tenant, std::string_view port) {
  const std::string host = site.host() + std::string(port);
  const Json json = {
      {"tenant_discovery_endpoint",
       site.origin(port) + "/" + std::string(tenant) + "/v2.0/.well-known/openid-configuration"},
      {"api-version", "1.1"},
      {"metadata",
       Json::array({{{"preferred_network", host}, {"preferred_cache", host}, {"aliases", Json::array({host})}}})}};
  return json.dump();
}

}  // namespace freehold::directory
