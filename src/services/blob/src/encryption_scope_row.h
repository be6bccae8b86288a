// ScopeRow: what an account's partition says of an encryption scope, sealed (docs/formats/blob-rows.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "keys/customer_keys.h"
#include "keys/erasure_tree.h"
#include "src/fields.h"

namespace freehold::blob {

struct ScopeRow {
  std::string name = {};  // as it was written first
  bool enabled = true;
  WallTime created = {};
  WallTime modified = {};
  Bytes wrapped_key = {};        // by the service; empty: the customer's key has it
  keys::ErasureId erasure = {};  // as in AccountRow; so are the next two
  std::vector<keys::ErasureId> to_erase = {};
  Bytes wrapped_outer = {};
  std::optional<keys::CustomerKey> by = {};  // without its tenant, which is the account's
  keys::WrappedByCustomer wrapped = {};
  UnknownFields unknown = {};
};

[[nodiscard]] Bytes encode_scope_row(const ScopeRow& row);
// kCorrupt; kUnsupported for a field that a newer program wrote and that must be known.
[[nodiscard]] Result<ScopeRow> decode_scope_row(BytesView bytes);

}  // namespace freehold::blob
