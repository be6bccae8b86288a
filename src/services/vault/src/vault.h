// A vault as the service knows it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authn/account.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/secret.h"
#include "keys/erasure_tree.h"
#include "src/permissions.h"
#include "store/partition_store.h"

namespace freehold::vault {

using VaultId = Guid<struct VaultTag>;

inline constexpr int kLeastRetentionDays = 7;
inline constexpr int kMostRetentionDays = 90;
inline constexpr std::size_t kMaxPolicies = 1'024;  // Azure: "Assign a Key Vault access policy"
inline constexpr std::size_t kMaxIpRules = 127;     // Azure: "Configure network security for Key Vault"
inline constexpr std::size_t kMaxVaultTags = 15;
// Ours. A deleted vault is there until it is purged.
inline constexpr std::size_t kVaultsPerSubscription = 1'000;
inline constexpr std::size_t kDeletedPerSubscription = 1'000;
inline constexpr std::size_t kVaultsPerTenant = 20'000;

// What one principal may do to each kind of object.
struct AccessPolicy {
  TenantId tenant;
  PrincipalId object;
  PrincipalId application = {};  // zero: whatever application it comes by
  std::array<PermissionMask, kPermissionKinds> may = {};
  friend bool operator==(const AccessPolicy&, const AccessPolicy&) = default;
};

// What its owner sets.
struct VaultSettings {
  std::string location = {};
  std::map<std::string, std::string> tags = {};
  std::string sku = "standard";
  std::vector<AccessPolicy> policies = {};
  bool rbac = false;  // roles decide, and access policies say nothing
  bool purge_protection = false;
  int retention_days = kMostRetentionDays;
  bool for_deployment = false;
  bool for_disk_encryption = false;
  bool for_template_deployment = false;
  bool public_network = true;
  bool network_acls = false;  // were rules ever given?
  bool admits_all = true;
  std::string bypass = "AzureServices";
  std::vector<std::string> ip_rules = {};  // as written
};

enum class VaultState : std::uint8_t {
  kActive,
  kDeleted,  // can be recovered until `purge_at`
  kPurging,  // its content is being removed; the name comes free with the row
};

// What a Managed HSM pool has and a vault hasn't. A pool is a vault of another kind: it holds keys alone, its own roles
// decide in it, and nobody does anything with it before its security domain is in its owner's hands.
struct PoolSettings {
  std::vector<PrincipalId> administrators = {};  // those that it was made with; roles say who is one now
  bool activated = false;
  bool keys_by_arm = false;  // AllowKeyManagementOperationsThroughARM
  std::string token = {};    // the label of its token, once it is activated
  // Which of two places its keys are in: a full restore fills the other one, and one commit of this row switches.
  bool second_place = false;
  // Of an activated one: what opens its token and seals its backups, as the KeyWrapper gave it.
  Bytes wrapped_secrets = {};
};

// What the rows of a vault's content have in common: where they are, and what they are sealed under. Immutable.
struct VaultRows {
  store::PartitionId partition;
  Secret key;  // 32 bytes
};

// Immutable; a change makes a new one.
struct Vault {
  VaultId id;
  TenantId tenant;
  std::string name;  // as written; the registry has it in lower case
  SubscriptionId subscription;
  std::string resource_group;
  VaultSettings settings;
  WallTime created = {};
  WallTime updated = {};
  PrincipalId created_by = {};
  PrincipalId updated_by = {};
  VaultState state = VaultState::kActive;
  WallTime deleted = {};
  WallTime purge_at = {};
  Bytes wrapped_key = {};        // as the KeyWrapper gave it
  keys::ErasureId erasure = {};  // what its key depends on besides, so that a purge destroys it; zero: nothing
  // Null: the vault's key was destroyed, and the vault is being purged. Shared by all records of the vault: a change of
  // settings leaves it.
  std::shared_ptr<const VaultRows> rows = {};
  gate::NetworkRules network = {};  // from the settings, ready to be asked
  std::optional<PoolSettings> pool = {};
};

// "/subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/N", or ".../managedHSMs/N".
[[nodiscard]] std::string vault_path(const Vault& vault);
// What records of the audit log call it: "vau1", "hsm1.managedhsm". A pool and a vault may have one name, and what was
// done in one is nothing for whoever reads the other's log.
[[nodiscard]] std::string recorded_name(const Vault& vault);
[[nodiscard]] std::string recorded_pool(std::string_view name);
[[nodiscard]] std::string_view name_in_record(std::string_view recorded);
// The firewall that the settings describe.
[[nodiscard]] gate::NetworkRules network_of(const VaultSettings& settings);
// Azure's rule: 3 to 24 letters, digits and hyphens, a letter first, no hyphen last, and no two in a row.
[[nodiscard]] bool is_vault_name(std::string_view name);

}  // namespace freehold::vault
