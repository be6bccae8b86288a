#include "src/hsm_roles.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/hsm_errors.h"
#include "src/vault_call.h"
#include "store/json_row.h"

namespace freehold::vault {
namespace {

using gate::authz::ActionKind;
using vault_errors::bad_parameter;

constexpr int kVersion = 1;
constexpr std::string_view kDefinitions = "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/";
constexpr std::size_t kMaxActions = 64;

gate::authz::RoleDefinition compiled(const PoolDefinition& from) {
  return {.id = from.id,
          .name = from.name,
          .permissions = {.data_actions = from.data_actions, .not_data_actions = from.not_data_actions}};
}

// The id at the end of "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/ID", or alone.
std::optional<RoleId> role_named(std::string_view text) {
  const auto slash = text.rfind('/');
  if (slash != text.npos) {
    auto before = text.substr(0, slash + 1);
    if (before.starts_with('/')) before.remove_prefix(1);
    if (!equals_ignoring_case(before, kDefinitions)) return std::nullopt;
    text.remove_prefix(slash + 1);
  }
  return parse_guid<RoleId>(text);
}

ApiResult<std::vector<std::string>> read_actions(const Json& permission, std::string_view name) {
  std::vector<std::string> out;
  FH_TRY(const auto* list, said(array_member(permission, name, kMaxActions)));
  if (list == nullptr) return out;
  for (const auto& each : *list) {
    const auto known = each.is_string() ? pool_data_action(each.get_ref<const std::string&>()) : std::string_view();
    if (known.empty()) {
      return bad_parameter("There is no such data action: '" + std::string(name) + "' of 'permissions'.");
    }
    out.emplace_back(known);
  }
  return out;
}

bool reaches_whole_pool(const PoolAssignment& assignment) {
  return assignment.scope == "/" && assignment.role == gate::authz::role_id(kPoolAdministrator);
}

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "a row of a pool's roles is damaged"); }

}  // namespace

std::optional<std::string> pool_scope(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.empty()) return "/";
  if (equals_ignoring_case(text, "keys")) return "/keys";
  constexpr std::string_view kKeys = "keys/";
  if (!equals_ignoring_case(text.substr(0, kKeys.size()), kKeys)) return std::nullopt;
  text.remove_prefix(kKeys.size());
  if (!is_item_name(text)) return std::nullopt;
  return "/keys/" + to_lower(text);
}

gate::authz::ScopeChain pool_chain(const std::string& scope) {
  gate::authz::ScopeChain chain{{"/"}};
  if (scope.starts_with("/keys")) chain.scopes.emplace_back("/keys");
  if (scope.starts_with("/keys/")) chain.scopes.push_back(scope);
  return chain;
}

PoolRoles::PoolRoles(TenantId tenant, std::vector<PoolDefinition> custom, std::vector<PoolAssignment> assignments)
    : custom_(std::move(custom)), assignments_(std::move(assignments)) {
  std::vector<gate::authz::RoleDefinition> roles;
  for (const auto& each : definitions()) roles.push_back(compiled(each));
  std::vector<gate::authz::RoleAssignment> given;
  for (const auto& each : assignments_) {
    given.push_back(
        {.id = each.id, .tenant = tenant, .scope = each.scope, .principal = each.principal, .role = each.role});
  }
  snapshot_ =
      std::make_unique<const gate::authz::Snapshot>(0, roles, given, std::vector<gate::authz::DenyAssignment>());
}

bool PoolRoles::allows(const gate::Identity& who, const std::string& scope, std::string_view action) const {
  const gate::authz::Subject subject{who.tenant, who.object, who.groups};
  return snapshot_->decide(subject, action, ActionKind::kData, pool_chain(scope)).allowed();
}

std::vector<PoolDefinition> PoolRoles::definitions() const {
  auto all = built_in_pool_roles();
  all.insert(all.end(), custom_.begin(), custom_.end());
  return all;
}

const PoolDefinition* PoolRoles::definition(RoleId id) const {
  for (const auto* list : {&built_in_pool_roles(), &custom_}) {
    const auto found = std::ranges::find(*list, id, &PoolDefinition::id);
    if (found != list->end()) return &*found;
  }
  return nullptr;
}

const PoolAssignment* PoolRoles::assignment(RoleAssignmentId id) const {
  const auto found = std::ranges::find(assignments_, id, &PoolAssignment::id);
  return found == assignments_.end() ? nullptr : &*found;
}

ApiResult<PoolDefinition> read_definition(RoleId id, const Json& body, const PoolRoles& roles) {
  const auto* there = roles.definition(id);
  if (there != nullptr && there->built_in) return bad_parameter("A built-in role can't be altered.");
  if (there == nullptr && roles.custom().size() >= kMaxPoolDefinitions) {
    return bad_parameter("A pool has at most 50 role definitions of its own.");
  }
  const Json& properties = member(body, "properties");
  if (!properties.is_object()) return bad_parameter("'properties' is required.");
  FH_TRY(const auto type, said(word_member(properties, "type", {"CustomRole"})));
  FH_TRY(const auto name, said(text_member(properties, "roleName", 512)));
  FH_TRY(const auto description, said(text_member(properties, "description", 1'024)));
  PoolDefinition out{.id = id, .name = name.value_or(""), .description = description.value_or("")};
  if (out.name.empty()) out.name = to_string(id);
  for (const auto& other : roles.definitions()) {
    if (other.id != id && equals_ignoring_case(other.name, out.name)) {
      return bad_parameter("There is a role of this name: 'roleName'.");
    }
  }
  FH_TRY(const auto* scopes, said(array_member(properties, "assignableScopes", 16)));
  for (const auto& each : scopes == nullptr ? Json::array() : *scopes) {
    if (each != "/") return bad_parameter("'assignableScopes' can only be [\"/\"].");
  }
  FH_TRY(const auto* permissions, said(array_member(properties, "permissions", 1)));
  for (const auto& each : permissions == nullptr ? Json::array() : *permissions) {
    for (const auto* control : {"actions", "notActions"}) {
      FH_TRY(const auto* list, said(array_member(each, control, kMaxActions)));
      if (list != nullptr && !list->empty()) return bad_parameter("Roles of a pool have data actions alone.");
    }
    FH_TRY(out.data_actions, read_actions(each, "dataActions"));
    FH_TRY(out.not_data_actions, read_actions(each, "notDataActions"));
  }
  return out;
}

ApiResult<PoolAssignment> read_assignment(RoleAssignmentId id, const std::string& scope, const Json& body,
                                          const PoolRoles& roles) {
  const Json& properties = member(body, "properties");
  FH_TRY(const auto principal, said(text_member(properties, "principalId")));
  FH_TRY(const auto role, said(text_member(properties, "roleDefinitionId", 512)));
  const auto who = parse_guid<PrincipalId>(principal.value_or(""));
  if (!who) return bad_parameter("'properties.principalId' must be a GUID.");
  const auto which = role_named(role.value_or(""));
  if (!which || roles.definition(*which) == nullptr) {
    return bad_parameter("There is no role of this id: 'properties.roleDefinitionId'.");
  }
  if (roles.assignment(id) != nullptr) return hsm_errors::role_assignment_exists();
  std::size_t at_pool = 0;
  std::size_t at_key = 0;
  for (const auto& each : roles.assignments()) {
    if (each.scope == scope && each.principal == *who && each.role == *which) {
      return hsm_errors::role_assignment_exists();
    }
    at_pool += each.scope.starts_with("/keys/") ? 0u : 1u;
    at_key += each.scope == scope ? 1u : 0u;
  }
  const bool of_key = scope.starts_with("/keys/");
  if (of_key ? at_key >= kMaxAssignmentsAtKey : at_pool >= kMaxAssignmentsAtPool) {
    return bad_parameter(of_key ? "A key has at most 10 role assignments of its own."
                                : "A pool has at most 50 role assignments besides those of single keys.");
  }
  if (roles.assignments().size() >= kMaxPoolAssignments) {
    return bad_parameter("A pool has at most 10000 role assignments in all.");
  }
  return PoolAssignment{.id = id, .scope = scope, .principal = *who, .role = *which};
}

ApiResult<> check_not_last(const PoolAssignment& assignment, const PoolRoles& roles) {
  if (!reaches_whole_pool(assignment)) return {};
  const auto others = std::ranges::count_if(roles.assignments(), [&](const PoolAssignment& each) {
    return reaches_whole_pool(each) && each.id != assignment.id;
  });
  return others > 0 ? ApiResult<>() : ApiResult<>(hsm_errors::last_administrator());
}

Json show_definition(const PoolDefinition& definition) {
  const auto id = to_string(definition.id);
  return {{"id", std::string(kDefinitions) + id},
          {"name", id},
          {"type", "Microsoft.Authorization/roleDefinitions"},
          {"properties",
           {{"assignableScopes", {"/"}},
            {"description", definition.description},
            {"permissions", Json::array({{{"actions", Json::array()},
                                          {"notActions", Json::array()},
                                          {"dataActions", definition.data_actions},
                                          {"notDataActions", definition.not_data_actions}}})},
            {"roleName", definition.name},
            {"type", definition.built_in ? "AKVBuiltInRole" : "CustomRole"}}}};
}

Json show_assignment(const PoolAssignment& assignment) {
  const auto id = to_string(assignment.id);
  return {{"id", (assignment.scope == "/" ? std::string() : assignment.scope) +
                     "/providers/Microsoft.Authorization/roleAssignments/" + id},
          {"name", id},
          {"type", "Microsoft.Authorization/roleAssignments"},
          {"properties",
           {{"principalId", to_string(assignment.principal)},
            {"roleDefinitionId", std::string(kDefinitions) + to_string(assignment.role)},
            {"scope", assignment.scope}}}};
}

Bytes encode_definition(const PoolDefinition& definition) {
  const Json json = {{"v", kVersion},
                     {"id", to_string(definition.id)},
                     {"name", definition.name},
                     {"description", definition.description},
                     {"dataActions", definition.data_actions},
                     {"notDataActions", definition.not_data_actions}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<PoolDefinition> decode_definition(BytesView row) {
  FH_TRY(const Json json, store::parse_json_row(row, kVersion, "a row of a pool's roles"));
  PoolDefinition out;
  store::MemberReader reader(json);
  reader.id("id", out.id).take("name", out.name).take("description", out.description);
  reader.take("dataActions", out.data_actions).take("notDataActions", out.not_data_actions);
  return reader.ok() ? Result<PoolDefinition>(std::move(out)) : corrupt();
}

Bytes encode_assignment(const PoolAssignment& assignment) {
  const Json json = {{"v", kVersion},
                     {"id", to_string(assignment.id)},
                     {"scope", assignment.scope},
                     {"principal", to_string(assignment.principal)},
                     {"role", to_string(assignment.role)}};
  return json.dump();
}

Result<PoolAssignment> decode_assignment(BytesView row) {
  FH_TRY(const Json json, store::parse_json_row(row, kVersion, "a row of a pool's roles"));
  PoolAssignment out;
  store::MemberReader reader(json);
  reader.id("id", out.id).take("scope", out.scope).id("principal", out.principal).id("role", out.role);
  return reader.ok() && pool_scope(out.scope) ? Result<PoolAssignment>(std::move(out)) : corrupt();
}

}  // namespace freehold::vault
