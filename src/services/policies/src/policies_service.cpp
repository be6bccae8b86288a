#include "policies/policies_service.h"

#include "base/check.h"
#include "src/classification_resources.h"
#include "src/compliance_scan.h"
#include "src/policy_check.h"
#include "src/policy_gate.h"
#include "src/policy_insights.h"
#include "src/policy_resources.h"

namespace freehold::policies {
namespace {

// The aliases that the types' rows bring.
void fill(gate::policy::AliasTable& table, const gate::resource::Registry& registry) {
  for (const auto& type : registry.types()) {
    for (const auto absent : type.absent_types) table.add_absent_type(absent);
    if (type.aliases.empty()) continue;
    std::vector<gate::policy::AliasRow> rows;
    for (const auto& alias : type.aliases) {
      rows.push_back(
          {alias.alias, alias.path, alias.modifiable ? gate::policy::Modifiable::kYes : gate::policy::Modifiable::kNo});
    }
    FH_CHECK(table.add_type(type.full_type(), rows).has_value());
  }
}

}  // namespace

struct PoliciesService::State {
  explicit State(PoliciesServiceOptions given)
      : options(given),
        store(options.store, aliases),
        resources(store, options.tree),
        classifications(store, options.tree),
        check(store, options.tree, options.scopes) {}
  PoliciesServiceOptions options;
  gate::policy::AliasTable aliases;
  PolicyStore store;
  PolicyResources resources;
  ClassificationResources classifications;
  PolicyCheck check;
  ComplianceStore compliance;
  PolicyGate gate;
  std::vector<TenantId> tenants;
  // From add_resource_types() on: they need the registry.
  std::unique_ptr<ComplianceScan> scan;
  std::unique_ptr<PolicyInsights> insights;
};

PoliciesService::PoliciesService(PoliciesServiceOptions options) : state_(std::make_unique<State>(options)) {}
PoliciesService::~PoliciesService() = default;

void PoliciesService::add_resource_types(gate::resource::Registry& registry) {
  State& s = *state_;
  FH_CHECK(s.scan == nullptr);
  fill(s.aliases, registry);
  const ScanParts parts{s.store, s.compliance, s.options.tree, s.options.scopes, registry, s.options.clock};
  s.scan = std::make_unique<ComplianceScan>(parts, s.options.store.random);
  s.insights = std::make_unique<PolicyInsights>(parts, *s.scan);
  s.resources.add_types(registry);
  s.classifications.add_types(registry);
  s.insights->add_types(registry);
  registry.add_check(s.check);
  registry.add_observer(*s.scan);
}

runtime::Task<Result<>> PoliciesService::open(TenantId tenant) {
  FH_CHECK(state_->scan != nullptr);
  FH_CO_CHECK_OK(co_await state_->store.load(tenant));
  state_->tenants.push_back(tenant);
  co_return Result<>();
}

gate::ServiceGate& PoliciesService::gate() { return state_->gate; }

void PoliciesService::start(boost::asio::io_context& loop, gate::Pipeline& door) {
  FH_CHECK(state_->scan != nullptr);
  state_->scan->start(loop, door, state_->tenants);
}

void PoliciesService::close_and_wait() { state_->scan->close_and_wait(); }

runtime::Task<Result<>> PoliciesService::scan(TenantId tenant, std::string scope) {
  return state_->scan->scan(tenant, std::move(scope));
}

}  // namespace freehold::policies
