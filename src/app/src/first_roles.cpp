#include "first_roles.h"

#include "runtime/task_scope.h"

namespace freehold::app {

using namespace gate::authz;

Result<> assign_first_roles(const RegionIdentity& identity, const directory::DirectoryStore& directory,
                            const ManagementTree& tree, AssignmentStore& assignments, Random& random) {
  const auto found = directory.clients(identity.admin, identity.tenant);
  if (found.empty()) return {};  // it was removed; what it had went with it
  const PrincipalId administrator = found[0].principal->object;
  const auto assignment = [&](const ScopeChain& where, std::string_view role) {
    return RoleAssignment{random_id<RoleAssignmentId>(random), identity.tenant, where.innermost(), administrator,
                          role_id(role)};
  };
  const auto root = tenant_chain(identity.tenant);
  const auto subscription = subscription_chain(identity.tenant, identity.subscription, tree);
  return runtime::run_blocking(assignments.begin(
      identity.tenant, {assignment(root, roles::kOwner), assignment(subscription, roles::kStorageBlobDataOwner),
                        assignment(subscription, roles::kKeyVaultAdministrator)}));
}

}  // namespace freehold::app
