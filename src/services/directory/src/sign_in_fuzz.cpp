// What strangers hand to sign-in besides forms: redirect URIs, cookies, refresh tokens, audiences of assertions.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "src/authorize_endpoint.h"
#include "src/authorize_rules.h"
#include "src/client_proof_rules.h"
#include "src/sign_in_pages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold;
  using namespace freehold::directory;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (is_registrable_redirect(text)) {
    // What goes into a header and a policy holds nothing that ends either.
    const auto action = form_action_of(text);
    FH_CHECK(!action.empty() && action.find_first_of(" ;\r\n'\"") == action.npos);
    FH_CHECK(text.find_first_of("\r\n ") == text.npos);
  }
  static Snapshot directory;
  ServicePrincipal cli;
  cli.application = *parse_guid<PrincipalId>(kAzureCli);
  if (is_redirect_of(directory, cli, text))
    FH_CHECK(text.starts_with("http://localhost") || text.starts_with("http://127"));
  const auto cookie = browser_cookie(text);
  FH_CHECK(cookie.empty() || cookie.size() == 43);
  static_cast<void>(SessionStore::tenant_of(text));
  static_cast<void>(is_own_audience(LoginSite("freehold.localhost"), text, TenantId{}));
  static_cast<void>(is_verifier_of("x", text));
  FH_CHECK(html_escape(text).find_first_of("<>\"'") == std::string::npos);
  return 0;
}
