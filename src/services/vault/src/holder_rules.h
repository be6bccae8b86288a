// HolderRules: may an identity have keys of its own wrapped and unwrapped by a key of a vault, or of a Managed HSM
// pool? Each has rules of its own; the firewall and the identity are asked about alike. Keeps: E2b, I3.
#pragma once

#include <string_view>

#include "authn/identity.h"
#include "base/result.h"
#include "src/vault.h"

namespace freehold::vault {

// Implemented by VaultAccess and PoolAccess. Thread-safe, decides from memory.
class HolderRules {
 public:
  virtual ~HolderRules() = default;
  // kDenied says why not. Services of this cloud pass by the firewall where its owner lets them ("bypass").
  [[nodiscard]] Result<> check_holder(const Vault& vault, PrincipalId identity, std::string_view key) const;

 protected:
  explicit HolderRules(const gate::IdentityDirectory& identities) : identities_(identities) {}
  const gate::IdentityDirectory& identities_;

 private:
  // What Azure demands of it: that it may read the key, wrap by it, and unwrap.
  [[nodiscard]] virtual bool may_hold(const Vault& vault, const gate::Identity& who, std::string_view key) const = 0;
};

}  // namespace freehold::vault
