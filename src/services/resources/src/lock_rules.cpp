#include "src/lock_rules.h"

#include "base/encoding.h"
#include "src/arm_errors.h"

namespace freehold::resources {
namespace {

bool forbids(const Lock& lock, LockedVerb verb) {
  return verb == LockedVerb::kDelete || lock.level == LockLevel::kReadOnly;
}

// Of the locks whose keys begin so, the first that forbids it.
std::optional<std::string> first_of(const TenantState& state, const std::string& front, LockedVerb verb) {
  for (auto at = state.locks.lower_bound(front); at != state.locks.end() && at->first.starts_with(front); ++at) {
    if (forbids(*at->second, verb)) return at->second->scope;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> locked_by(const TenantState& state, std::string_view scope, LockedVerb verb) {
  const std::string key = to_lower(scope);
  for (std::size_t end = key.size(); end != key.npos && end > 0; end = key.rfind('/', end - 1)) {
    if (auto found = first_of(state, key.substr(0, end) + "\n", verb)) return found;
  }
  if (verb == LockedVerb::kDelete) return first_of(state, key + "/", verb);
  return std::nullopt;
}

gate::ApiResult<> check_locks(const TenantState& state, std::string_view scope, LockedVerb verb) {
  const auto locked = locked_by(state, scope, verb);
  if (!locked) return {};
  return std::unexpected(arm_errors::scope_locked(scope, verb == LockedVerb::kDelete ? "delete" : "write", *locked));
}

gate::ApiResult<> LockCheck::check(gate::resource::ProposedChange& change) const {
  using gate::resource::ChangeKind;
  // Between management groups: nothing of the subscription itself changes.
  if (change.kind == ChangeKind::kMove && change.type == nullptr) return {};
  // No lock forbids setting or taking away locks: that is a right of its own.
  if (equals_ignoring_case(change.id.type(), "Microsoft.Authorization/locks")) return {};
  const auto state = store_.state(change.caller.tenant);
  // What moves leaves what protects it where it is, and comes under what protects the other group.
  const bool deletes = change.kind == ChangeKind::kDelete || change.kind == ChangeKind::kMove;
  if (change.destination) {
    FH_CHECK_OK(check_locks(*state, change.destination->text(), LockedVerb::kWrite));
  }
  return check_locks(*state, change.id.text(), deletes ? LockedVerb::kDelete : LockedVerb::kWrite);
}

}  // namespace freehold::resources
