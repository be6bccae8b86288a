// Managed HSM pools as resources, and deleted ones. Keeps: H4, K1.
//
// Source: "Managed Hsms" of the Key Vault resource provider. The provider keeps nothing of its own: pools are the
// store's.
#pragma once

#include "resource/registry.h"
#include "src/hsm_role_store.h"
#include "src/hsm_rules.h"
#include "src/key_cache.h"

namespace freehold::vault {

using gate::resource::ResourceId;

// Azure's limit, and ours of deleted ones.
inline constexpr std::size_t kPoolsPerSubscription = 5;
inline constexpr std::size_t kDeletedPoolsPerSubscription = 20;

// Owned by VaultService; outlives the registry. Thread-safe as the stores are. As a check it comes before those that
// judge: of a pool that is to be recovered they are shown what comes back.
class PoolProvider final : public gate::resource::ResourceProvider, public gate::resource::ChangeCheck {
 public:
  PoolProvider(VaultStore& pools, PoolRoleStore& roles, KeyCache& keys, VaultPlace place)
      : pools_(pools), roles_(roles), keys_(keys), place_(std::move(place)) {}
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
  [[nodiscard]] VaultPtr find_recoverable(const ResourceId& id, TenantId tenant) const;
  [[nodiscard]] VaultPtr find_deleted(const ResourceId& id, TenantId tenant) const;
  [[nodiscard]] ApiResult<> check_in_use(TenantId tenant, SubscriptionId subscription) const;
  [[nodiscard]] ApiResult<> check_room(TenantId tenant, SubscriptionId subscription) const;
  [[nodiscard]] Task<ApiResult<>> create(gate::resource::ApprovedChange change);
  [[nodiscard]] Task<ApiResult<>> alter(VaultPtr there, gate::resource::ApprovedChange change, bool recover);
  [[nodiscard]] ApiResult<Json> check_name(const Json& body) const;
  [[nodiscard]] Json list_deleted(SubscriptionId subscription, TenantId tenant) const;
  [[nodiscard]] Task<ApiResult<>> purge(VaultPtr pool);

  VaultStore& pools_;
  PoolRoleStore& roles_;
  KeyCache& keys_;
  const VaultPlace place_;
};

}  // namespace freehold::vault
