#include "src/proven_user.h"

#include "src/snapshot.h"
#include "src/token_errors.h"

namespace freehold::directory {

std::string_view credential_name(const ProvenUser& who) {
  return who.methods.size() > 1 ? "PasswordAndCode" : "Password";
}

gate::ApiResult<std::shared_ptr<const User>> present_user(const DirectoryStore& store, const ProvenUser& who) {
  const auto directory = store.snapshot(who.tenant);
  auto user = directory ? live_in(directory->objects.users, who.user) : nullptr;
  if (!user || !user->enabled) return std::unexpected(token_errors::disabled_user());
  const bool ended = user->sessions_from && *user->sessions_from > who.at;
  if (ended || user->password_changed != who.password_of) return std::unexpected(token_errors::revoked_grant());
  return user;
}

}  // namespace freehold::directory
