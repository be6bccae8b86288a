// Source: "Move resources to new resource group or subscription", and the REST reference of Resources - Move Resources.
#include "src/move_operations.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "src/arm_call.h"
#include "src/arm_errors.h"
#include "src/resource_rules.h"
#include "src/scope_roles.h"
#include "src/scope_rules.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using gate::resource::ChangeKind;
using gate::resource::ProposedChange;
using gate::resource::ResourceType;
using Turn = runtime::Turn::Guard;

constexpr std::size_t kMostMoved = 800;

// One resource on its way, as its provider has it.
struct Moving {
  ResourceId id;
  const ResourceType* type = nullptr;
  Json before = nullptr;
};
struct Plan {
  ResourceId target;  // the group
  std::vector<Moving> resources;
};

gate::ApiError not_movable(std::string_view id) {
  return arm_errors::make(409, "ResourceMoveNotSupported",
                          fmt::format("Resource move is not supported for the resource '{}': it has to be in the group "
                                      "by itself, and of a type that can be moved.",
                                      id));
}

ProposedChange change_of(const ArmCall& call, const Plan& plan, const Moving& moving) {
  return {.kind = ChangeKind::kMove,
          .id = moving.id,
          .type = moving.type,
          .api_version = moving.type->api_versions.front(),
          .before = moving.before,
          .destination = plan.target,
          .caller = call.caller};
}

ResourceId in_group(ResourceId id, const ResourceId& group) {
  id.subscription = group.subscription;
  id.group = group.group;
  return id;
}

// Whoever moves a resource takes it from under the roles and locks of one group and puts it under another's.
ApiResult<> check_rights(const ArmParts& parts, const ArmCall& call, const Plan& plan) {
  constexpr std::string_view kWrite = "Microsoft.Resources/subscriptions/resourceGroups/write";
  if (!may(parts, call, kWrite, plan.target)) return std::unexpected(forbidden(call, kWrite, plan.target.text()));
  for (const auto& moving : plan.resources) {
    const auto target = in_group(moving.id, plan.target);
    const auto write = moving.type->action("write");
    if (!may(parts, call, moving.type->action("delete"), moving.id)) {
      return std::unexpected(forbidden(call, moving.type->action("delete"), moving.id.text()));
    }
    if (!may(parts, call, write, target)) return std::unexpected(forbidden(call, write, target.text()));
  }
  return {};
}

ApiResult<ResourceId> read_target(const ArmCall& call, const Json& body) {
  FH_TRY(const auto text, text_of(body, "targetResourceGroup", gate::authz::kMaxScopeBytes));
  auto target = gate::resource::parse_resource_id(text);
  const bool group = target && target->kind() == gate::resource::ScopeKind::kResourceGroup;
  if (!group) return std::unexpected(arm_errors::invalid_content("'targetResourceGroup' is the id of a group."));
  // Of the caller's tenant: others have none of these. The rights are asked of both groups.
  if (call.state->subscription(*target->subscription) == nullptr) {
    return std::unexpected(arm_errors::subscription_not_found(to_string(*target->subscription)));
  }
  if (target->subscription == call.id.subscription && equals_ignoring_case(target->group, call.id.group)) {
    return std::unexpected(
        arm_errors::make(409, "ResourceMoveFailed", "The source and the target group are the same."));
  }
  return std::move(*target);
}

ApiResult<Plan> read_plan(const ArmParts& parts, const ArmCall& call, const Json& body) {
  Plan plan;
  FH_TRY(plan.target, read_target(call, body));
  const auto list = body.find("resources");
  if (list == body.end() || !list->is_array() || list->empty() || list->size() > kMostMoved) {
    return std::unexpected(arm_errors::invalid_content("'resources' are the ids of 1 to 800 resources."));
  }
  for (const auto& entry : *list) {
    auto id = entry.is_string() ? gate::resource::parse_resource_id(entry.get_ref<const std::string&>()) : std::nullopt;
    if (!id) return std::unexpected(arm_errors::invalid_content("'resources' are ids."));
    const auto* type = parts.registry.find(id->type());
    const bool here = id->subscription == call.id.subscription && equals_ignoring_case(id->group, call.id.group);
    if (type == nullptr || !type->movable || id->parts.size() != 1 || id->parts.front().types.size() != 1 || !here) {
      return std::unexpected(not_movable(id->text()));
    }
    plan.resources.push_back({.id = std::move(*id), .type = type});
  }
  return plan;
}

// Both groups are held while resources move, always in the same order.
struct Held {
  Turn first;
  Turn second;
};
Task<ApiResult<Held>> hold(const ArmParts& parts, ResourceId one, ResourceId other) {
  auto* first = &parts.turns.of(group_key(*one.subscription, one.group));
  auto* second = &parts.turns.of(group_key(*other.subscription, other.group));
  if (std::less<>{}(second, first)) std::swap(first, second);
  Held held;
  auto turn = co_await first->take();
  if (!turn) co_return std::unexpected(arm_errors::of(turn.error()));
  held.first = std::move(*turn);
  if (first == second) co_return held;
  turn = co_await second->take();
  if (!turn) co_return std::unexpected(arm_errors::of(turn.error()));
  held.second = std::move(*turn);
  co_return held;
}

constexpr std::size_t kChildrenAtOnce = 500;

bool is_directly_below(const ResourceType& child, const ResourceType& parent) {
  const auto type = child.full_type();
  const auto front = parent.full_type() + "/";
  return type.size() > front.size() && equals_ignoring_case(std::string_view(type).substr(0, front.size()), front) &&
         type.find('/', front.size()) == type.npos;
}

ApiResult<> check_child(const ArmParts& parts, const ArmCall& call, const Plan& plan, Moving child) {
  FH_CHECK_OK(parts.registry.checks().approve(change_of(call, plan, child)));
  return {};
}

// What stands below it moves along, and is judged where it will stand like the resource itself.
Task<ApiResult<>> check_below(const ArmParts& parts, ArmCall call, Plan plan, ResourceId above,
                              const ResourceType* type) {
  for (const auto& below : parts.registry.types()) {
    if (!is_directly_below(below, *type) || (below.verbs & gate::resource::kListInGroup) == 0) continue;
    const gate::resource::ListScope scope{
        .tenant = call.caller.tenant, .subscription = *above.subscription, .group = above.group, .parent = above};
    gate::resource::Reading reading{.api_version = below.api_versions.front(), .caller = call.caller};
    if (below.pages) reading.most = kChildrenAtOnce;
    while (true) {
      FH_CO_TRY(const auto children, co_await below.behind->list(below, scope, reading));
      for (const auto& child : children) {
        auto id = gate::resource::parse_resource_id(child.value("id", ""));
        if (!id) continue;
        FH_CO_CHECK_OK(check_child(parts, call, plan, {.id = *id, .type = &below, .before = child}));
        FH_CO_CHECK_OK(co_await check_below(parts, call, plan, std::move(*id), &below));
        reading.behind = std::max(reading.behind, sort_key(child));
      }
      if (!below.pages || children.size() < kChildrenAtOnce) break;
    }
  }
  co_return ApiResult<>();
}

// Everything that can be known before the first one moves; the group under its own spelling.
Task<ApiResult<Plan>> check_plan(const ArmParts& parts, ArmCall call, Plan plan) {
  const auto state = parts.store.state(call.caller.tenant);
  FH_CO_CHECK_OK(standing_group(*state, call.id));
  FH_CO_TRY(const auto target, standing_group(*state, plan.target));
  plan.target.group = target->name;
  FH_CO_CHECK_OK(check_rights(parts, call, plan));
  const auto there_at = state->subscription(*plan.target.subscription);
  if (there_at == nullptr) {
    co_return std::unexpected(arm_errors::subscription_not_found(to_string(*plan.target.subscription)));
  }
  for (auto& moving : plan.resources) {
    FH_CO_CHECK_OK(check_registered(*there_at, moving.type->provider));
    const gate::resource::Reading reading{.api_version = moving.type->api_versions.front(), .caller = call.caller};
    FH_CO_TRY(moving.before, co_await moving.type->behind->get(moving.id, reading));
    if (moving.before.is_null()) {
      co_return std::unexpected(
          arm_errors::resource_not_found(moving.id.type() + "/" + moving.id.full_name(), moving.id.group));
    }
    FH_CO_TRY(const auto there, co_await moving.type->behind->get(in_group(moving.id, plan.target), reading));
    if (!there.is_null()) {
      co_return std::unexpected(
          arm_errors::make(409, "ResourceMoveFailed",
                           fmt::format("The target group has a resource '{}' already.", moving.id.full_name())));
    }
    FH_CO_CHECK_OK(parts.registry.checks().approve(change_of(call, plan, moving)));
    FH_CO_CHECK_OK(co_await check_below(parts, call, plan, moving.id, moving.type));
  }
  co_return plan;
}

// The roles first: who has them loses them at no moment.
Task<ApiResult<>> move_one(const ArmParts& parts, ArmCall call, ProposedChange change) {
  const auto from = gate::resource::key_of(change.id);
  const auto to = gate::resource::key_of(in_group(change.id, *change.destination));
  auto* const provider = change.type->behind;
  ProposedChange gone{.kind = ChangeKind::kDelete, .id = change.id, .type = change.type, .caller = change.caller};
  ProposedChange come{.kind = ChangeKind::kPut,
                      .id = in_group(change.id, *change.destination),
                      .type = change.type,
                      .caller = change.caller};
  FH_CO_TRY(auto approved, parts.registry.checks().approve(std::move(change)));
  FH_CO_CHECK_OK(co_await copy_roles(parts.assignments, parts.random, call.caller.tenant, from, to));
  auto moved = co_await provider->put(std::move(approved));
  if (!moved) {
    FH_CO_CHECK_OK(co_await forget_roles(parts.assignments, call.caller.tenant, to));
    co_return std::unexpected(std::move(moved.error()));
  }
  parts.registry.tell(gone, Json(nullptr));
  parts.registry.tell(come, moved->resource);
  co_return co_await forget_roles(parts.assignments, call.caller.tenant, from);
}

template <class Operation>
Task<ApiResult<Plan>> read(const ArmParts& parts, const Permit<Operation>& permit, ArmCall& call) {
  FH_CO_TRY(const auto body, co_await read_object(*permit.request().body));
  call.who = parts.identities.find(call.caller.tenant, call.caller.object);
  co_return read_plan(parts, call, body);
}

// One after the other, each whole. The first that can't be moved ends it: those before it have moved, and moving again
// without them goes on.
gate::Task<Reply> move(const ArmParts& parts, Permit<MoveResources> permit) {
  FH_CO_TRY(auto call, read_call(parts, permit));
  FH_CO_TRY(auto wanted, co_await read(parts, permit, call));
  FH_CO_TRY(const auto held, co_await hold(parts, call.id, wanted.target));
  FH_CO_TRY(const auto plan, co_await check_plan(parts, call, std::move(wanted)));
  for (const auto& moving : plan.resources) {
    FH_CO_CHECK_OK(co_await move_one(parts, call, change_of(call, plan, moving)));
  }
  co_return empty_answer(204);
}

gate::Task<Reply> validate(const ArmParts& parts, Permit<ValidateMoveResources> permit) {
  FH_CO_TRY(auto call, read_call(parts, permit));
  FH_CO_TRY(auto wanted, co_await read(parts, permit, call));
  FH_CO_CHECK_OK(co_await check_plan(parts, call, std::move(wanted)));
  co_return empty_answer(204);
}

}  // namespace

void add_move_routes(ArmGate& gate, const ArmParts& parts) {
  constexpr std::string_view kMove = "Microsoft.Resources/subscriptions/resourceGroups/moveResources/action";
  constexpr std::string_view kValidate =
      "Microsoft.Resources/subscriptions/resourceGroups/validateMoveResources/action";
  gate.add_as<MoveResources>(
      kMove, arm_row(http::Method::kPost, "/subscriptions/{subscription}/resourceGroups/{group}/moveResources", kMove),
      [&parts](Permit<MoveResources> permit) { return move(parts, std::move(permit)); });
  gate.add_as<ValidateMoveResources>(
      kValidate,
      arm_row(http::Method::kPost, "/subscriptions/{subscription}/resourceGroups/{group}/validateMoveResources",
              kValidate),
      [&parts](Permit<ValidateMoveResources> permit) { return validate(parts, std::move(permit)); });
}

}  // namespace freehold::resources
