// Scopes: the places at which roles are assigned, from a tenant's root down to one container.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace freehold::gate::authz {

inline constexpr std::size_t kMaxScopeBytes = 1'024;

// In lower case, beginning with a slash, none at the end (but of "/" itself). nullopt: too long, empty segments, or
// characters that no resource id has.
[[nodiscard]] std::optional<std::string> normal_scope(std::string_view scope);

// Where a resource stands: every scope whose assignments reach it, outermost first, the resource's own last; normal.
struct ScopeChain {
  std::vector<std::string> scopes = {};
  // The resource itself.
  [[nodiscard]] const std::string& innermost() const { return scopes.back(); }
};

// A tenant's root and its root management group, which has the tenant's own id (Azure: "Root management group for each
// directory"). Every subscription of a tenant stands below it.
[[nodiscard]] ScopeChain tenant_chain(TenantId tenant);
[[nodiscard]] ScopeChain subscription_chain(TenantId tenant, SubscriptionId subscription);
[[nodiscard]] ScopeChain storage_account_chain(TenantId tenant, SubscriptionId subscription,
                                               std::string_view resource_group, std::string_view account);
// The same account's chain with one of its containers at the end.
[[nodiscard]] ScopeChain with_container(ScopeChain account, std::string_view container);

}  // namespace freehold::gate::authz
