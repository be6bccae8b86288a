// DirectoryIdentities: who acts for resources, as services ask the directory.
#pragma once

#include "directory/directory_store.h"
#include "policies/managed_identities.h"

namespace freehold::app {

// Owned by Region; borrows the store. Thread-safe.
class DirectoryIdentities final : public policies::AssignmentIdentities {
 public:
  explicit DirectoryIdentities(directory::DirectoryStore& store) : store_(store) {}
  [[nodiscard]] runtime::Task<Result<gate::resource::ManagedIdentity>> make(TenantId tenant, std::string name,
                                                                            std::string resource_id,
                                                                            WallTime now) override;
  [[nodiscard]] runtime::Task<Result<>> remove(TenantId tenant, PrincipalId object) override;
  [[nodiscard]] bool has(TenantId tenant, PrincipalId object) const override;
  [[nodiscard]] std::vector<PrincipalId> all(TenantId tenant) const override;

 private:
  directory::DirectoryStore& store_;
};

}  // namespace freehold::app
