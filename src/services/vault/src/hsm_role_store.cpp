#include "src/hsm_role_store.h"

#include <algorithm>
#include <mutex>

#include "crypto/digest.h"

namespace freehold::vault {
namespace {

Bytes row_key(std::string_view prefix, BytesView id) { return Bytes(prefix) + Bytes(id); }

// The same each time, so that making a pool can be done again.
PoolAssignment first_administrator(const Vault& pool, PrincipalId who) {
  const auto digest = crypto::sha256({"freehold pool administrator", pool.id.view(), who.view()});
  PoolAssignment out{.id = {}, .scope = "/", .principal = who, .role = gate::authz::role_id(kPoolAdministrator)};
  std::copy_n(digest.begin(), out.id.bytes.size(), out.id.bytes.begin());
  return out;
}

}  // namespace

void PoolRoleStore::keep(const Vault& pool, std::vector<PoolDefinition> definitions,
                         std::vector<PoolAssignment> assignments) {
  auto made = std::make_shared<const PoolRoles>(pool.tenant, std::move(definitions), std::move(assignments));
  const std::unique_lock lock(mutex_);
  roles_[pool.id] = std::move(made);
}

void PoolRoleStore::forget(VaultId pool) {
  const std::unique_lock lock(mutex_);
  roles_.erase(pool);
}

PoolRolesPtr PoolRoleStore::find(VaultId pool) const {
  const std::shared_lock lock(mutex_);
  const auto found = roles_.find(pool);
  if (found != roles_.end()) return found->second;
  static const auto none =
      std::make_shared<const PoolRoles>(TenantId{}, std::vector<PoolDefinition>(), std::vector<PoolAssignment>());
  return none;
}

Task<Result<>> PoolRoleStore::load(VaultPtr pool) {
  const auto turn = co_await turn_.take();  // what is read is what is kept: no change comes between
  if (!turn) co_return std::unexpected(turn.error());
  std::vector<PoolDefinition> definitions;
  std::vector<PoolAssignment> assignments;
  FH_CO_TRY(const auto defined, co_await rows_.load(pool, Bytes(kDefinitionRows), kMaxPoolDefinitions));
  for (const auto& row : defined) {
    FH_CO_TRY(auto definition, decode_definition(row.value));
    definitions.push_back(std::move(definition));
  }
  FH_CO_TRY(const auto given, co_await rows_.load(pool, Bytes(kAssignmentRows), kMaxPoolAssignments));
  for (const auto& row : given) {
    FH_CO_TRY(auto assignment, decode_assignment(row.value));
    assignments.push_back(std::move(assignment));
  }
  const bool fresh = assignments.empty();
  keep(*pool, std::move(definitions), std::move(assignments));
  if (!fresh || !pool->pool) co_return Result<>();
  RoleChange first;
  for (const auto& each : pool->pool->administrators) first.put_assignments.push_back(first_administrator(*pool, each));
  co_return co_await write(pool, *find(pool->id), std::move(first));
}

Task<Result<>> PoolRoleStore::write(VaultPtr pool, const PoolRoles& before, RoleChange change) {
  auto definitions = before.custom();
  auto assignments = before.assignments();
  PoolRows::Change rows;
  for (const auto& id : change.remove_assignments) {
    std::erase_if(assignments, [&](const auto& each) { return each.id == id; });
    rows.deletes.push_back(row_key(kAssignmentRows, id.view()));
  }
  for (const auto& id : change.remove_definitions) {
    std::erase_if(definitions, [&](const auto& each) { return each.id == id; });
    rows.deletes.push_back(row_key(kDefinitionRows, id.view()));
  }
  for (auto& each : change.put_assignments) {
    rows.puts.push_back({row_key(kAssignmentRows, each.id.view()), encode_assignment(each)});
    std::erase_if(assignments, [&](const auto& other) { return other.id == each.id; });
    assignments.push_back(std::move(each));
  }
  for (auto& each : change.put_definitions) {
    rows.puts.push_back({row_key(kDefinitionRows, each.id.view()), encode_definition(each)});
    std::erase_if(definitions, [&](const auto& other) { return other.id == each.id; });
    definitions.push_back(std::move(each));
  }
  FH_CO_CHECK_OK(co_await rows_.change(pool, std::move(rows)));
  keep(*pool, std::move(definitions), std::move(assignments));
  co_return Result<>();
}

Task<ApiResult<>> PoolRoleStore::change(VaultPtr pool, Edit edit) {
  const auto turn = co_await turn_.take();
  if (!turn) co_return vault_errors::of(turn.error());
  const auto before = find(pool->id);
  FH_CO_TRY(auto change, edit(*before));
  const auto done = co_await write(pool, *before, std::move(change));
  if (!done) co_return vault_errors::of(done.error());
  co_return ApiResult<>();
}

}  // namespace freehold::vault
