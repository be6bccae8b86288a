#include "src/model.h"

#include <algorithm>

#include "authz/scope.h"
#include "base/encoding.h"

namespace freehold::resources {

std::shared_ptr<const Subscription> TenantState::subscription(SubscriptionId id) const {
  const auto at = subscriptions.find(id);
  return at == subscriptions.end() ? nullptr : at->second;
}

std::shared_ptr<const ResourceGroup> TenantState::group(SubscriptionId subscription, std::string_view name) const {
  const auto at = groups.find(group_key(subscription, name));
  return at == groups.end() ? nullptr : at->second;
}

// Circles can't be stored; the bound is for rows that a fault made.
std::vector<std::string> TenantState::groups_from_root(std::string parent) const {
  std::vector<std::string> out;
  while (!parent.empty() && out.size() <= gate::authz::kMaxGroupDepth) {
    const auto at = management_groups.find(parent);
    if (at == management_groups.end()) break;
    out.push_back(parent);
    parent = at->second->parent;
  }
  std::ranges::reverse(out);
  return out;
}

std::string group_key(SubscriptionId subscription, std::string_view name) {
  return "/subscriptions/" + to_string(subscription) + "/resourcegroups/" + to_lower(name);
}

std::string lock_key(std::string_view scope, std::string_view name) { return to_lower(scope) + "\n" + to_lower(name); }

}  // namespace freehold::resources
