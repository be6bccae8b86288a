// ClassificationResources: the provider of Freehold.Classification/levels: how secret the data below a scope is.
// Keeps: C1 (in part).
//
// Raised by one person, at once. Lowered by two: a PUT that lowers is kept as a pending change, which somebody else has
// to approve. The level puts its shipped initiative in force (classification_policies.h).
#pragma once

#include "authz/scope.h"
#include "resource/registry.h"
#include "src/policy_store.h"

namespace freehold::policies {

// Owned by PoliciesService; borrows store and tree. Thread-safe.
class ClassificationResources final : public gate::resource::ResourceProvider {
 public:
  ClassificationResources(PolicyStore& store, const gate::authz::ManagementTree& tree) : store_(store), tree_(tree) {}
  void add_types(gate::resource::Registry& registry);

  [[nodiscard]] Task<gate::ApiResult<Json>> get(ResourceId id, gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType& type,
                                                              gate::resource::ListScope scope,
                                                              gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  // There is none: unclassified is a level too, and what is deleted would be lowered by one person.
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  PolicyStore& store_;
  const gate::authz::ManagementTree& tree_;
};

// Does `to` let more through than `from`?
[[nodiscard]] bool lowers(const Classification& from, const Classification& to);

}  // namespace freehold::policies
