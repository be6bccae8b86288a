// AccountRow: what an account's partition says of the account itself, sealed (docs/formats/blob-rows.md).
#pragma once

#include <array>
#include <string>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"
#include "blob/account_settings.h"
#include "src/fields.h"

namespace freehold::blob {

struct AccountRow {
  std::array<Secret, 2> keys = {};
  Bytes wrapped_key = {};
  bool emulator = false;
  std::uint64_t delegation_epoch = 0;
  SubscriptionId subscription = {};
  std::string resource_group = {};
  AccountSettings settings = {};
  WallTime created = {};
  std::array<WallTime, 2> keys_created = {};
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
