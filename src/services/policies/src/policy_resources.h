// PolicyResources: the provider of Microsoft.Authorization/policyDefinitions, policySetDefinitions, policyAssignments
// and policyExemptions.
#pragma once

#include "authn/identity.h"
#include "authz/scope.h"
#include "authz/storage_access.h"
#include "policies/managed_identities.h"
#include "resource/registry.h"
#include "src/identity_rules.h"
#include "src/policy_store.h"

namespace freehold::policies {

// Owned by PoliciesService; borrows all of its parts. Thread-safe.
class PolicyResources final : public gate::resource::ResourceProvider {
 public:
  struct Parts {
    PolicyStore& store;
    const gate::authz::ManagementTree& tree;
    const gate::authz::SnapshotSource& assignments;
    const gate::IdentityDirectory& identities;
    AssignmentIdentities& managed;
    const gate::resource::UserIdentities* user_identities;  // null: there are none
    const Clock& clock;
  };
  explicit PolicyResources(Parts parts)
      : store_(parts.store),
        tree_(parts.tree),
        assignments_(parts.assignments),
        identities_(parts.identities),
        managed_(parts.managed),
        user_identities_(parts.user_identities),
        clock_(parts.clock) {}
  void add_types(gate::resource::Registry& registry);
  // Identities whose assignment was never written or is gone: what an earlier process left behind. Before any request
  // of the tenant.
  [[nodiscard]] Task<Result<>> sweep_identities(TenantId tenant);

  [[nodiscard]] Task<gate::ApiResult<Json>> get(ResourceId id, gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType& type,
                                                              gate::resource::ListScope scope,
                                                              gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  // Who is to act for the assignment; one that it has is kept.
  struct Acting {
    std::optional<PrincipalId> principal = {};
    bool made = false;
    std::optional<gate::resource::UserIdentity> user = {};
    EntryPtr assignment = {};  // with it
  };
  [[nodiscard]] Task<gate::ApiResult<Acting>> acting_for(EntryPtr assignment, WantedIdentity wanted,
                                                         gate::resource::Caller caller);
  // 400 for one that isn't there, 403 LinkedAuthorizationFailed for who may not assign it.
  [[nodiscard]] gate::ApiResult<gate::resource::UserIdentity> user_identity(const EntryPtr& before,
                                                                            const std::string& id,
                                                                            const gate::resource::Caller& caller) const;
  // `after`: as the request has it.
  [[nodiscard]] Task<gate::ApiResult<Acting>> with_identity(EntryPtr assignment, Json after, Json body,
                                                            gate::resource::Caller caller);
  [[nodiscard]] Task<> drop_identity(TenantId tenant, PrincipalId principal);
  // What it names is there, and where it may be named from.
  [[nodiscard]] gate::ApiResult<> check_references(const TenantPolicies& state, const Entry& entry,
                                                   const gate::resource::Caller& caller) const;
  // Whoever exempts from an assignment must be allowed to where it stands: 403 LinkedAuthorizationFailed.
  [[nodiscard]] gate::ApiResult<> check_may_exempt(const Entry& exemption, const Entry& assignment,
                                                   const gate::resource::Caller& caller) const;
  [[nodiscard]] gate::ApiResult<> check_definition(const TenantPolicies& state, std::string_view id, const Entry& user,
                                                   TenantId tenant, std::string_view version) const;
  // Is `scope` one of those above (or the same as) what `id` stands at?
  [[nodiscard]] bool stands_above(const ResourceId& scope, const ResourceId& id, TenantId tenant) const;

  PolicyStore& store_;
  const gate::authz::ManagementTree& tree_;
  const gate::authz::SnapshotSource& assignments_;
  const gate::IdentityDirectory& identities_;
  AssignmentIdentities& managed_;
  const gate::resource::UserIdentities* const user_identities_;
  const Clock& clock_;
};

// Is it one of the types above? Changes of these hold no epoch: they end one.
[[nodiscard]] bool is_policy_type(std::string_view full_type);

}  // namespace freehold::policies
