// InsightsProvider: the activity log among the resource providers.
#pragma once

#include "insights/insights_service.h"
#include "src/activity_filter.h"
#include "src/activity_store.h"

namespace freehold::insights {

inline constexpr std::size_t kPageEvents = 200;       // Azure's page
inline constexpr std::size_t kScannedEvents = 5'000;  // looked at for one page; what is left has a nextLink

// Owned by InsightsService. Thread-safe. Its types have actions and nothing else.
class InsightsProvider final : public gate::resource::ResourceProvider {
 public:
  InsightsProvider(const ActivityStore& store, const CallerNames& names) : store_(store), names_(names) {}
  void add_to(gate::resource::Registry& registry);

  [[nodiscard]] Task<gate::ApiResult<gate::resource::Json>> get(gate::resource::ResourceId id,
                                                                gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<std::vector<gate::resource::Json>>> list(const gate::resource::ResourceType& type,
                                                                              gate::resource::ListScope scope,
                                                                              gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> list_events(gate::resource::ActionCall call) const;
  [[nodiscard]] std::string shown_name(PrincipalId caller) const;

  const ActivityStore& store_;
  const CallerNames& names_;
};

}  // namespace freehold::insights
