// AssignmentIdentities: the directory as policy assignments need it: who acts for them.
#pragma once

#include <vector>

#include "resource/managed_identities.h"

namespace freehold::policies {

// Implemented by app/ over the directory. Thread-safe.
class AssignmentIdentities : public gate::resource::ManagedIdentities {
 public:
  // Is it there? Disabled ones too.
  [[nodiscard]] virtual bool has(TenantId tenant, PrincipalId object) const = 0;
  // All that were made for policy assignments and not removed.
  [[nodiscard]] virtual std::vector<PrincipalId> all(TenantId tenant) const = 0;
};

}  // namespace freehold::policies
