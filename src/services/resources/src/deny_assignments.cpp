#include <algorithm>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/lock_rules.h"
#include "src/role_operations.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using gate::authz::DenialNote;
using gate::authz::DenyAssignment;
using gate::authz::RoleAssignmentId;
using http::Method;

constexpr std::string_view kPath = "{scope}/providers/Microsoft.Authorization/denyAssignments";
constexpr std::string_view kItem = "{scope}/providers/Microsoft.Authorization/denyAssignments/{name}";
constexpr std::string_view kRead = "Microsoft.Authorization/denyAssignments/read";
constexpr std::string_view kWrite = "Microsoft.Authorization/denyAssignments/write";
constexpr std::string_view kDelete = "Microsoft.Authorization/denyAssignments/delete";
constexpr std::size_t kMaxPrincipals = 1'000;

Json principals_json(const std::vector<PrincipalId>& principals) {
  Json out = Json::array();
  for (const auto& id : principals) {
    const bool everyone = id == gate::authz::kEveryPrincipal;
    out.push_back({{"id", to_string(id)}, {"type", everyone ? "SystemDefined" : "ServicePrincipal"}});
  }
  return out;
}

Json denial_json(const DenyAssignment& denial, const DenialNote& note) {
  const auto scope = gate::resource::parse_resource_id(denial.scope).value_or(ResourceId{});
  return {{"id", authorization_id(scope, "denyAssignments", to_string(denial.id))},
          {"type", "Microsoft.Authorization/denyAssignments"},
          {"name", to_string(denial.id)},
          {"properties",
           {{"denyAssignmentName", note.name},
            {"description", note.description},
            {"permissions", Json::array({permissions_json(denial.permissions)})},
            {"scope", scope.text()},
            {"doNotApplyToChildScopes", denial.not_below},
            {"principals", principals_json(denial.principals)},
            {"excludePrincipals", principals_json(denial.excluded)},
            {"isSystemProtected", false},
            {"createdOn", rfc3339_ticks(note.created)},
            {"createdBy", to_string(note.created_by)}}}};
}

std::optional<DenyAssignment> find(const ArmParts& parts, const ArmCall& call, RoleAssignmentId id) {
  const std::string scope = gate::resource::key_of(call.id.scope());
  for (auto& each : parts.assignments.denials(call.caller.tenant)) {
    if (each.id == id && each.scope == scope) return std::move(each);
  }
  return std::nullopt;
}

gate::ApiError not_found(std::string_view name) {
  return arm_errors::make(404, "DenyAssignmentNotFound",
                          "The deny assignment '" + std::string(name) + "' is not found.");
}

gate::Task<Reply> list_denials(const ArmParts& parts, Permit<ListDenyAssignments> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto clauses, read_filter(permit.request(), {"principalid", "atscope()", "denyassignmentname"}));
  const bool here = std::ranges::any_of(clauses, [](const auto& clause) { return clause.field == "atscope()"; });
  const auto chain = gate::resource::chain_of(call.id, call.caller.tenant, parts.store);
  std::vector<Json> items;
  for (const auto& each : parts.assignments.denials(call.caller.tenant)) {
    const bool above = std::ranges::find(chain.scopes, each.scope) != chain.scopes.end();
    if (!above && (here || !stands_below(parts, call, each.scope, chain.innermost()))) continue;
    const auto note = parts.assignments.denial_note(call.caller.tenant, each.id);
    const bool wanted = std::ranges::all_of(clauses, [&](const FilterClause& clause) {
      if (clause.field == "denyassignmentname") return holds(clause, note.name);
      if (clause.field != "principalid") return true;
      return std::ranges::any_of(each.principals, [&](PrincipalId id) { return holds(clause, to_string(id)); });
    });
    if (wanted) items.push_back(denial_json(each, note));
  }
  co_return list_answer(permit.request(), call, std::move(items));
}

gate::Task<Reply> get_denial(const ArmParts& parts, Permit<GetDenyAssignment> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto id, guid_name<RoleAssignmentId>(call, "InvalidDenyAssignmentId"));
  const auto found = find(parts, call, id);
  if (!found) co_return std::unexpected(not_found(call.id.name()));
  co_return json_answer(200, denial_json(*found, parts.assignments.denial_note(call.caller.tenant, id)));
}

ApiResult<std::vector<PrincipalId>> read_principals(const Json& properties, const char* name) {
  std::vector<PrincipalId> out;
  const auto at = properties.find(name);
  if (at == properties.end() || at->is_null()) return out;
  const auto bad = [&] {
    return std::unexpected(
        arm_errors::invalid_content("'" + std::string(name) + "' is a list of principals with ids."));
  };
  if (!at->is_array() || at->size() > kMaxPrincipals) return bad();
  for (const auto& each : *at) {
    if (!each.is_object()) return bad();
    FH_TRY(const auto text, text_of(each, "id", 64));
    const auto id = parse_guid<PrincipalId>(text);
    if (!id) return bad();
    out.push_back(*id);
  }
  return out;
}

gate::Task<Reply> put_denial(const ArmParts& parts, Permit<PutDenyAssignment> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto body, co_await read_object(*permit.request().body));
  FH_CO_TRY(const auto properties, properties_of(body));
  DenyAssignment denial{.id = {}, .tenant = call.caller.tenant, .scope = call.id.scope().text(), .principals = {}};
  DenialNote note{.created = call.caller.now, .created_by = call.caller.object};
  FH_CO_TRY(denial.id, guid_name<RoleAssignmentId>(call, "InvalidDenyAssignmentId"));
  FH_CO_TRY(note.name, text_of(properties, "denyAssignmentName", gate::authz::kMaxRoleNameBytes));
  FH_CO_TRY(note.description, text_of(properties, "description", gate::authz::kMaxDescriptionBytes));
  FH_CO_TRY(denial.permissions, read_permissions(properties));
  FH_CO_TRY(denial.principals, read_principals(properties, "principals"));
  FH_CO_TRY(denial.excluded, read_principals(properties, "excludePrincipals"));
  if (const auto at = properties.find("doNotApplyToChildScopes"); at != properties.end() && !at->is_null()) {
    if (!at->is_boolean()) {
      co_return std::unexpected(arm_errors::invalid_content("'doNotApplyToChildScopes' is true or false."));
    }
    denial.not_below = at->get<bool>();
  }
  if (note.name.empty()) co_return std::unexpected(arm_errors::invalid_content("'denyAssignmentName' is missing."));
  FH_CO_CHECK_OK(check_locks(*parts.store.state(call.caller.tenant), call.id.text(), LockedVerb::kWrite));
  if (find(parts, call, denial.id)) {
    co_return std::unexpected(
        arm_errors::make(409, "DenyAssignmentExists", "The deny assignment is there and can't be changed."));
  }
  const auto done = co_await parts.assignments.deny(denial, {}, note);
  if (!done && done.error().code == ErrorCode::kExhausted) {
    co_return std::unexpected(arm_errors::make(
        400, "DenyAssignmentLimitExceeded", "No more deny assignments can be created: " + done.error().message + "."));
  }
  if (!done) co_return std::unexpected(arm_errors::of(done.error()));
  denial.scope = to_lower(denial.scope);
  co_return json_answer(201, denial_json(denial, note));
}

gate::Task<Reply> delete_denial(const ArmParts& parts, Permit<DeleteDenyAssignment> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto id, guid_name<RoleAssignmentId>(call, "InvalidDenyAssignmentId"));
  const auto found = find(parts, call, id);
  if (!found) co_return empty_answer(204);
  FH_CO_CHECK_OK(check_locks(*call.state, call.id.text(), LockedVerb::kDelete));
  const auto note = parts.assignments.denial_note(call.caller.tenant, id);
  const auto gone = co_await parts.assignments.undeny(call.caller.tenant, id);
  if (!gone && gone.error().code == ErrorCode::kNotFound) co_return empty_answer(204);
  if (!gone) co_return std::unexpected(arm_errors::of(gone.error()));
  co_return json_answer(200, denial_json(*found, note));
}

}  // namespace

void add_deny_assignment_routes(ArmGate& gate, const ArmParts& parts) {
  gate.add_as<ListDenyAssignments>(
      kRead, arm_row(Method::kGet, kPath, kRead),
      [&parts](Permit<ListDenyAssignments> permit) { return list_denials(parts, std::move(permit)); });
  gate.add_as<GetDenyAssignment>(
      kRead, arm_row(Method::kGet, kItem, kRead),
      [&parts](Permit<GetDenyAssignment> permit) { return get_denial(parts, std::move(permit)); });
  gate.add_as<PutDenyAssignment>(
      kWrite, arm_row(Method::kPut, kItem, kWrite),
      [&parts](Permit<PutDenyAssignment> permit) { return put_denial(parts, std::move(permit)); });
  gate.add_as<DeleteDenyAssignment>(
      kDelete, arm_row(Method::kDelete, kItem, kDelete),
      [&parts](Permit<DeleteDenyAssignment> permit) { return delete_denial(parts, std::move(permit)); });
}

}  // namespace freehold::resources
