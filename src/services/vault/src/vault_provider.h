// Microsoft.KeyVault as a resource provider: vaults as resources, and deleted ones. Keeps: H4, K1.
//
// Source: "Key Vault resource provider REST API". The provider keeps nothing of its own: vaults are the vault store's.
#pragma once

#include <string>

#include "resource/registry.h"
#include "src/key_cache.h"
#include "src/vault_access.h"
#include "src/vault_rules.h"
#include "src/vault_store.h"

namespace freehold::vault {

using gate::resource::ResourceId;

// ":8443" of "https://management.D:8443", or empty.
[[nodiscard]] std::string port_of_origin(std::string_view origin);

// Owned by VaultService; outlives the registry. Thread-safe as the store is. Answers for `vaults` and for
// `vaults/accessPolicies`, which can only be written. As a check it comes before those that judge: what they are shown
// of a vault that is to be recovered is what comes back, and not what the request says.
class VaultProvider final : public gate::resource::ResourceProvider, public gate::resource::ChangeCheck {
 public:
  VaultProvider(VaultStore& vaults, KeyCache& keys, const VaultAccess& access, VaultPlace place)
      : vaults_(vaults), keys_(keys), access_(access), place_(std::move(place)) {}
  void add_types(gate::resource::Registry& registry);
  [[nodiscard]] ApiResult<> check(gate::resource::ProposedChange& change) const override;
  [[nodiscard]] Task<ApiResult<Json>> get(ResourceId id, gate::resource::Reading reading) override;
  [[nodiscard]] Task<ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType& type,
                                                        gate::resource::ListScope scope,
                                                        gate::resource::Reading reading) override;
  [[nodiscard]] Task<ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  [[nodiscard]] VaultPtr find(const ResourceId& id, TenantId tenant) const;
  // The deleted one that has the id's name and stood where the id says.
  [[nodiscard]] VaultPtr find_recoverable(const ResourceId& id, TenantId tenant) const;
  // Is there room for one vault more?
  [[nodiscard]] ApiResult<> check_room(TenantId tenant, SubscriptionId subscription) const;
  [[nodiscard]] Task<ApiResult<>> create(gate::resource::ApprovedChange change);
  [[nodiscard]] Task<ApiResult<>> recover(gate::resource::ApprovedChange change);
  [[nodiscard]] Task<ApiResult<>> update(VaultPtr there, gate::resource::ApprovedChange change);
  [[nodiscard]] Task<ApiResult<gate::resource::Written>> put_policies(gate::resource::ApprovedChange change);
  // Actions (vault_actions.cpp).
  [[nodiscard]] ApiResult<Json> check_name(const Json& body) const;
  [[nodiscard]] Json list_deleted(SubscriptionId subscription, TenantId tenant) const;
  [[nodiscard]] VaultPtr find_deleted(const ResourceId& id, TenantId tenant) const;
  [[nodiscard]] Task<ApiResult<>> purge(VaultPtr vault);

  VaultStore& vaults_;
  KeyCache& keys_;
  const VaultAccess& access_;
  const VaultPlace place_;
};

}  // namespace freehold::vault
