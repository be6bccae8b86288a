// What the gate knows of a storage account, and who tells it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/secret.h"

namespace freehold::gate {

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
  Secret delegation_secret;              // user delegation keys are derived from it; empty: there are none
  std::uint64_t delegation_epoch = 0;    // a higher one revokes every user delegation key of before
};

// Implemented by the service that keeps accounts, supplied by app/. Thread-safe, answers from memory.
class AccountDirectory {
 public:
  virtual ~AccountDirectory() = default;
  [[nodiscard]] virtual std::shared_ptr<const StorageAccount> find(std::string_view name) const = 0;
};

}  // namespace freehold::gate
