// PoolAccess: which tokens a Managed HSM pool takes, its firewall, and its own roles, which alone decide what is done
// in it: roles of the resource manager and access policies say nothing here. Keeps: A1, I3, K1.
#pragma once

#include <string>
#include <string_view>

#include "authn/token_rules.h"
#include "src/holder_rules.h"
#include "src/hsm_role_store.h"

namespace freehold::vault {

// The scope of the roles by which a request is decided: "/", "/keys", "/keys/k1"; of a role's own path the scope that
// it names, or "/" if that is none.
[[nodiscard]] std::string scope_of_request(const http::Request& request);

// Borrows all of it. Thread-safe, decides from memory. The target names the pool (Target::container).
class PoolAccess final : public gate::TokenRules, public HolderRules {
 public:
  PoolAccess(const VaultStore& pools, const PoolRoleStore& roles, std::string domain,
             const gate::IdentityDirectory& identities)
      : HolderRules(identities), pools_(pools), roles_(roles), domain_(std::move(domain)) {}
  [[nodiscard]] bool takes_audience(std::string_view audience) const override;
  [[nodiscard]] bool allows(const gate::Identity& who, const http::Request& request, const gate::Target& target,
                            std::string_view action) const override;
  [[nodiscard]] gate::ApiError refuse_token(gate::TokenFault fault) const override;
  [[nodiscard]] gate::ApiError refuse_action(const gate::Identity& who, const http::Request& request,
                                             const gate::Target& target, std::string_view action) const override;
  [[nodiscard]] std::string challenge(const gate::ApiError& error, TenantId tenant, std::string_view port,
                                      const gate::TokenAuthority& authority) const override;

 private:
  [[nodiscard]] bool may_hold(const Vault& pool, const gate::Identity& who, std::string_view key) const override;

  const VaultStore& pools_;
  const PoolRoleStore& roles_;
  const std::string domain_;
};

}  // namespace freehold::vault
