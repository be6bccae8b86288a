// PolicyInsights: the provider of Microsoft.PolicyInsights: states of compliance asked for and summed up, scans begun,
// and what a resource that isn't there yet would be told.
#pragma once

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
  [[nodiscard]] gate::ApiResult<std::vector<Json>> states(const gate::resource::ActionCall& call) const;
  [[nodiscard]] Answer query(const gate::resource::ActionCall& call) const;
  [[nodiscard]] Answer summarize(const gate::resource::ActionCall& call) const;
  [[nodiscard]] Answer begin_scan(const gate::resource::ActionCall& call) const;
  [[nodiscard]] Answer scan_result(const gate::resource::ActionCall& call) const;
  [[nodiscard]] Answer check_restrictions(const gate::resource::ActionCall& call) const;  // policy_restrictions.cpp

  const ScanParts parts_;
  ComplianceScan& scan_;
};

// One state as the API has it, with its policyEvaluationDetails.
[[nodiscard]] Json state_json(const ResourceStates& resource, const PolicyState& state);
// The value of "policyStates - Summarize" for these.
[[nodiscard]] Json summary_json(const std::vector<Json>& states);

}  // namespace freehold::policies
