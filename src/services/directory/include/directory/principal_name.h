// The names of a directory's people, for what shows them to others.
#pragma once

#include <string>

#include "directory/directory_store.h"

namespace freehold::directory {

// A user's principal name; empty: it is no user, or deleted, and its name no longer shown.
[[nodiscard]] std::string principal_name(const DirectoryStore& store, TenantId tenant, PrincipalId object);

}  // namespace freehold::directory
