// Microsoft.Authorization: role definitions and assignments, deny assignments, permissions, the list of operations.
#pragma once

#include "src/arm_call.h"
#include "src/arm_gate.h"

namespace freehold::resources {

struct ListRoleDefinitions {};
struct GetRoleDefinition {};
struct PutRoleDefinition {};
struct DeleteRoleDefinition {};
struct ListRoleAssignments {};
struct GetRoleAssignment {};
struct PutRoleAssignment {};
struct DeleteRoleAssignment {};
struct ListDenyAssignments {};
struct GetDenyAssignment {};
struct PutDenyAssignment {};
struct DeleteDenyAssignment {};
struct ListPermissions {};
struct ListProviderOperations {};
struct GetProviderOperations {};
struct ListOwnOperations {};

void add_role_definition_routes(ArmGate& gate, const ArmParts& parts);
void add_role_assignment_routes(ArmGate& gate, const ArmParts& parts);
void add_deny_assignment_routes(ArmGate& gate, const ArmParts& parts);
// Last: the operations that it lists are those of the gate's rows.
void add_permission_routes(ArmGate& gate, const ArmParts& parts);

// "{scope}/providers/Microsoft.Authorization/KIND/NAME" at a scope; nothing before it at the tenant's root.
[[nodiscard]] std::string authorization_id(const ResourceId& scope, std::string_view kind, std::string_view name);
// The permissions of a role in the API's form.
[[nodiscard]] Json permissions_json(const gate::authz::PermissionSet& permissions);
// And read from it: 400 for anything that isn't a list of texts.
[[nodiscard]] ApiResult<gate::authz::PermissionSet> read_permissions(const Json& properties);
// The last segment as a GUID: 400 InvalidRoleAssignmentId and the like.
template <class Id>
[[nodiscard]] ApiResult<Id> guid_name(const ArmCall& call, std::string_view error_code);
// Is what the scope names below that other one? By the tree, so that subscriptions are below their management groups.
[[nodiscard]] bool stands_below(const ArmParts& parts, const ArmCall& call, std::string_view scope,
                                const std::string& above);
[[nodiscard]] gate::ApiError bad_guid(std::string_view code, std::string_view text);

template <class Id>
ApiResult<Id> guid_name(const ArmCall& call, std::string_view error_code) {
  const auto id = parse_guid<Id>(call.id.name());
  if (!id) return std::unexpected(bad_guid(error_code, call.id.name()));
  return *id;
}

}  // namespace freehold::resources
