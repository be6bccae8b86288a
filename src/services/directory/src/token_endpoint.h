// TokenEndpoint: gives tokens to who proves to be somebody, for each grant (RFC 6749 section 3.2).
#pragma once

#include "http/message.h"
#include "src/client_proof_rules.h"
#include "src/token_rules.h"

namespace freehold::directory {

// What the body of a request says; the body's bytes are wiped.
struct TokenForm {
  ClientForm form;
  ClientCredentials credentials;
};
[[nodiscard]] gate::ApiResult<TokenForm> read_token_form(std::string_view authorization, Bytes body);

// The audience of a token for an application itself.
[[nodiscard]] gate::ApiResult<std::string> wanted_audience(const AudienceRules& rules, Style style,
                                                           const ClientForm& form);

// AADSTS500011: the tenant has no such service.
[[nodiscard]] gate::ApiResult<> check_offered(const LoginParts& parts, TenantId tenant, std::string_view audience,
                                              const std::vector<DirectoryRoleId>& roles);

struct IssuedToken {
  http::Response response;
  std::string caller;  // for the audit record: who was proved
  TenantId tenant;     // the caller's
  std::string_view credential;
};
[[nodiscard]] runtime::Task<gate::ApiResult<IssuedToken>> issue_token(LoginParts& parts, LoginCall call,
                                                                      TokenForm asked);

}  // namespace freehold::directory
