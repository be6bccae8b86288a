// ScopeRow: what an account's partition says of an encryption scope, sealed (docs/formats/blob-rows.md).
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "keys/customer_keys.h"
#include "src/fields.h"

namespace freehold::blob {

struct ScopeRow {
  std::string name = {};  // as it was written first
  bool enabled = true;
  WallTime created = {};
  WallTime modified = {};
  Bytes wrapped_key = {};                    // by the KeyWrapper; empty: the customer's key has it
  Bytes wrapped_outer = {};                  // as in AccountRow
  std::optional<keys::CustomerKey> by = {};  // without its tenant, which is the account's
  keys::WrappedByCustomer wrapped = {};
  UnknownFields unknown = {};
};

[[nodiscard]] Bytes encode_scope_row(const ScopeRow& row);
// kCorrupt; kUnsupported for a field that a newer program wrote and that must be known.
[[nodiscard]] Result<ScopeRow> decode_scope_row(BytesView bytes);

}  // namespace freehold::blob
