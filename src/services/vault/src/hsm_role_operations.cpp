// Role assignments and role definitions of a pool: get, list, create, delete. Source: "Role Assignments" and "Role
// Definitions" of the data plane reference.
#include <algorithm>

#include "base/encoding.h"
#include "src/hsm_access.h"
#include "src/hsm_call.h"
#include "src/hsm_errors.h"
#include "src/vault_answer.h"

namespace freehold::vault {
namespace {

using gate::AuditClass;
using gate::Task;
using http::Method;

// What a path of roles names: "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}".
struct RolePath {
  std::string scope;
  std::string name;  // empty: the collection
};

ApiResult<RolePath> path_of(const VaultCall& call) {
  const std::string path = to_lower(call.request.path);
  constexpr std::string_view kProviders = "/providers/microsoft.authorization/";
  const auto at = path.rfind(kProviders);
  const auto scope = at == path.npos ? std::nullopt : pool_scope(std::string_view(path).substr(0, at));
  if (!scope) return hsm_errors::no_such_scope();
  // "roleassignments", name
  const auto behind = segments_of(std::string_view(path).substr(at + kProviders.size() - 1));
  return RolePath{*scope, behind.size() > 1 ? behind[1] : std::string()};
}

http::Response created(const Json& json) {
  auto response = json_answer(json);
  response.status = 201;
  return response;
}

bool reaches(std::string_view scope, std::string_view below) {
  return scope == "/" || scope == below || (below.starts_with(scope) && below[scope.size()] == '/');
}

// "$filter" of a list of assignments: atScope(), or principalId eq 'GUID'.
struct Filter {
  bool at_scope = false;
  std::optional<PrincipalId> principal = {};
};

ApiResult<Filter> filter_of(const VaultCall& call) {
  Filter out;
  auto text = std::string_view(call.request.parameter("$filter"));
  if (text.empty()) return out;
  if (equals_ignoring_case(text, "atScope()")) {
    out.at_scope = true;
    return out;
  }
  constexpr std::string_view kPrincipal = "principalId eq ";
  if (equals_ignoring_case(text.substr(0, kPrincipal.size()), kPrincipal)) {
    text.remove_prefix(kPrincipal.size());
    if (text.size() > 2 && text.starts_with('\'') && text.ends_with('\'')) text = text.substr(1, text.size() - 2);
    out.principal = parse_guid<PrincipalId>(text);
    if (out.principal) return out;
  }
  return vault_errors::bad_parameter("'$filter' can be atScope(), or principalId eq and an object id.");
}

Task<Reply> list_assignments(PoolParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto path, path_of(call));
  FH_CO_TRY(const auto filter, filter_of(call));
  Json found = Json::array();
  const auto roles = parts.roles.find(call.vault->id);
  for (const auto& each : roles->assignments()) {
    const bool above = reaches(each.scope, path.scope);
    if (!above && (filter.at_scope || !reaches(path.scope, each.scope))) continue;
    if (filter.principal && each.principal != *filter.principal) continue;
    found.push_back(show_assignment(each));
  }
  co_return json_answer({{"value", std::move(found)}});
}

// Of that very scope: an assignment has its name there alone.
const PoolAssignment* assignment_at(const PoolRoles& roles, const RolePath& path) {
  const auto id = parse_guid<RoleAssignmentId>(path.name);
  const auto* found = id ? roles.assignment(*id) : nullptr;
  return found != nullptr && found->scope == path.scope ? found : nullptr;
}

Task<Reply> get_assignment(PoolParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto path, path_of(call));
  const auto roles = parts.roles.find(call.vault->id);
  const auto* found = assignment_at(*roles, path);
  if (found == nullptr) co_return hsm_errors::role_assignment_not_found(path.name);
  co_return json_answer(show_assignment(*found));
}

Task<Reply> create_assignment(PoolParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto path, path_of(call));
  const auto id = parse_guid<RoleAssignmentId>(path.name);
  if (!id) co_return vault_errors::bad_parameter("The name of a role assignment must be a GUID.");
  const auto made = std::make_shared<PoolAssignment>();
  FH_CO_CHECK_OK(
      co_await parts.roles.change(call.vault, [&call, path, id, made](const PoolRoles& roles) -> ApiResult<RoleChange> {
        FH_TRY(*made, read_assignment(*id, path.scope, call.body, roles));
        return RoleChange{.put_assignments = {*made}};
      }));
  co_return created(show_assignment(*made));
}

Task<Reply> delete_assignment(PoolParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto path, path_of(call));
  const auto gone = std::make_shared<PoolAssignment>();
  FH_CO_CHECK_OK(co_await parts.roles.change(call.vault, [path, gone](const PoolRoles& roles) -> ApiResult<RoleChange> {
    const auto* found = assignment_at(roles, path);
    if (found == nullptr) return hsm_errors::role_assignment_not_found(path.name);
    FH_CHECK_OK(check_not_last(*found, roles));
    *gone = *found;
    return RoleChange{.remove_assignments = {found->id}};
  }));
  co_return json_answer(show_assignment(*gone));
}

Task<Reply> list_definitions(PoolParts& parts, VaultCall& call) {
  FH_CO_CHECK_OK(path_of(call));
  const auto filter = std::string_view(call.request.parameter("$filter"));
  const bool custom = filter == "type eq 'CustomRole'";
  if (!filter.empty() && !custom && !equals_ignoring_case(filter, "atScopeAndBelow()")) {
    co_return vault_errors::bad_parameter("'$filter' can be atScopeAndBelow(), or type eq 'CustomRole'.");
  }
  Json found = Json::array();
  for (const auto& each : parts.roles.find(call.vault->id)->definitions()) {
    if (!custom || !each.built_in) found.push_back(show_definition(each));
  }
  co_return json_answer({{"value", std::move(found)}});
}

// Definitions stand at "/" alone.
ApiResult<RoleId> definition_in(const RolePath& path) {
  if (path.scope != "/") return vault_errors::bad_parameter("Role definitions have the scope '/'.");
  const auto id = parse_guid<RoleId>(path.name);
  if (!id) return vault_errors::bad_parameter("The name of a role definition must be a GUID.");
  return *id;
}

Task<Reply> get_definition(PoolParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto path, path_of(call));
  const auto id = parse_guid<RoleId>(path.name);
  const auto roles = parts.roles.find(call.vault->id);
  const auto* found = id ? roles->definition(*id) : nullptr;
  if (found == nullptr) co_return hsm_errors::role_definition_not_found(path.name);
  co_return json_answer(show_definition(*found));
}

Task<Reply> set_definition(PoolParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto path, path_of(call));
  FH_CO_TRY(const auto id, definition_in(path));
  const auto made = std::make_shared<PoolDefinition>();
  FH_CO_CHECK_OK(
      co_await parts.roles.change(call.vault, [&call, id, made](const PoolRoles& roles) -> ApiResult<RoleChange> {
        FH_TRY(*made, read_definition(id, call.body, roles));
        return RoleChange{.put_definitions = {*made}};
      }));
  co_return created(show_definition(*made));
}

Task<Reply> delete_definition(PoolParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto path, path_of(call));
  FH_CO_TRY(const auto id, definition_in(path));
  const auto gone = std::make_shared<PoolDefinition>();
  FH_CO_CHECK_OK(
      co_await parts.roles.change(call.vault, [path, id, gone](const PoolRoles& roles) -> ApiResult<RoleChange> {
        const auto* found = roles.definition(id);
        if (found == nullptr) return hsm_errors::role_definition_not_found(path.name);
        if (found->built_in) return vault_errors::bad_parameter("A built-in role can't be deleted.");
        if (std::ranges::any_of(roles.assignments(), [&](const auto& each) { return each.role == id; })) {
          return hsm_errors::role_in_use();
        }
        *gone = *found;
        return RoleChange{.remove_definitions = {id}};
      }));
  co_return json_answer(show_definition(*gone));
}

constexpr std::string_view kAssignments = "{scope}/providers/Microsoft.Authorization/roleAssignments";
constexpr std::string_view kAssignment = "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}";
constexpr std::string_view kDefinitions = "{scope}/providers/Microsoft.Authorization/roleDefinitions";
constexpr std::string_view kDefinition = "{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}";

}  // namespace

std::span<const PoolRow> pool_role_rows() {
  static const std::vector<PoolRow> rows = {{"ListRoleAssignments",
                                             Method::kGet,
                                             {kAssignments},
                                             "Microsoft.KeyVault/managedHsm/roleAssignments/read/action",
                                             &list_assignments},
                                            {"GetRoleAssignment",
                                             Method::kGet,
                                             {kAssignment},
                                             "Microsoft.KeyVault/managedHsm/roleAssignments/read/action",
                                             &get_assignment},
                                            {"CreateRoleAssignment",
                                             Method::kPut,
                                             {kAssignment},
                                             "Microsoft.KeyVault/managedHsm/roleAssignments/write/action",
                                             &create_assignment,
                                             AuditClass::kControl},
                                            {"DeleteRoleAssignment",
                                             Method::kDelete,
                                             {kAssignment},
                                             "Microsoft.KeyVault/managedHsm/roleAssignments/delete/action",
                                             &delete_assignment,
                                             AuditClass::kControl},
                                            {"ListRoleDefinitions",
                                             Method::kGet,
                                             {kDefinitions},
                                             "Microsoft.KeyVault/managedHsm/roleDefinitions/read/action",
                                             &list_definitions},
                                            {"GetRoleDefinition",
                                             Method::kGet,
                                             {kDefinition},
                                             "Microsoft.KeyVault/managedHsm/roleDefinitions/read/action",
                                             &get_definition},
                                            {"CreateOrUpdateRoleDefinition",
                                             Method::kPut,
                                             {kDefinition},
                                             "Microsoft.KeyVault/managedHsm/roleDefinitions/write/action",
                                             &set_definition,
                                             AuditClass::kControl},
                                            {"DeleteRoleDefinition",
                                             Method::kDelete,
                                             {kDefinition},
                                             "Microsoft.KeyVault/managedHsm/roleDefinitions/delete/action",
                                             &delete_definition,
                                             AuditClass::kControl}};
  return rows;
}

}  // namespace freehold::vault
