// TokenRules: how a service decides whose callers are principals of the directory and whose resources belong to no
// storage account (the resource manager, Graph, vaults). Keeps: A1, H1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "authn/identity.h"
#include "http/message.h"
#include "route/api_error.h"
#include "route/route.h"

namespace freehold::gate {

// At which of its checks a token fell, or that there is none.
enum class TokenFault : std::uint8_t {
  kMissing,
  kMalformed,
  kSignature,  // signed by nobody that is believed here
  kNoTimes,
  kExpired,
  kNotYetValid,
  kAudience,   // meant for somebody else
  kIssuer,     // the issuer isn't one of that tenant's
  kPrincipal,  // gone, or disabled
  kTenant,     // proved, but what the request points at is another tenant's
};

// Supplied by a service through ServiceGate::tokens(). Thread-safe, answers from memory. A token says who calls;
// allows() says what that one may do, at this moment. Both refusals are the service's own words; those given here are
// those of Azure's management APIs.
class TokenRules {
 public:
  virtual ~TokenRules() = default;
  [[nodiscard]] virtual bool takes_audience(std::string_view audience) const = 0;
  // May `who` do `action` (a row's own, or one that its headers ask for besides) to what the request points at?
  [[nodiscard]] virtual bool allows(const Identity& who, const http::Request& request, const Target& target,
                                    std::string_view action) const = 0;

  // 401; nothing of the token is in it.
  [[nodiscard]] virtual ApiError refuse_token(TokenFault fault) const;
  // 403, to a proved caller.
  [[nodiscard]] virtual ApiError refuse_action(const Identity& who, const http::Request& request, const Target& target,
                                               std::string_view action) const = 0;
  // The value of WWW-Authenticate in a 401: where to sign in. `tenant` is whose resource it is, zero if unknown; `port`
  // that by which the caller came (":8443"), or empty.
  [[nodiscard]] virtual std::string challenge(const ApiError& error, TenantId tenant, std::string_view port,
                                              const TokenAuthority& authority) const;
};

}  // namespace freehold::gate
