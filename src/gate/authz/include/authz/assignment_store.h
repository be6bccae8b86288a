// AssignmentStore: who has which role where, kept sealed and answered from memory. Keeps: H1, E1.
//
// The control plane (Microsoft.Authorization) puts its API around this. A change is in effect, for every request that
// begins after it, when its task ends well.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string_view>
#include <vector>

#include "authz/decide.h"
#include "authz/storage_access.h"
#include "base/clock.h"
#include "base/random.h"
#include "keys/sealed_rows.h"
#include "runtime/turn.h"

namespace freehold::gate::authz {

using runtime::Task;

inline constexpr std::size_t kMaxAssignments = 20'000;     // a tenant; Azure: 4,000 a subscription
inline constexpr std::size_t kMaxDenyAssignments = 2'000;  // a tenant
inline constexpr std::size_t kMaxCustomRoles = 5'000;      // a tenant
inline constexpr std::size_t kMaxRolePatterns = 2'048;     // of each of a role's four lists; ours
inline constexpr std::size_t kMaxPatternBytes = 256;
inline constexpr std::size_t kMaxAssignableScopes = 2'000;  // of one role
inline constexpr std::size_t kMaxDescriptionBytes = 2'048;
inline constexpr std::size_t kMaxRoleNameBytes = 512;

// What is kept of an assignment besides what decides.
struct AssignmentNote {
  std::string description = {};
  std::string principal_type = {};  // "User", "Group", "ServicePrincipal" as it was said; empty: it wasn't
  WallTime created = {};
  PrincipalId created_by = {};
};
struct DenialNote {
  std::string name = {};
  std::string description = {};
  WallTime created = {};
  PrincipalId created_by = {};
};

// A role that a tenant has defined itself.
struct CustomRole {
  RoleDefinition role;
  std::string description = {};
  std::vector<std::string> assignable_scopes = {};  // normal
  WallTime created = {};
  WallTime updated = {};
  PrincipalId created_by = {};
  PrincipalId updated_by = {};
};

// The audit row of a change, to ride in its commit; made for the partition that it is given.
using AuditRow = std::function<store::KeyValue(const store::PartitionId&)>;

// Owned by app/. Thread-safe once load() has ended. One tenant's assignments are in one partition: deciding never reads
// it, changes wait for each other.
class AssignmentStore final : public SnapshotSource {
 public:
  explicit AssignmentStore(keys::SealedStore store);
  ~AssignmentStore() override;

  // Reads a tenant's assignments; before anything else is asked of the tenant.
  [[nodiscard]] Task<Result<>> load(TenantId tenant);
  // Assigns `first`, if nothing was ever assigned in this tenant: what a first start gives its administrator. What was
  // taken away since isn't given again.
  [[nodiscard]] Task<Result<>> begin(TenantId tenant, std::vector<RoleAssignment> first);

  // kConflict: the id is taken, or the principal has that role at that scope already (Azure: RoleAssignmentExists).
  // kInvalidArgument: unknown role, no scope, a condition that isn't understood. kExhausted: too many.
  [[nodiscard]] Task<Result<>> assign(RoleAssignment assignment, AuditRow audit = {}, AssignmentNote note = {});
  // Another condition or note for the same grant. kNotFound; kConflict: principal, role or scope differ;
  // kInvalidArgument: a condition that isn't understood.
  [[nodiscard]] Task<Result<>> amend(RoleAssignment assignment, AssignmentNote note, AuditRow audit = {});
  // kNotFound: no such assignment in the tenant.
  [[nodiscard]] Task<Result<>> unassign(TenantId tenant, RoleAssignmentId id, AuditRow audit = {});
  [[nodiscard]] Task<Result<>> deny(DenyAssignment denial, AuditRow audit = {}, DenialNote note = {});
  [[nodiscard]] Task<Result<>> undeny(TenantId tenant, RoleAssignmentId id, AuditRow audit = {});

  // Makes or changes a role of the tenant's own. kConflict: the id is a built-in role's, or another role has its name.
  // kInvalidArgument: no name, too long, no assignable scope. kExhausted: too many.
  [[nodiscard]] Task<Result<>> define(TenantId tenant, CustomRole role);
  // kNotFound; kConflict: it is assigned.
  [[nodiscard]] Task<Result<>> undefine(TenantId tenant, RoleId id);

  [[nodiscard]] std::vector<CustomRole> custom_roles(TenantId tenant) const;
  [[nodiscard]] AssignmentNote note(TenantId tenant, RoleAssignmentId id) const;
  [[nodiscard]] DenialNote denial_note(TenantId tenant, RoleAssignmentId id) const;
  [[nodiscard]] std::vector<RoleAssignment> assignments(TenantId tenant) const;
  [[nodiscard]] std::vector<DenyAssignment> denials(TenantId tenant) const;
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot(TenantId tenant) const override;
  // Where audit rows may be attached to changes.
  [[nodiscard]] std::vector<store::PartitionId> partitions() const;

 private:
  struct Table;
  [[nodiscard]] Result<std::shared_ptr<Table>> table_of(TenantId tenant) const;

  keys::SealedStore store_;
  std::shared_ptr<const Snapshot> nothing_;
  mutable std::shared_mutex mutex_;                    // guards the map and what readers see of its tables
  std::map<TenantId, std::shared_ptr<Table>> tables_;  // shared with changes under way
};

}  // namespace freehold::gate::authz
