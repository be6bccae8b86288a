// The grants by which a user's tokens are given: authorisation code, refresh token, password, device code (RFC 6749,
// RFC 7636, RFC 8628).
#pragma once

#include "src/client_proof_rules.h"
#include "src/token_endpoint.h"

namespace freehold::directory {

using GrantTask = runtime::Task<gate::ApiResult<IssuedToken>>;

[[nodiscard]] GrantTask redeem_code(LoginParts& parts, LoginCall call, TokenForm asked);
[[nodiscard]] GrantTask redeem_refresh_token(LoginParts& parts, LoginCall call, TokenForm asked);
[[nodiscard]] GrantTask redeem_password(LoginParts& parts, LoginCall call, TokenForm asked);
[[nodiscard]] GrantTask redeem_device_code(LoginParts& parts, LoginCall call, TokenForm asked);

}  // namespace freehold::directory
