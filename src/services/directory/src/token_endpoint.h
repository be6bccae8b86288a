// TokenEndpoint: gives a service principal a token for its secret (RFC 6749 section 4.4).
#pragma once

#include "authn/identity.h"
#include "directory/directory_store.h"
#include "pipeline/permit.h"
#include "runtime/pool.h"
#include "src/attempts.h"
#include "src/audience_rules.h"
#include "src/client_form.h"
#include "src/login_site.h"
#include "src/signing_keys.h"
#include "src/token_rules.h"

namespace freehold::directory {

// What the endpoints work with; owned by DirectoryService, outlives every request.
struct LoginParts {
  const LoginSite& site;
  const DirectoryStore& store;
  const SigningKeys& keys;
  const AudienceRules& audiences;
  Attempts& attempts;
  Random& random;
  runtime::Pool& pool;
};

// A caller whose secret was right.
struct ProvenClient {
  TenantId tenant;
  std::shared_ptr<const ServicePrincipal> principal;
};
// Decides by what the form and the Authorization header say. `tenant` as the path names it; empty for AD FS, where the
// client's id tells it.
[[nodiscard]] gate::ApiResult<ProvenClient> prove_client(const DirectoryStore& store, std::string_view tenant,
                                                         const ClientForm& form, const ClientCredentials& credentials,
                                                         WallTime now);
[[nodiscard]] gate::ApiResult<std::string> wanted_audience(const AudienceRules& rules, Style style,
                                                           const ClientForm& form);

// What a request for a token came with, apart from its body.
struct TokenCall {
  Style style = Style::kEntraV2;
  std::string tenant;   // as the path names it; empty for AD FS
  std::string address;  // the caller's
  std::string port;
  WallTime now;
};
// What its body says; the body's bytes are wiped.
struct TokenForm {
  ClientForm form;
  ClientCredentials credentials;
};
[[nodiscard]] gate::ApiResult<TokenForm> read_token_form(std::string_view authorization, Bytes body);

struct IssuedToken {
  http::Response response;
  std::string caller;  // for the audit record
  TenantId tenant;     // the caller's
};
[[nodiscard]] runtime::Task<gate::ApiResult<IssuedToken>> issue_token(LoginParts& parts, TokenCall call,
                                                                      TokenForm asked);

}  // namespace freehold::directory
