// VaultObjects: what is in vaults, as policies see it, for compliance scans. Keeps: C2.
#pragma once

#include "resource/data_policy.h"
#include "src/vault_call.h"

namespace freehold::vault {

// Owned by VaultService; borrows `parts`. Thread-safe. Of keys and secrets those that belong to a certificate aren't
// told of, as they aren't asked about when they are made; nor is what is deleted, or a certificate that is still to
// come.
class VaultObjects final : public gate::resource::DataObjects {
 public:
  explicit VaultObjects(VaultParts& parts) : parts_(parts) {}
  [[nodiscard]] std::string_view container_type() const override;
  [[nodiscard]] std::string_view mode() const override;
  [[nodiscard]] Task<Result<gate::resource::DataPage>> page(gate::resource::ResourceId container, std::string type,
                                                            std::string from, gate::resource::Caller caller) override;

 private:
  VaultParts& parts_;
};

}  // namespace freehold::vault
