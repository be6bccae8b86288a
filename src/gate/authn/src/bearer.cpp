#include "authn/bearer.h"

#include <algorithm>

#include "authn/audience.h"
#include "authn/proved_tokens.h"
#include "authn_errors.h"
#include "base/encoding.h"
#include "sas.h"

namespace freehold::gate {
namespace {

using namespace authn_errors;

constexpr std::string_view kScheme = "bearer ";
constexpr std::string_view kStorage = "https://storage.azure.com";
constexpr std::chrono::minutes kSkew{5};

bool is_for_account(std::string_view audience, const StorageAccount& account, const BearerTrust& trust) {
  if (resource_of_audience(audience, {}) == TokenResource::kStorage) return true;
  const auto host = audience_host(audience);
  return host && std::ranges::any_of(trust.host_suffixes,
                                     [&](const std::string& suffix) { return *host == account.name + "." + suffix; });
}

// Within whole seconds either way; numbers that no time of ours can have are out.
std::optional<WallTime> time_claim(const crypto::JwtMembers& claims, std::string_view name) {
  constexpr std::int64_t kLast = 253'402'300'799;  // the end of the year 9999
  const auto seconds = claims.number(name);
  if (!seconds || *seconds < 0 || *seconds > kLast) return std::nullopt;
  return WallTime(std::chrono::seconds(*seconds));
}

std::optional<TokenFault> fault_of_times(const crypto::JwtMembers& claims, WallTime now) {
  const auto begin = time_claim(claims, "nbf");
  const auto end = time_claim(claims, "exp");
  if (!begin || !end) return TokenFault::kNoTimes;
  if (*end + kSkew <= now) return TokenFault::kExpired;
  if (*begin > now + kSkew) return TokenFault::kNotYetValid;
  return std::nullopt;
}

// The key by which the token says it is signed; nullopt: none of ours, or no longer.
std::optional<crypto::RsaPublicKey> key_of(const crypto::Jwt& token, const BearerTrust& trust) {
  const auto id = token.header.text("kid");
  return id ? trust.tokens.key(*id) : std::nullopt;
}

std::expected<std::shared_ptr<const crypto::Jwt>, TokenFault> signed_token(std::string_view text,
                                                                           const BearerTrust& trust) {
  const auto digest = crypto::sha256(text);
  if (auto known = trust.proved->find(digest); known && key_of(*known, trust)) return known;
  auto parsed = crypto::parse_jwt(text);
  if (!parsed) return std::unexpected(TokenFault::kMalformed);
  const auto key = key_of(*parsed, trust);
  if (!key || !crypto::verify(*parsed, *key)) return std::unexpected(TokenFault::kSignature);
  auto token = std::make_shared<crypto::Jwt>(std::move(*parsed));
  token->signed_part = {};
  token->signature = {};
  trust.proved->keep(digest, token);
  return token;
}

std::expected<std::shared_ptr<const Identity>, TokenFault> identity_of(const crypto::JwtMembers& claims,
                                                                       const BearerTrust& trust) {
  const auto tenant = parse_guid<TenantId>(claims.text("tid").value_or(""));
  const auto issuer = claims.text("iss");
  if (!tenant || !issuer || !trust.tokens.issues_as(*issuer, *tenant)) return std::unexpected(TokenFault::kIssuer);
  const auto object = parse_guid<PrincipalId>(claims.text("oid").value_or(""));
  auto identity = object ? trust.identities.find(*tenant, *object) : nullptr;
  if (!identity || !identity->enabled) return std::unexpected(TokenFault::kPrincipal);
  return identity;
}

// What every token is held against, in order. `takes` says of the audience whether it is the service's.
template <class Takes>
std::expected<Principal, TokenFault> prove(const http::Request& request, TenantId tenant, WallTime now,
                                           const BearerTrust& trust, const Takes& takes) {
  FH_TRY(const auto token, signed_token(request.headers.get("authorization").substr(kScheme.size()), trust));
  if (const auto fault = fault_of_times(token->claims, now)) return std::unexpected(*fault);
  const std::string audience(token->claims.text("aud").value_or(""));
  if (!takes(audience)) return std::unexpected(TokenFault::kAudience);
  FH_TRY(auto identity, identity_of(token->claims, trust));
  if (tenant != TenantId{} && identity->tenant != tenant) return std::unexpected(TokenFault::kTenant);
  Principal principal{.credential = kBearer, .tenant = identity->tenant};
  principal.pseudonym_source = to_string(identity->object);
  principal.identity = std::move(identity);
  principal.audience = audience;
  return principal;
}

bool has_one_credential(const http::Request& request) {
  return !has_sas(request) && std::ranges::count(request.headers.fields(), "authorization",
                                                 &std::pair<std::string, std::string>::first) == 1;
}

// As the Blob service says it in AuthenticationErrorDetail.
std::string_view storage_text(TokenFault fault) {
  switch (fault) {
    case TokenFault::kMissing:
    case TokenFault::kMalformed:
      return "The token is malformed.";
    case TokenFault::kSignature:
      return "Signature validation failed.";
    case TokenFault::kNoTimes:
      return "Lifetime validation failed. The token is missing a time.";
    case TokenFault::kExpired:
      return "Lifetime validation failed. The token is expired.";
    case TokenFault::kNotYetValid:
      return "Lifetime validation failed. The token is not yet valid.";
    case TokenFault::kAudience:
      return "Audience validation failed. Audience did not match.";
    case TokenFault::kIssuer:
    case TokenFault::kTenant:
      return "Issuer validation failed. Issuer did not match.";
    case TokenFault::kPrincipal:
      return "The principal of the token is not there, or disabled.";
  }
  return {};
}

}  // namespace

bool has_bearer(const http::Request& request) {
  return equals_ignoring_case(request.headers.get("authorization").substr(0, kScheme.size()), kScheme);
}

ApiResult<Principal> authenticate_bearer(const http::Request& request, const Target& target,
                                         const StorageAccount& account, WallTime now, const BearerTrust& trust) {
  if (!has_one_credential(request)) return malformed_credential();
  if (request.listener != http::Listener::kHttps) {
    return authentication_failed("Authentication scheme Bearer is not allowed with HTTP.");
  }
  if (!request.headers.has("x-ms-version")) {
    return authentication_failed("Authentication scheme Bearer is not supported in this version.");
  }
  if (target.account != account.name) return authentication_failed("The account is another one.");
  auto principal = prove(request, account.tenant, now, trust,
                         [&](std::string_view audience) { return is_for_account(audience, account, trust); });
  if (!principal) return invalid_token(storage_text(principal.error()));
  return std::move(*principal);
}

std::expected<Principal, TokenFault> authenticate_token(const http::Request& request, TenantId tenant, WallTime now,
                                                        const TokenRules& rules, const BearerTrust& trust) {
  if (!request.headers.has("authorization")) return std::unexpected(TokenFault::kMissing);
  if (!has_bearer(request) || !has_one_credential(request) || request.listener != http::Listener::kHttps) {
    return std::unexpected(TokenFault::kMalformed);
  }
  return prove(request, tenant, now, trust, [&](std::string_view audience) { return rules.takes_audience(audience); });
}

std::string_view port_of_host(const http::Request& request) {
  const auto host = request.headers.get("host");
  const auto colon = host.rfind(':');
  const auto port = colon == host.npos ? std::string_view() : host.substr(colon);
  const bool good = port.size() > 1 && parse_u64(port.substr(1)).value_or(65'536) <= 65'535;
  return good ? port : std::string_view();
}

std::string bearer_challenge(const http::Request& request, const StorageAccount& account,
                             const TokenAuthority& tokens) {
  return "Bearer authorization_uri=" + tokens.tenant_uri(account.tenant, port_of_host(request)) +
         "/oauth2/authorize resource_id=" + std::string(kStorage);
}

}  // namespace freehold::gate
