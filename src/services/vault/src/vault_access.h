// VaultAccess: which tokens a vault takes, its firewall, and who may do what: roles, or the vault's access policies.
// Keeps: A1, I3, K1.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "authn/token_rules.h"
#include "authz/scope.h"
#include "authz/storage_access.h"
#include "src/holder_rules.h"
#include "src/vault_store.h"

namespace freehold::vault {

// What a data action is in an access policy: the kind and its permission. nullopt: no policy can give it.
struct PolicyNeed {
  PermissionKind kind;
  std::string_view permission;
};
[[nodiscard]] std::optional<PolicyNeed> need_of(std::string_view action, std::string_view path);
// Do the access policies give it to who asks, or to a group that it is in?
[[nodiscard]] bool policies_allow(const Vault& vault, const gate::Identity& who, const PolicyNeed& need);

// Borrows all of it. Thread-safe, decides from memory. The target names the vault (Target::container).
class VaultAccess final : public gate::TokenRules, public HolderRules {
 public:
  VaultAccess(const VaultStore& vaults, std::string domain, const gate::authz::SnapshotSource& assignments,
              const gate::authz::ManagementTree& tree, const gate::IdentityDirectory& identities)
      : HolderRules(identities), vaults_(vaults), domain_(std::move(domain)), assignments_(assignments), tree_(tree) {}
  // May it give roles on the vault, to anybody? Azure asks that of whoever takes a vault from roles to access policies
  // or back ("Azure role-based access control for Key Vault data plane operations").
  [[nodiscard]] bool may_give_roles(const Vault& vault, TenantId tenant, PrincipalId who) const;
  [[nodiscard]] bool takes_audience(std::string_view audience) const override;
  [[nodiscard]] bool allows(const gate::Identity& who, const http::Request& request, const gate::Target& target,
                            std::string_view action) const override;
  [[nodiscard]] gate::ApiError refuse_token(gate::TokenFault fault) const override;
  [[nodiscard]] gate::ApiError refuse_action(const gate::Identity& who, const http::Request& request,
                                             const gate::Target& target, std::string_view action) const override;
  [[nodiscard]] std::string challenge(const gate::ApiError& error, TenantId tenant, std::string_view port,
                                      const gate::TokenAuthority& authority) const override;

 private:
  [[nodiscard]] bool may_hold(const Vault& vault, const gate::Identity& who, std::string_view key) const override;
  // `object`: what the vault has, "/keys/k", or empty.
  [[nodiscard]] bool roles_allow(const Vault& vault, const gate::Identity& who, const std::string& object,
                                 std::string_view action) const;

  const VaultStore& vaults_;
  const std::string domain_;
  const gate::authz::SnapshotSource& assignments_;
  const gate::authz::ManagementTree& tree_;
};

}  // namespace freehold::vault
