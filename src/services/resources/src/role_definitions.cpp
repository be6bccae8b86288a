#include <algorithm>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/role_operations.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using gate::authz::CustomRole;
using gate::authz::RoleDefinition;
using gate::authz::RoleId;
using http::Method;

constexpr std::string_view kPath = "{scope}/providers/Microsoft.Authorization/roleDefinitions";
constexpr std::string_view kItem = "{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}";
constexpr std::string_view kRead = "Microsoft.Authorization/roleDefinitions/read";
constexpr std::string_view kWrite = "Microsoft.Authorization/roleDefinitions/write";
constexpr std::string_view kDelete = "Microsoft.Authorization/roleDefinitions/delete";

// Azure gives a role's id below the subscription that it is asked at, and at the root otherwise.
Json role_json(const ResourceId& scope, const RoleDefinition& role, const CustomRole* custom) {
  const ResourceId home{.subscription = scope.subscription};
  Json properties = {{"roleName", role.name},
                     {"type", custom != nullptr ? "CustomRole" : "BuiltInRole"},
                     {"description", custom != nullptr ? custom->description : role.name},
                     {"assignableScopes", custom != nullptr ? Json(custom->assignable_scopes) : Json::array({"/"})},
                     {"permissions", Json::array({permissions_json(role.permissions)})}};
  if (custom != nullptr) {
    properties["createdOn"] = rfc3339_ticks(custom->created);
    properties["updatedOn"] = rfc3339_ticks(custom->updated);
    properties["createdBy"] = to_string(custom->created_by);
    properties["updatedBy"] = to_string(custom->updated_by);
  }
  return {{"id", authorization_id(home, "roleDefinitions", to_string(role.id))},
          {"type", "Microsoft.Authorization/roleDefinitions"},
          {"name", to_string(role.id)},
          {"properties", std::move(properties)}};
}

// May the role be assigned there? Its scopes reach downwards.
bool reaches(const ArmParts& parts, const ArmCall& call, const CustomRole& role, const ResourceId& scope) {
  const auto chain = gate::resource::chain_of(scope, call.caller.tenant, parts.store);
  return std::ranges::any_of(role.assignable_scopes, [&](const std::string& each) {
    return std::ranges::find(chain.scopes, each) != chain.scopes.end();
  });
}

gate::ApiError not_found(std::string_view name) {
  return arm_errors::make(404, "RoleDefinitionDoesNotExist",
                          "The specified role definition with ID '" + std::string(name) + "' does not exist.");
}

bool satisfies(const std::vector<FilterClause>& clauses, std::string_view name, bool custom) {
  return std::ranges::all_of(clauses, [&](const FilterClause& clause) {
    if (clause.field == "rolename") return holds(clause, name);
    return clause.field != "type" || holds(clause, custom ? "CustomRole" : "BuiltInRole");
  });
}

gate::Task<Reply> list_definitions(const ArmParts& parts, Permit<ListRoleDefinitions> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto clauses, read_filter(permit.request(), {"rolename", "type", "atscopeandbelow()", "atscope()"}));
  std::vector<Json> items;
  for (const auto& role : gate::authz::built_in_roles()) {
    if (satisfies(clauses, role.name, false)) items.push_back(role_json(call.id, role, nullptr));
  }
  for (const auto& role : parts.assignments.custom_roles(call.caller.tenant)) {
    if (reaches(parts, call, role, call.id) && satisfies(clauses, role.role.name, true)) {
      items.push_back(role_json(call.id, role.role, &role));
    }
  }
  co_return list_answer(permit.request(), call, std::move(items));
}

std::optional<CustomRole> custom_role(const ArmParts& parts, const ArmCall& call, RoleId id) {
  for (auto& role : parts.assignments.custom_roles(call.caller.tenant)) {
    if (role.role.id == id) return std::move(role);
  }
  return std::nullopt;
}

gate::Task<Reply> get_definition(const ArmParts& parts, Permit<GetRoleDefinition> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto id, guid_name<RoleId>(call, "InvalidRoleDefinitionId"));
  for (const auto& role : gate::authz::built_in_roles()) {
    if (role.id == id) co_return json_answer(200, role_json(call.id.scope(), role, nullptr));
  }
  const auto own = custom_role(parts, call, id);
  // Its scopes name groups and resources: whoever may read roles at one of them sees it.
  const auto may_read = [&](const std::string& text) {
    const auto scope = gate::resource::parse_resource_id(text);
    return scope && may(parts, call, kRead, *scope);
  };
  if (!own || !std::ranges::any_of(own->assignable_scopes, may_read)) {
    co_return std::unexpected(not_found(call.id.name()));
  }
  co_return json_answer(200, role_json(call.id.scope(), own->role, &*own));
}

ApiResult<std::vector<std::string>> read_scopes(const Json& properties) {
  std::vector<std::string> out;
  const auto at = properties.find("assignableScopes");
  const bool list = at != properties.end() && at->is_array() && !at->empty();
  if (!list) return std::unexpected(arm_errors::invalid_content("'assignableScopes' is a list of one scope or more."));
  // Each of them is decided about before the role is.
  if (at->size() > gate::authz::kMaxAssignableScopes) {
    return std::unexpected(arm_errors::invalid_content("a role has 1 to 2,000 assignable scopes."));
  }
  for (const auto& each : *at) {
    const auto scope = each.is_string() ? gate::resource::parse_resource_id(each.get<std::string>()) : std::nullopt;
    if (!scope) return std::unexpected(arm_errors::invalid_content("'assignableScopes' holds what is no scope."));
    out.push_back(scope->text());
  }
  return out;
}

// Who defines a role must be allowed to at every scope where it can then be assigned.
ApiResult<> check_scopes(const ArmParts& parts, const ArmCall& call, const std::vector<std::string>& scopes,
                         std::string_view action) {
  for (const auto& text : scopes) {
    const auto scope = gate::resource::parse_resource_id(text);
    if (scope && may(parts, call, action, *scope)) continue;
    return std::unexpected(forbidden(call, action, text));
  }
  return {};
}

gate::ApiError define_error(const Error& error) {
  if (error.code == ErrorCode::kConflict) {
    return arm_errors::make(409, "RoleDefinitionWithSameNameExists",
                            "A custom role can't be written: " + error.message + ".");
  }
  if (error.code == ErrorCode::kExhausted) return arm_errors::make(400, "RoleDefinitionLimitExceeded", error.message);
  if (error.code == ErrorCode::kInvalidArgument) return arm_errors::invalid_content(error.message + ".");
  return arm_errors::of(error);
}

gate::Task<Reply> put_definition(const ArmParts& parts, Permit<PutRoleDefinition> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto body, co_await read_object(*permit.request().body));
  FH_CO_TRY(const auto properties, properties_of(body));
  FH_CO_TRY(const auto id, guid_name<RoleId>(call, "InvalidRoleDefinitionId"));
  // What is asked of the role that is there holds until the new one is written.
  const auto turn = co_await parts.turns.of("role " + to_string(call.caller.tenant) + to_string(id)).take();
  if (!turn) co_return std::unexpected(arm_errors::of(turn.error()));
  const auto old = custom_role(parts, call, id);
  CustomRole role{.role = {.id = id, .name = {}, .permissions = {}},
                  .created = old ? old->created : call.caller.now,
                  .updated = call.caller.now,
                  .created_by = old ? old->created_by : call.caller.object,
                  .updated_by = call.caller.object};
  FH_CO_TRY(role.role.name, text_of(properties, "roleName", gate::authz::kMaxRoleNameBytes));
  FH_CO_TRY(role.description, text_of(properties, "description", gate::authz::kMaxDescriptionBytes));
  FH_CO_TRY(role.role.permissions, read_permissions(properties));
  FH_CO_TRY(role.assignable_scopes, read_scopes(properties));
  FH_CO_CHECK_OK(check_scopes(parts, call, role.assignable_scopes, kWrite));
  if (old) {
    FH_CO_CHECK_OK(check_scopes(parts, call, old->assignable_scopes, kWrite));
  }
  const auto defined = co_await parts.assignments.define(call.caller.tenant, role);
  if (!defined) co_return std::unexpected(define_error(defined.error()));
  co_return json_answer(201, role_json(call.id.scope(), role.role, &role));
}

gate::Task<Reply> delete_definition(const ArmParts& parts, Permit<DeleteRoleDefinition> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto id, guid_name<RoleId>(call, "InvalidRoleDefinitionId"));
  const auto turn = co_await parts.turns.of("role " + to_string(call.caller.tenant) + to_string(id)).take();
  if (!turn) co_return std::unexpected(arm_errors::of(turn.error()));
  const auto own = custom_role(parts, call, id);
  if (!own) co_return empty_answer(204);
  FH_CO_CHECK_OK(check_scopes(parts, call, own->assignable_scopes, kDelete));
  const auto gone = co_await parts.assignments.undefine(call.caller.tenant, id);
  if (!gone && gone.error().code == ErrorCode::kConflict) {
    co_return std::unexpected(
        arm_errors::make(409, "RoleDefinitionHasAssignments",
                         "There are existing role assignments referencing role '" + to_string(id) + "'."));
  }
  if (!gone) co_return std::unexpected(arm_errors::of(gone.error()));
  co_return json_answer(200, role_json(call.id.scope(), own->role, &*own));
}

}  // namespace

std::string authorization_id(const ResourceId& scope, std::string_view kind, std::string_view name) {
  const std::string front = scope.kind() == gate::resource::ScopeKind::kTenant ? std::string() : scope.text();
  return front + "/providers/Microsoft.Authorization/" + std::string(kind) + "/" + std::string(name);
}

Json permissions_json(const gate::authz::PermissionSet& permissions) {
  return {{"actions", permissions.actions},
          {"notActions", permissions.not_actions},
          {"dataActions", permissions.data_actions},
          {"notDataActions", permissions.not_data_actions}};
}

// Azure has a list of such sets, of one.
ApiResult<gate::authz::PermissionSet> read_permissions(const Json& properties) {
  gate::authz::PermissionSet out;
  const auto list = properties.find("permissions");
  if (list == properties.end() || !list->is_array() || list->size() != 1 || !(*list)[0].is_object()) {
    return std::unexpected(arm_errors::invalid_content("'permissions' is a list of one object."));
  }
  const auto take = [&](const char* name, std::vector<std::string>& into) {
    const auto at = (*list)[0].find(name);
    if (at == (*list)[0].end() || at->is_null()) return true;
    if (!at->is_array()) return false;
    for (const auto& each : *at) {
      if (!each.is_string()) return false;
      into.push_back(each.get<std::string>());
    }
    return true;
  };
  for (const auto& [name, value] : (*list)[0].items()) {
    const bool conditional = (name == "condition" || name == "conditionVersion") && !value.is_null();
    if (conditional) return std::unexpected(arm_errors::not_implemented("A condition in a role's permissions"));
  }
  if (!take("actions", out.actions) || !take("notActions", out.not_actions) || !take("dataActions", out.data_actions) ||
      !take("notDataActions", out.not_data_actions)) {
    return std::unexpected(arm_errors::invalid_content("actions are lists of texts."));
  }
  return out;
}

bool stands_below(const ArmParts& parts, const ArmCall& call, std::string_view scope, const std::string& above) {
  const auto id = gate::resource::parse_resource_id(scope);
  if (!id) return false;
  const auto chain = gate::resource::chain_of(*id, call.caller.tenant, parts.store);
  return std::ranges::find(chain.scopes, above) != chain.scopes.end();
}

gate::ApiError bad_guid(std::string_view code, std::string_view text) {
  return arm_errors::make(400, code, "The identifier '" + std::string(text) + "' is not a valid GUID.");
}

void add_role_definition_routes(ArmGate& gate, const ArmParts& parts) {
  gate.add_as<ListRoleDefinitions>(
      kRead, arm_row(Method::kGet, kPath, kRead),
      [&parts](Permit<ListRoleDefinitions> permit) { return list_definitions(parts, std::move(permit)); });
  gate.add_as<GetRoleDefinition>(
      kRead, arm_row(Method::kGet, kItem, kRead),
      [&parts](Permit<GetRoleDefinition> permit) { return get_definition(parts, std::move(permit)); });
  gate.add_as<PutRoleDefinition>(
      kWrite, arm_row(Method::kPut, kItem, kWrite),
      [&parts](Permit<PutRoleDefinition> permit) { return put_definition(parts, std::move(permit)); });
  gate.add_as<DeleteRoleDefinition>(
      kDelete, arm_row(Method::kDelete, kItem, kDelete),
      [&parts](Permit<DeleteRoleDefinition> permit) { return delete_definition(parts, std::move(permit)); });
}

}  // namespace freehold::resources
