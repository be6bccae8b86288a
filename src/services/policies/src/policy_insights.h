// PolicyInsights: the provider of Microsoft.PolicyInsights: states of compliance asked for and summed up, scans begun,
// and what a resource that isn't there yet would be told.
#pragma once

#include <functional>

#include "src/compliance_scan.h"

namespace freehold::policies {

// Owned by PoliciesService; borrows all of it. Thread-safe.
class PolicyInsights final : public gate::resource::ResourceProvider {
 public:
  PolicyInsights(ScanParts parts, ComplianceScan& scan) : parts_(parts), scan_(scan) {}
  void add_types(gate::resource::Registry& registry);

  // "latest" and "default" are there at every scope.
  [[nodiscard]] Task<gate::ApiResult<Json>> get(ResourceId id, gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType& type,
                                                              gate::resource::ListScope scope,
                                                              gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  using Answer = gate::ApiResult<gate::resource::ActionAnswer>;
  // Told of each state that the request is about, those of a resource one behind the other; false: no more is wanted.
  using Visit = std::function<bool(const ResourceStatesPtr& resource, const PolicyState& state, Json shown)>;
  [[nodiscard]] Task<gate::ApiResult<>> visit_states(const gate::resource::ActionCall& call, Visit visit) const;
  [[nodiscard]] Task<Answer> query(gate::resource::ActionCall call) const;
  [[nodiscard]] Task<Answer> summarize(gate::resource::ActionCall call) const;
  [[nodiscard]] Answer begin_scan(const gate::resource::ActionCall& call) const;
  [[nodiscard]] Answer scan_result(const gate::resource::ActionCall& call) const;
  [[nodiscard]] Task<Answer> check_restrictions(gate::resource::ActionCall call) const;  // policy_restrictions.cpp

  const ScanParts parts_;
  ComplianceScan& scan_;
};

// One state as the API has it, without its policyEvaluationDetails.
[[nodiscard]] Json state_json(const ResourceStates& resource, const PolicyState& state);

}  // namespace freehold::policies
