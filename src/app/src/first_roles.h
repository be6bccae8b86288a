// What a first start lets its administrator do (DESIGN section 11).
#pragma once

#include "authz/assignment_store.h"
#include "directory/directory_store.h"
#include "region_identity.h"

namespace freehold::app {

// Owner at the root management group; Storage Blob Data Owner and Key Vault Administrator on the subscription. Once:
// what is taken away later stays away. Blocks; start-up only.
[[nodiscard]] Result<> assign_first_roles(const RegionIdentity& identity, const directory::DirectoryStore& directory,
                                          const gate::authz::ManagementTree& tree,
                                          gate::authz::AssignmentStore& assignments, Random& random);

}  // namespace freehold::app
