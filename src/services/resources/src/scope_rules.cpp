#include "src/scope_rules.h"

#include "base/encoding.h"
#include "src/arm_errors.h"

namespace freehold::resources {

gate::ApiResult<std::shared_ptr<const ResourceGroup>> standing_group(const TenantState& state,
                                                                     const gate::resource::ResourceId& scope) {
  auto group = scope.subscription ? state.group(*scope.subscription, scope.group) : nullptr;
  if (group == nullptr) return std::unexpected(arm_errors::group_not_found(scope.group));
  if (group->deleting()) return std::unexpected(arm_errors::group_being_deleted(group->name));
  return group;
}

gate::ApiResult<> check_group_stands(const TenantState& state, const gate::resource::ResourceId& scope) {
  if (scope.group.empty()) return {};
  FH_CHECK_OK(standing_group(state, scope));
  return {};
}

gate::ApiResult<> check_scope_stands(const TenantState& state, TenantId tenant,
                                     const gate::resource::ResourceId& scope) {
  const std::string managing = to_lower(scope.management_group());
  const bool stands = managing.empty() || managing == to_string(tenant) || state.management_groups.contains(managing);
  if (!stands) return std::unexpected(arm_errors::management_group_not_found(managing));
  return check_group_stands(state, scope);
}

}  // namespace freehold::resources
