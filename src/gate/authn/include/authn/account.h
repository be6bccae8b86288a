// What the gate knows of a storage account, and who tells it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authn/ip_range.h"
#include "base/ids.h"
#include "base/secret.h"

namespace freehold::gate {

// From where an account may be reached. Private endpoints don't exist here, so that an account without public network
// access is reached by nobody.
struct NetworkRules {
  bool public_network = true;          // publicNetworkAccess
  bool admits_all = true;              // defaultAction Allow
  std::vector<IpRange> admitted = {};  // ipRules: looked at only where not all are
  friend bool operator==(const NetworkRules&, const NetworkRules&) = default;
};
// May a caller at this address, as http::Peer has it, come in? Nothing is asked of those who use no network (empty:
// the admin socket).
[[nodiscard]] bool admits(const NetworkRules& rules, std::string_view address);

// Immutable; a change makes a new one. Shared because requests keep the one they began with while the directory moves
// on.
struct StorageAccount {
  AccountId id;
  TenantId tenant;
  std::string name;
  SubscriptionId subscription;  // where it stands among resources: what roles are assigned over
  std::string resource_group;
  std::array<Secret, 2> keys;            // SharedKey: 64 bytes each
  bool secure_transfer_required = true;  // refuse plain http (E5)
  bool emulator = false;                 // devstoreaccount1
  bool readable_secondary = false;       // ACCOUNT-secondary answers reads (R2: the RA- variants)
  bool allow_public_access = false;      // containers may be opened to anonymous readers (allowBlobPublicAccess)
  bool allow_shared_key = true;          // SharedKey, and SAS signed by it (allowSharedKeyAccess)
  std::uint16_t minimum_tls = 0;         // of connections by TLS, as http::Peer names it (minimumTlsVersion)
  NetworkRules network = {};
  Secret delegation_secret;            // user delegation keys are derived from it; empty: there are none
  std::uint64_t delegation_epoch = 0;  // a higher one revokes every user delegation key of before
};

// Implemented by the service that keeps accounts, supplied by app/. Thread-safe, answers from memory.
class AccountDirectory {
 public:
  virtual ~AccountDirectory() = default;
  [[nodiscard]] virtual std::shared_ptr<const StorageAccount> find(std::string_view name) const = 0;
};

}  // namespace freehold::gate
