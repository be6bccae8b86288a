// What a token says and how it is handed over: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "directory/object.h"
#include "src/login_site.h"

namespace freehold::directory {

// Azure gives applications 60 to 90 minutes.
inline constexpr std::chrono::seconds kTokenLife{3'600};

struct TokenRequest {
  Style style = Style::kEntraV2;
  TenantId tenant;
  std::string audience;
  std::string issuer;
  std::string token_id;  // `uti`
  WallTime now;
};

// What a user's tokens say besides. `nonce` and `scope` as the client asked.
struct UserTokens {
  std::string scope;
  std::string nonce;
  std::vector<std::string> methods;  // `amr`
  bool public_client = true;
};

// The claims of a user's access token, and of the id token that tells the client who signed in (OpenID Connect Core
// section 2).
[[nodiscard]] std::string user_claims(const TokenRequest& request, const UserTokens& tokens, const User& user,
                                      const ServicePrincipal& client);
[[nodiscard]] std::string id_claims(const TokenRequest& request, const UserTokens& tokens, const User& user,
                                    const ServicePrincipal& client);
// The body of a 200 for a user; what is empty is left out.
struct UserAnswer {
  std::string access_token;
  std::string id_token;
  std::string refresh_token;
};
[[nodiscard]] std::string user_answer(const TokenRequest& request, const UserTokens& tokens, const User& user,
                                      const UserAnswer& answer);

// The claims of an application's access token, as JSON.
[[nodiscard]] std::string token_claims(const TokenRequest& request, const ServicePrincipal& principal);
// The body of a 200: Entra's v1 writes its numbers as text, v2 and AD FS as numbers.
[[nodiscard]] std::string token_answer(const TokenRequest& request, std::string_view token);

}  // namespace freehold::directory
