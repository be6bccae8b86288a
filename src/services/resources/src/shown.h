// Subscriptions and resource groups as the API shows them, and as policies see them.
#pragma once

#include "resource/scopes.h"
#include "src/resource_store.h"

namespace freehold::resources {

[[nodiscard]] gate::resource::Json group_json(const ResourceGroup& group);
[[nodiscard]] gate::resource::Json subscription_json(const Subscription& subscription);

// What others may ask of the resource manager's own state. Borrows the store. Thread-safe.
class ScopeView final : public gate::resource::Scopes {
 public:
  explicit ScopeView(const ResourceStore& store) : store_(store) {}
  [[nodiscard]] std::vector<SubscriptionId> subscriptions(TenantId tenant) const override;
  [[nodiscard]] std::vector<std::string> group_names(TenantId tenant, SubscriptionId subscription) const override;
  [[nodiscard]] gate::resource::Json subscription_json(TenantId tenant, SubscriptionId subscription) const override;
  [[nodiscard]] gate::resource::Json group_json(TenantId tenant, SubscriptionId subscription,
                                                std::string_view name) const override;
  [[nodiscard]] bool has_management_group(TenantId tenant, std::string_view name) const override;

 private:
  const ResourceStore& store_;
};

}  // namespace freehold::resources
