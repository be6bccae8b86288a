#include "src/management_group_operations.h"

#include <algorithm>
#include <unordered_map>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/extensions.h"
#include "src/management_group_rules.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using http::Method;

constexpr std::string_view kType = "Microsoft.Management/managementGroups";
constexpr std::string_view kRead = "Microsoft.Management/managementGroups/read";
constexpr std::string_view kWrite = "Microsoft.Management/managementGroups/write";
constexpr std::string_view kDelete = "Microsoft.Management/managementGroups/delete";

// What stands in which group, by the group's key; found once for a request, which may ask for the whole tree.
struct Children {
  explicit Children(const TenantState& state) {
    for (const auto& [key, group] : state.management_groups) groups[group->parent].emplace_back(key, group.get());
    for (const auto& [id, subscription] : state.subscriptions) {
      subscriptions[subscription->parent].push_back(subscription.get());
    }
  }
  std::unordered_map<std::string, std::vector<std::pair<std::string, const ManagementGroup*>>> groups;
  std::unordered_map<std::string, std::vector<const Subscription*>> subscriptions;
};

Json children_json(Children& all, const std::string& key, bool recurse) {
  Json out = Json::array();
  for (const auto& [child, group] : all.groups[key]) {
    Json json = {{"type", kType},
                 {"id", management_group_id(group->name)},
                 {"name", group->name},
                 {"displayName", group->display_name}};
    if (recurse) json["children"] = children_json(all, child, true);
    out.push_back(std::move(json));
  }
  for (const auto* subscription : all.subscriptions[key]) {
    const std::string id = to_string(subscription->id);
    out.push_back({{"type", "/subscriptions"},
                   {"id", "/subscriptions/" + id},
                   {"name", id},
                   {"displayName", subscription->name}});
  }
  return out;
}

Json outline(const TenantState& state, const std::string& key) {
  const auto one = group_name(state, key);
  return {{"id", management_group_id(one.name)},
          {"type", kType},
          {"name", one.name},
          {"properties", {{"tenantId", to_string(state.tenant)}, {"displayName", one.display_name}}}};
}

Json whole(const TenantState& state, const std::string& key) {
  Json out = outline(state, key);
  Json details = {{"version", 1}, {"updatedTime", rfc3339_ticks(WallTime{})}, {"updatedBy", to_string(PrincipalId{})}};
  if (const auto at = state.management_groups.find(key); at != state.management_groups.end()) {
    const auto parent = group_name(state, at->second->parent);
    details = {
        {"version", at->second->version},
        {"updatedTime", rfc3339_ticks(at->second->updated)},
        {"updatedBy", to_string(at->second->updated_by)},
        {"parent",
         {{"id", management_group_id(parent.name)}, {"name", parent.name}, {"displayName", parent.display_name}}}};
  }
  out["properties"]["details"] = std::move(details);
  return out;
}

// The key of the group that the path names; empty: the root one.
ApiResult<std::string> key_of(const TenantState& state, const ArmCall& call) {
  const std::string key = to_lower(call.id.management_group());
  if (key == to_string(state.tenant)) return std::string();
  if (!state.management_groups.contains(key))
    return std::unexpected(arm_errors::management_group_not_found(call.id.management_group()));
  return key;
}

ResourceId id_of(std::string_view name) {
  return {.parts = {{.provider = "Microsoft.Management", .types = {"managementGroups"}, .names = {std::string(name)}}}};
}

gate::Task<Reply> list_all(const ArmParts& parts, Permit<ListManagementGroups> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  std::vector<Json> items;
  const std::string root = to_string(call.caller.tenant);
  if (may(parts, call, kRead, id_of(root))) items.push_back(outline(*call.state, ""));
  for (const auto& [key, group] : call.state->management_groups) {
    if (may(parts, call, kRead, id_of(group->name))) items.push_back(outline(*call.state, key));
  }
  co_return list_answer(permit.request(), call, std::move(items));
}

// $expand=path: from the root to the group; =ancestors: what is above it, the nearest first.
void add_path(Json& group, const TenantState& state, const std::string& key, std::string_view expand) {
  Json path = Json::array();
  for (const auto& each : groups_from_root(state, key)) {
    path.push_back({{"name", each.name}, {"displayName", each.display_name}});
  }
  auto& details = group["properties"]["details"];
  if (expand.contains("ancestors")) {
    details["managementGroupAncestors"] = Json::array();
    details["managementGroupAncestorsChain"] = Json::array();
    for (auto at = path.rbegin() + 1; at != path.rend(); ++at) {
      details["managementGroupAncestors"].push_back((*at)["name"]);
      details["managementGroupAncestorsChain"].push_back(*at);
    }
  }
  if (expand.contains("path")) details["path"] = std::move(path);
}

gate::Task<Reply> get_one(const ArmParts& parts, Permit<GetManagementGroup> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto key, key_of(*call.state, call));
  const auto& request = permit.request();
  auto out = whole(*call.state, key);
  const bool recurse = equals_ignoring_case(request.parameter("$recurse"), "true");
  if (to_lower(request.parameter("$expand")).contains("children")) {
    Children all(*call.state);
    out["properties"]["children"] = children_json(all, key, recurse);
  }
  add_path(out, *call.state, key, to_lower(request.parameter("$expand")));
  co_return json_answer(200, out);
}

// Whatever stands in a group is under its roles: who moves something must be allowed to write both groups, and to give
// roles on what is moved.
ApiResult<> check_move(const ArmParts& parts, const ArmCall& call, const std::string& from, const std::string& to,
                       const ResourceId& moved) {
  constexpr std::string_view kAssign = "Microsoft.Authorization/roleAssignments/write";
  if (!may(parts, call, kAssign, moved)) return std::unexpected(forbidden(call, kAssign, moved.text()));
  for (const auto& key : {from, to}) {
    const auto group = id_of(group_name(*call.state, key).name);
    if (!may(parts, call, kWrite, group)) return std::unexpected(forbidden(call, kWrite, group.text()));
  }
  // Classification: what is moved isn't to come below less than what it was below.
  FH_CHECK_OK(parts.registry.checks().approve({.kind = gate::resource::ChangeKind::kMove,
                                               .id = moved,
                                               .api_version = call.api_version,
                                               .destination = id_of(group_name(*call.state, to).name),
                                               .caller = call.caller}));
  return {};
}

struct Wanted {
  std::optional<std::string> display_name;
  std::optional<std::string> parent;  // key
};

ApiResult<Wanted> read_wanted(const Json& body, TenantId tenant) {
  Wanted out;
  FH_TRY(const auto properties, properties_of(body));
  const Json& flat = body.contains("properties") ? properties : body;
  FH_TRY(auto name, text_of(flat, "displayName", kMaxDisplayNameBytes));
  if (!name.empty()) out.display_name = std::move(name);
  FH_TRY(auto parent, text_of(flat, "parentGroupId", 512));
  if (const auto details = properties.find("details"); parent.empty() && details != properties.end()) {
    const auto at = details->is_object() ? details->find("parent") : details->end();
    if (details->is_object() && at != details->end() && at->is_object()) {
      FH_TRY(parent, text_of(*at, "id", 512));
    }
  }
  if (!parent.empty()) out.parent = parent_key(parent, tenant);
  return out;
}

// Made, or changed: both say all that is said.
gate::Task<Reply> write(const ArmParts& parts, ArmCall call, Wanted wanted, bool may_make) {
  const std::string name(call.id.management_group());
  const std::string key = to_lower(name);
  if (key == to_string(call.caller.tenant)) {
    co_return std::unexpected(
        arm_errors::make(400, "RootManagementGroup", "The root management group can't be changed."));
  }
  if (!is_management_group_name(name)) {
    co_return std::unexpected(
        arm_errors::make(400, "InvalidManagementGroupName", "The name of the group is not valid."));
  }
  Json answer;
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    const auto& state = draft.state();
    const auto at = state.management_groups.find(key);
    const bool made = at == state.management_groups.end();
    if (made && !may_make) return std::unexpected(arm_errors::management_group_not_found(name));
    if (made && state.management_groups.size() >= kMaxManagementGroups) {
      return std::unexpected(arm_errors::too_many("management groups", kMaxManagementGroups));
    }
    ManagementGroup group = made ? ManagementGroup{.name = name, .display_name = name} : *at->second;
    const std::string parent = wanted.parent.value_or(group.parent);
    if (made && !may(parts, call, kWrite, id_of(group_name(state, parent).name))) {
      return std::unexpected(forbidden(call, kWrite, id_of(group_name(state, parent).name).text()));
    }
    if (!made && parent != group.parent) {
      FH_CHECK_OK(check_move(parts, call, group.parent, parent, id_of(name)));
    }
    FH_CHECK_OK(check_parent(state, key, parent));
    group.parent = parent;
    group.deleting = false;
    if (wanted.display_name) group.display_name = *wanted.display_name;
    group.updated = call.caller.now;
    group.updated_by = call.caller.object;
    if (!made) ++group.version;
    draft.put(std::move(group));
    answer = whole(draft.state(), key);
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, edit));
  co_return json_answer(200, answer);
}

gate::Task<Reply> put_one(const ArmParts& parts, Permit<PutManagementGroup> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(auto body, co_await read_json(*permit.request().body));
  if (body.is_null()) body = Json::object();
  if (!body.is_object()) co_return std::unexpected(arm_errors::invalid_content("a JSON object is expected."));
  FH_CO_TRY(auto wanted, read_wanted(body, call.caller.tenant));
  co_return co_await write(parts, call, std::move(wanted), true);
}

gate::Task<Reply> patch_one(const ArmParts& parts, Permit<PatchManagementGroup> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto body, co_await read_object(*permit.request().body));
  FH_CO_TRY(auto wanted, read_wanted(body, call.caller.tenant));
  co_return co_await write(parts, call, std::move(wanted), false);
}

// Whether it is being deleted: from then on it takes no children, and what protects those may go.
Task<ApiResult<>> mark_deleting(const ArmParts& parts, TenantId tenant, std::string key, bool deleting) {
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    const auto& state = draft.state();
    const auto at = state.management_groups.find(key);
    if (deleting && (at == state.management_groups.end() || has_children(state, key))) {
      return std::unexpected(
          arm_errors::make(400, "ManagementGroupNotEmpty",
                           "Only a management group without children, and not the root one, can be deleted."));
    }
    if (at == state.management_groups.end() || at->second->deleting == deleting) return {};
    ManagementGroup group = *at->second;
    group.deleting = deleting;
    draft.put(std::move(group));
    return {};
  };
  co_return co_await parts.store.change(tenant, edit);
}

Task<ApiResult<>> remove_what_extends(const ArmParts& parts, ArmCall call, std::string key) {
  FH_CO_CHECK_OK(co_await remove_extensions(parts.registry, call.caller, call.id));
  const std::string scope = to_lower(management_group_id(key));
  for (const auto& each : parts.assignments.assignments(call.caller.tenant)) {
    if (each.scope != scope) continue;
    const auto gone = co_await parts.assignments.unassign(call.caller.tenant, each.id);
    if (!gone && gone.error().code != ErrorCode::kNotFound) co_return std::unexpected(arm_errors::of(gone.error()));
  }
  for (const auto& each : parts.assignments.denials(call.caller.tenant)) {
    if (each.scope != scope) continue;
    const auto gone = co_await parts.assignments.undeny(call.caller.tenant, each.id);
    if (!gone && gone.error().code != ErrorCode::kNotFound) co_return std::unexpected(arm_errors::of(gone.error()));
  }
  co_return ApiResult<>();
}

// Its roles and policies go first: a later group of the same name must not find them.
gate::Task<Reply> delete_one(const ArmParts& parts, Permit<DeleteManagementGroup> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto key, key_of(*call.state, call));
  FH_CO_CHECK_OK(co_await mark_deleting(parts, call.caller.tenant, key, true));
  auto bare = co_await remove_what_extends(parts, call, key);
  if (!bare) {
    FH_CO_CHECK_OK(co_await mark_deleting(parts, call.caller.tenant, key, false));
    co_return std::unexpected(std::move(bare.error()));
  }
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    const auto at = draft.state().management_groups.find(key);
    if (at == draft.state().management_groups.end()) return {};
    if (!at->second->deleting || has_children(draft.state(), key)) {
      return std::unexpected(arm_errors::make(409, "Conflict", "The management group was written meanwhile."));
    }
    draft.remove_management_group(key);
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, edit));
  co_return empty_answer(204);
}

void add_descendants(const TenantState& state, Children& all, const std::string& key, std::vector<Json>& out) {
  const auto add = [&](std::string id, std::string_view type, const std::string& name, const std::string& display) {
    out.push_back(
        {{"id", std::move(id)},
         {"type", type},
         {"name", name},
         {"properties",
          {{"displayName", display}, {"parent", {{"id", management_group_id(group_name(state, key).name)}}}}}});
  };
  for (const auto* subscription : all.subscriptions[key]) {
    const std::string id = to_string(subscription->id);
    add("/subscriptions/" + id, "/subscriptions", id, subscription->name);
  }
  for (const auto& [child, group] : all.groups[key]) {
    add(management_group_id(group->name), kType, group->name, group->display_name);
    add_descendants(state, all, child, out);
  }
}

gate::Task<Reply> list_descendants(const ArmParts& parts, Permit<ListDescendants> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto key, key_of(*call.state, call));
  std::vector<Json> items;
  Children all(*call.state);
  add_descendants(*call.state, all, key, items);
  co_return list_answer(permit.request(), call, std::move(items));
}

// ---- subscriptions in groups ----

Json subscription_json(const TenantState& state, const Subscription& subscription) {
  const auto group = group_name(state, subscription.parent);
  return {{"id", management_group_id(group.name) + "/subscriptions/" + to_string(subscription.id)},
          {"type", "Microsoft.Management/managementGroups/subscriptions"},
          {"name", to_string(subscription.id)},
          {"properties",
           {{"tenant", to_string(subscription.tenant)},
            {"displayName", subscription.name},
            {"state", subscription.enabled ? "Active" : "Disabled"},
            {"parent", {{"id", management_group_id(group.name)}}}}}};
}

ApiResult<std::shared_ptr<const Subscription>> named_subscription(const TenantState& state, const ArmCall& call) {
  const auto id = parse_guid<SubscriptionId>(call.id.name());
  auto found = id ? state.subscription(*id) : nullptr;
  if (found == nullptr) return std::unexpected(arm_errors::subscription_not_found(call.id.name()));
  return found;
}

gate::Task<ApiResult<Json>> move_subscription(const ArmParts& parts, ArmCall call, bool to_root) {
  Json answer;
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    FH_TRY(const auto key, key_of(draft.state(), call));
    FH_TRY(const auto old, named_subscription(draft.state(), call));
    if (to_root && old->parent != key) {
      return std::unexpected(arm_errors::make(404, "NotFound", "The subscription is not in this management group."));
    }
    const std::string wanted = to_root ? std::string() : key;
    FH_CHECK_OK(check_takes_children(draft.state(), wanted));
    FH_CHECK_OK(check_move(parts, call, old->parent, wanted, {.subscription = old->id}));
    Subscription changed = *old;
    changed.parent = wanted;
    answer = subscription_json(draft.state(), changed);
    if (changed.parent != old->parent) draft.put(std::move(changed));
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, edit));
  co_return answer;
}

gate::Task<Reply> put_subscription(const ArmParts& parts, Permit<PutGroupSubscription> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto json, co_await move_subscription(parts, call, false));
  co_return json_answer(200, json);
}

gate::Task<Reply> delete_subscription(const ArmParts& parts, Permit<DeleteGroupSubscription> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_CHECK_OK(co_await move_subscription(parts, call, true));
  co_return empty_answer(204);
}

gate::Task<Reply> get_subscription(const ArmParts& parts, Permit<GetGroupSubscription> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto key, key_of(*call.state, call));
  FH_CO_TRY(const auto found, named_subscription(*call.state, call));
  if (found->parent != key) co_return std::unexpected(arm_errors::subscription_not_found(call.id.name()));
  co_return json_answer(200, subscription_json(*call.state, *found));
}

gate::Task<Reply> list_subscriptions(const ArmParts& parts, Permit<ListGroupSubscriptions> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto key, key_of(*call.state, call));
  std::vector<Json> items;
  for (const auto& [id, subscription] : call.state->subscriptions) {
    if (subscription->parent == key) items.push_back(subscription_json(*call.state, *subscription));
  }
  co_return list_answer(permit.request(), call, std::move(items));
}

constexpr std::string_view kGroups = "/providers/Microsoft.Management/managementGroups";
constexpr std::string_view kGroup = "/providers/Microsoft.Management/managementGroups/{group}";
constexpr std::string_view kSubscriptions = "/providers/Microsoft.Management/managementGroups/{group}/subscriptions";
constexpr std::string_view kSubscription =
    "/providers/Microsoft.Management/managementGroups/{group}/subscriptions/{subscription}";

}  // namespace

void add_management_group_routes(ArmGate& gate, const ArmParts& parts) {
  gate.add_as<ListManagementGroups>(
      kRead, arm_row(Method::kGet, kGroups, ""),
      [&parts](Permit<ListManagementGroups> permit) { return list_all(parts, std::move(permit)); });
  gate.add_as<GetManagementGroup>(
      kRead, arm_row(Method::kGet, kGroup, kRead),
      [&parts](Permit<GetManagementGroup> permit) { return get_one(parts, std::move(permit)); });
  gate.add_as<PutManagementGroup>(
      kWrite, arm_row(Method::kPut, kGroup, kWrite),
      [&parts](Permit<PutManagementGroup> permit) { return put_one(parts, std::move(permit)); });
  gate.add_as<PatchManagementGroup>(
      kWrite, arm_row(Method::kPatch, kGroup, kWrite),
      [&parts](Permit<PatchManagementGroup> permit) { return patch_one(parts, std::move(permit)); });
  gate.add_as<DeleteManagementGroup>(
      kDelete, arm_row(Method::kDelete, kGroup, kDelete),
      [&parts](Permit<DeleteManagementGroup> permit) { return delete_one(parts, std::move(permit)); });
  constexpr std::string_view kDescendants = "Microsoft.Management/managementGroups/descendants/read";
  gate.add_as<ListDescendants>(
      kDescendants,
      arm_row(Method::kGet, "/providers/Microsoft.Management/managementGroups/{group}/descendants", kDescendants),
      [&parts](Permit<ListDescendants> permit) { return list_descendants(parts, std::move(permit)); });
}

void add_group_subscription_routes(ArmGate& gate, const ArmParts& parts) {
  constexpr std::string_view kReadIn = "Microsoft.Management/managementGroups/subscriptions/read";
  constexpr std::string_view kWriteIn = "Microsoft.Management/managementGroups/subscriptions/write";
  constexpr std::string_view kDeleteIn = "Microsoft.Management/managementGroups/subscriptions/delete";
  gate.add_as<PutGroupSubscription>(
      kWriteIn, arm_row(Method::kPut, kSubscription, kWriteIn),
      [&parts](Permit<PutGroupSubscription> permit) { return put_subscription(parts, std::move(permit)); });
  gate.add_as<GetGroupSubscription>(
      kReadIn, arm_row(Method::kGet, kSubscription, kReadIn),
      [&parts](Permit<GetGroupSubscription> permit) { return get_subscription(parts, std::move(permit)); });
  gate.add_as<DeleteGroupSubscription>(
      kDeleteIn, arm_row(Method::kDelete, kSubscription, kDeleteIn),
      [&parts](Permit<DeleteGroupSubscription> permit) { return delete_subscription(parts, std::move(permit)); });
  gate.add_as<ListGroupSubscriptions>(
      kReadIn, arm_row(Method::kGet, kSubscriptions, kReadIn),
      [&parts](Permit<ListGroupSubscriptions> permit) { return list_subscriptions(parts, std::move(permit)); });
}

}  // namespace freehold::resources
