#include "src/scope_roles.h"

#include "src/arm_errors.h"

namespace freehold::resources {

using gate::ApiResult;

runtime::Task<ApiResult<>> forget_roles(gate::authz::AssignmentStore& assignments, TenantId tenant, std::string key) {
  const auto below = [&key](const std::string& scope) { return scope == key || scope.starts_with(key + "/"); };
  for (const auto& assignment : assignments.assignments(tenant)) {
    if (!below(assignment.scope)) continue;
    const auto gone = co_await assignments.unassign(tenant, assignment.id);
    if (!gone && gone.error().code != ErrorCode::kNotFound) co_return std::unexpected(arm_errors::of(gone.error()));
  }
  for (const auto& denial : assignments.denials(tenant)) {
    if (!below(denial.scope)) continue;
    const auto gone = co_await assignments.undeny(tenant, denial.id);
    if (!gone && gone.error().code != ErrorCode::kNotFound) co_return std::unexpected(arm_errors::of(gone.error()));
  }
  co_return ApiResult<>();
}

namespace {

bool is_at_or_below(const std::string& scope, const std::string& key) {
  return scope == key || scope.starts_with(key + "/");
}

// A role that is there already is what was wanted.
bool is_failure(const Result<>& done) { return !done && done.error().code != ErrorCode::kConflict; }

}  // namespace

runtime::Task<ApiResult<>> copy_roles(gate::authz::AssignmentStore& assignments, Random& random, TenantId tenant,
                                      std::string from, std::string to) {
  for (auto assignment : assignments.assignments(tenant)) {
    if (!is_at_or_below(assignment.scope, from)) continue;
    const auto note = assignments.note(tenant, assignment.id);
    assignment.id = random_id<gate::authz::RoleAssignmentId>(random);
    assignment.scope.replace(0, from.size(), to);
    const auto done = co_await assignments.assign(std::move(assignment), {}, note);
    if (is_failure(done)) co_return std::unexpected(arm_errors::of(done.error()));
  }
  for (auto denial : assignments.denials(tenant)) {
    if (!is_at_or_below(denial.scope, from)) continue;
    const auto note = assignments.denial_note(tenant, denial.id);
    denial.id = random_id<gate::authz::RoleAssignmentId>(random);
    denial.scope.replace(0, from.size(), to);
    const auto done = co_await assignments.deny(std::move(denial), {}, note);
    if (is_failure(done)) co_return std::unexpected(arm_errors::of(done.error()));
  }
  co_return ApiResult<>();
}

}  // namespace freehold::resources
