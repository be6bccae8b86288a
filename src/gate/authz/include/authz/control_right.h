// A right on the control plane, asked for besides the one that let a request in.
#pragma once

#include <string_view>

#include "authn/identity.h"
#include "authz/storage_access.h"

namespace freehold::gate::authz {

// As directory and assignments have it now; nobody who is gone or disabled may anything. Conditions know nothing here:
// an assignment with one doesn't count. Thread-safe.
[[nodiscard]] bool may_control(const IdentityDirectory& identities, const SnapshotSource& assignments, TenantId tenant,
                               PrincipalId who, std::string_view action, const ScopeChain& resource);

}  // namespace freehold::gate::authz
