// What may be set of a vault, and what becomes of it: bodies of Microsoft.KeyVault read into settings. Pure.
//
// Source: "Vaults - Create Or Update", "Vaults - Update", "Vaults - Update Access Policy" (Key Vault resource
// provider).
#pragma once

#include <string>
#include <string_view>

#include "route/api_error.h"
#include "src/json_input.h"
#include "src/vault.h"

namespace freehold::vault {

using gate::ApiResult;

// Where vaults of this cloud are.
struct VaultPlace {
  std::string location;     // "local"
  std::string host_suffix;  // "vault.D"
};

struct Asked {
  TenantId tenant;
  std::string api_version;
  bool create = false;
};

// The settings as they are to be: `before` with what the body says. What isn't named stays as it is, but tags, which
// are replaced as a whole. 400 for what can't be kept: purge protection and soft delete can't be taken back, nor can
// the days be changed.
[[nodiscard]] ApiResult<VaultSettings> read_vault(VaultSettings before, const Json& resource, const Asked& asked);

// Parts of it, which pools have too: "tags"; enableSoftDelete, enablePurgeProtection, softDeleteRetentionInDays;
// networkAcls, publicNetworkAccess.
[[nodiscard]] ApiResult<> read_resource_tags(const Json& resource, VaultSettings& settings);
[[nodiscard]] ApiResult<> read_protection(const Json& properties, const Asked& asked, VaultSettings& settings);
[[nodiscard]] ApiResult<> read_network(const Json& properties, VaultSettings& settings);

// "recover": properties.createMode of a PUT.
[[nodiscard]] ApiResult<bool> asks_to_recover(const Json& resource);

enum class PolicyChange : std::uint8_t { kAdd, kReplace, kRemove };
[[nodiscard]] ApiResult<PolicyChange> policy_change(std::string_view word);
// accessPolicies/add gives what the body says besides, /replace instead of what its principals had, /remove takes it
// away.
[[nodiscard]] ApiResult<std::vector<AccessPolicy>> change_policies(std::vector<AccessPolicy> has, const Json& body,
                                                                   PolicyChange change, TenantId tenant);

// How it is shown. `port` is that by which the caller came (":8443"), or empty.
[[nodiscard]] Json show_vault(const Vault& vault, const VaultPlace& place, std::string_view port);
[[nodiscard]] Json show_deleted_vault(const Vault& vault);
[[nodiscard]] Json show_network(const VaultSettings& settings);
[[nodiscard]] Json show_system_data(const Vault& vault);
[[nodiscard]] Json show_policies(const std::vector<AccessPolicy>& policies);

}  // namespace freehold::vault
