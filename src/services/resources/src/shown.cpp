#include "src/shown.h"

#include "base/encoding.h"

namespace freehold::resources {

using gate::resource::Json;

Json group_json(const ResourceGroup& group) {
  const gate::resource::ResourceId id{.subscription = group.subscription, .group = group.name};
  Json out = {{"id", id.text()},
              {"name", group.name},
              {"type", "Microsoft.Resources/resourceGroups"},
              {"location", group.location},
              {"tags", group.tags},
              {"properties", {{"provisioningState", group.deleting() ? "Deleting" : "Succeeded"}}}};
  if (!group.managed_by.empty()) out["managedBy"] = group.managed_by;
  return out;
}

Json subscription_json(const Subscription& subscription) {
  const std::string id = to_string(subscription.id);
  return {
      {"id", "/subscriptions/" + id},
      {"subscriptionId", id},
      {"tenantId", to_string(subscription.tenant)},
      {"displayName", subscription.name},
      {"state", subscription.enabled ? "Enabled" : "Disabled"},
      {"subscriptionPolicies",
       {{"locationPlacementId", "Internal_2014-09-01"}, {"quotaId", "Internal_2014-09-01"}, {"spendingLimit", "Off"}}},
      {"authorizationSource", "RoleBased"},
      {"managedByTenants", Json::array()},
      {"tags", subscription.tags}};
}

std::vector<SubscriptionId> ScopeView::subscriptions(TenantId tenant) const {
  std::vector<SubscriptionId> out;
  for (const auto& [id, subscription] : store_.state(tenant)->subscriptions) out.push_back(id);
  return out;
}

std::vector<std::string> ScopeView::group_names(TenantId tenant, SubscriptionId subscription) const {
  std::vector<std::string> out;
  for (const auto& [key, group] : store_.state(tenant)->groups) {
    if (group->subscription == subscription && !group->deleting()) out.push_back(group->name);
  }
  return out;
}

Json ScopeView::subscription_json(TenantId tenant, SubscriptionId subscription) const {
  const auto found = store_.state(tenant)->subscription(subscription);
  return found == nullptr ? Json(nullptr) : resources::subscription_json(*found);
}

Json ScopeView::group_json(TenantId tenant, SubscriptionId subscription, std::string_view name) const {
  const auto found = store_.state(tenant)->group(subscription, name);
  return found == nullptr ? Json(nullptr) : resources::group_json(*found);
}

bool ScopeView::has_management_group(TenantId tenant, std::string_view name) const {
  return to_lower(name) == to_string(tenant) || store_.state(tenant)->management_groups.contains(to_lower(name));
}

}  // namespace freehold::resources
