// DataCheck: what the policies that are assigned above a resource say of an object inside of it (Azure Policy's
// resource provider modes), before the service that has it writes it.
#pragma once

#include "authz/scope.h"
#include "resource/data_policy.h"
#include "resource/scopes.h"
#include "src/policy_check.h"
#include "src/policy_store.h"

namespace freehold::policies {

// As policies of its mode see it.
void see_object(SeenResource& out, const gate::resource::DataObject& object, const gate::authz::ManagementTree& tree,
                const gate::resource::Scopes& scopes);

// Owned by PoliciesService; borrows all three. Thread-safe, decides from memory. Denies; what would alter an object
// (modify, append) isn't of these modes.
class DataCheck final : public gate::resource::DataPolicy {
 public:
  DataCheck(const PolicyStore& store, const gate::authz::ManagementTree& tree, const gate::resource::Scopes& scopes)
      : store_(store), tree_(tree), scopes_(scopes) {}
  [[nodiscard]] std::expected<Hold, gate::resource::DataRefusal> check(
      const gate::resource::DataObject& object) const override;

 private:
  const PolicyStore& store_;
  const gate::authz::ManagementTree& tree_;
  const gate::resource::Scopes& scopes_;
};

}  // namespace freehold::policies
