// What an owner sets of a storage account, and what is kept of it besides (docs/formats/blob-rows.md).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authn/account.h"
#include "base/clock.h"
#include "keys/customer_keys.h"
#include "resource/managed_identities.h"

namespace freehold::blob {

inline constexpr std::uint16_t kTls10 = 0x0301;
inline constexpr std::uint16_t kTls12 = 0x0303;
inline constexpr std::uint16_t kTls13 = 0x0304;

// The first block decides requests; the second is shown as it was set.
struct AccountSettings {
  bool secure_transfer_required = true;
  bool allow_public_access = false;  // may its containers be opened to anonymous readers? The emulator's always may
  bool allow_shared_key = true;
  std::uint16_t minimum_tls = kTls12;
  bool public_network = true;
  bool admits_all = true;                  // networkAcls.defaultAction
  std::vector<std::string> ip_rules = {};  // as they were written; each holds for parse_ip_network()
  bool infrastructure_encryption = false;  // content is sealed twice. Of a new account; later it is as it was made

  std::string sku = {};   // empty: the region's own
  std::string kind = {};  // empty: StorageV2
  std::string location = {};
  std::string access_tier = {};  // empty: Hot
  std::map<std::string, std::string> tags = {};
  std::string kept = {};  // JSON: properties that change nothing here
  friend bool operator==(const AccountSettings&, const AccountSettings&) = default;
};

// Who acts for an account.
struct AccountIdentity {
  PrincipalId own = {};                                     // system-assigned; zero: none
  std::vector<gate::resource::UserIdentity> assigned = {};  // user-assigned, in order of their ids in lower case
  friend bool operator==(const AccountIdentity&, const AccountIdentity&) = default;
};

// An account as it is. Immutable; a change makes a new one.
struct AccountRecord {
  std::shared_ptr<const gate::StorageAccount> account;
  AccountSettings settings;
  WallTime created = {};  // epoch: not known
  std::array<WallTime, 2> keys_created = {};
  AccountIdentity identity = {};
  std::optional<keys::CustomerKey> customer_key = {};  // under which the account's key is
  std::string customer_key_version = {};               // that has wrapped it
};

}  // namespace freehold::blob
