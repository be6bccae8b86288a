// Graph: the directory's roles and who has them.
#include <algorithm>

#include "base/encoding.h"
#include "src/changes.h"
#include "src/directory_roles.h"
#include "src/graph_errors.h"
#include "src/graph_list.h"
#include "src/graph_operations.h"

namespace freehold::directory {
namespace {

using Json = nlohmann::json;
using gate::ApiResult;
using http::Method;
namespace errors = graph_errors;

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

ApiResult<const DirectoryRole*> role_at(const GraphCall& call, std::size_t index) {
  const auto* role = find_directory_role(to_lower(call.text_at(index)));
  if (role == nullptr) return refuse(errors::not_found(call.text_at(index)));
  return role;
}

bool has(const std::vector<DirectoryRoleId>& roles, const DirectoryRole& role) {
  return std::ranges::any_of(roles, [&role](const DirectoryRoleId& id) { return to_string(id) == role.id; });
}

// Everybody who has the role, in order of ids.
std::vector<PrincipalId> holders(const Snapshot& directory, const DirectoryRole& role) {
  std::vector<PrincipalId> out;
  for (const auto& [id, user] : directory.objects.users) {
    if (!user->deleted && has(user->directory_roles, role)) out.push_back(id);
  }
  for (const auto& [id, principal] : directory.objects.principals) {
    if (!principal->deleted && has(principal->directory_roles, role)) out.push_back(id);
  }
  return out;
}

enum class Grant { kGive, kTake };
template <class Object>
Result<> regrant(Draft& draft, const Object& present, const DirectoryRole& role, Grant grant) {
  Object next = present;
  const auto id = *parse_guid<DirectoryRoleId>(role.id);
  if (grant == Grant::kGive && has(next.directory_roles, role)) {
    return fail(ErrorCode::kConflict,
                "One or more added object references already exist for the following modified "
                "properties: 'members'.");
  }
  if (grant == Grant::kTake && std::erase(next.directory_roles, id) == 0) {
    return fail(ErrorCode::kNotFound, "it doesn't have the role");
  }
  if (grant == Grant::kGive) next.directory_roles.push_back(id);
  return changes::replace(draft, std::move(next));
}

runtime::Task<ApiResult<>> change_holder(GraphParts& parts, GraphCall& call, const DirectoryRole* role, PrincipalId who,
                                         Grant grant) {
  return graph_change(parts, call, [role, who, grant](Draft& draft) -> Result<> {
    const auto& objects = draft.objects();
    if (grant == Grant::kTake && role->id == kGlobalAdministrator) {
      FH_CHECK_OK(check_administrator_stays(objects, who));
    }
    if (const auto user = live_in(objects.users, who)) return regrant(draft, *user, *role, grant);
    if (const auto principal = live_in(objects.principals, who)) return regrant(draft, *principal, *role, grant);
    return fail(ErrorCode::kInvalidArgument, "A role is given to users and service principals.");
  });
}

GraphReply list_roles(GraphParts& parts, GraphCall& call) {
  return graph_list(parts, call, [](const Snapshot&) {
    std::vector<Json> out;
    for (const auto& role : directory_roles()) out.push_back(graph_json::of(role));
    return out;
  });
}

GraphReply get_role(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto* role, role_at(call, 1));
  co_return graph_object(call, graph_json::of(*role));
}

GraphReply list_holders(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto* role, role_at(call, 1));
  co_return co_await graph_list(parts, call, [role](const Snapshot& directory) {
    std::vector<Json> out;
    for (const PrincipalId id : holders(directory, *role)) out.push_back(graph_json::of_object(directory, id));
    return out;
  });
}

GraphReply add_holder(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto* role, role_at(call, 1));
  FH_CO_TRY(const auto who, referenced_object(call));
  FH_CO_CHECK_OK(co_await change_holder(parts, call, role, who, Grant::kGive));
  co_return graph_nothing();
}

GraphReply remove_holder(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto* role, role_at(call, 1));
  const auto who = call.id_at(3);
  if (!who) co_return refuse(errors::not_found(call.text_at(3)));
  FH_CO_CHECK_OK(co_await change_holder(parts, call, role, *who, Grant::kTake));
  co_return graph_nothing();
}

// roleManagement: the same, as assignments. An assignment's id says what it is: there is one for each pair.
Json assignment(const DirectoryRole& role, PrincipalId who) {
  return {{"id", std::string(role.id) + "." + to_string(who)},
          {"roleDefinitionId", role.id},
          {"principalId", to_string(who)},
          {"directoryScopeId", "/"}};
}

Json definition(const DirectoryRole& role) {
  return {{"id", role.id},
          {"templateId", role.id},
          {"displayName", role.name},
          {"description", role.description},
          {"isBuiltIn", true},
          {"isEnabled", true},
          {"resourceScopes", Json::array({"/"})},
          {"rolePermissions", Json::array({Json{{"allowedResourceActions", role.actions}}})}};
}

GraphReply list_definitions(GraphParts& parts, GraphCall& call) {
  return graph_list(parts, call, [](const Snapshot&) {
    std::vector<Json> out;
    for (const auto& role : directory_roles()) out.push_back(definition(role));
    return out;
  });
}

GraphReply get_definition(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto* role, role_at(call, 3));
  co_return graph_object(call, definition(*role));
}

GraphReply list_assignments(GraphParts& parts, GraphCall& call) {
  return graph_list(parts, call, [](const Snapshot& directory) {
    std::vector<Json> out;
    for (const auto& role : directory_roles()) {
      for (const PrincipalId who : holders(directory, role)) out.push_back(assignment(role, who));
    }
    return out;
  });
}

GraphReply create_assignment(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto role_text, graph_json::read_text(call.body, "roleDefinitionId"));
  FH_CO_TRY(const auto who_text, graph_json::read_text(call.body, "principalId"));
  FH_CO_TRY(const auto scope, graph_json::read_text(call.body, "directoryScopeId"));
  const auto* role = find_directory_role(to_lower(role_text));
  const auto who = parse_guid<PrincipalId>(who_text);
  if (role == nullptr) co_return refuse(errors::not_found(role_text));
  if (!who || !call.directory->has(*who)) co_return refuse(errors::not_found(who_text));
  if (scope != "/") co_return refuse(errors::not_implemented("A role at another scope than '/'"));
  FH_CO_CHECK_OK(co_await change_holder(parts, call, role, *who, Grant::kGive));
  co_return graph_object(call, assignment(*role, *who), 201);
}

struct Assigned {
  const DirectoryRole* role;
  PrincipalId who;
};
ApiResult<Assigned> assignment_at(const GraphCall& call) {
  const auto& id = call.text_at(3);
  const auto dot = id.find('.');
  const auto* role = find_directory_role(to_lower(id.substr(0, dot)));
  const auto who = dot == id.npos ? std::nullopt : parse_guid<PrincipalId>(id.substr(dot + 1));
  if (role == nullptr || !who) return refuse(errors::not_found(id));
  const auto all = holders(*call.directory, *role);
  if (std::ranges::find(all, *who) == all.end()) return refuse(errors::not_found(id));
  return Assigned{role, *who};
}

GraphReply get_assignment(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto found, assignment_at(call));
  co_return graph_object(call, assignment(*found.role, found.who));
}

GraphReply delete_assignment(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto found, assignment_at(call));
  FH_CO_CHECK_OK(co_await change_holder(parts, call, found.role, found.who, Grant::kTake));
  co_return graph_nothing();
}

constexpr std::string_view kAssign = "microsoft.directory/roleAssignments/allProperties/allTasks";
constexpr GraphRow kRows[] = {
    {Method::kGet, "/v1.0/directoryRoles", "Graph.ListDirectoryRoles", kGraphRead, list_roles},
    {Method::kGet, "/v1.0/directoryRoles/{id}", "Graph.GetDirectoryRole", kGraphRead, get_role},
    {Method::kGet, "/v1.0/directoryRoles/{id}/members", "Graph.ListDirectoryRoleMembers", kGraphRead, list_holders},
    {Method::kPost, "/v1.0/directoryRoles/{id}/members/$ref", "Graph.AddDirectoryRoleMember", kAssign, add_holder},
    {Method::kDelete, "/v1.0/directoryRoles/{id}/members/{member}/$ref", "Graph.RemoveDirectoryRoleMember", kAssign,
     remove_holder},
    {Method::kGet, "/v1.0/directoryRoleTemplates", "Graph.ListDirectoryRoleTemplates", kGraphRead, list_roles},
    {Method::kGet, "/v1.0/roleManagement/directory/roleDefinitions", "Graph.ListRoleDefinitions", kGraphRead,
     list_definitions},
    {Method::kGet, "/v1.0/roleManagement/directory/roleDefinitions/{id}", "Graph.GetRoleDefinition", kGraphRead,
     get_definition},
    {Method::kGet, "/v1.0/roleManagement/directory/roleAssignments", "Graph.ListRoleAssignments", kGraphRead,
     list_assignments},
    {Method::kPost, "/v1.0/roleManagement/directory/roleAssignments", "Graph.CreateRoleAssignment", kAssign,
     create_assignment},
    {Method::kGet, "/v1.0/roleManagement/directory/roleAssignments/{id}", "Graph.GetRoleAssignment", kGraphRead,
     get_assignment},
    {Method::kDelete, "/v1.0/roleManagement/directory/roleAssignments/{id}", "Graph.DeleteRoleAssignment", kAssign,
     delete_assignment}};

}  // namespace

Result<> check_administrator_stays(const Objects& objects, PrincipalId who) {
  const auto* role = find_directory_role(kGlobalAdministrator);
  const auto has_role = [role](const auto& map, PrincipalId id) {
    const auto found = live_in(map, id);
    return found && has(found->directory_roles, *role);
  };
  const auto others = [&](const auto& map) {
    return std::ranges::any_of(map, [&](const auto& entry) {
      const auto& [id, object] = entry;
      return id != who && !object->deleted && object->enabled && has(object->directory_roles, *role);
    });
  };
  const bool is_one = has_role(objects.users, who) || has_role(objects.principals, who);
  if (!is_one || others(objects.users) || others(objects.principals)) return {};
  return fail(ErrorCode::kConflict, "The last Global Administrator can't be removed.");
}

std::span<const GraphRow> graph_role_rows() { return kRows; }

}  // namespace freehold::directory
