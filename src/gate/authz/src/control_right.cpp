#include "authz/control_right.h"

namespace freehold::gate::authz {

bool may_control(const IdentityDirectory& identities, const SnapshotSource& assignments, TenantId tenant,
                 PrincipalId who, std::string_view action, const ScopeChain& resource) {
  const auto identity = identities.find(tenant, who);
  if (identity == nullptr || !identity->enabled) return false;
  return assignments.snapshot(tenant)
      ->decide({tenant, who, identity->groups}, action, ActionKind::kControl, resource)
      .allowed();
}

}  // namespace freehold::gate::authz
