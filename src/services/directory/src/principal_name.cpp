#include "directory/principal_name.h"

#include "src/snapshot.h"

namespace freehold::directory {

std::string principal_name(const DirectoryStore& store, TenantId tenant, PrincipalId object) {
  const auto now = store.snapshot(tenant);
  const auto user = now ? live_in(now->objects.users, object) : nullptr;
  return user ? text_of(user->attributes, "userPrincipalName") : std::string();
}

}  // namespace freehold::directory
