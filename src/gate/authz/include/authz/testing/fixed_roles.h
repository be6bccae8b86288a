// Role assignments that a test gives out, without a store.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/storage_access.h"

namespace freehold::gate::authz::testing {

class FixedRoles final : public SnapshotSource {
 public:
  void assign(TenantId tenant, PrincipalId principal, std::string_view role, std::string scope = "/",
              std::string condition = {}) {
    RoleAssignment assignment{{}, tenant, std::move(scope), principal, role_id(role), std::move(condition)};
    assignment.id.bytes.fill(static_cast<std::uint8_t>(assignments_.size() + 1));
    assignments_.push_back(std::move(assignment));
    compile();
  }
  void clear() {
    assignments_.clear();
    compile();
  }
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot(TenantId) const override { return snapshot_; }

 private:
  void compile() {
    snapshot_ =
        std::make_shared<const Snapshot>(++epoch_, built_in_roles(), assignments_, std::vector<DenyAssignment>());
  }
  std::uint64_t epoch_ = 0;
  std::vector<RoleAssignment> assignments_;
  std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<const Snapshot>(
      0, built_in_roles(), std::vector<RoleAssignment>(), std::vector<DenyAssignment>());
};

}  // namespace freehold::gate::authz::testing
