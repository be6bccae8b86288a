#include "authz/assignment_store.h"

#include <algorithm>

#include "src/assignment_row.h"

namespace freehold::gate::authz {
namespace {

// Present once a first start has assigned what it had to.
constexpr std::string_view kBegunKey = "begun";

bool same_grant(const RoleAssignment& a, const RoleAssignment& b) {
  return a.principal == b.principal && a.role == b.role && a.scope == b.scope;
}

bool is_known_role(RoleId id) {
  return std::ranges::any_of(built_in_roles(), [id](const RoleDefinition& role) { return role.id == id; });
}

Result<> check(RoleAssignment& assignment) {
  auto scope = normal_scope(assignment.scope);
  if (!scope) return fail(ErrorCode::kInvalidArgument, "not a scope: " + assignment.scope);
  if (!is_known_role(assignment.role)) {
    return fail(ErrorCode::kInvalidArgument, "there is no role " + to_string(assignment.role));
  }
  if (assignment.principal == kEveryPrincipal) return fail(ErrorCode::kInvalidArgument, "a role needs a principal");
  if (assignment.condition.size() > kMaxConditionBytes) {
    return fail(ErrorCode::kInvalidArgument, "the condition is too long");
  }
  assignment.scope = std::move(*scope);
  return {};
}

Result<> check(DenyAssignment& denial) {
  auto scope = normal_scope(denial.scope);
  if (!scope) return fail(ErrorCode::kInvalidArgument, "not a scope: " + denial.scope);
  if (denial.principals.empty()) return fail(ErrorCode::kInvalidArgument, "a deny assignment needs a principal");
  denial.scope = std::move(*scope);
  return {};
}

template <class T>
auto with_id(std::vector<T>& list, RoleAssignmentId id) {
  return std::ranges::find_if(list, [id](const T& item) { return item.id == id; });
}

void ride_along(keys::RowChange& change, const AuditRow& audit, const store::PartitionId& partition) {
  if (audit) change.as_is.push_back(audit(partition));
}

}  // namespace

// A tenant's assignments. `turn` is held by whoever changes them; readers see them under the store's mutex.
struct AssignmentStore::Table {
  Table(keys::SealedStore store, TenantId id)
      : tenant(id), rows(store, store::make_partition_id(id, "authorization")) {}
  const TenantId tenant;
  const keys::SealedRows rows;
  runtime::Turn turn;
  std::vector<RoleAssignment> assignments;
  std::vector<DenyAssignment> denials;
  std::uint64_t epoch = 0;
  std::shared_ptr<const Snapshot> snapshot;

  void compile() { snapshot = std::make_shared<const Snapshot>(++epoch, built_in_roles(), assignments, denials); }
};

AssignmentStore::AssignmentStore(keys::SealedStore store)
    : store_(store),
      nothing_(std::make_shared<const Snapshot>(0, built_in_roles(), std::vector<RoleAssignment>(),
                                                std::vector<DenyAssignment>())) {}
AssignmentStore::~AssignmentStore() = default;

Task<Result<>> AssignmentStore::load(TenantId tenant) {
  auto table = std::make_shared<Table>(store_, tenant);
  FH_CO_TRY(const auto assigned, co_await table->rows.load(Bytes(1, kAssignmentPrefix), kMaxAssignments));
  for (const auto& row : assigned) {
    FH_CO_TRY(auto assignment, decode_assignment(tenant, row.key, row.value));
    table->assignments.push_back(std::move(assignment));
  }
  FH_CO_TRY(const auto denied, co_await table->rows.load(Bytes(1, kDenialPrefix), kMaxDenyAssignments));
  for (const auto& row : denied) {
    FH_CO_TRY(auto denial, decode_denial(tenant, row.key, row.value));
    table->denials.push_back(std::move(denial));
  }
  table->compile();
  const std::unique_lock lock(mutex_);
  tables_[tenant] = std::move(table);
  co_return Result<>();
}

Task<Result<>> AssignmentStore::begin(TenantId tenant, std::vector<RoleAssignment> first) {
  FH_CO_TRY(const auto table, table_of(tenant));
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  FH_CO_TRY(const auto begun, co_await table->rows.load(Bytes(kBegunKey), 1));
  if (!begun.empty()) co_return Result<>();
  keys::RowChange change;
  change.absent.emplace_back(kBegunKey);
  change.puts.push_back({Bytes(kBegunKey), R"({"v":1})"});
  for (RoleAssignment& assignment : first) {
    FH_CO_CHECK_OK(check(assignment));
    change.puts.push_back({row_key(kAssignmentPrefix, assignment.id), encode(assignment)});
  }
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  const std::unique_lock lock(mutex_);
  for (RoleAssignment& assignment : first) table->assignments.push_back(std::move(assignment));
  table->compile();
  co_return Result<>();
}

Task<Result<>> AssignmentStore::assign(RoleAssignment assignment, AuditRow audit) {
  FH_CO_CHECK_OK(check(assignment));
  FH_CO_TRY(const auto table, table_of(assignment.tenant));
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  // Whoever has the turn is alone in changing the lists, so looking needs no lock.
  if (table->assignments.size() >= kMaxAssignments) co_return fail(ErrorCode::kExhausted, "too many assignments");
  const auto clashes = [&](const RoleAssignment& other) {
    return other.id == assignment.id || same_grant(other, assignment);
  };
  if (std::ranges::any_of(table->assignments, clashes)) {
    co_return fail(ErrorCode::kConflict, "the role assignment already exists");
  }
  keys::RowChange change;
  change.absent.push_back(row_key(kAssignmentPrefix, assignment.id));
  change.puts.push_back({row_key(kAssignmentPrefix, assignment.id), encode(assignment)});
  ride_along(change, audit, table->rows.partition());
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  const std::unique_lock lock(mutex_);
  table->assignments.push_back(std::move(assignment));
  table->compile();
  co_return Result<>();
}

Task<Result<>> AssignmentStore::unassign(TenantId tenant, RoleAssignmentId id, AuditRow audit) {
  FH_CO_TRY(const auto table, table_of(tenant));
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  if (with_id(table->assignments, id) == table->assignments.end()) {
    co_return fail(ErrorCode::kNotFound, "there is no such role assignment");
  }
  keys::RowChange change;
  change.deletes.push_back(row_key(kAssignmentPrefix, id));
  ride_along(change, audit, table->rows.partition());
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  const std::unique_lock lock(mutex_);
  table->assignments.erase(with_id(table->assignments, id));
  table->compile();
  co_return Result<>();
}

Task<Result<>> AssignmentStore::deny(DenyAssignment denial, AuditRow audit) {
  FH_CO_CHECK_OK(check(denial));
  FH_CO_TRY(const auto table, table_of(denial.tenant));
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  if (table->denials.size() >= kMaxDenyAssignments) co_return fail(ErrorCode::kExhausted, "too many deny assignments");
  keys::RowChange change;
  change.absent.push_back(row_key(kDenialPrefix, denial.id));
  change.puts.push_back({row_key(kDenialPrefix, denial.id), encode(denial)});
  ride_along(change, audit, table->rows.partition());
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  const std::unique_lock lock(mutex_);
  table->denials.push_back(std::move(denial));
  table->compile();
  co_return Result<>();
}

Task<Result<>> AssignmentStore::undeny(TenantId tenant, RoleAssignmentId id, AuditRow audit) {
  FH_CO_TRY(const auto table, table_of(tenant));
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  if (with_id(table->denials, id) == table->denials.end()) {
    co_return fail(ErrorCode::kNotFound, "there is no such deny assignment");
  }
  keys::RowChange change;
  change.deletes.push_back(row_key(kDenialPrefix, id));
  ride_along(change, audit, table->rows.partition());
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  const std::unique_lock lock(mutex_);
  table->denials.erase(with_id(table->denials, id));
  table->compile();
  co_return Result<>();
}

std::vector<RoleAssignment> AssignmentStore::assignments(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? std::vector<RoleAssignment>() : at->second->assignments;
}

std::vector<DenyAssignment> AssignmentStore::denials(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? std::vector<DenyAssignment>() : at->second->denials;
}

std::shared_ptr<const Snapshot> AssignmentStore::snapshot(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? nothing_ : at->second->snapshot;
}

std::vector<store::PartitionId> AssignmentStore::partitions() const {
  const std::shared_lock lock(mutex_);
  std::vector<store::PartitionId> out;
  for (const auto& [tenant, table] : tables_) out.push_back(table->rows.partition());
  return out;
}

Result<std::shared_ptr<AssignmentStore::Table>> AssignmentStore::table_of(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  if (at == tables_.end()) return fail(ErrorCode::kNotFound, "the tenant isn't known", to_string(tenant));
  return at->second;
}

}  // namespace freehold::gate::authz
