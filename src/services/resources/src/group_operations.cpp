#include "src/group_operations.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/group_deletion.h"
#include "src/list_filter.h"
#include "src/lock_rules.h"
#include "src/own_changes.h"
#include "src/shown.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using gate::resource::ChangeKind;
using http::Method;

constexpr std::string_view kRead = "Microsoft.Resources/subscriptions/resourceGroups/read";
constexpr std::string_view kWrite = "Microsoft.Resources/subscriptions/resourceGroups/write";
constexpr std::string_view kDelete = "Microsoft.Resources/subscriptions/resourceGroups/delete";

ResourceId id_of(const ResourceGroup& group) { return {.subscription = group.subscription, .group = group.name}; }

// What may be done to a group by a write, decided on the state that is about to change.
ApiResult<> check_writable(const TenantState& state, const ResourceGroup& group) {
  if (group.deleting()) return std::unexpected(arm_errors::group_being_deleted(group.name));
  return check_locks(state, id_of(group).text(), LockedVerb::kWrite);
}

struct Wanted {
  std::string location;
  Tags tags;
  std::string managed_by;
};

ApiResult<Wanted> read_wanted(const Json& body, const Site& site) {
  Wanted out;
  FH_TRY(out.location, text_of(body, "location", 90));
  FH_TRY(out.tags, tags_of(body));
  FH_TRY(out.managed_by, text_of(body, "managedBy", 1'024));
  if (out.location.empty()) return std::unexpected(arm_errors::location_required());
  if (normal_location(out.location) != normal_location(site.region)) {
    return std::unexpected(arm_errors::make(
        400, "LocationNotAvailableForResourceGroup",
        "The provided location '" + out.location +
            "' is not available for resource group. List of available regions is '" + site.region + "'."));
  }
  out.location = site.region;
  return out;
}

std::size_t groups_of(const TenantState& state, SubscriptionId subscription) {
  const std::string front = group_key(subscription, "");
  std::size_t n = 0;
  for (auto at = state.groups.lower_bound(front); at != state.groups.end() && at->first.starts_with(front); ++at) ++n;
  return n;
}

// The group as the checks leave it: policies may add tags. `approved` is kept until it is written.
ApiResult<> approve(const ArmParts& parts, const ArmCall& call, ChangeKind kind, const ResourceGroup* before,
                    ResourceGroup& group, std::optional<gate::resource::ApprovedChange>& approved) {
  FH_TRY(approved, approve_own(parts, call, kind, id_of(group), before == nullptr ? Json(nullptr) : group_json(*before),
                               group_json(group)));
  FH_TRY(group.tags, tags_of((*approved)->after));
  return {};
}

// What is known of the change before the group's turn comes: policies may add tags then.
gate::resource::ProposedChange expected(const ArmCall& call, ChangeKind kind, const ResourceGroup& group) {
  return {.kind = kind,
          .id = id_of(group),
          .api_version = call.api_version,
          .after = group_json(group),
          .caller = call.caller};
}

gate::Task<Reply> put_group(const ArmParts& parts, Permit<PutResourceGroup> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto body, co_await read_object(*permit.request().body));
  FH_CO_TRY(auto wanted, read_wanted(body, parts.site));
  FH_CO_CHECK_OK(co_await parts.registry.expect(expected(call, ChangeKind::kPut,
                                                         {.subscription = *call.id.subscription,
                                                          .name = call.id.group,
                                                          .location = wanted.location,
                                                          .tags = wanted.tags})));
  Json answer;
  bool made = false;
  std::optional<gate::resource::ApprovedChange> approved;
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    const auto& state = draft.state();
    const auto old = state.group(*call.id.subscription, call.id.group);
    made = old == nullptr;
    ResourceGroup group = made ? ResourceGroup{.subscription = *call.id.subscription,
                                               .name = call.id.group,
                                               .location = wanted.location,
                                               .created = call.caller.now}
                               : *old;
    FH_CHECK_OK(check_writable(state, group));
    if (made && groups_of(state, group.subscription) >= kMaxGroups) {
      return std::unexpected(arm_errors::too_many("resource groups", kMaxGroups));
    }
    if (normal_location(group.location) != normal_location(wanted.location)) {
      return std::unexpected(arm_errors::group_in_another_location(group.name, group.location, wanted.location));
    }
    group.tags = wanted.tags;
    group.managed_by = wanted.managed_by;
    group.changed = call.caller.now;
    FH_CHECK_OK(approve(parts, call, ChangeKind::kPut, made ? nullptr : old.get(), group, approved));
    answer = group_json(group);
    draft.put(std::move(group));
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, edit));
  parts.registry.tell(**approved, answer);
  co_return json_answer(made ? 201 : 200, answer);
}

gate::Task<Reply> patch_group(const ArmParts& parts, Permit<PatchResourceGroup> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto body, co_await read_object(*permit.request().body));
  FH_CO_TRY(const auto tags, tags_of(body));
  FH_CO_TRY(const auto managed_by, text_of(body, "managedBy", 1'024));
  if (const auto present = call.state->group(*call.id.subscription, call.id.group)) {
    ResourceGroup wanted = *present;
    if (body.contains("tags")) wanted.tags = tags;
    FH_CO_CHECK_OK(co_await parts.registry.expect(expected(call, ChangeKind::kPatch, wanted)));
  }
  Json answer;
  std::optional<gate::resource::ApprovedChange> approved;
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    const auto old = draft.state().group(*call.id.subscription, call.id.group);
    if (old == nullptr) return std::unexpected(arm_errors::group_not_found(call.id.group));
    FH_CHECK_OK(check_writable(draft.state(), *old));
    ResourceGroup group = *old;
    if (body.contains("tags")) group.tags = tags;
    if (body.contains("managedBy")) group.managed_by = managed_by;
    group.changed = call.caller.now;
    FH_CHECK_OK(approve(parts, call, ChangeKind::kPatch, old.get(), group, approved));
    answer = group_json(group);
    draft.put(std::move(group));
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, edit));
  parts.registry.tell(**approved, answer);
  co_return json_answer(200, answer);
}

gate::Task<Reply> get_group(const ArmParts& parts, Permit<GetResourceGroup> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto group, group_of(call));
  co_return json_answer(200, group_json(*group));
}

gate::Task<Reply> check_group(const ArmParts& parts, Permit<CheckResourceGroup> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_CHECK_OK(group_of(call));
  co_return empty_answer(204);
}

bool has_tag(const ResourceGroup& group, const std::vector<FilterClause>& clauses) {
  return std::ranges::any_of(group.tags, [&](const auto& tag) {
    return std::ranges::all_of(clauses, [&](const FilterClause& clause) {
      if (clause.field == "tagname") return holds(clause, tag.first);
      return clause.field != "tagvalue" || holds(clause, tag.second);
    });
  });
}

gate::Task<Reply> list_groups(const ArmParts& parts, Permit<ListResourceGroups> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto clauses, read_filter(permit.request(), {"tagname", "tagvalue", "name", "location"}));
  const bool by_tag = std::ranges::any_of(clauses, [](const auto& c) { return c.field.starts_with("tag"); });
  const auto wanted = [&](const ResourceGroup& group) {
    for (const auto& clause : clauses) {
      if (clause.field == "name" && !holds(clause, group.name)) return false;
      if (clause.field == "location" && !holds(clause, group.location)) return false;
    }
    return !by_tag || has_tag(group, clauses);
  };
  std::vector<Json> items;
  for (const auto& [key, group] : call.state->groups) {
    if (group->subscription != *call.id.subscription || !wanted(*group)) continue;
    if (may(parts, call, kRead, id_of(*group))) items.push_back(group_json(*group));
  }
  co_return list_answer(permit.request(), call, std::move(items));
}

http::Response accepted(const ArmCall& call, SubscriptionId subscription, OperationId operation) {
  auto response = empty_answer(202);
  response.headers.add("location", call.caller.origin + "/subscriptions/" + to_string(subscription) +
                                       "/operationresults/" + to_string(operation) +
                                       "?api-version=" + percent_encode(call.api_version));
  response.headers.add("retry-after", "1");
  return response;
}

// The oldest of those that ended make room.
void make_room(Draft& draft) {
  const auto& all = draft.state().operations;
  if (all.size() < kMaxOperations) return;
  const Operation* oldest = nullptr;
  for (const auto& [id, operation] : all) {
    if (operation->state == Operation::State::kRunning) continue;
    if (oldest == nullptr || operation->ended < oldest->ended) oldest = operation.get();
  }
  if (oldest != nullptr) draft.remove_operation(OperationId(oldest->id));
}

// Who deletes a group deletes what is in it, by his own right: what denies him a resource's deletion holds here too,
// policies included.
gate::Task<ApiResult<>> check_contents(const ArmParts& parts, ArmCall call) {
  for (const auto& type : parts.registry.types()) {
    if (type.at != gate::resource::ScopeKind::kResourceGroup || type.type.contains('/')) continue;
    if ((type.verbs & gate::resource::kListInGroup) == 0) continue;
    const gate::resource::ListScope scope{
        .tenant = call.caller.tenant, .subscription = *call.id.subscription, .group = call.id.group};
    FH_CO_TRY(const auto found, co_await type.behind->list(
                                    type, scope, {.api_version = type.api_versions.front(), .caller = call.caller}));
    const std::string action = type.action("delete");
    for (const auto& resource : found) {
      const auto id = gate::resource::parse_resource_id(resource.value("id", ""));
      if (!id || !may(parts, call, action, *id)) {
        co_return std::unexpected(forbidden(call, action, resource.value("id", "")));
      }
      FH_CO_CHECK_OK(parts.registry.checks().approve({.kind = ChangeKind::kDelete,
                                                      .id = *id,
                                                      .type = &type,
                                                      .api_version = type.api_versions.front(),
                                                      .before = resource,
                                                      .caller = call.caller}));
    }
  }
  co_return ApiResult<>();
}

gate::Task<Reply> delete_group(const ArmParts& parts, Permit<DeleteResourceGroup> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_CHECK_OK(co_await check_contents(parts, call));
  OperationId operation = random_id<OperationId>(parts.random);
  bool begun = false;
  std::optional<gate::resource::ApprovedChange> approved;
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    const auto old = draft.state().group(*call.id.subscription, call.id.group);
    if (old == nullptr) return std::unexpected(arm_errors::group_not_found(call.id.group));
    if (old->deleting()) {
      operation = old->deletion;
      return {};
    }
    FH_TRY(approved, approve_own(parts, call, ChangeKind::kDelete, id_of(*old), group_json(*old), nullptr));
    ResourceGroup group = *old;
    group.deletion = operation;
    make_room(draft);
    // Those that run stay; a start reads so many and no more.
    if (draft.state().operations.size() >= 2 * kMaxOperations) {
      return std::unexpected(arm_errors::too_many("operations under way", 2 * kMaxOperations));
    }
    draft.put(Operation{.id = operation,
                        .subscription = group.subscription,
                        .kind = "DeleteResourceGroup",
                        .resource = id_of(group).text(),
                        .caller = call.caller.object,
                        .started = call.caller.now});
    draft.put(std::move(group));
    begun = true;
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, edit));
  if (begun) parts.deletion.begin(call.caller.tenant, group_key(*call.id.subscription, call.id.group));
  co_return accepted(call, *call.id.subscription, operation);
}

// Whoever began it, and whoever may read the subscription.
gate::Task<Reply> operation_result(const ArmParts& parts, Permit<GetOperationResult> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  const auto text = std::string_view(call.rest).substr(call.rest.rfind('/') + 1);
  const auto id = parse_guid<OperationId>(text);
  const auto at = id ? call.state->operations.find(*id) : call.state->operations.end();
  if (at == call.state->operations.end() || at->second->subscription != *call.id.subscription) {
    co_return std::unexpected(arm_errors::operation_not_found(text));
  }
  const Operation& operation = *at->second;
  if (operation.caller != call.caller.object &&
      !may(parts, call, "Microsoft.Resources/subscriptions/operationresults/read", call.id)) {
    co_return std::unexpected(arm_errors::operation_not_found(text));
  }
  if (operation.state == Operation::State::kRunning) co_return accepted(call, operation.subscription, operation.id);
  if (operation.state == Operation::State::kFailed) {
    co_return std::unexpected(arm_errors::make(409, operation.code, operation.message));
  }
  co_return empty_answer(200);
}

}  // namespace

void add_group_routes(ArmGate& gate, const ArmParts& parts) {
  constexpr std::string_view kGroup = "/subscriptions/{subscription}/resourceGroups/{group}";
  constexpr std::string_view kGroups = "/subscriptions/{subscription}/resourceGroups";
  gate.add_as<PutResourceGroup>(
      kWrite, arm_row(Method::kPut, kGroup, kWrite),
      [&parts](Permit<PutResourceGroup> permit) { return put_group(parts, std::move(permit)); });
  gate.add_as<PatchResourceGroup>(
      kWrite, arm_row(Method::kPatch, kGroup, kWrite),
      [&parts](Permit<PatchResourceGroup> permit) { return patch_group(parts, std::move(permit)); });
  gate.add_as<GetResourceGroup>(kRead, arm_row(Method::kGet, kGroup, kRead), [&parts](Permit<GetResourceGroup> permit) {
    return get_group(parts, std::move(permit));
  });
  gate.add_as<CheckResourceGroup>(
      kRead, arm_row(Method::kHead, kGroup, kRead),
      [&parts](Permit<CheckResourceGroup> permit) { return check_group(parts, std::move(permit)); });
  gate.add_as<ListResourceGroups>(
      kRead, arm_row(Method::kGet, kGroups, ""),
      [&parts](Permit<ListResourceGroups> permit) { return list_groups(parts, std::move(permit)); });
  gate.add_as<DeleteResourceGroup>(
      kDelete, arm_row(Method::kDelete, kGroup, kDelete),
      [&parts](Permit<DeleteResourceGroup> permit) { return delete_group(parts, std::move(permit)); });
  gate.add_as<GetOperationResult>(
      "Microsoft.Resources/subscriptions/operationresults/read",
      arm_row(Method::kGet, "/subscriptions/{subscription}/operationresults/{operation}", ""),
      [&parts](Permit<GetOperationResult> permit) { return operation_result(parts, std::move(permit)); });
  auto exporting = arm_row(Method::kPost, "/subscriptions/{subscription}/resourceGroups/{group}/exportTemplate",
                           "Microsoft.Resources/subscriptions/resourceGroups/read");
  exporting.operation = "Microsoft.Resources/subscriptions/resourceGroups/exportTemplate/action";
  gate.add_unimplemented(exporting);
  gate.add_job<EmptyResourceGroup>(gate::DataClass::kCustomerData, gate::AuditClass::kControl);
}

}  // namespace freehold::resources
