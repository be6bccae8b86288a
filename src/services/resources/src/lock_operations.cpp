#include "src/lock_operations.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/resource_operations.h"
#include "src/scope_rules.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using gate::resource::ScopeKind;
using http::Method;

constexpr std::string_view kItem = "{scope}/providers/Microsoft.Authorization/locks/{name}";
constexpr std::string_view kPath = "{scope}/providers/Microsoft.Authorization/locks";
constexpr std::string_view kRead = "Microsoft.Authorization/locks/read";
constexpr std::string_view kWrite = "Microsoft.Authorization/locks/write";
constexpr std::string_view kDelete = "Microsoft.Authorization/locks/delete";

Json lock_json(const Lock& lock) {
  Json properties = {{"level", lock.level == LockLevel::kReadOnly ? "ReadOnly" : "CanNotDelete"}};
  if (!lock.notes.empty()) properties["notes"] = lock.notes;
  for (const auto& owner : lock.owners) properties["owners"].push_back({{"applicationId", owner}});
  return {{"id", lock.scope + "/providers/Microsoft.Authorization/locks/" + lock.name},
          {"type", "Microsoft.Authorization/locks"},
          {"name", lock.name},
          {"properties", std::move(properties)}};
}

gate::ApiError not_found(const ArmCall& call) {
  return arm_errors::make(404, "LockNotFound", "The lock '" + call.id.text() + "' could not be found.");
}

// Something that can be locked, and is there.
gate::Task<ApiResult<>> check_scope(const ArmParts& parts, ArmCall call) {
  const ResourceId scope = call.id.scope();
  if (!scope.subscription) {
    co_return std::unexpected(arm_errors::make(400, "LockScopeNotSupported",
                                               "Locks are set on subscriptions, resource groups and resources."));
  }
  FH_CO_CHECK_OK(check_group_stands(*call.state, scope));
  if (scope.kind() != ScopeKind::kResource) co_return ApiResult<>();
  FH_CO_TRY(const auto resource, co_await find_resource(parts, call, scope));
  if (resource.is_null()) {
    co_return std::unexpected(arm_errors::resource_not_found(scope.type() + "/" + scope.full_name(), scope.group));
  }
  co_return ApiResult<>();
}

ApiResult<Lock> read_lock(const ArmCall& call, const Json& body) {
  Lock lock{.scope = call.id.scope().text(),
            .name = call.id.name(),
            .created = call.caller.now,
            .created_by = call.caller.object};
  FH_TRY(const auto properties, properties_of(body));
  FH_TRY(const auto level, text_of(properties, "level", 64));
  FH_TRY(lock.notes, text_of(properties, "notes", kMaxNotesBytes));
  if (equals_ignoring_case(level, "ReadOnly")) {
    lock.level = LockLevel::kReadOnly;
  } else if (!equals_ignoring_case(level, "CanNotDelete")) {
    return std::unexpected(arm_errors::invalid_content("'level' is 'CanNotDelete' or 'ReadOnly'."));
  }
  const auto owners = properties.find("owners");
  if (owners == properties.end() || owners->is_null()) return lock;
  if (!owners->is_array() || owners->size() > kMaxOwners) {
    return std::unexpected(arm_errors::invalid_content("'owners' is a list of at most 50."));
  }
  for (const auto& owner : *owners) {
    if (!owner.is_object()) return std::unexpected(arm_errors::invalid_content("an owner has an 'applicationId'."));
    FH_TRY(const auto id, text_of(owner, "applicationId", 64));
    lock.owners.push_back(id);
  }
  return lock;
}

std::size_t locks_at(const TenantState& state, std::string_view scope) {
  const std::string front = lock_key(scope, "");
  std::size_t n = 0;
  for (auto at = state.locks.lower_bound(front); at != state.locks.end() && at->first.starts_with(front); ++at) ++n;
  return n;
}

// No lock forbids setting or taking away locks: that is a right of its own.
gate::Task<Reply> put_lock(const ArmParts& parts, Permit<PutLock> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto body, co_await read_object(*permit.request().body));
  FH_CO_TRY(const auto lock, read_lock(call, body));
  FH_CO_CHECK_OK(co_await check_scope(parts, call));
  const auto present = call.state->locks.find(lock_key(lock.scope, lock.name));
  // Held until it is written: whoever alters the policies waits for that.
  FH_CO_TRY(const auto approved,
            parts.registry.checks().approve(
                {.kind = gate::resource::ChangeKind::kPut,
                 .id = call.id,
                 .api_version = call.api_version,
                 .before = present == call.state->locks.end() ? Json(nullptr) : lock_json(*present->second),
                 .after = lock_json(lock),
                 .caller = call.caller}));
  bool made = false;
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    const auto& state = draft.state();
    const auto old = state.locks.find(lock_key(lock.scope, lock.name));
    made = old == state.locks.end();
    if (made && (locks_at(state, lock.scope) >= kMaxLocksOfScope || state.locks.size() >= kMaxLocks)) {
      return std::unexpected(arm_errors::too_many("locks", kMaxLocksOfScope));
    }
    const auto scope = call.id.scope();
    const auto group = scope.group.empty() ? nullptr : state.group(*scope.subscription, scope.group);
    if (!scope.group.empty() && (group == nullptr || group->deleting())) {
      return std::unexpected(arm_errors::group_being_deleted(scope.group));
    }
    draft.put(lock);
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, edit));
  co_return json_answer(made ? 201 : 200, lock_json(lock));
}

gate::Task<Reply> get_lock(const ArmParts& parts, Permit<GetLock> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  const auto at = call.state->locks.find(lock_key(call.id.scope().text(), call.id.name()));
  if (at == call.state->locks.end()) co_return std::unexpected(not_found(call));
  co_return json_answer(200, lock_json(*at->second));
}

gate::Task<Reply> delete_lock(const ArmParts& parts, Permit<DeleteLock> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  const std::string key = lock_key(call.id.scope().text(), call.id.name());
  bool was_there = false;
  const auto present = call.state->locks.find(key);
  if (present == call.state->locks.end()) co_return empty_answer(204);
  FH_CO_TRY(const auto approved, parts.registry.checks().approve({.kind = gate::resource::ChangeKind::kDelete,
                                                                  .id = call.id,
                                                                  .api_version = call.api_version,
                                                                  .before = lock_json(*present->second),
                                                                  .caller = call.caller}));
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    was_there = draft.state().locks.contains(key);
    draft.remove_lock(key);
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, edit));
  co_return empty_answer(was_there ? 200 : 204);
}

// Those of the scope and of what is below it; atScope(): of the scope and what is above.
gate::Task<Reply> list_locks(const ArmParts& parts, Permit<ListLocks> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto clauses, read_filter(permit.request(), {"atscope()"}));
  const std::string scope = gate::resource::key_of(call.id);
  std::vector<Json> items;
  for (const auto& [key, lock] : call.state->locks) {
    const std::string at = key.substr(0, key.find('\n'));
    const bool above = scope == at || scope.starts_with(at + "/");
    const bool below = scope == at || at.starts_with(scope == "/" ? scope : scope + "/");
    if (clauses.empty() ? below : above) items.push_back(lock_json(*lock));
  }
  co_return list_answer(permit.request(), call, std::move(items));
}

}  // namespace

void add_lock_routes(ArmGate& gate, const ArmParts& parts) {
  gate.add_as<PutLock>(kWrite, arm_row(Method::kPut, kItem, kWrite),
                       [&parts](Permit<PutLock> permit) { return put_lock(parts, std::move(permit)); });
  gate.add_as<GetLock>(kRead, arm_row(Method::kGet, kItem, kRead),
                       [&parts](Permit<GetLock> permit) { return get_lock(parts, std::move(permit)); });
  gate.add_as<ListLocks>(kRead, arm_row(Method::kGet, kPath, kRead),
                         [&parts](Permit<ListLocks> permit) { return list_locks(parts, std::move(permit)); });
  gate.add_as<DeleteLock>(kDelete, arm_row(Method::kDelete, kItem, kDelete),
                          [&parts](Permit<DeleteLock> permit) { return delete_lock(parts, std::move(permit)); });
}

}  // namespace freehold::resources
