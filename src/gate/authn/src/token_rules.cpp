#include "authn/token_rules.h"

namespace freehold::gate {
namespace {

ApiError refused(std::string_view code, std::string_view message) {
  return {.status = 401, .code = std::string(code), .message = std::string(message)};
}

}  // namespace

// "Troubleshoot common Azure deployment errors", and what the resource manager answers.
ApiError TokenRules::refuse_token(TokenFault fault) const {
  constexpr std::string_view kInvalid = "InvalidAuthenticationToken";
  switch (fault) {
    case TokenFault::kMissing:
      return refused("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.");
    case TokenFault::kMalformed:
      return refused(kInvalid, "The access token is invalid.");
    case TokenFault::kSignature:
      return refused(kInvalid, "The access token validation failed: its signature is by no key of this authority.");
    case TokenFault::kNoTimes:
      return refused(kInvalid, "The access token validation failed: it is missing a time.");
    case TokenFault::kExpired:
      return refused("ExpiredAuthenticationToken",
                     "The access token expiry UTC time is earlier than current UTC time.");
    case TokenFault::kNotYetValid:
      return refused(kInvalid, "The access token is not yet valid.");
    case TokenFault::kAudience:
      return refused("InvalidAuthenticationTokenAudience",
                     "The access token has been obtained for wrong audience or resource.");
    case TokenFault::kIssuer:
      return refused(kInvalid, "The access token is from the wrong issuer.");
    case TokenFault::kPrincipal:
      return refused(kInvalid, "The access token validation failed: its principal is gone or disabled.");
    case TokenFault::kTenant:
      return refused("InvalidAuthenticationTokenTenant",
                     "The access token is from the wrong issuer. It must match the tenant associated with this "
                     "subscription. Please use the authority (URL) of the challenge to get the token.");
  }
  return refused(kInvalid, "The access token is invalid.");
}

// No text of ours has a quotation mark.
std::string TokenRules::challenge(const ApiError& error, TenantId tenant, std::string_view port,
                                  const TokenAuthority& authority) const {
  return "Bearer authorization_uri=\"" + authority.tenant_uri(tenant, port) +
         "\", error=\"invalid_token\", error_description=\"" + error.message + "\"";
}

}  // namespace freehold::gate
