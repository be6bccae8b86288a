// DirectoryNames: the directory as the activity log asks it who somebody is.
#pragma once

#include "directory/directory_store.h"
#include "insights/insights_service.h"

namespace freehold::app {

// Owned by Region; borrows the store. Thread-safe.
class DirectoryNames final : public insights::CallerNames {
 public:
  explicit DirectoryNames(const directory::DirectoryStore& store) : store_(store) {}
  [[nodiscard]] std::string name_of(TenantId tenant, PrincipalId object) const override;

 private:
  const directory::DirectoryStore& store_;
};

}  // namespace freehold::app
