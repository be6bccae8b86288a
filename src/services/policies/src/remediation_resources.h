// RemediationResources: the provider of Microsoft.PolicyInsights/remediations.
#pragma once

#include "base/random.h"
#include "resource/registry.h"
#include "src/remediation_jobs.h"

namespace freehold::policies {

// Owned by PoliciesService; borrows all of its parts. Thread-safe.
class RemediationResources final : public gate::resource::ResourceProvider {
 public:
  struct Parts {
    ScanParts scan;
    RemediationStore& store;
    RemediationJobs& jobs;
    Random& random;
  };
  explicit RemediationResources(Parts parts) : parts_(parts) {}
  void add_types(gate::resource::Registry& registry);

  [[nodiscard]] Task<gate::ApiResult<Json>> get(ResourceId id, gate::resource::Reading reading) override;
  // At a subscription or group: with what stands below it.
  [[nodiscard]] Task<gate::ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType& type,
                                                              gate::resource::ListScope scope,
                                                              gate::resource::Reading reading) override;
  // Answered when it is written down; it is carried out behind the answer.
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  using Answer = gate::ApiResult<gate::resource::ActionAnswer>;
  // False: it is gone or going, and what stands at it goes too.
  [[nodiscard]] Task<bool> stands(TenantId tenant, ResourceId scope) const;
  [[nodiscard]] Task<Answer> cancel(gate::resource::ActionCall call);
  [[nodiscard]] Task<Answer> list_deployments(gate::resource::ActionCall call);

  const Parts parts_;
};

}  // namespace freehold::policies
