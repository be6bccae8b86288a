// AccountRow: what an account's partition says of the account itself, sealed (docs/formats/blob-rows.md).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"
#include "blob/account_settings.h"
#include "keys/customer_keys.h"
#include "keys/erasure_tree.h"
#include "src/fields.h"

namespace freehold::blob {

// Under which key of a vault the account's key is.
struct AccountCustody {
  keys::CustomerKey by;
  keys::WrappedByCustomer wrapped;
  // What user delegation keys are made of, by the KeyWrapper: signatures are checked without the account's key.
  Bytes wrapped_delegation;
};

struct AccountRow {
  std::array<Secret, 2> keys = {};
  Bytes wrapped_key = {};        // by the service; empty: the customer's key has it
  keys::ErasureId erasure = {};  // what wrapped_key depends on; zero: on nothing, as rows of before have it
  std::vector<keys::ErasureId> to_erase = {};  // what earlier ones depended on, until it is destroyed
  Bytes wrapped_outer = {};  // the key of infrastructure encryption, by the KeyWrapper; empty: there is none
  std::optional<AccountCustody> custody = {};
  bool emulator = false;
  std::uint64_t delegation_epoch = 0;
  SubscriptionId subscription = {};
  std::string resource_group = {};
  AccountSettings settings = {};
  WallTime created = {};
  std::array<WallTime, 2> keys_created = {};
  AccountIdentity identity = {};
  UnknownFields unknown = {};
};

// Holds the shared keys in clear: wipe it.
[[nodiscard]] Bytes encode_account_row(const AccountRow& row);
// kCorrupt; kUnsupported for a field that a newer program wrote and that must be known.
[[nodiscard]] Result<AccountRow> decode_account_row(BytesView bytes);

// The row of a name in the registry.
struct RegistryRow {
  TenantId tenant;
  AccountId account;
  bool deleting = false;  // the account is gone and its data is being removed; the name is free once this row is gone
};
[[nodiscard]] Bytes encode_registry_row(const RegistryRow& row);
[[nodiscard]] Result<RegistryRow> decode_registry_row(BytesView bytes);

}  // namespace freehold::blob
