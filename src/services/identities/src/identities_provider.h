// Microsoft.ManagedIdentity as a resource provider: user-assigned identities.
//
// Source: "User Assigned Identities" (Managed Service Identity REST API), 2015-08-31-preview to 2024-11-30.
#pragma once

#include <functional>

#include "authn/identity.h"
#include "authz/storage_access.h"
#include "resource/registry.h"
#include "src/identity_store.h"

namespace freehold::identities {

// Owned by IdentitiesService; what it borrows outlives it. Thread-safe.
class IdentitiesProvider final : public gate::resource::ResourceProvider, public gate::resource::UserIdentities {
 public:
  IdentitiesProvider(IdentityStore& store, gate::resource::ManagedIdentities& principals,
                     const gate::IdentityDirectory& directory, const gate::authz::SnapshotSource& assignments,
                     const gate::authz::ManagementTree& tree)
      : store_(store), principals_(principals), directory_(directory), assignments_(assignments), tree_(tree) {}
  void add_types(gate::resource::Registry& registry);
  void keep_while(std::function<bool(TenantId, PrincipalId)> needed) { needed_ = std::move(needed); }

  [[nodiscard]] Task<gate::ApiResult<gate::resource::Json>> get(gate::resource::ResourceId id,
                                                                gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<std::vector<gate::resource::Json>>> list(const gate::resource::ResourceType& type,
                                                                              gate::resource::ListScope scope,
                                                                              gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;
  [[nodiscard]] Result<gate::resource::UserIdentity> assign(const gate::resource::Caller& caller,
                                                            std::string_view id) const override;

 private:
  IdentityStore& store_;
  gate::resource::ManagedIdentities& principals_;
  const gate::IdentityDirectory& directory_;
  const gate::authz::SnapshotSource& assignments_;
  const gate::authz::ManagementTree& tree_;
  std::function<bool(TenantId, PrincipalId)> needed_;
};

}  // namespace freehold::identities
