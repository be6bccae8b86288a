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
#include "base/random.h"
#include "keys/sealed_rows.h"
#include "runtime/turn.h"

namespace freehold::gate::authz {

using runtime::Task;

inline constexpr std::size_t kMaxAssignments = 20'000;     // a tenant; Azure: 4,000 a subscription
inline constexpr std::size_t kMaxDenyAssignments = 2'000;  // a tenant
inline constexpr std::size_t kMaxConditionBytes = 8 * 1'024;

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
  // kInvalidArgument: unknown role, no scope, too long a condition. kExhausted: too many.
  [[nodiscard]] Task<Result<>> assign(RoleAssignment assignment, AuditRow audit = {});
  // kNotFound: no such assignment in the tenant.
  [[nodiscard]] Task<Result<>> unassign(TenantId tenant, RoleAssignmentId id, AuditRow audit = {});
  [[nodiscard]] Task<Result<>> deny(DenyAssignment denial, AuditRow audit = {});
  [[nodiscard]] Task<Result<>> undeny(TenantId tenant, RoleAssignmentId id, AuditRow audit = {});

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
