// Storage accounts in the resource manager's own form: what a body asks for, and how an account is shown. Pure.
//
// Source: "Storage Accounts - Create/Update" (Storage Resource Provider REST API), 2019-06-01 to 2025-01-01. What a
// body leaves out stays as it is. What would promise something that isn't enforced here may be said to be off, and is
// refused otherwise; a member that nobody knows is refused by name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "blob/account_settings.h"
#include "resource/change.h"

namespace freehold::blob {

using gate::resource::Json;

inline constexpr std::size_t kIpRules = 400;
inline constexpr std::size_t kAccountTags = 50;
inline constexpr std::size_t kAccountIdentities = 20;  // ours
inline constexpr std::size_t kTagNameBytes = 512;      // Azure counts 128 and 256 characters
inline constexpr std::size_t kTagValueBytes = 1'024;
inline constexpr std::size_t kSettingsBytes = 40 * 1024;  // of all that a row keeps besides its keys

// What this region can keep, and where it is.
struct AccountPlace {
  std::string location;           // "local"
  std::vector<std::string> skus;  // the first is the default
  std::string endpoint_suffix;    // "blob.core.freehold.localhost"
  std::string vault_suffix;       // "vault.freehold.localhost"; empty: there are no vaults
  std::string pool_suffix;        // "managedhsm.freehold.localhost"; empty: there are no Managed HSM pools
};

// `settings` as the body wants them; `resource` is the whole of a PUT, or a PATCH laid over what is shown. With
// `created`, what Azure demands of a new account has to be there.
enum class Asked { kCreate, kUpdate };
[[nodiscard]] gate::ApiResult<AccountSettings> read_account(AccountSettings settings, const Json& resource,
                                                            const AccountPlace& place, Asked asked);

// What a body says of who acts for the account and of whose key it is under; what it doesn't say stays.
struct AskedCustody {
  enum class Source { kAsItIs, kService, kCustomer };
  std::optional<bool> own_identity = {};                  // is it to have one?
  std::optional<std::vector<std::string>> assigned = {};  // ids of all user-assigned ones that it is to have
  Source source = Source::kAsItIs;
  keys::KeyHome home = keys::KeyHome::kVault;  // of kCustomer; so are the names
  std::string vault = {};
  std::string key = {};
  std::string version = {};  // empty: always the newest
  std::string by = {};       // which user-assigned identity uses it; empty: its own
};
[[nodiscard]] gate::ApiResult<AskedCustody> read_custody(const Json& resource, const AccountPlace& place);

// "https://NAME.vault.D:8443/", "https://NAME.managedhsm.D:8443/": NAME, in lower case, and what it names. nullopt:
// neither a vault of this cloud nor a pool.
struct KeyHost {
  keys::KeyHome home;
  std::string name;
};
[[nodiscard]] std::optional<KeyHost> key_host_of(std::string_view uri, const AccountPlace& place);
// "https://NAME.vault.D:8443" of the vault or pool that has the key.
[[nodiscard]] std::string key_host_uri(const keys::CustomerKey& key, const AccountPlace& place, std::string_view port);

// `port` is that by which the caller came (":8443"), or empty.
[[nodiscard]] Json show_account(const AccountRecord& record, const AccountPlace& place, std::string_view port);

// What is kept and changes nothing, as an object.
[[nodiscard]] Json kept_properties(const AccountSettings& settings);

// "/subscriptions/S/resourceGroups/G/providers/Microsoft.Storage/storageAccounts/NAME"
[[nodiscard]] std::string account_path(const gate::StorageAccount& account);
[[nodiscard]] std::string sku_of(const AccountSettings& settings, const AccountPlace& place);
[[nodiscard]] std::string tier_of_sku(std::string_view sku);

}  // namespace freehold::blob
