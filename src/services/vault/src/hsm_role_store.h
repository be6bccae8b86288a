// PoolRoleStore: the local roles of all Managed HSM pools, kept in their rows and answered from memory. Keeps: K1, E1.
#pragma once

#include <functional>
#include <map>
#include <shared_mutex>

#include "runtime/turn.h"
#include "src/hsm_roles.h"
#include "src/hsm_rows.h"

namespace freehold::vault {

// What becomes of a pool's roles, in one commit.
struct RoleChange {
  std::vector<PoolAssignment> put_assignments = {};
  std::vector<PoolDefinition> put_definitions = {};
  std::vector<RoleAssignmentId> remove_assignments = {};
  std::vector<RoleId> remove_definitions = {};
};

// Owned by VaultService. Thread-safe. Changes wait for each other, and are in effect for every request that begins
// after them.
class PoolRoleStore {
 public:
  explicit PoolRoleStore(PoolRows& rows) : rows_(rows) {}
  // Reads a pool's roles; one that has none yet, because making it broke off, gets its first administrators.
  [[nodiscard]] Task<Result<>> load(VaultPtr pool);
  // Never null: of an unknown pool nobody has a role.
  [[nodiscard]] PoolRolesPtr find(VaultId pool) const;
  // What `edit` makes of them; its refusal is the answer, and then nothing changes.
  using Edit = std::function<ApiResult<RoleChange>(const PoolRoles& roles)>;
  [[nodiscard]] Task<ApiResult<>> change(VaultPtr pool, Edit edit);
  void forget(VaultId pool);

 private:
  [[nodiscard]] Task<Result<>> write(VaultPtr pool, const PoolRoles& before, RoleChange change);
  void keep(const Vault& pool, std::vector<PoolDefinition> definitions, std::vector<PoolAssignment> assignments);

  PoolRows& rows_;
  runtime::Turn turn_;
  mutable std::shared_mutex mutex_;  // guards the map
  std::map<VaultId, PoolRolesPtr> roles_;
};

}  // namespace freehold::vault
