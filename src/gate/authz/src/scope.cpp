#include "authz/scope.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "base/encoding.h"

namespace freehold::gate::authz {
namespace {

// Two of the tenant, a management group or so, subscription, resource group, resource, and what is below.
constexpr std::size_t kUsualDepth = 8;

const std::string kGroups = "/providers/microsoft.management/managementgroups/";

// Management groups don't stand in each other's ids.
void add_groups(ScopeChain& chain, const std::vector<std::string>& names) {
  for (const std::string& name : names) chain.scopes.push_back(kGroups + name);
}

bool may_stand_in_scope(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u > 0x20 && u != 0x7f && c != '?' && c != '#' && c != '\\' && c != '*' && c != '%';
}

void go_down(ScopeChain& chain, std::string_view below) {
  const std::string& above = chain.innermost();
  std::string scope;
  scope.reserve(above.size() + below.size());
  if (above != "/") scope = above;
  std::ranges::transform(below, std::back_inserter(scope), ascii_lower);
  chain.scopes.push_back(std::move(scope));
}

}  // namespace

std::optional<std::string> normal_scope(std::string_view scope) {
  while (scope.size() > 1 && scope.ends_with('/')) scope.remove_suffix(1);
  if (!scope.starts_with('/') || scope.size() > kMaxScopeBytes || scope.contains("//")) return std::nullopt;
  if (!std::ranges::all_of(scope, may_stand_in_scope) || !is_valid_utf8(scope)) return std::nullopt;
  return to_lower(scope);
}

ScopeChain tenant_chain(TenantId tenant) {
  ScopeChain chain;
  chain.scopes.reserve(kUsualDepth);
  chain.scopes.emplace_back("/");
  chain.scopes.push_back(kGroups + to_string(tenant));
  return chain;
}

ScopeChain management_group_chain(TenantId tenant, std::string_view group, const ManagementTree& tree) {
  ScopeChain chain = tenant_chain(tenant);
  const std::string name = to_lower(group);
  if (name == to_string(tenant)) return chain;
  add_groups(chain, tree.groups_above(tenant, name));
  add_groups(chain, {name});
  return chain;
}

ScopeChain subscription_chain(TenantId tenant, SubscriptionId subscription, const ManagementTree& tree) {
  ScopeChain chain = tenant_chain(tenant);
  add_groups(chain, tree.groups_above(tenant, subscription));
  chain.scopes.push_back("/subscriptions/" + to_string(subscription));
  return chain;
}

ScopeChain with_below(ScopeChain chain, std::string_view below) {
  FH_CHECK(!chain.scopes.empty());
  go_down(chain, below);
  return chain;
}

ScopeChain storage_account_chain(TenantId tenant, SubscriptionId subscription, std::string_view resource_group,
                                 std::string_view account, const ManagementTree& tree) {
  ScopeChain chain = subscription_chain(tenant, subscription, tree);
  go_down(chain, "/resourcegroups/" + std::string(resource_group));
  go_down(chain, "/providers/microsoft.storage/storageaccounts/" + std::string(account));
  return chain;
}

ScopeChain with_container(ScopeChain account, std::string_view container) {
  FH_CHECK(!account.scopes.empty());
  go_down(account, "/blobservices/default");
  go_down(account, "/containers/" + std::string(container));
  return account;
}

}  // namespace freehold::gate::authz
