// ArmRules: which tokens the resource manager takes, and Azure RBAC over the scope chain of what a request points at.
#pragma once

#include "authn/token_rules.h"
#include "authz/scope.h"
#include "authz/storage_access.h"
#include "src/arm_parts.h"

namespace freehold::resources {

// Borrows all three. Thread-safe, decides from memory.
class ArmRules final : public gate::TokenRules {
 public:
  ArmRules(const Site& site, const gate::authz::SnapshotSource& assignments, const gate::authz::ManagementTree& tree)
      : site_(site), assignments_(assignments), tree_(tree) {}
  [[nodiscard]] bool takes_audience(std::string_view audience) const override;
  [[nodiscard]] bool allows(const gate::Identity& who, const http::Request& request, const gate::Target& target,
                            std::string_view action) const override;
  [[nodiscard]] gate::ApiError refuse_action(const gate::Identity& who, const http::Request& request,
                                             const gate::Target& target, std::string_view action) const override;

 private:
  const Site& site_;
  const gate::authz::SnapshotSource& assignments_;
  const gate::authz::ManagementTree& tree_;
};

}  // namespace freehold::resources
