// What may be set of a Managed HSM pool, and how it is shown. Pure.
//
// Source: "Managed Hsms - Create Or Update", "- Update", "- Get Deleted" (Key Vault resource provider).
#pragma once

#include "src/vault_rules.h"

namespace freehold::vault {

inline constexpr std::size_t kMaxAdministrators = 50;  // each gets a role assignment at "/"

struct PoolAsked {
  VaultSettings settings;
  std::vector<PrincipalId> administrators;
};
// As it is to be: `before` with what the body says. The administrators are those of before, unless it is being made.
[[nodiscard]] ApiResult<PoolAsked> read_pool(PoolAsked before, const Json& resource, const Asked& asked);

[[nodiscard]] Json show_pool(const Vault& pool, const VaultPlace& place, std::string_view port);
[[nodiscard]] Json show_deleted_pool(const Vault& pool);
[[nodiscard]] Json show_regions(const VaultPlace& place);

}  // namespace freehold::vault
