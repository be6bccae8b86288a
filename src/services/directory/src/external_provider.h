// Microsoft.AzureActiveDirectory as a resource provider: external directories are resources of the tenant that made
// them.
//
// Source: "B2C Tenants" (Azure AD external identities REST API), 2019-01-01-preview to 2023-05-17-preview.
#pragma once

#include "resource/registry.h"
#include "src/external_directories.h"

namespace freehold::directory {

// Owned by DirectoryService; what it borrows outlives it. Thread-safe.
class ExternalProvider final : public gate::resource::ResourceProvider {
 public:
  ExternalProvider(ExternalDirectories& directories, std::string domain)
      : directories_(directories), domain_(std::move(domain)) {}
  void add_types(gate::resource::Registry& registry);

  [[nodiscard]] Task<gate::ApiResult<gate::resource::Json>> get(gate::resource::ResourceId id,
                                                                gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<std::vector<gate::resource::Json>>> list(const gate::resource::ResourceType& type,
                                                                              gate::resource::ListScope scope,
                                                                              gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  [[nodiscard]] std::shared_ptr<const ExternalDirectory> find(TenantId tenant,
                                                              const gate::resource::ResourceId& id) const;
  ExternalDirectories& directories_;
  const std::string domain_;  // the region's
};

}  // namespace freehold::directory
