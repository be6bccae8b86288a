#include "authn/bearer.h"

#include <algorithm>

#include "authn_errors.h"
#include "base/encoding.h"
#include "crypto/jwt.h"
#include "sas.h"

namespace freehold::gate {
namespace {

using namespace authn_errors;

constexpr std::string_view kScheme = "bearer ";
constexpr std::string_view kStorage = "https://storage.azure.com";
constexpr std::string_view kStorageApplication = "e406a681-f3d4-42a8-90b6-c2b029497af1";
constexpr std::chrono::minutes kSkew{5};

// "https://Host[:port][/]" as "https://host": audiences are compared so.
std::string bare_audience(std::string_view audience) {
  if (audience.ends_with('/')) audience.remove_suffix(1);
  const auto colon = audience.rfind(':');
  if (colon != audience.npos && parse_u64(audience.substr(colon + 1))) audience = audience.substr(0, colon);
  return to_lower(audience);
}

bool is_meant_for(std::string_view audience, const StorageAccount& account, const BearerTrust& trust) {
  const std::string bare = bare_audience(audience);
  if (bare == kStorage || bare == kStorageApplication) return true;
  return std::ranges::any_of(
      trust.host_suffixes, [&](const std::string& suffix) { return bare == "https://" + account.name + "." + suffix; });
}

// Within whole seconds either way; numbers that no time of ours can have are out.
std::optional<WallTime> time_claim(const crypto::JwtMembers& claims, std::string_view name) {
  constexpr std::int64_t kLast = 253'402'300'799;  // the end of the year 9999
  const auto seconds = claims.number(name);
  if (!seconds || *seconds < 0 || *seconds > kLast) return std::nullopt;
  return WallTime(std::chrono::seconds(*seconds));
}

ApiResult<> check_times(const crypto::JwtMembers& claims, WallTime now) {
  const auto begin = time_claim(claims, "nbf");
  const auto end = time_claim(claims, "exp");
  if (!begin || !end) return invalid_token("Lifetime validation failed. The token is missing a time.");
  if (*end + kSkew <= now) return invalid_token("Lifetime validation failed. The token is expired.");
  if (*begin > now + kSkew) return invalid_token("Lifetime validation failed. The token is not yet valid.");
  return {};
}

ApiResult<crypto::Jwt> proven_token(std::string_view text, const BearerTrust& trust) {
  auto token = crypto::parse_jwt(text);
  if (!token) return invalid_token("The token is malformed.");
  const auto id = token->header.text("kid");
  const auto key = id ? trust.tokens.key(*id) : std::nullopt;
  if (!key || !crypto::verify(*token, *key)) return invalid_token("Signature validation failed.");
  return std::move(*token);
}

ApiResult<std::shared_ptr<const Identity>> identity_of(const crypto::JwtMembers& claims, const StorageAccount& account,
                                                       const BearerTrust& trust) {
  const auto tenant = parse_guid<TenantId>(claims.text("tid").value_or(""));
  const auto issuer = claims.text("iss");
  if (!tenant || !issuer || *tenant != account.tenant || !trust.tokens.issues_as(*issuer, *tenant)) {
    return invalid_token("Issuer validation failed. Issuer did not match.");
  }
  const auto object = parse_guid<PrincipalId>(claims.text("oid").value_or(""));
  auto identity = object ? trust.identities.find(*tenant, *object) : nullptr;
  if (!identity || !identity->enabled) return invalid_token("The principal of the token is not there, or disabled.");
  return identity;
}

}  // namespace

bool has_bearer(const http::Request& request) {
  return equals_ignoring_case(request.headers.get("authorization").substr(0, kScheme.size()), kScheme);
}

ApiResult<Principal> authenticate_bearer(const http::Request& request, const Target& target,
                                         const StorageAccount& account, WallTime now, const BearerTrust& trust) {
  const auto once =
      std::ranges::count(request.headers.fields(), "authorization", &std::pair<std::string, std::string>::first);
  if (has_sas(request) || once != 1) return malformed_credential();
  if (request.listener != http::Listener::kHttps) {
    return authentication_failed("Authentication scheme Bearer is not allowed with HTTP.");
  }
  if (!request.headers.has("x-ms-version")) {
    return authentication_failed("Authentication scheme Bearer is not supported in this version.");
  }
  if (target.account != account.name) return authentication_failed("The account is another one.");
  FH_TRY(const auto token, proven_token(request.headers.get("authorization").substr(kScheme.size()), trust));
  FH_CHECK_OK(check_times(token.claims, now));
  if (!is_meant_for(token.claims.text("aud").value_or(""), account, trust)) {
    return invalid_token("Audience validation failed. Audience did not match.");
  }
  FH_TRY(auto identity, identity_of(token.claims, account, trust));
  Principal principal{.credential = kBearer, .tenant = account.tenant};
  principal.pseudonym_source = to_string(identity->object);
  principal.identity = std::move(identity);
  return principal;
}

std::string bearer_challenge(const http::Request& request, const StorageAccount& account,
                             const TokenAuthority& tokens) {
  const auto host = request.headers.get("host");
  const auto colon = host.rfind(':');
  const auto port = colon == host.npos ? std::string_view() : host.substr(colon);
  const bool good = port.size() > 1 && parse_u64(port.substr(1)).value_or(65'536) <= 65'535;
  return "Bearer authorization_uri=" + tokens.authorization_uri(account.tenant, good ? port : std::string_view()) +
         " resource_id=" + std::string(kStorage);
}

}  // namespace freehold::gate
