#include "src/holder_rules.h"

namespace freehold::vault {

Result<> HolderRules::check_holder(const Vault& vault, PrincipalId identity, std::string_view key) const {
  const auto who = identities_.find(vault.tenant, identity);
  if (who == nullptr || !who->enabled) return fail(ErrorCode::kDenied, "the identity is gone or disabled");
  const auto& settings = vault.settings;
  if ((!settings.public_network || !settings.admits_all) && settings.bypass != "AzureServices") {
    return fail(ErrorCode::kDenied, "the vault's firewall keeps this cloud's services out");
  }
  if (may_hold(vault, *who, key)) return {};
  return fail(ErrorCode::kDenied, "the identity may not use the key: it takes get, wrapKey and unwrapKey");
}

}  // namespace freehold::vault
