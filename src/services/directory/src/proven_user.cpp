#include "src/proven_user.h"

#include "base/encoding.h"
#include "src/snapshot.h"
#include "src/token_errors.h"

namespace freehold::directory {

std::string_view credential_name(const ProvenUser& who) {
  return who.methods.size() > 1 ? "PasswordAndCode" : "Password";
}

std::optional<UserAccount> account_of(const DirectoryStore& store, TenantId tenant,
                                      const std::shared_ptr<const User>& user) {
  const auto home = home_of(user->attributes);
  if (!home) {
    if (!text_of(user->attributes, "externalUserState").empty()) return std::nullopt;
    return UserAccount{tenant, user};
  }
  const auto there = store.snapshot(home->tenant);
  auto account = there ? live_in(there->objects.users, home->object) : nullptr;
  // An account of one's own: guests invite no further.
  if (!account || home_of(account->attributes)) return std::nullopt;
  return UserAccount{home->tenant, std::move(account)};
}

std::string guessing_name(const DirectoryStore& store, const UserAccount& account) {
  if (store.is_external(account.tenant)) return to_string(account.tenant) + " " + to_string(account.user->object);
  return to_lower(text_of(account.user->attributes, "userPrincipalName"));
}

gate::ApiResult<std::shared_ptr<const User>> present_user(const DirectoryStore& store, const ProvenUser& who) {
  const auto directory = store.snapshot(who.tenant);
  auto user = directory ? live_in(directory->objects.users, who.user) : nullptr;
  const auto account = user ? account_of(store, who.tenant, user) : std::nullopt;
  if (!account || !user->enabled || !account->user->enabled) return std::unexpected(token_errors::disabled_user());
  const auto ended = [&who](const User& of) { return of.sessions_from && *of.sessions_from > who.at; };
  if (ended(*user) || ended(*account->user) || account->user->password_changed != who.password_of) {
    return std::unexpected(token_errors::revoked_grant());
  }
  return user;
}

}  // namespace freehold::directory
