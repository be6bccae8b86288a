// Authentication by bearer token: RS256 JWTs of this cloud's own directory. Pure functions over values; no I/O.
//
// Sources: "Authorize with Microsoft Entra ID" (Azure Storage REST reference), RFC 6750, RFC 8725. Keeps: A1, H1.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "authn/authenticate.h"
#include "authn/identity.h"
#include "authn/proved_tokens.h"
#include "authn/token_rules.h"

namespace freehold::gate {

// Whose tokens are believed, and for what. All of it outlives the pipeline.
struct BearerTrust {
  const TokenAuthority& tokens;
  const IdentityDirectory& identities;
  // A token for https://ACCOUNT.<suffix> is good for that one account.
  std::vector<std::string> host_suffixes;
  std::shared_ptr<ProvedTokens> proved = std::make_shared<ProvedTokens>();
};

// Does the request bring an Authorization header of this scheme?
[[nodiscard]] bool has_bearer(const http::Request& request);

// Proves the caller of such a request. Over TLS only, and without another credential. Refusals are Azure's own: 403
// AuthenticationFailed over plain http or without x-ms-version, 401 InvalidAuthenticationInfo for a token that isn't
// one, is signed by nobody we know, is meant for others, over or not yet valid (5 minutes of skew), of another tenant
// than the account's, or of a principal that is gone or disabled.
[[nodiscard]] ApiResult<Principal> authenticate_bearer(const http::Request& request, const Target& target,
                                                       const StorageAccount& account, WallTime now,
                                                       const BearerTrust& trust);

// The same for a service with rules of its own: TLS, one credential, the token's signature, times, audience, issuer,
// principal. The caller may be of any tenant, but of `tenant` if that isn't zero (whose the resource is). No
// Authorization header is a fault too.
[[nodiscard]] std::expected<Principal, TokenFault> authenticate_token(const http::Request& request, TenantId tenant,
                                                                      WallTime now, const TokenRules& rules,
                                                                      const BearerTrust& trust);

// ":8443" of the request's Host header, or empty.
[[nodiscard]] std::string_view port_of_host(const http::Request& request);

// The value of WWW-Authenticate by which SDKs find where to sign in.
[[nodiscard]] std::string bearer_challenge(const http::Request& request, const StorageAccount& account,
                                           const TokenAuthority& tokens);

}  // namespace freehold::gate
