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

}  // namespace freehold::resources
