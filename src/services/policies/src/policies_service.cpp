#include "policies/policies_service.h"

#include "base/check.h"
#include "src/classification_resources.h"
#include "src/compliance_scan.h"
#include "src/data_check.h"
#include "src/policy_check.h"
#include "src/policy_gate.h"
#include "src/policy_insights.h"
#include "src/policy_resources.h"
#include "src/policy_triggers.h"
#include "src/remediation_resources.h"

namespace freehold::policies {
namespace {

// The aliases that the types' rows bring.
void add_type(gate::policy::AliasTable& table, std::string_view type,
              std::span<const gate::resource::PropertyAlias> aliases) {
  std::vector<gate::policy::AliasRow> rows;
  for (const auto& alias : aliases) {
    rows.push_back(
        {alias.alias, alias.path, alias.modifiable ? gate::policy::Modifiable::kYes : gate::policy::Modifiable::kNo});
  }
  FH_CHECK(table.add_type(type, rows).has_value());
}

// Of what the resource manager keeps itself and policies judge when it is written.
constexpr gate::resource::PropertyAlias kRoleAliases[] = {
    {"Microsoft.Authorization/roleAssignments/roleDefinitionId", "properties.roleDefinitionId"},
    {"Microsoft.Authorization/roleAssignments/principalId", "properties.principalId"},
    {"Microsoft.Authorization/roleAssignments/principalType", "properties.principalType"},
    {"Microsoft.Authorization/roleAssignments/scope", "properties.scope"},
    {"Microsoft.Authorization/roleAssignments/description", "properties.description"},
    {"Microsoft.Authorization/roleAssignments/condition", "properties.condition"}};
constexpr gate::resource::PropertyAlias kLockAliases[] = {{"Microsoft.Authorization/locks/level", "properties.level"},
                                                          {"Microsoft.Authorization/locks/notes", "properties.notes"}};

void fill(gate::policy::AliasTable& table, const gate::resource::Registry& registry,
          std::span<const gate::resource::DataType> data_types) {
  for (const auto& type : registry.types()) {
    for (const auto absent : type.absent_types) table.add_absent_type(absent);
    if (!type.aliases.empty()) add_type(table, type.full_type(), type.aliases);
  }
  for (const auto& type : data_types) add_type(table, type.type, type.aliases);
  add_type(table, "Microsoft.Authorization/roleAssignments", kRoleAliases);
  add_type(table, "Microsoft.Authorization/locks", kLockAliases);
}

}  // namespace

struct PoliciesService::State {
  explicit State(PoliciesServiceOptions given)
      : options(given),
        store(options.store, aliases),
        resources({store, options.tree, options.assignments, options.identities, options.managed,
                   options.user_identities, options.clock}),
        classifications(store, options.tree),
        check(store, options.tree, options.scopes),
        data_check(store, options.tree, options.scopes),
        remediation_store(options.store) {}
  PoliciesServiceOptions options;
  gate::policy::AliasTable aliases;
  PolicyStore store;
  PolicyResources resources;
  ClassificationResources classifications;
  PolicyCheck check;
  DataCheck data_check;
  ComplianceStore compliance;
  RemediationStore remediation_store;
  PolicyGate gate;
  std::vector<TenantId> tenants;
  // From add_resource_types() on: they need the registry.
  std::unique_ptr<ComplianceScan> scan;
  std::unique_ptr<PolicyInsights> insights;
  std::unique_ptr<RemediationJobs> jobs;
  std::unique_ptr<RemediationResources> remediations;
  std::unique_ptr<PolicyTriggers> triggers;
  std::unique_ptr<PipelineDoor> door;  // from start() on
};

PoliciesService::PoliciesService(PoliciesServiceOptions options) : state_(std::make_unique<State>(options)) {}
PoliciesService::~PoliciesService() = default;

void PoliciesService::add_resource_types(gate::resource::Registry& registry) {
  State& s = *state_;
  FH_CHECK(s.scan == nullptr);
  fill(s.aliases, registry, s.options.data_types);
  const ScanParts parts{.store = s.store,
                        .compliance = s.compliance,
                        .tree = s.options.tree,
                        .scopes = s.options.scopes,
                        .registry = registry,
                        .clock = s.options.clock,
                        .objects = s.options.data_objects,
                        .data_types = s.options.data_types};
  s.scan = std::make_unique<ComplianceScan>(parts, s.options.store.random);
  s.insights = std::make_unique<PolicyInsights>(parts, *s.scan);
  s.resources.add_types(registry);
  s.classifications.add_types(registry);
  s.insights->add_types(registry);
  s.jobs = std::make_unique<RemediationJobs>(parts, s.remediation_store, *s.scan);
  s.remediations = std::make_unique<RemediationResources>(
      RemediationResources::Parts{parts, s.remediation_store, *s.jobs, s.options.store.random});
  s.remediations->add_types(registry);
  s.triggers = std::make_unique<PolicyTriggers>(parts, s.remediation_store, *s.jobs, *s.scan, s.options.store.random);
  registry.add_check(s.check);
  registry.add_observer(*s.scan);
  registry.add_observer(*s.triggers);
  registry.set_witness(*s.triggers);
}

runtime::Task<Result<>> PoliciesService::open(TenantId tenant) {
  FH_CHECK(state_->scan != nullptr);
  FH_CO_CHECK_OK(co_await state_->store.load(tenant));
  FH_CO_CHECK_OK(co_await state_->resources.sweep_identities(tenant));
  FH_CO_CHECK_OK(co_await state_->remediation_store.load(tenant));
  FH_CO_CHECK_OK(co_await state_->triggers->load(tenant));
  state_->tenants.push_back(tenant);
  co_return Result<>();
}

gate::ServiceGate& PoliciesService::gate() { return state_->gate; }
const gate::resource::DataPolicy& PoliciesService::data_policy() const { return state_->data_check; }

void PoliciesService::start(boost::asio::io_context& loop, gate::Pipeline& door) {
  FH_CHECK(state_->scan != nullptr);
  State& s = *state_;
  s.door = std::make_unique<PipelineDoor>(door);
  s.scan->start(loop, door, s.tenants);
  s.jobs->start(loop, *s.door, s.tenants);
  s.triggers->start();
}

void PoliciesService::start(boost::asio::io_context& loop, ManagerDoor& door) {
  state_->jobs->start(loop, door, state_->tenants);
  state_->triggers->start();
}

void PoliciesService::close_and_wait() {
  state_->jobs->close_and_wait();
  state_->scan->close_and_wait();
}

runtime::Task<Result<>> PoliciesService::scan(TenantId tenant, std::string scope) {
  return state_->scan->scan(tenant, std::move(scope));
}

}  // namespace freehold::policies
