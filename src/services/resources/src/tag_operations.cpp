#include "src/tag_operations.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/own_changes.h"
#include "src/resource_operations.h"
#include "src/scope_rules.h"
#include "src/shown.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using gate::resource::ChangeKind;
using gate::resource::ScopeKind;
using http::Method;

constexpr std::string_view kPath = "{scope}/providers/Microsoft.Resources/tags/default";
constexpr std::string_view kRead = "Microsoft.Resources/tags/read";
constexpr std::string_view kWrite = "Microsoft.Resources/tags/write";
constexpr std::string_view kDelete = "Microsoft.Resources/tags/delete";

// How the tags that are there become those that are wanted.
enum class Way { kReplace, kMerge, kDelete };

// Names are told apart without regard to case; who writes one anew keeps the first spelling.
ApiResult<Tags> combined(Tags has, const Tags& given, Way way) {
  if (way == Way::kReplace) return given;
  for (const auto& [name, value] : given) {
    const auto same = [&](const auto& each) { return equals_ignoring_case(each.first, name); };
    const auto at = std::ranges::find_if(has, same);
    if (way == Way::kMerge) {
      has[at == has.end() ? name : at->first] = value;
    } else if (at != has.end() && (value.empty() || value == at->second)) {
      has.erase(at);
    }
  }
  if (has.size() > kMaxTags) return std::unexpected(arm_errors::invalid_tags("There are at most 50 tags."));
  return has;
}

http::Response tags_answer(const ResourceId& scope, const Tags& tags) {
  return json_answer(200, {{"id", scope.text() + "/providers/Microsoft.Resources/tags/default"},
                           {"name", "default"},
                           {"type", "Microsoft.Resources/tags"},
                           {"properties", {{"tags", tags}}}});
}

gate::ApiError no_tags_here() {
  return arm_errors::make(400, "InvalidTagScope", "Tags are of subscriptions, resource groups and resources.");
}

// Of a subscription or a group.
gate::Task<ApiResult<Tags>> retag_own(const ArmParts& parts, ArmCall call, Tags given, Way way) {
  Tags out;
  const ResourceId scope = call.id.scope();
  std::optional<gate::resource::ApprovedChange> approved;
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    if (scope.group.empty()) {
      const auto old = draft.state().subscription(*scope.subscription);
      if (old == nullptr) return std::unexpected(arm_errors::subscription_not_found(to_string(*scope.subscription)));
      Subscription changed = *old;
      FH_TRY(changed.tags, combined(std::move(changed.tags), given, way));
      FH_TRY(approved,
             approve_own(parts, call, ChangeKind::kPatch, scope, subscription_json(*old), subscription_json(changed)));
      FH_TRY(changed.tags, tags_of((*approved)->after));
      out = changed.tags;
      draft.put(std::move(changed));
      return {};
    }
    FH_TRY(const auto old, standing_group(draft.state(), scope));
    ResourceGroup changed = *old;
    FH_TRY(changed.tags, combined(std::move(changed.tags), given, way));
    FH_TRY(approved, approve_own(parts, call, ChangeKind::kPatch, scope, group_json(*old), group_json(changed)));
    FH_TRY(changed.tags, tags_of((*approved)->after));
    changed.changed = call.caller.now;
    out = changed.tags;
    draft.put(std::move(changed));
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, edit));
  co_return out;
}

ApiResult<Tags> tags_of_resource(const Json& resource) {
  Tags out;
  const auto at = resource.find("tags");
  if (at == resource.end() || !at->is_object()) return out;
  for (const auto& [name, value] : at->items()) {
    if (value.is_string()) out.emplace(name, value.get<std::string>());
  }
  return out;
}

// Of a resource: its provider's to write, like any other change.
gate::Task<ApiResult<Tags>> retag_resource(const ArmParts& parts, ArmCall call, Tags given, Way way) {
  const ResourceId scope = call.id.scope();
  const auto* type = parts.registry.find(scope.type());
  const auto not_there = [&] {
    return std::unexpected(arm_errors::resource_not_found(scope.type() + "/" + scope.full_name(), scope.group));
  };
  if (type == nullptr) co_return not_there();
  if (!type->taggable) co_return std::unexpected(no_tags_here());
  const auto turn =
      co_await parts.turns.of(scope.subscription ? group_key(*scope.subscription, scope.group) : "/").take();
  if (!turn) co_return std::unexpected(arm_errors::of(turn.error()));
  FH_CO_CHECK_OK(check_group_stands(*parts.store.state(call.caller.tenant), scope));
  const std::string version = type->api_versions.front();
  FH_CO_TRY(auto before, co_await type->behind->get(scope, {.api_version = version, .caller = call.caller}));
  if (before.is_null()) co_return not_there();
  FH_CO_TRY(auto has, tags_of_resource(before));
  FH_CO_TRY(const auto wanted, combined(std::move(has), given, way));
  Json after = before;
  after["tags"] = wanted;
  FH_CO_TRY(auto approved, parts.registry.checks().approve({.kind = ChangeKind::kPatch,
                                                            .id = scope,
                                                            .type = type,
                                                            .api_version = version,
                                                            .before = std::move(before),
                                                            .after = std::move(after),
                                                            .caller = call.caller}));
  FH_CO_CHECK_OK(co_await parts.registry.expect(*approved));
  const gate::resource::ProposedChange told{
      .kind = ChangeKind::kPatch, .id = scope, .type = type, .api_version = version, .caller = call.caller};
  FH_CO_TRY(const auto written, co_await type->behind->put(std::move(approved)));
  parts.registry.tell(told, written.resource);
  co_return tags_of_resource(written.resource);
}

gate::Task<Reply> retag(const ArmParts& parts, ArmCall call, Tags given, Way way) {
  const ResourceId scope = call.id.scope();
  if (!scope.subscription) co_return std::unexpected(no_tags_here());
  if (scope.kind() == ScopeKind::kResource) {
    FH_CO_TRY(const auto tags, co_await retag_resource(parts, call, std::move(given), way));
    co_return tags_answer(scope, tags);
  }
  FH_CO_TRY(const auto tags, co_await retag_own(parts, call, std::move(given), way));
  co_return tags_answer(scope, tags);
}

gate::Task<Reply> put_tags(const ArmParts& parts, Permit<PutTags> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto body, co_await read_object(*permit.request().body));
  FH_CO_TRY(const auto properties, properties_of(body));
  FH_CO_TRY(auto tags, tags_of(properties));
  co_return co_await retag(parts, call, std::move(tags), Way::kReplace);
}

gate::Task<Reply> patch_tags(const ArmParts& parts, Permit<PatchTags> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto body, co_await read_object(*permit.request().body));
  FH_CO_TRY(const auto properties, properties_of(body));
  FH_CO_TRY(auto tags, tags_of(properties));
  FH_CO_TRY(const auto operation, text_of(body, "operation", 16));
  const std::string way = to_lower(operation);
  if (way != "replace" && way != "merge" && way != "delete") {
    co_return std::unexpected(arm_errors::invalid_content("'operation' is 'Replace', 'Merge' or 'Delete'."));
  }
  co_return co_await retag(parts, call, std::move(tags),
                           way == "replace" ? Way::kReplace
                           : way == "merge" ? Way::kMerge
                                            : Way::kDelete);
}

gate::Task<Reply> delete_tags(const ArmParts& parts, Permit<DeleteTags> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_CHECK_OK(co_await retag(parts, call, {}, Way::kReplace));
  co_return empty_answer(200);
}

gate::Task<Reply> get_tags(const ArmParts& parts, Permit<GetTags> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  const ResourceId scope = call.id.scope();
  if (!scope.subscription) co_return std::unexpected(no_tags_here());
  if (scope.kind() == ScopeKind::kResource) {
    FH_CO_TRY(const auto resource, co_await find_resource(parts, call, scope));
    if (resource.is_null()) {
      co_return std::unexpected(arm_errors::resource_not_found(scope.type() + "/" + scope.full_name(), scope.group));
    }
    FH_CO_TRY(const auto tags, tags_of_resource(resource));
    co_return tags_answer(scope, tags);
  }
  if (scope.group.empty()) co_return tags_answer(scope, call.subscription->tags);
  const auto group = call.state->group(*scope.subscription, scope.group);
  if (group == nullptr) co_return std::unexpected(arm_errors::group_not_found(scope.group));
  co_return tags_answer(scope, group->tags);
}

}  // namespace

void add_tag_routes(ArmGate& gate, const ArmParts& parts) {
  gate.add_as<GetTags>(kRead, arm_row(Method::kGet, kPath, kRead),
                       [&parts](Permit<GetTags> permit) { return get_tags(parts, std::move(permit)); });
  gate.add_as<PutTags>(kWrite, arm_row(Method::kPut, kPath, kWrite),
                       [&parts](Permit<PutTags> permit) { return put_tags(parts, std::move(permit)); });
  gate.add_as<PatchTags>(kWrite, arm_row(Method::kPatch, kPath, kWrite),
                         [&parts](Permit<PatchTags> permit) { return patch_tags(parts, std::move(permit)); });
  gate.add_as<DeleteTags>(kDelete, arm_row(Method::kDelete, kPath, kDelete),
                          [&parts](Permit<DeleteTags> permit) { return delete_tags(parts, std::move(permit)); });
}

}  // namespace freehold::resources
