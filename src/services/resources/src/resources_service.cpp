#include "resources/resources_service.h"

#include <optional>

#include "base/check.h"
#include "src/arm_gate.h"
#include "src/arm_parts.h"
#include "src/deployment_jobs.h"
#include "src/deployment_operations.h"
#include "src/group_deletion.h"
#include "src/group_operations.h"
#include "src/lock_operations.h"
#include "src/lock_rules.h"
#include "src/management_group_operations.h"
#include "src/metadata.h"
#include "src/move_operations.h"
#include "src/planning.h"
#include "src/provider_operations.h"
#include "src/resource_operations.h"
#include "src/role_operations.h"
#include "src/shown.h"
#include "src/subscription_operations.h"
#include "src/tag_operations.h"

namespace freehold::resources {
namespace {

// What can't be made before the assignments and the registry are there.
struct Serving {
  Serving(const Site& site, ResourceStore& store, gate::authz::AssignmentStore& assignments,
          const gate::IdentityDirectory& identities, const gate::resource::Registry& registry,
          const ResourcesServiceOptions& options)
      : rules(site, assignments, store),
        gate(site, store, registry, rules, options.journal),
        turns(options.store.random),
        deployment_store(options.store),
        deletion(store, assignments, registry, turns, options.clock, deployment_store, active),
        parts{site, store, assignments, identities, registry, options.store.random, turns, deletion},
        jobs(deployment_store, active),
        deployments{parts, deployment_store, active, options.clock, planning, jobs} {
    add_metadata_routes(gate, parts);
    add_subscription_routes(gate, parts);
    add_subscription_alias_routes(gate, parts);
    add_group_routes(gate, parts);
    add_resource_routes(gate, parts);
    add_move_routes(gate, parts);
    add_provider_routes(gate, parts);
    add_lock_routes(gate, parts);
    add_tag_routes(gate, parts);
    add_tag_name_routes(gate, parts);
    add_role_definition_routes(gate, parts);
    add_role_assignment_routes(gate, parts);
    add_deny_assignment_routes(gate, parts);
    add_management_group_routes(gate, parts);
    add_group_subscription_routes(gate, parts);
    add_group_entity_routes(gate, parts);
    add_deployment_routes(gate, deployments);
    add_permission_routes(gate, parts);
  }
  ArmRules rules;
  ArmGate gate;
  GroupTurns turns;
  DeploymentStore deployment_store;
  ActiveDeployments active;
  GroupDeletion deletion;
  ArmParts parts;
  Planning planning;
  DeploymentJobs jobs;
  DeploymentParts deployments;
};

}  // namespace

struct ResourcesService::State {
  explicit State(ResourcesServiceOptions given)
      : options(std::move(given)),
        site{.domain = options.domain, .region = options.region},
        store(options.store),
        scopes(store),
        locks(store) {
    registry.add_check(locks);
  }
  ResourcesServiceOptions options;
  Site site;
  ResourceStore store;
  ScopeView scopes;
  LockCheck locks;
  gate::resource::Registry registry;
  std::unique_ptr<Serving> serving;
};

ResourcesService::ResourcesService(ResourcesServiceOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
ResourcesService::~ResourcesService() = default;

Task<Result<>> ResourcesService::open(TenantId tenant, SubscriptionId subscription, std::string group) {
  State& s = *state_;
  FH_CO_CHECK_OK(co_await s.store.load(tenant));
  if (!s.store.state(tenant)->subscriptions.empty()) co_return Result<>();
  const WallTime now = s.options.clock.now();
  const auto first = [&](Draft& draft) -> gate::ApiResult<> {
    draft.put(Subscription{.id = subscription, .tenant = tenant, .name = group});
    draft.put(ResourceGroup{
        .subscription = subscription, .name = group, .location = s.site.region, .created = now, .changed = now});
    return {};
  };
  const auto written = co_await s.store.change(tenant, first);
  if (!written) {
    co_return fail(ErrorCode::kUnavailable, "the first subscription can't be written", written.error().detail);
  }
  co_return Result<>();
}

const gate::authz::ManagementTree& ResourcesService::tree() const { return state_->store; }
const gate::resource::Scopes& ResourcesService::scopes() const { return state_->scopes; }
gate::resource::Registry& ResourcesService::registry() { return state_->registry; }

void ResourcesService::serve(gate::authz::AssignmentStore& assignments, const gate::IdentityDirectory& identities) {
  State& s = *state_;
  FH_CHECK(s.serving == nullptr);
  s.serving = std::make_unique<Serving>(s.site, s.store, assignments, identities, s.registry, s.options);
}

gate::ServiceGate& ResourcesService::gate() {
  FH_CHECK(state_->serving != nullptr);
  return state_->serving->gate;
}

void ResourcesService::start(boost::asio::io_context& loop, gate::Pipeline& door) {
  FH_CHECK(state_->serving != nullptr);
  state_->serving->deletion.start(loop, door);
  state_->serving->jobs.start(loop, door, state_->store.tenants());
}

void ResourcesService::close_and_wait() {
  if (state_->serving == nullptr) return;
  state_->serving->jobs.close_and_wait();
  state_->serving->deletion.close_and_wait();
}

}  // namespace freehold::resources
