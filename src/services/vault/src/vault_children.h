// Secrets and keys as resources below a vault: what templates deploy. A secret's value goes in and never comes out.
//
// Source: "Secrets" and "Keys" of the Key Vault resource provider. Keeps: H4, K1.
#pragma once

#include "src/key_material.h"
#include "src/object_policies.h"
#include "src/vault_provider.h"

namespace freehold::vault {

// Owned by VaultService; outlives the registry. Thread-safe as the stores are. Answers for `vaults/secrets` and
// `vaults/keys`, which can be made and altered here, and deleted in the vault alone, as in Azure.
class VaultChildren final : public gate::resource::ResourceProvider {
 public:
  VaultChildren(VaultParts& parts, VaultPlace place) : parts_(parts), place_(std::move(place)) {}
  void add_types(gate::resource::Registry& registry);
  [[nodiscard]] Task<ApiResult<Json>> get(ResourceId id, gate::resource::Reading reading) override;
  [[nodiscard]] Task<ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType& type,
                                                        gate::resource::ListScope scope,
                                                        gate::resource::Reading reading) override;
  [[nodiscard]] Task<ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  // What policies say of an object; kept until it is written.
  [[nodiscard]] ApiResult<ObjectPolicies::Hold> obeyed(const gate::resource::ApprovedChange& change, const Vault& vault,
                                                       ItemKind kind, Json object) const;
  // Null: there is none. 503: its key can't be opened.
  [[nodiscard]] Task<ApiResult<VaultPtr>> vault_of(ResourceId id, TenantId tenant) const;
  [[nodiscard]] Json show(const Vault& vault, ItemKind kind, const ItemHead& head, std::string_view origin) const;
  [[nodiscard]] Task<ApiResult<>> put_secret(VaultPtr vault, gate::resource::ApprovedChange change);
  [[nodiscard]] Task<ApiResult<>> update_secret(VaultPtr vault, gate::resource::ApprovedChange change);
  [[nodiscard]] Task<ApiResult<>> create_key(VaultPtr vault, gate::resource::ApprovedChange change);

  VaultParts& parts_;
  const VaultPlace place_;
};

}  // namespace freehold::vault
