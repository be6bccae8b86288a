#include "authz/assignment_store.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/assignment_row.h"

namespace freehold::gate::authz {
namespace {

// Present once a first start has assigned what it had to.
constexpr std::string_view kBegunKey = "begun";

bool same_grant(const RoleAssignment& a, const RoleAssignment& b) {
  return a.principal == b.principal && a.role == b.role && a.scope == b.scope;
}

bool is_built_in(RoleId id) {
  return std::ranges::any_of(built_in_roles(), [id](const RoleDefinition& role) { return role.id == id; });
}

Result<> check(RoleAssignment& assignment, const std::map<RoleId, CustomRole>& own) {
  auto scope = normal_scope(assignment.scope);
  if (!scope) return fail(ErrorCode::kInvalidArgument, "not a scope: " + assignment.scope);
  if (!is_built_in(assignment.role) && !own.contains(assignment.role)) {
    return fail(ErrorCode::kInvalidArgument, "there is no role " + to_string(assignment.role));
  }
  if (assignment.principal == kEveryPrincipal) return fail(ErrorCode::kInvalidArgument, "a role needs a principal");
  if (!assignment.condition.empty()) {
    auto compiled = Condition::compile(assignment.condition);
    if (!compiled) return fail(ErrorCode::kInvalidArgument, "the condition can't be read: " + compiled.error());
    assignment.compiled = std::move(*compiled);
  }
  assignment.scope = std::move(*scope);
  return {};
}

bool are_patterns(const std::vector<std::string>& patterns) {
  const auto good = [](const std::string& pattern) {
    return !pattern.empty() && pattern.size() <= kMaxPatternBytes &&
           std::ranges::all_of(pattern, [](char c) { return c > ' ' && c < 0x7f; });
  };
  return patterns.size() <= kMaxRolePatterns && std::ranges::all_of(patterns, good);
}

bool are_patterns(const PermissionSet& set) {
  return are_patterns(set.actions) && are_patterns(set.not_actions) && are_patterns(set.data_actions) &&
         are_patterns(set.not_data_actions);
}

Result<> check(DenyAssignment& denial, const DenialNote& note) {
  const auto wrong = [](std::string why) { return fail(ErrorCode::kInvalidArgument, std::move(why)); };
  auto scope = normal_scope(denial.scope);
  if (!scope) return wrong("not a scope: " + denial.scope);
  if (denial.principals.empty()) return wrong("a deny assignment needs a principal");
  if (!are_patterns(denial.permissions)) return wrong("an action is empty or too long, or there are too many");
  denial.scope = std::move(*scope);
  if (encode(denial, note).size() > kMaxRoleRowBytes) return wrong("the deny assignment is too large");
  return {};
}

// What one tenant's roles and deny assignments may hold together: every new snapshot compiles them, and every first
// decision about an action reads the patterns.
constexpr std::size_t kMaxPatterns = 20'000;
constexpr std::size_t kMaxDeniedPrincipals = 50'000;
constexpr std::size_t kMaxScopesOfRoles = 20'000;
constexpr std::size_t kMaxConditionsOfAll = 4 * 1'024 * 1'024;

std::size_t patterns_of(const PermissionSet& set) {
  return set.actions.size() + set.not_actions.size() + set.data_actions.size() + set.not_data_actions.size();
}

Result<> check(CustomRole& role, const std::map<RoleId, CustomRole>& others) {
  const auto& all = role.role.permissions;
  const auto wrong = [](std::string why) { return fail(ErrorCode::kInvalidArgument, std::move(why)); };
  if (is_built_in(role.role.id)) return fail(ErrorCode::kConflict, "built-in roles can't be changed");
  if (role.role.name.empty() || role.role.name.size() > kMaxRoleNameBytes) return wrong("a role has a name");
  if (role.description.size() > kMaxDescriptionBytes) return wrong("the description is too long");
  if (!are_patterns(all)) return wrong("an action is empty or too long, or there are too many");
  if (role.assignable_scopes.empty() || role.assignable_scopes.size() > kMaxAssignableScopes) {
    return wrong("a role has 1 to 2,000 assignable scopes");
  }
  for (std::string& scope : role.assignable_scopes) {
    auto normal = normal_scope(scope);
    if (!normal) return wrong("not a scope: " + scope);
    scope = std::move(*normal);
  }
  const auto same_name = [&](const RoleDefinition& other) {
    return other.id != role.role.id && equals_ignoring_case(other.name, role.role.name);
  };
  const bool taken = std::ranges::any_of(built_in_roles(), same_name) ||
                     std::ranges::any_of(others, [&](const auto& each) { return same_name(each.second.role); });
  if (taken) return fail(ErrorCode::kConflict, "another role has this name");
  if (encode(role).size() > kMaxRoleRowBytes) return wrong("the role is too large");
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
  std::map<RoleId, CustomRole> own;
  std::map<RoleAssignmentId, AssignmentNote> notes;
  std::map<RoleAssignmentId, DenialNote> denial_notes;
  std::uint64_t epoch = 0;
  std::shared_ptr<const Snapshot> snapshot;

  [[nodiscard]] std::shared_ptr<const Snapshot> compiled() {
    auto roles = built_in_roles();
    for (const auto& [id, role] : own) roles.push_back(role.role);
    return std::make_shared<const Snapshot>(++epoch, roles, assignments, denials);
  }

  // The same of conditions, which every new snapshot holds.
  [[nodiscard]] Result<> check_conditions(const RoleAssignment& wanted) const {
    std::size_t bytes = wanted.condition.size();
    for (const auto& each : assignments) bytes += each.id == wanted.id ? 0 : each.condition.size();
    if (wanted.condition.empty() || bytes <= kMaxConditionsOfAll) return {};
    return fail(ErrorCode::kExhausted, "the conditions of all role assignments are too long together");
  }

  // Does this still fit in besides what there is, but for the role `replaced`?
  [[nodiscard]] Result<> check_room(const PermissionSet& more, std::size_t more_principals, std::size_t more_scopes,
                                    RoleId replaced = {}) const {
    std::size_t patterns = patterns_of(more);
    std::size_t principals = more_principals;
    std::size_t scopes = more_scopes;
    for (const auto& [id, role] : own) {
      if (id == replaced) continue;
      patterns += patterns_of(role.role.permissions);
      scopes += role.assignable_scopes.size();
    }
    for (const auto& denial : denials) {
      patterns += patterns_of(denial.permissions);
      principals += denial.principals.size() + denial.excluded.size();
    }
    if (patterns <= kMaxPatterns && principals <= kMaxDeniedPrincipals && scopes <= kMaxScopesOfRoles) return {};
    return fail(ErrorCode::kExhausted, "the directory's custom roles and deny assignments say too much together");
  }
};

namespace {

// By whoever has the turn. Decisions of every tenant take this lock, so that what takes long happens outside of it.
template <class Table, class Edit>
void apply(std::shared_mutex& mutex, Table& table, Edit edit) {
  {
    const std::unique_lock lock(mutex);
    edit();
  }
  auto snapshot = table.compiled();
  const std::unique_lock lock(mutex);
  table.snapshot = std::move(snapshot);
}

}  // namespace

AssignmentStore::AssignmentStore(keys::SealedStore store)
    : store_(store),
      nothing_(std::make_shared<const Snapshot>(0, built_in_roles(), std::vector<RoleAssignment>(),
                                                std::vector<DenyAssignment>())) {}
AssignmentStore::~AssignmentStore() = default;

Task<Result<>> AssignmentStore::load(TenantId tenant) {
  auto table = std::make_shared<Table>(store_, tenant);
  FH_CO_TRY(const auto defined, co_await table->rows.load(Bytes(1, kRolePrefix), kMaxCustomRoles));
  for (const auto& row : defined) {
    FH_CO_TRY(auto role, decode_role(row.key, row.value));
    const RoleId id = role.role.id;
    table->own.emplace(id, std::move(role));
  }
  FH_CO_TRY(const auto assigned, co_await table->rows.load(Bytes(1, kAssignmentPrefix), kMaxAssignments));
  for (const auto& row : assigned) {
    FH_CO_TRY(auto assignment, decode_assignment(tenant, row.key, row.value));
    FH_CO_TRY(table->notes[assignment.id], decode_assignment_note(row.value));
    if (!assignment.condition.empty()) {
      assignment.compiled = Condition::compile(assignment.condition).value_or(nullptr);
    }
    table->assignments.push_back(std::move(assignment));
  }
  FH_CO_TRY(const auto denied, co_await table->rows.load(Bytes(1, kDenialPrefix), kMaxDenyAssignments));
  for (const auto& row : denied) {
    FH_CO_TRY(auto denial, decode_denial(tenant, row.key, row.value));
    FH_CO_TRY(table->denial_notes[denial.id], decode_denial_note(row.value));
    table->denials.push_back(std::move(denial));
  }
  table->snapshot = table->compiled();
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
    FH_CO_CHECK_OK(check(assignment, table->own));
    change.puts.push_back({row_key(kAssignmentPrefix, assignment.id), encode(assignment)});
  }
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  apply(mutex_, *table, [&] {
    for (RoleAssignment& each : first) table->assignments.push_back(std::move(each));
  });
  co_return Result<>();
}

Task<Result<>> AssignmentStore::assign(RoleAssignment assignment, AuditRow audit, AssignmentNote note) {
  FH_CO_TRY(const auto table, table_of(assignment.tenant));
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  FH_CO_CHECK_OK(check(assignment, table->own));
  // Whoever has the turn is alone in changing the lists, so looking needs no lock.
  if (table->assignments.size() >= kMaxAssignments) co_return fail(ErrorCode::kExhausted, "too many assignments");
  const auto clashes = [&](const RoleAssignment& other) {
    return other.id == assignment.id || same_grant(other, assignment);
  };
  if (std::ranges::any_of(table->assignments, clashes)) {
    co_return fail(ErrorCode::kConflict, "the role assignment already exists");
  }
  FH_CO_CHECK_OK(table->check_conditions(assignment));
  keys::RowChange change;
  change.absent.push_back(row_key(kAssignmentPrefix, assignment.id));
  change.puts.push_back({row_key(kAssignmentPrefix, assignment.id), encode(assignment, note)});
  ride_along(change, audit, table->rows.partition());
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  apply(mutex_, *table, [&] {
    table->notes[assignment.id] = std::move(note);
    table->assignments.push_back(std::move(assignment));
  });
  co_return Result<>();
}

Task<Result<>> AssignmentStore::amend(RoleAssignment assignment, AssignmentNote note, AuditRow audit) {
  FH_CO_TRY(const auto table, table_of(assignment.tenant));
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  FH_CO_CHECK_OK(check(assignment, table->own));
  const auto old = with_id(table->assignments, assignment.id);
  if (old == table->assignments.end()) co_return fail(ErrorCode::kNotFound, "there is no such role assignment");
  if (!same_grant(*old, assignment)) co_return fail(ErrorCode::kConflict, "who has which role where stays as it is");
  FH_CO_CHECK_OK(table->check_conditions(assignment));
  keys::RowChange change;
  change.puts.push_back({row_key(kAssignmentPrefix, assignment.id), encode(assignment, note)});
  ride_along(change, audit, table->rows.partition());
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  apply(mutex_, *table, [&] {
    table->notes[assignment.id] = std::move(note);
    *with_id(table->assignments, assignment.id) = std::move(assignment);
  });
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
  apply(mutex_, *table, [&] {
    table->assignments.erase(with_id(table->assignments, id));
    table->notes.erase(id);
  });
  co_return Result<>();
}

Task<Result<>> AssignmentStore::deny(DenyAssignment denial, AuditRow audit, DenialNote note) {
  FH_CO_CHECK_OK(check(denial, note));
  FH_CO_TRY(const auto table, table_of(denial.tenant));
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  if (table->denials.size() >= kMaxDenyAssignments) co_return fail(ErrorCode::kExhausted, "too many deny assignments");
  FH_CO_CHECK_OK(table->check_room(denial.permissions, denial.principals.size() + denial.excluded.size(), 0));
  keys::RowChange change;
  change.absent.push_back(row_key(kDenialPrefix, denial.id));
  change.puts.push_back({row_key(kDenialPrefix, denial.id), encode(denial, note)});
  ride_along(change, audit, table->rows.partition());
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  apply(mutex_, *table, [&] {
    table->denial_notes[denial.id] = std::move(note);
    table->denials.push_back(std::move(denial));
  });
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
  apply(mutex_, *table, [&] {
    table->denials.erase(with_id(table->denials, id));
    table->denial_notes.erase(id);
  });
  co_return Result<>();
}

Task<Result<>> AssignmentStore::define(TenantId tenant, CustomRole role) {
  FH_CO_TRY(const auto table, table_of(tenant));
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  FH_CO_CHECK_OK(check(role, table->own));
  if (!table->own.contains(role.role.id) && table->own.size() >= kMaxCustomRoles) {
    co_return fail(ErrorCode::kExhausted, "too many custom roles");
  }
  FH_CO_CHECK_OK(table->check_room(role.role.permissions, 0, role.assignable_scopes.size(), role.role.id));
  keys::RowChange change;
  change.puts.push_back({row_key(role.role.id), encode(role)});
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  apply(mutex_, *table, [&] {
    const RoleId id = role.role.id;
    table->own.insert_or_assign(id, std::move(role));
  });
  co_return Result<>();
}

Task<Result<>> AssignmentStore::undefine(TenantId tenant, RoleId id) {
  FH_CO_TRY(const auto table, table_of(tenant));
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  if (!table->own.contains(id)) co_return fail(ErrorCode::kNotFound, "there is no such role");
  if (std::ranges::any_of(table->assignments, [id](const RoleAssignment& each) { return each.role == id; })) {
    co_return fail(ErrorCode::kConflict, "the role is assigned");
  }
  keys::RowChange change;
  change.deletes.push_back(row_key(id));
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  apply(mutex_, *table, [&] { table->own.erase(id); });
  co_return Result<>();
}

std::vector<CustomRole> AssignmentStore::custom_roles(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  std::vector<CustomRole> out;
  if (const auto at = tables_.find(tenant); at != tables_.end()) {
    for (const auto& [id, role] : at->second->own) out.push_back(role);
  }
  return out;
}

AssignmentNote AssignmentStore::note(TenantId tenant, RoleAssignmentId id) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  if (at == tables_.end()) return {};
  const auto found = at->second->notes.find(id);
  return found == at->second->notes.end() ? AssignmentNote() : found->second;
}

DenialNote AssignmentStore::denial_note(TenantId tenant, RoleAssignmentId id) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  if (at == tables_.end()) return {};
  const auto found = at->second->denial_notes.find(id);
  return found == at->second->denial_notes.end() ? DenialNote() : found->second;
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
