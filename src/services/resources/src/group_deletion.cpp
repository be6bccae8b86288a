#include "src/group_deletion.h"

#include "base/log.h"
#include "src/arm_errors.h"
#include "src/extensions.h"
#include "src/scope_roles.h"

namespace freehold::resources {
namespace {

using gate::ApiResult;
using gate::resource::ChangeKind;
using gate::resource::ProposedChange;

constexpr int kRounds = 5;  // one resource may be in another's way
constexpr std::chrono::seconds kRetry{2};
constexpr std::chrono::milliseconds kLook{50};

bool may_pass(const gate::ApiError& error) { return error.status >= 500 || error.status == 429; }

}  // namespace

GroupDeletion::GroupDeletion(ResourceStore& store, gate::authz::AssignmentStore& assignments,
                             const gate::resource::Registry& registry, GroupTurns& turns, const Clock& clock,
                             const DeploymentStore& deployments, ActiveDeployments& active)
    : store_(store),
      assignments_(assignments),
      registry_(registry),
      turns_(turns),
      clock_(clock),
      deployments_(deployments),
      active_(active) {}
GroupDeletion::~GroupDeletion() = default;

void GroupDeletion::start(boost::asio::io_context& loop, gate::Pipeline& door) {
  loop_ = &loop;
  door_ = &door;
  for (const TenantId tenant : store_.tenants()) {
    const auto state = store_.state(tenant);
    for (const auto& [key, group] : state->groups) {
      if (group->deleting()) begin(tenant, key);
    }
  }
}

void GroupDeletion::begin(TenantId tenant, std::string key) {
  if (loop_ != nullptr) scope_.spawn(*loop_, run(tenant, std::move(key)));
}

void GroupDeletion::close_and_wait() { scope_.close_and_wait(); }

// Until it is done, or this process ends.
Task<> GroupDeletion::run(TenantId tenant, std::string key) {
  while (!scope_.stopping()) {
    const auto done = co_await door_->run_job<EmptyResourceGroup>(
        {.tenant = tenant, .principal = "resource manager", .resource = key},
        [this, tenant, key](gate::Permit<EmptyResourceGroup> permit) { return carry_out(tenant, key, permit.now()); });
    if (done) co_return;
    if (!co_await scope_.sleep(kRetry)) co_return;
  }
}

Task<Result<>> GroupDeletion::carry_out(TenantId tenant, std::string key, WallTime now) {
  {
    // Whoever was let in before the group said that it is being deleted ends first.
    FH_CO_TRY(const auto turn, co_await turns_.of(key).take());
  }
  const auto state = store_.state(tenant);
  const auto group = state->groups.find(key);
  if (group == state->groups.end() || !group->second->deleting()) co_return Result<>();
  if (!co_await end_deployments(tenant, key)) co_return fail(ErrorCode::kUnavailable, "shutting down");
  auto outcome = co_await empty(tenant, *group->second, now);
  if (outcome) {
    outcome = co_await remove_extensions(registry_, {.tenant = tenant, .object = {}, .now = now},
                                         {.subscription = group->second->subscription, .group = group->second->name});
  }
  if (outcome) outcome = co_await forget_roles(assignments_, tenant, key);
  if (outcome) outcome = co_await forget_deployments(tenant, key);
  if (!outcome && may_pass(outcome.error())) {
    co_return fail(ErrorCode::kUnavailable, "a resource can't be removed now", outcome.error().message);
  }
  const auto ended = co_await finish(tenant, key, std::move(outcome));
  if (!ended) co_return fail(ErrorCode::kUnavailable, "the deletion can't be written down", ended.error().detail);
  co_return Result<>();
}

Task<ApiResult<>> GroupDeletion::empty(TenantId tenant, ResourceGroup group, WallTime now) {
  std::size_t before = 0;
  for (int round = 0;; ++round) {
    auto left = co_await remove_once(tenant, group, now);
    if (left && *left == 0) co_return ApiResult<>();
    const bool stuck = round > 0 && left && *left >= before;
    if (!left) co_return std::unexpected(std::move(left.error()));
    if (stuck || round >= kRounds) {
      co_return std::unexpected(arm_errors::make(409, "ResourceGroupDeletionBlocked",
                                                 "Deletion of resource group '" + group.name +
                                                     "' failed as resources in it could not be "
                                                     "deleted: " +
                                                     std::to_string(*left) + " are left."));
    }
    before = *left;
  }
}

// How many there still are afterwards.
Task<ApiResult<std::size_t>> GroupDeletion::remove_once(TenantId tenant, ResourceGroup group, WallTime now) {
  std::size_t left = 0;
  for (const auto& type : registry_.types()) {
    if (type.at != gate::resource::ScopeKind::kResourceGroup || type.type.contains('/')) continue;
    if ((type.verbs & gate::resource::kListInGroup) == 0) continue;
    const gate::resource::Caller caller{.tenant = tenant, .object = {}, .now = now};
    FH_CO_TRY(const auto found, co_await type.behind->list(
                                    type, {.tenant = tenant, .subscription = group.subscription, .group = group.name},
                                    {.api_version = type.api_versions.front(), .caller = caller}));
    for (const auto& resource : found) {
      auto id = gate::resource::parse_resource_id(resource.value("id", ""));
      if (!id) co_return std::unexpected(arm_errors::unavailable("a provider gave a resource without an id"));
      const auto removed = co_await remove_resource({.kind = ChangeKind::kDelete,
                                                     .id = std::move(*id),
                                                     .type = &type,
                                                     .api_version = type.api_versions.front(),
                                                     .before = resource,
                                                     .caller = caller});
      if (removed) continue;
      if (may_pass(removed.error())) co_return std::unexpected(removed.error());
      ++left;
    }
  }
  co_return left;
}

Task<ApiResult<>> GroupDeletion::remove_resource(ProposedChange change) {
  gate::resource::ResourceProvider* const provider = change.type->behind;
  const ProposedChange told{.kind = change.kind, .id = change.id, .type = change.type, .caller = change.caller};
  FH_CO_TRY(auto approved, registry_.checks().approve(std::move(change)));
  const auto removed = co_await provider->remove(std::move(approved));
  if (!removed) {
    log_warning("a resource of a group that is being deleted stays", {{"code", removed.error().code}});
    co_return std::unexpected(removed.error());
  }
  registry_.tell(told, nullptr);
  co_return ApiResult<>();
}

// None begins any more: each looks at the group after it has its place. False: this process ends first.
Task<bool> GroupDeletion::end_deployments(TenantId tenant, std::string key) {
  while (active_.cancel_all(tenant, key)) {
    if (!co_await scope_.sleep(kLook)) co_return false;
  }
  co_return true;
}

Task<ApiResult<>> GroupDeletion::forget_deployments(TenantId tenant, std::string key) {
  FH_CO_TRY(const auto all, co_await deployments_.list(tenant, key));
  for (const auto& one : all) {
    FH_CO_CHECK_OK(co_await deployments_.remove({.tenant = tenant, .scope = key, .name = one.name}));
  }
  co_return ApiResult<>();
}

Task<ApiResult<>> GroupDeletion::finish(TenantId tenant, std::string key, ApiResult<> outcome) {
  const auto edit = [this, key, outcome = std::move(outcome)](Draft& draft) -> ApiResult<> {
    const auto at = draft.state().groups.find(key);
    if (at == draft.state().groups.end()) return {};
    ResourceGroup group = *at->second;
    if (const auto known = draft.state().operations.find(group.deletion); known != draft.state().operations.end()) {
      Operation operation = *known->second;
      operation.state = outcome ? Operation::State::kSucceeded : Operation::State::kFailed;
      if (!outcome) operation.code = outcome.error().code;
      if (!outcome) operation.message = outcome.error().message;
      operation.ended = clock_.now();
      draft.put(std::move(operation));
    }
    if (outcome) {
      draft.remove_group(key);
      draft.remove_locks_below(key);
    } else {
      group.deletion = {};
      draft.put(std::move(group));
    }
    return {};
  };
  co_return co_await store_.change(tenant, edit);
}

}  // namespace freehold::resources
