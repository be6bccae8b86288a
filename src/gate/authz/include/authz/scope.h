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

inline constexpr std::size_t kMaxGroupDepth = 6;  // Azure: management groups below the root one

// Which management groups stand above what, and whose a subscription is. Implemented by the resource manager, supplied
// by app/. Thread-safe, answers from memory; a move is in effect for every request that begins after it was answered.
class ManagementTree {
 public:
  virtual ~ManagementTree() = default;
  // nullopt: there is no such subscription.
  [[nodiscard]] virtual std::optional<TenantId> tenant_of(SubscriptionId subscription) const = 0;
  // Names in lower case, outermost first, without the root group, which has the tenant's id. Empty: nothing between.
  [[nodiscard]] virtual std::vector<std::string> groups_above(TenantId tenant, SubscriptionId subscription) const = 0;
  // The same of a management group; its own name isn't in it.
  [[nodiscard]] virtual std::vector<std::string> groups_above(TenantId tenant, std::string_view group) const = 0;
};

// A tenant's root and its root management group, which has the tenant's own id (Azure: "Root management group for each
// directory"). Every subscription and management group of a tenant stands below it.
[[nodiscard]] ScopeChain tenant_chain(TenantId tenant);
[[nodiscard]] ScopeChain management_group_chain(TenantId tenant, std::string_view group, const ManagementTree& tree);
[[nodiscard]] ScopeChain subscription_chain(TenantId tenant, SubscriptionId subscription, const ManagementTree& tree);
// The same chain with what stands below at its end: "/resourcegroups/g", "/providers/NS/type/name".
[[nodiscard]] ScopeChain with_below(ScopeChain chain, std::string_view below);
[[nodiscard]] ScopeChain storage_account_chain(TenantId tenant, SubscriptionId subscription,
                                               std::string_view resource_group, std::string_view account,
                                               const ManagementTree& tree);
// The same account's chain with one of its containers at the end.
[[nodiscard]] ScopeChain with_container(ScopeChain account, std::string_view container);

}  // namespace freehold::gate::authz
