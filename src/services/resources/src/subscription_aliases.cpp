// Source: "Alias - Create" and "Subscription - Rename" (Microsoft.Subscription, 2021-10-01).
#include <algorithm>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/management_group_rules.h"
#include "src/subscription_operations.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using http::Method;

constexpr std::size_t kMaxAliasBytes = 63;
constexpr std::string_view kGroupSubscriptions = "Microsoft.Management/managementGroups/subscriptions/write";

bool is_alias(std::string_view name) {
  return !name.empty() && name.size() <= kMaxAliasBytes && std::ranges::all_of(name, [](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

Json alias_json(const Subscription& subscription) {
  return {{"id", "/providers/Microsoft.Subscription/aliases/" + subscription.alias},
          {"name", subscription.alias},
          {"type", "Microsoft.Subscription/aliases"},
          {"properties",
           {{"subscriptionId", to_string(subscription.id)},
            {"displayName", subscription.name},
            {"provisioningState", "Succeeded"}}}};
}

std::shared_ptr<const Subscription> with_alias(const TenantState& state, std::string_view alias) {
  for (const auto& [id, subscription] : state.subscriptions) {
    if (!subscription->alias.empty() && equals_ignoring_case(subscription->alias, alias)) return subscription;
  }
  return nullptr;
}

std::unexpected<gate::ApiError> no_such_alias(std::string_view name) {
  return std::unexpected(
      arm_errors::make(404, "SubscriptionAliasNotFound", "There is no alias '" + std::string(name) + "'."));
}

struct Wanted {
  std::string name;
  std::string parent;  // key of a management group; empty: the root one
  Tags tags;
};

// Billing scopes mean nothing here and are passed over; a subscription of elsewhere, or for another tenant or owner, is
// refused.
ApiResult<Wanted> read_wanted(const Json& body, TenantId tenant) {
  FH_TRY(const auto properties, properties_of(body));
  Wanted out;
  FH_TRY(out.name, text_of(properties, "displayName", kMaxDisplayNameBytes));
  FH_TRY(const auto present, text_of(properties, "subscriptionId", 64));
  if (!present.empty()) return std::unexpected(arm_errors::not_implemented("An alias of a subscription that is there"));
  const auto more = properties.find("additionalProperties");
  if (more == properties.end() || more->is_null()) return out;
  if (!more->is_object()) return std::unexpected(arm_errors::invalid_content("'additionalProperties' is an object."));
  FH_TRY(const auto parent, text_of(*more, "managementGroupId", 512));
  if (!parent.empty()) out.parent = parent_key(parent, tenant);
  FH_TRY(out.tags, tags_of(*more));
  for (const auto* other : {"subscriptionTenantId", "subscriptionOwnerId"}) {
    FH_TRY(const auto said, text_of(*more, other, 64));
    if (!said.empty() && !equals_ignoring_case(said, to_string(tenant))) {
      return std::unexpected(arm_errors::not_implemented("'" + std::string(other) + "'"));
    }
  }
  return out;
}

ResourceId group_id(const TenantState& state, const std::string& key, TenantId tenant) {
  const auto at = state.management_groups.find(key);
  return {.parts = {{.provider = "Microsoft.Management",
                     .types = {"managementGroups"},
                     .names = {at == state.management_groups.end() ? to_string(tenant) : at->second->name}}}};
}

// Who makes it owns it, as in Azure, whatever roles stand above.
Task<ApiResult<>> give_owner(const ArmParts& parts, ArmCall call, SubscriptionId subscription) {
  gate::authz::RoleAssignment owner{random_id<gate::authz::RoleAssignmentId>(parts.random), call.caller.tenant,
                                    "/subscriptions/" + to_string(subscription), call.caller.object,
                                    gate::authz::role_id(gate::authz::roles::kOwner)};
  const auto given = co_await parts.assignments.assign(std::move(owner));
  if (!given && given.error().code != ErrorCode::kConflict) co_return std::unexpected(arm_errors::of(given.error()));
  co_return ApiResult<>();
}

gate::Task<Reply> put_alias(const ArmParts& parts, Permit<PutSubscriptionAlias> permit) {
  FH_CO_TRY(auto call, read_call(parts, permit));
  FH_CO_TRY(const auto body, co_await read_object(*permit.request().body));
  call.who = parts.identities.find(call.caller.tenant, call.caller.object);
  const std::string name = call.id.name();
  if (!is_alias(name)) co_return std::unexpected(arm_errors::invalid_content("the alias is not a valid name."));
  FH_CO_TRY(auto wanted, read_wanted(body, call.caller.tenant));
  const auto made = random_id<SubscriptionId>(parts.random);
  Json answer;
  bool fresh = false;
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    const auto& state = draft.state();
    if (const auto present = with_alias(state, name)) {
      answer = alias_json(*present);
      return {};
    }
    if (state.subscriptions.size() >= kMaxSubscriptions) {
      return std::unexpected(arm_errors::too_many("subscriptions", kMaxSubscriptions));
    }
    if (!wanted.parent.empty() && !state.management_groups.contains(wanted.parent)) {
      return std::unexpected(arm_errors::management_group_not_found(wanted.parent));
    }
    FH_CHECK_OK(check_takes_children(state, wanted.parent));
    const auto group = group_id(state, wanted.parent, call.caller.tenant);
    if (!may(parts, call, kGroupSubscriptions, group)) {
      return std::unexpected(forbidden(call, kGroupSubscriptions, group.text()));
    }
    Subscription subscription{.id = made, .tenant = call.caller.tenant, .name = wanted.name};
    if (subscription.name.empty()) subscription.name = name;
    subscription.parent = wanted.parent;
    subscription.alias = name;
    subscription.tags = wanted.tags;
    answer = alias_json(subscription);
    fresh = true;
    draft.put(std::move(subscription));
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, edit));
  if (fresh) {
    FH_CO_CHECK_OK(co_await give_owner(parts, call, made));
  }
  co_return json_answer(fresh ? 201 : 200, answer);
}

gate::Task<Reply> get_alias(const ArmParts& parts, Permit<GetSubscriptionAlias> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  const auto found = with_alias(*call.state, call.id.name());
  if (!found) co_return no_such_alias(call.id.name());
  co_return json_answer(200, alias_json(*found));
}

gate::Task<Reply> list_aliases(const ArmParts& parts, Permit<ListSubscriptionAliases> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  std::vector<Json> items;
  for (const auto& [id, subscription] : call.state->subscriptions) {
    if (!subscription->alias.empty()) items.push_back(alias_json(*subscription));
  }
  co_return list_answer(permit.request(), call, std::move(items));
}

// The name alone: the subscription stays.
gate::Task<Reply> delete_alias(const ArmParts& parts, Permit<DeleteSubscriptionAlias> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  bool was = false;
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    const auto found = with_alias(draft.state(), call.id.name());
    if (!found) return {};
    was = true;
    Subscription next = *found;
    next.alias.clear();
    draft.put(std::move(next));
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, edit));
  co_return empty_answer(was ? 200 : 204);
}

gate::Task<Reply> rename(const ArmParts& parts, Permit<RenameSubscription> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto body, co_await read_object(*permit.request().body));
  FH_CO_TRY(const auto name, text_of(body, "subscriptionName", kMaxDisplayNameBytes));
  if (name.empty()) co_return std::unexpected(arm_errors::invalid_content("'subscriptionName' is missing."));
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    const auto present = draft.state().subscription(*call.id.subscription);
    if (!present) return std::unexpected(arm_errors::subscription_not_found(to_string(*call.id.subscription)));
    Subscription next = *present;
    next.name = name;
    draft.put(std::move(next));
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, edit));
  co_return json_answer(200, {{"subscriptionId", to_string(*call.id.subscription)}});
}

}  // namespace

void add_subscription_alias_routes(ArmGate& gate, const ArmParts& parts) {
  constexpr std::string_view kPath = "/providers/Microsoft.Subscription/aliases/{alias}";
  constexpr std::string_view kWrite = "Microsoft.Subscription/aliases/write";
  constexpr std::string_view kReadAlias = "Microsoft.Subscription/aliases/read";
  constexpr std::string_view kDelete = "Microsoft.Subscription/aliases/delete";
  constexpr std::string_view kRename = "Microsoft.Subscription/rename/action";
  gate.add_as<PutSubscriptionAlias>(
      kWrite, arm_row(Method::kPut, kPath, kWrite),
      [&parts](Permit<PutSubscriptionAlias> permit) { return put_alias(parts, std::move(permit)); });
  gate.add_as<GetSubscriptionAlias>(
      kReadAlias, arm_row(Method::kGet, kPath, kReadAlias),
      [&parts](Permit<GetSubscriptionAlias> permit) { return get_alias(parts, std::move(permit)); });
  gate.add_as<ListSubscriptionAliases>(
      kReadAlias, arm_row(Method::kGet, "/providers/Microsoft.Subscription/aliases", kReadAlias),
      [&parts](Permit<ListSubscriptionAliases> permit) { return list_aliases(parts, std::move(permit)); });
  gate.add_as<DeleteSubscriptionAlias>(
      kDelete, arm_row(Method::kDelete, kPath, kDelete),
      [&parts](Permit<DeleteSubscriptionAlias> permit) { return delete_alias(parts, std::move(permit)); });
  gate.add_as<RenameSubscription>(
      kRename, arm_row(Method::kPost, "/subscriptions/{subscription}/providers/Microsoft.Subscription/rename", kRename),
      [&parts](Permit<RenameSubscription> permit) { return rename(parts, std::move(permit)); });
}

}  // namespace freehold::resources
