// PolicyResources: the provider of Microsoft.Authorization/policyDefinitions, policySetDefinitions, policyAssignments
// and policyExemptions.
#pragma once

#include "authz/scope.h"
#include "resource/registry.h"
#include "src/policy_store.h"

namespace freehold::policies {

// Owned by PoliciesService; borrows store and tree. Thread-safe.
class PolicyResources final : public gate::resource::ResourceProvider {
 public:
  PolicyResources(PolicyStore& store, const gate::authz::ManagementTree& tree) : store_(store), tree_(tree) {}
  void add_types(gate::resource::Registry& registry);

  [[nodiscard]] Task<gate::ApiResult<Json>> get(ResourceId id, gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType& type,
                                                              gate::resource::ListScope scope,
                                                              gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  // What it names is there, and where it may be named from.
  [[nodiscard]] gate::ApiResult<> check_references(const TenantPolicies& state, const Entry& entry,
                                                   TenantId tenant) const;
  [[nodiscard]] gate::ApiResult<> check_definition(const TenantPolicies& state, std::string_view id, const Entry& user,
                                                   TenantId tenant, std::string_view version) const;
  // Is `scope` one of those above (or the same as) what `id` stands at?
  [[nodiscard]] bool stands_above(const ResourceId& scope, const ResourceId& id, TenantId tenant) const;

  PolicyStore& store_;
  const gate::authz::ManagementTree& tree_;
};

// Is it one of the types above? Changes of these hold no epoch: they end one.
[[nodiscard]] bool is_policy_type(std::string_view full_type);

}  // namespace freehold::policies
