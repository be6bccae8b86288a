// What looks at the whole tree of management groups: the entities that a caller may see, and whether a name is free.
#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/management_group_operations.h"
#include "src/management_group_rules.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using http::Method;

constexpr std::string_view kRead = "Microsoft.Management/managementGroups/read";
constexpr std::string_view kType = "Microsoft.Management/managementGroups";
constexpr std::string_view kReadSubscription = "Microsoft.Resources/subscriptions/read";

// Groups and subscriptions right below a group, and all that are below it.
struct Below {
  std::size_t groups = 0;
  std::size_t children = 0;
  std::size_t descendants = 0;
};
using Counts = std::map<std::string, Below>;  // by key; the root's is empty

Counts count_all(const TenantState& state) {
  Counts out;
  const auto count_under = [&](std::string parent, bool group) {
    out[parent].groups += group ? 1 : 0;
    ++out[parent].children;
    for (auto at = state.management_groups.find(parent); at != state.management_groups.end();
         at = state.management_groups.find(parent)) {
      ++out[parent].descendants;
      parent = at->second->parent;
    }
    ++out[""].descendants;
  };
  for (const auto& [key, group] : state.management_groups) count_under(group->parent, true);
  for (const auto& [id, subscription] : state.subscriptions) count_under(subscription->parent, false);
  return out;
}

Json entity(const TenantState& state, std::string id, std::string_view type, const GroupName& name,
            const std::optional<std::string>& parent, const Below& count) {
  Json names = Json::array();
  Json display_names = Json::array();
  if (parent) {
    for (const auto& each : groups_from_root(state, *parent)) {
      names.push_back(each.name);
      display_names.push_back(each.display_name);
    }
  }
  Json properties = {{"tenantId", to_string(state.tenant)},
                     {"displayName", name.display_name},
                     {"parent", Json::object()},
                     {"permissions", "view"},
                     {"inheritedPermissions", "view"},
                     {"numberOfChildGroups", count.groups},
                     {"numberOfChildren", count.children},
                     {"numberOfDescendants", count.descendants},
                     {"parentNameChain", std::move(names)},
                     {"parentDisplayNameChain", std::move(display_names)}};
  if (parent) properties["parent"]["id"] = management_group_id(group_name(state, *parent).name);
  return {{"id", std::move(id)}, {"type", type}, {"name", name.name}, {"properties", std::move(properties)}};
}

ResourceId group_id(const GroupName& name) {
  return {.parts = {{.provider = "Microsoft.Management", .types = {"managementGroups"}, .names = {name.name}}}};
}

// Each caller's own tree: what it may read.
gate::Task<Reply> list_entities(const ArmParts& parts, Permit<ListEntities> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  const auto& state = *call.state;
  auto counts = count_all(state);
  std::vector<Json> items;
  const auto add_group = [&](const std::string& key, const std::optional<std::string>& parent) {
    const auto name = group_name(state, key);
    if (!may(parts, call, kRead, group_id(name))) return;
    items.push_back(entity(state, management_group_id(name.name), kType, name, parent, counts[key]));
  };
  add_group("", std::nullopt);
  for (const auto& [key, group] : state.management_groups) add_group(key, group->parent);
  for (const auto& [id, subscription] : state.subscriptions) {
    if (!may(parts, call, kReadSubscription, {.subscription = id})) continue;
    items.push_back(entity(state, "/subscriptions/" + to_string(id), "/subscriptions",
                           {to_string(id), subscription->name}, subscription->parent, {}));
  }
  const std::size_t count = items.size();
  auto answer = list_answer(permit.request(), call, std::move(items));
  if (answer) answer->headers.add("x-ms-entity-count", std::to_string(count));
  co_return answer;
}

// Names of groups are a tenant's own.
gate::Task<Reply> check_name(const ArmParts& parts, Permit<CheckGroupName> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto body, co_await read_object(*permit.request().body));
  FH_CO_TRY(const auto name, text_of(body, "name", 512));
  FH_CO_TRY(const auto type, text_of(body, "type", 128));
  // Older versions write it as a path.
  if (!equals_ignoring_case(type, kType) && !equals_ignoring_case(type, "/providers/" + std::string(kType))) {
    co_return std::unexpected(arm_errors::invalid_content("'type' is '" + std::string(kType) + "'."));
  }
  const std::string key = to_lower(name);
  const bool good = is_management_group_name(name);
  const bool taken = key == to_string(call.caller.tenant) || call.state->management_groups.contains(key);
  if (good && !taken) co_return json_answer(200, {{"nameAvailable", true}});
  co_return json_answer(200, {{"nameAvailable", false},
                              {"reason", good ? "AlreadyExists" : "Invalid"},
                              {"message", good ? "The group with the specified name already exists."
                                               : "The name of the group is not valid."}});
}

}  // namespace

void add_group_entity_routes(ArmGate& gate, const ArmParts& parts) {
  constexpr std::string_view kEntities = "Microsoft.Management/getEntities/action";
  auto entities = arm_row(Method::kPost, "/providers/Microsoft.Management/getEntities", "");
  entities.audit = gate::AuditClass::kRead;
  gate.add_as<ListEntities>(kEntities, std::move(entities),
                            [&parts](Permit<ListEntities> permit) { return list_entities(parts, std::move(permit)); });
  constexpr std::string_view kCheck = "Microsoft.Management/checkNameAvailability/action";
  auto check = arm_row(Method::kPost, "/providers/Microsoft.Management/checkNameAvailability", "");
  check.audit = gate::AuditClass::kRead;
  gate.add_as<CheckGroupName>(kCheck, std::move(check),
                              [&parts](Permit<CheckGroupName> permit) { return check_name(parts, std::move(permit)); });
}

}  // namespace freehold::resources
