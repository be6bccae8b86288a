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

// The claims of an application's access token, as JSON.
[[nodiscard]] std::string token_claims(const TokenRequest& request, const ServicePrincipal& principal);
// The body of a 200: Entra's v1 writes its numbers as text, v2 and AD FS as numbers.
[[nodiscard]] std::string token_answer(const TokenRequest& request, std::string_view token);

}  // namespace freehold::directory
