// What an owner sets of a storage account, and what is kept of it besides (docs/formats/blob-rows.md).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "authn/account.h"
#include "base/clock.h"

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

  std::string sku = {};   // empty: the region's own
  std::string kind = {};  // empty: StorageV2
  std::string location = {};
  std::string access_tier = {};  // empty: Hot
  std::map<std::string, std::string> tags = {};
  std::string kept = {};  // JSON: properties that change nothing here
  friend bool operator==(const AccountSettings&, const AccountSettings&) = default;
};

// An account as it is. Immutable; a change makes a new one.
struct AccountRecord {
  std::shared_ptr<const gate::StorageAccount> account;
  AccountSettings settings;
  WallTime created = {};  // epoch: not known
  std::array<WallTime, 2> keys_created = {};
};

}  // namespace freehold::blob
