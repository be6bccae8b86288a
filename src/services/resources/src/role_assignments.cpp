#include <algorithm>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/lock_rules.h"
#include "src/role_operations.h"
#include "src/scope_rules.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using gate::authz::AssignmentNote;
using gate::authz::RoleAssignment;
using gate::authz::RoleAssignmentId;
using gate::authz::RoleId;
using http::Method;

constexpr std::string_view kPath = "{scope}/providers/Microsoft.Authorization/roleAssignments";
constexpr std::string_view kItem = "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}";
constexpr std::string_view kRead = "Microsoft.Authorization/roleAssignments/read";
constexpr std::string_view kWrite = "Microsoft.Authorization/roleAssignments/write";
constexpr std::string_view kDelete = "Microsoft.Authorization/roleAssignments/delete";
constexpr std::string_view kTypes[] = {"User", "Group", "ServicePrincipal", "ForeignGroup", "Device"};

// Scopes are kept in lower case, which is what they are compared by.
Json assignment_json(const RoleAssignment& assignment, const AssignmentNote& note) {
  const auto scope = gate::resource::parse_resource_id(assignment.scope).value_or(ResourceId{});
  const std::string type = note.principal_type.empty() ? "ServicePrincipal" : note.principal_type;
  const ResourceId role_home{.subscription = scope.subscription};
  Json properties = {{"roleDefinitionId", authorization_id(role_home, "roleDefinitions", to_string(assignment.role))},
                     {"principalId", to_string(assignment.principal)},
                     {"principalType", type},
                     {"scope", scope.text()},
                     {"condition", nullptr},
                     {"conditionVersion", nullptr},
                     {"createdOn", rfc3339_ticks(note.created)},
                     {"updatedOn", rfc3339_ticks(note.created)},
                     {"createdBy", to_string(note.created_by)},
                     {"updatedBy", to_string(note.created_by)}};
  if (!note.description.empty()) properties["description"] = note.description;
  if (!assignment.condition.empty()) {
    properties["condition"] = assignment.condition;
    properties["conditionVersion"] = "2.0";
  }
  return {{"id", authorization_id(scope, "roleAssignments", to_string(assignment.id))},
          {"type", "Microsoft.Authorization/roleAssignments"},
          {"name", to_string(assignment.id)},
          {"properties", std::move(properties)}};
}

gate::ApiError not_found(std::string_view name) {
  return arm_errors::make(404, "RoleAssignmentNotFound",
                          "The role assignment '" + std::string(name) + "' is not found.");
}

// Only at the scope that it is asked for at.
std::optional<RoleAssignment> find(const ArmParts& parts, const ArmCall& call, RoleAssignmentId id) {
  const std::string scope = gate::resource::key_of(call.id.scope());
  for (auto& each : parts.assignments.assignments(call.caller.tenant)) {
    if (each.id == id && each.scope == scope) return std::move(each);
  }
  return std::nullopt;
}

// The identity's groups decide what is assigned to somebody through them.
bool is_assigned_to(const ArmParts& parts, const ArmCall& call, const RoleAssignment& assignment,
                    std::string_view who) {
  const auto id = parse_guid<PrincipalId>(who);
  if (!id) return false;
  if (assignment.principal == *id) return true;
  const auto identity = parts.identities.find(call.caller.tenant, *id);
  return identity != nullptr && std::ranges::find(identity->groups, assignment.principal) != identity->groups.end();
}

gate::Task<Reply> list_assignments(const ArmParts& parts, Permit<ListRoleAssignments> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto clauses, read_filter(permit.request(), {"principalid", "atscope()", "assignedto()"}));
  const bool here = std::ranges::any_of(clauses, [](const auto& clause) { return clause.field == "atscope()"; });
  const auto chain = gate::resource::chain_of(call.id, call.caller.tenant, parts.store);
  std::vector<Json> items;
  for (const auto& each : parts.assignments.assignments(call.caller.tenant)) {
    const bool above = std::ranges::find(chain.scopes, each.scope) != chain.scopes.end();
    if (!above && (here || !stands_below(parts, call, each.scope, chain.innermost()))) continue;
    const bool wanted = std::ranges::all_of(clauses, [&](const FilterClause& clause) {
      if (clause.field == "principalid") return holds(clause, to_string(each.principal));
      return clause.field != "assignedto()" || is_assigned_to(parts, call, each, clause.value);
    });
    if (wanted) items.push_back(assignment_json(each, parts.assignments.note(call.caller.tenant, each.id)));
  }
  co_return list_answer(permit.request(), call, std::move(items));
}

gate::Task<Reply> get_assignment(const ArmParts& parts, Permit<GetRoleAssignment> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto id, guid_name<RoleAssignmentId>(call, "InvalidRoleAssignmentId"));
  const auto found = find(parts, call, id);
  if (!found) co_return std::unexpected(not_found(call.id.name()));
  co_return json_answer(200, assignment_json(*found, parts.assignments.note(call.caller.tenant, id)));
}

// ".../roleDefinitions/GUID" of whatever scope, or the GUID alone.
std::optional<RoleId> read_role(std::string_view text) { return parse_guid<RoleId>(text.substr(text.rfind('/') + 1)); }

struct Wanted {
  RoleAssignment assignment;
  AssignmentNote note;
};

// Azure's error names what isn't understood. A version without a condition says nothing.
ApiResult<> check_condition(const std::string& condition, const Json& properties) {
  FH_TRY(const auto version, text_of(properties, "conditionVersion", 16));
  if (condition.empty()) return {};
  if (version != "2.0") {
    return std::unexpected(arm_errors::make(400, "InvalidConditionVersion",
                                            "'conditionVersion' is '" + version + "': this cloud has '2.0'."));
  }
  const auto compiled = gate::authz::Condition::compile(condition);
  if (compiled) return {};
  return std::unexpected(
      arm_errors::make(400, "InvalidCondition", "The condition can't be taken: " + compiled.error() + "."));
}

ApiResult<Wanted> read_wanted(const ArmCall& call, const Json& properties) {
  Wanted out{.assignment = {.id = {}, .tenant = call.caller.tenant, .scope = {}, .principal = {}, .role = {}},
             .note = {.created = call.caller.now, .created_by = call.caller.object}};
  FH_TRY(out.assignment.id, guid_name<RoleAssignmentId>(call, "InvalidRoleAssignmentId"));
  out.assignment.scope = call.id.scope().text();
  FH_TRY(const auto role_text, text_of(properties, "roleDefinitionId", gate::authz::kMaxScopeBytes));
  FH_TRY(const auto principal_text, text_of(properties, "principalId", 64));
  FH_TRY(out.note.description, text_of(properties, "description", gate::authz::kMaxDescriptionBytes));
  FH_TRY(out.note.principal_type, text_of(properties, "principalType", 64));
  FH_TRY(out.assignment.condition, text_of(properties, "condition", gate::authz::kMaxConditionBytes));
  const auto role = read_role(role_text);
  const auto principal = parse_guid<PrincipalId>(principal_text);
  if (!role) return std::unexpected(bad_guid("InvalidRoleDefinitionId", role_text));
  if (!principal) return std::unexpected(bad_guid("InvalidPrincipalId", principal_text));
  const auto& type = out.note.principal_type;
  if (!type.empty() && std::ranges::find(kTypes, std::string_view(type)) == std::end(kTypes)) {
    return std::unexpected(arm_errors::invalid_content("'principalType' is none."));
  }
  FH_CHECK_OK(check_condition(out.assignment.condition, properties));
  out.assignment.role = *role;
  out.assignment.principal = *principal;
  return out;
}

std::string_view name_of(gate::PrincipalKind kind) {
  switch (kind) {
    case gate::PrincipalKind::kUser:
      return "User";
    case gate::PrincipalKind::kGroup:
      return "Group";
    case gate::PrincipalKind::kServicePrincipal:
      return "ServicePrincipal";
  }
  return {};
}

// Whoever names the type says that it knows better: it has only just made the principal, perhaps.
ApiResult<> check_principal(const ArmParts& parts, const ArmCall& call, Wanted& wanted) {
  const auto& tenant = call.caller.tenant;
  const auto id = to_string(wanted.assignment.principal);
  auto& type = wanted.note.principal_type;
  const auto kind = parts.identities.kind_of(tenant, wanted.assignment.principal);
  if (!kind && type.empty()) {
    return std::unexpected(arm_errors::make(
        400, "PrincipalNotFound",
        "Principal " + id + " does not exist in the directory " + to_string(tenant) +
            ". Check that you have the correct principal ID. If you are creating this principal and then immediately "
            "assigning a role, set the role assignment principalType property to a value, such as ServicePrincipal, "
            "User, or Group."));
  }
  if (kind && type.empty()) type = name_of(*kind);
  if (!kind || type == name_of(*kind)) return {};
  return std::unexpected(arm_errors::make(400, "UnmatchedPrincipalType",
                                          "The PrincipalId '" + id + "' has type '" + std::string(name_of(*kind)) +
                                              "', which is different from specified PrincipalType '" + type + "'."));
}

// A custom role can be assigned where its scopes reach.
ApiResult<> check_role(const ArmParts& parts, const ArmCall& call, RoleId id) {
  for (const auto& role : gate::authz::built_in_roles()) {
    if (role.id == id) return {};
  }
  const auto chain = gate::resource::chain_of(call.id.scope(), call.caller.tenant, parts.store);
  for (const auto& role : parts.assignments.custom_roles(call.caller.tenant)) {
    if (role.role.id != id) continue;
    const bool reaches = std::ranges::any_of(role.assignable_scopes, [&](const std::string& scope) {
      return std::ranges::find(chain.scopes, scope) != chain.scopes.end();
    });
    if (reaches) return {};
    return std::unexpected(arm_errors::make(400, "RoleDefinitionNotAssignableAtScope",
                                            "The role '" + to_string(id) + "' can't be assigned at this scope."));
  }
  return std::unexpected(
      arm_errors::make(404, "RoleDefinitionDoesNotExist",
                       "The specified role definition with ID '" + to_string(id) + "' does not exist."));
}

// The same grant again: its condition and description are as they are said now.
gate::Task<Reply> amend_assignment(const ArmParts& parts, RoleAssignment old, Wanted wanted) {
  auto note = parts.assignments.note(old.tenant, old.id);
  if (old.condition == wanted.assignment.condition && note.description == wanted.note.description) {
    co_return json_answer(200, assignment_json(old, note));
  }
  note.description = wanted.note.description;
  old.condition = wanted.assignment.condition;
  old.compiled = nullptr;
  const auto done = co_await parts.assignments.amend(old, note);
  if (!done) co_return std::unexpected(arm_errors::of(done.error()));
  co_return json_answer(200, assignment_json(old, note));
}

gate::Task<Reply> put_assignment(const ArmParts& parts, Permit<PutRoleAssignment> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto body, co_await read_object(*permit.request().body));
  FH_CO_TRY(const auto properties, properties_of(body));
  FH_CO_TRY(auto wanted, read_wanted(call, properties));
  FH_CO_CHECK_OK(check_principal(parts, call, wanted));
  // Until it is written the group can't begin to go, whose deletion forgets the roles that it finds.
  const auto scope = call.id.scope();
  const auto turn =
      co_await parts.turns.of(scope.subscription ? group_key(*scope.subscription, scope.group) : "").take();
  if (!turn) co_return std::unexpected(arm_errors::of(turn.error()));
  const auto state = parts.store.state(call.caller.tenant);
  FH_CO_CHECK_OK(check_scope_stands(*state, call.caller.tenant, scope));
  FH_CO_CHECK_OK(check_role(parts, call, wanted.assignment.role));
  FH_CO_CHECK_OK(check_locks(*state, call.id.text(), LockedVerb::kWrite));
  const auto old = find(parts, call, wanted.assignment.id);
  // Held until it is written: whoever alters the policies waits for that.
  FH_CO_TRY(const auto approved,
            parts.registry.checks().approve(
                {.kind = gate::resource::ChangeKind::kPut,
                 .id = call.id,
                 .api_version = call.api_version,
                 .before = old ? assignment_json(*old, parts.assignments.note(old->tenant, old->id)) : Json(nullptr),
                 .after = assignment_json(wanted.assignment, wanted.note),
                 .caller = call.caller}));
  if (old) {
    const bool same = old->principal == wanted.assignment.principal && old->role == wanted.assignment.role;
    if (same) co_return co_await amend_assignment(parts, *old, std::move(wanted));
    co_return std::unexpected(
        arm_errors::make(409, "RoleAssignmentUpdateNotPermitted",
                         "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."));
  }
  const auto done = co_await parts.assignments.assign(wanted.assignment, {}, wanted.note);
  if (!done && done.error().code == ErrorCode::kConflict) {
    co_return std::unexpected(arm_errors::make(409, "RoleAssignmentExists", "The role assignment already exists."));
  }
  if (!done && done.error().code == ErrorCode::kExhausted) {
    co_return std::unexpected(arm_errors::make(400, "RoleAssignmentLimitExceeded",
                                               "No more role assignments can be "
                                               "created."));
  }
  if (!done) co_return std::unexpected(arm_errors::of(done.error()));
  wanted.assignment.scope = to_lower(wanted.assignment.scope);
  co_return json_answer(201, assignment_json(wanted.assignment, wanted.note));
}

gate::Task<Reply> delete_assignment(const ArmParts& parts, Permit<DeleteRoleAssignment> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto id, guid_name<RoleAssignmentId>(call, "InvalidRoleAssignmentId"));
  const auto found = find(parts, call, id);
  if (!found) co_return empty_answer(204);
  FH_CO_CHECK_OK(check_locks(*call.state, call.id.text(), LockedVerb::kDelete));
  const auto note = parts.assignments.note(call.caller.tenant, id);
  FH_CO_TRY(const auto approved, parts.registry.checks().approve({.kind = gate::resource::ChangeKind::kDelete,
                                                                  .id = call.id,
                                                                  .api_version = call.api_version,
                                                                  .before = assignment_json(*found, note),
                                                                  .caller = call.caller}));
  const auto gone = co_await parts.assignments.unassign(call.caller.tenant, id);
  if (!gone && gone.error().code == ErrorCode::kNotFound) co_return empty_answer(204);
  if (!gone) co_return std::unexpected(arm_errors::of(gone.error()));
  co_return json_answer(200, assignment_json(*found, note));
}

}  // namespace

void add_role_assignment_routes(ArmGate& gate, const ArmParts& parts) {
  gate.add_as<ListRoleAssignments>(
      kRead, arm_row(Method::kGet, kPath, kRead),
      [&parts](Permit<ListRoleAssignments> permit) { return list_assignments(parts, std::move(permit)); });
  gate.add_as<GetRoleAssignment>(
      kRead, arm_row(Method::kGet, kItem, kRead),
      [&parts](Permit<GetRoleAssignment> permit) { return get_assignment(parts, std::move(permit)); });
  gate.add_as<PutRoleAssignment>(
      kWrite, arm_row(Method::kPut, kItem, kWrite),
      [&parts](Permit<PutRoleAssignment> permit) { return put_assignment(parts, std::move(permit)); });
  gate.add_as<DeleteRoleAssignment>(
      kDelete, arm_row(Method::kDelete, kItem, kDelete),
      [&parts](Permit<DeleteRoleAssignment> permit) { return delete_assignment(parts, std::move(permit)); });
}

}  // namespace freehold::resources
