// LoginParts: what the endpoints of sign-in work with.
#pragma once

#include "directory/directory_store.h"
#include "route/api_error.h"
#include "runtime/pool.h"
#include "src/attempts.h"
#include "src/audience_rules.h"
#include "src/login_site.h"
#include "src/session_store.h"
#include "src/sign_in_memory.h"
#include "src/signing_keys.h"

namespace freehold::directory {

class LdapDirectory;

enum class PasswordGrant { kOff, kOn };

// All of it is owned by DirectoryService and outlives every request.
struct LoginParts {
  const LoginSite& site;
  DirectoryStore& store;
  SigningKeys& keys;
  const AudienceRules& audiences;
  Attempts& attempts;
  SessionStore& sessions;
  SignInMemory& memory;
  Random& random;
  runtime::Pool& pool;       // signs tokens
  runtime::Pool& passwords;  // hashes passwords: few at once, each takes 19 MiB
  const Secret& ticket_key;  // seals the tickets of sign-in pages; this process's own
  PasswordGrant password_grant;
  LdapDirectory* ldap = nullptr;  // null: everybody's password is kept here
};

// What a request came with, apart from its body.
struct LoginCall {
  Style style = Style::kEntraV2;
  std::string tenant;   // as the path names it, in lower case; empty for AD FS
  std::string address;  // the caller's
  std::string port;     // ":8443" of the Host header, or empty
  WallTime now;
};

// The tenant that a path's segment names; nullopt inside: none ("common", "organizations", AD FS).
[[nodiscard]] gate::ApiResult<std::optional<TenantId>> named_tenant(const DirectoryStore& store,
                                                                    std::string_view segment);

}  // namespace freehold::directory
