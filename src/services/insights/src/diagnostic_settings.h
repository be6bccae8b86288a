// DiagnosticSettings: diagnosticSettings and diagnosticSettingsCategories among the resource providers.
#pragma once

#include "insights/insights_service.h"
#include "src/setting_store.h"

namespace freehold::insights {

struct DiagnosticSettingsParts {
  SettingStore& store;
  Random& random;
  const gate::audit::LogReader& log;
  const gate::authz::SnapshotSource& assignments;
  const gate::authz::ManagementTree& tree;
  const gate::IdentityDirectory& identities;
};

// Owned by InsightsService. Thread-safe once its types are in the registry. Who asks for a list without having come by
// a door (Caller::origin) is the resource manager, which removes what extends a scope: it is told of settings below it
// too.
class DiagnosticSettings final : public gate::resource::ResourceProvider {
 public:
  explicit DiagnosticSettings(DiagnosticSettingsParts parts) : parts_(parts) {}
  void add_to(gate::resource::Registry& registry);

  [[nodiscard]] Task<gate::ApiResult<Json>> get(gate::resource::ResourceId id,
                                                gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType& type,
                                                              gate::resource::ListScope scope,
                                                              gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  [[nodiscard]] gate::ApiResult<> check_rights(const DiagnosticSetting& setting,
                                               const gate::resource::Caller& caller) const;
  [[nodiscard]] Task<gate::ApiResult<Json>> read(gate::resource::ResourceId id, gate::resource::Caller caller) const;
  [[nodiscard]] Task<gate::ApiResult<>> check_account(const DiagnosticSetting& setting,
                                                      gate::resource::Caller caller) const;

  const DiagnosticSettingsParts parts_;
  const gate::resource::Registry* registry_ = nullptr;
};

}  // namespace freehold::insights
