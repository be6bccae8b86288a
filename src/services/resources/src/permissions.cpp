#include <algorithm>
#include <map>
#include <set>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/role_operations.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using http::Method;

// What the caller's roles give at a scope, set by set, as Azure lists it.
gate::Task<Reply> list_permissions(const ArmParts& parts, Permit<ListPermissions> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  std::map<gate::authz::RoleId, gate::authz::PermissionSet> roles;
  for (const auto& role : gate::authz::built_in_roles()) roles.emplace(role.id, role.permissions);
  for (auto& role : parts.assignments.custom_roles(call.caller.tenant)) {
    roles.emplace(role.role.id, std::move(role.role.permissions));
  }
  const auto chain = gate::resource::chain_of(call.id, call.caller.tenant, parts.store);
  Json out = {{"value", Json::array()}};
  for (const auto& each : parts.assignments.assignments(call.caller.tenant)) {
    const bool mine = each.principal == call.who->object ||
                      std::ranges::find(call.who->groups, each.principal) != call.who->groups.end();
    const bool here = std::ranges::find(chain.scopes, each.scope) != chain.scopes.end();
    if (!mine || !here) continue;
    const auto role = roles.find(each.role);
    if (role == roles.end()) continue;
    auto set = permissions_json(role->second);
    if (!each.condition.empty()) set.update({{"condition", each.condition}, {"conditionVersion", "2.0"}});
    out["value"].push_back(std::move(set));
  }
  co_return json_answer(200, out);
}

// Provider, type, and the operations of it: "Microsoft.Resources", "subscriptions/resourceGroups", ".../write".
using Operations = std::map<std::string, std::map<std::string, std::set<std::string>>>;

// From the rows: an action that no row asks for doesn't exist.
Operations operations_of(const ArmGate& gate) {
  Operations out;
  for (const auto& row : gate.rows()) {
    const std::string name(row.data_action.empty() ? row.operation : row.data_action);
    const auto first = name.find('/');
    if (first == name.npos || !name.substr(0, first).contains('.')) continue;
    auto last = name.rfind('/');
    if (name.ends_with("/action")) last = name.rfind('/', last - 1);
    const std::string type = last > first ? name.substr(first + 1, last - first - 1) : std::string();
    out[name.substr(0, first)][type].insert(name);
  }
  return out;
}

Json operations_json(const std::string& provider, const Operations::mapped_type& types) {
  const auto list = [](const std::set<std::string>& names) {
    Json out = Json::array();
    for (const auto& name : names) out.push_back({{"name", name}, {"isDataAction", false}});
    return out;
  };
  Json out = {{"id", "/providers/Microsoft.Authorization/providerOperations/" + provider},
              {"name", provider},
              {"type", "Microsoft.Authorization/providerOperations"},
              {"displayName", provider},
              {"operations", Json::array()},
              {"resourceTypes", Json::array()}};
  for (const auto& [type, names] : types) {
    if (type.empty()) {
      out["operations"] = list(names);
    } else {
      out["resourceTypes"].push_back({{"name", type}, {"displayName", type}, {"operations", list(names)}});
    }
  }
  return out;
}

gate::Task<Reply> list_operations(const ArmGate& gate, const ArmParts& parts, Permit<ListProviderOperations> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  std::vector<Json> items;
  for (const auto& [provider, types] : operations_of(gate)) items.push_back(operations_json(provider, types));
  co_return list_answer(permit.request(), call, std::move(items));
}

gate::Task<Reply> get_operations(const ArmGate& gate, const ArmParts& parts, Permit<GetProviderOperations> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  for (const auto& [provider, types] : operations_of(gate)) {
    if (equals_ignoring_case(provider, call.id.name())) co_return json_answer(200, operations_json(provider, types));
  }
  co_return std::unexpected(arm_errors::invalid_namespace(call.id.name()));
}

// "/providers/NS/operations" of what is the resource manager's own; a provider with resources has its own list.
gate::Task<Reply> list_own_operations(const ArmGate& gate, const ArmParts& parts, std::string_view provider,
                                      Permit<ListOwnOperations> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  Json out = {{"value", Json::array()}};
  const auto all = operations_of(gate);
  const auto found = all.find(std::string(provider));
  if (found == all.end()) co_return json_answer(200, out);
  for (const auto& [type, names] : found->second) {
    for (const auto& name : names) {
      out["value"].push_back(
          {{"name", name},
           {"display", {{"provider", provider}, {"resource", type}, {"operation", name}, {"description", name}}}});
    }
  }
  co_return json_answer(200, out);
}

}  // namespace

void add_permission_routes(ArmGate& gate, const ArmParts& parts) {
  gate.add_as<ListPermissions>(
      "Microsoft.Authorization/permissions/read",
      arm_row(Method::kGet, "{scope}/providers/Microsoft.Authorization/permissions", ""),
      [&parts](Permit<ListPermissions> permit) { return list_permissions(parts, std::move(permit)); });
  constexpr std::string_view kOperations = "Microsoft.Authorization/providerOperations/read";
  gate.add_as<ListProviderOperations>(
      kOperations, arm_row(Method::kGet, "/providers/Microsoft.Authorization/providerOperations", ""),
      [&gate, &parts](Permit<ListProviderOperations> permit) {
        return list_operations(gate, parts, std::move(permit));
      });
  gate.add_as<GetProviderOperations>(
      kOperations, arm_row(Method::kGet, "/providers/Microsoft.Authorization/providerOperations/{provider}", ""),
      [&gate, &parts](Permit<GetProviderOperations> permit) { return get_operations(gate, parts, std::move(permit)); });
  for (const std::string_view own : {"Microsoft.Authorization", "Microsoft.Management", "Microsoft.Resources"}) {
    const auto name = gate.keep(std::string(own) + "/operations/read");
    gate.add_as<ListOwnOperations>(
        name, arm_row(Method::kGet, gate.keep("/providers/" + std::string(own) + "/operations"), ""),
        [&gate, &parts, own](Permit<ListOwnOperations> permit) {
          return list_own_operations(gate, parts, own, std::move(permit));
        });
  }
}

}  // namespace freehold::resources
