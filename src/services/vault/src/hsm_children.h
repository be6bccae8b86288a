// Keys as resources below a Managed HSM pool: what templates deploy, where the pool's administrators let the resource
// manager do so (AllowKeyManagementOperationsThroughARM). Source: "Managed Hsm Keys" of the Key Vault resource
// provider. Keeps: H4, K1.
#pragma once

#include "src/hsm_jobs.h"
#include "src/vault_children.h"

namespace freehold::vault {

// Owned by VaultService; outlives the registry. Thread-safe as the stores are. Whoever has rights at the resource
// manager alone does nothing here but by the pool's leave: 403 otherwise, reads included.
class PoolChildren final : public gate::resource::ResourceProvider {
 public:
  PoolChildren(const VaultStore& pools, PoolJobs& jobs, VaultParts& parts, VaultPlace place)
      : pools_(pools), jobs_(jobs), keys_(parts, std::move(place)) {}
  void add_types(gate::resource::Registry& registry);
  [[nodiscard]] Task<ApiResult<Json>> get(ResourceId id, gate::resource::Reading reading) override;
  [[nodiscard]] Task<ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType& type,
                                                        gate::resource::ListScope scope,
                                                        gate::resource::Reading reading) override;
  [[nodiscard]] Task<ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  // Held while keys of the pool are worked with; nullopt: there is no such pool.
  [[nodiscard]] ApiResult<std::optional<PoolJobs::Use>> use(const ResourceId& id);

  const VaultStore& pools_;
  PoolJobs& jobs_;
  VaultChildren keys_;
};

}  // namespace freehold::vault
