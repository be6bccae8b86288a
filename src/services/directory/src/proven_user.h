// ProvenUser: who signed in, by what and when; what a sign-in under way carries until it ends in tokens.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "directory/directory_store.h"
#include "route/api_error.h"

namespace freehold::directory {

struct ProvenUser {
  TenantId tenant = {};
  PrincipalId user = {};
  std::vector<std::string> methods = {};  // `amr`: pwd, and mfa if there was a second factor
  // When the request came whose password was right, so that it is no later than what was compared.
  WallTime at = {};
  // When the password that was right had been set: another since then, and this is over, whatever the clocks say.
  std::optional<WallTime> password_of = {};
};

// What the audit record says of it.
[[nodiscard]] std::string_view credential_name(const ProvenUser& who);

// Where the password of a tenant's user is: the user's own, or of a guest the account in another tenant.
struct UserAccount {
  TenantId tenant;
  std::shared_ptr<const User> user;
};
// nullopt: a guest whose account is gone, or whose invitation nobody has accepted.
[[nodiscard]] std::optional<UserAccount> account_of(const DirectoryStore& store, TenantId tenant,
                                                    const std::shared_ptr<const User>& user);
// By what wrong passwords of an account are counted, wherever they are tried.
[[nodiscard]] std::string guessing_name(const DirectoryStore& store, const UserAccount& account);

// The user as they are now. AADSTS50057: gone or disabled; 50173: the password was changed since, or sessions were
// ended.
[[nodiscard]] gate::ApiResult<std::shared_ptr<const User>> present_user(const DirectoryStore& store,
                                                                        const ProvenUser& who);

}  // namespace freehold::directory
