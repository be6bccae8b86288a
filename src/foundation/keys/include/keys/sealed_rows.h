// SealedRows: a partition whose rows are all sealed, each bound to its place: for small tables that decide access.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "runtime/task.h"
#include "store/hybrid_clock.h"
#include "store/partition_store.h"

namespace freehold::keys {

// The keys under which rows that decide access are sealed, one a tenant; the zero tenant is the region itself. Supplied
// by app/ from the key ring. Thread-safe, from memory.
class RowKeySource {
 public:
  virtual ~RowKeySource() = default;
  // 32 bytes. kUnavailable or kDenied if the tenant's key can't be had.
  [[nodiscard]] virtual Result<Secret> row_key(TenantId tenant) = 0;
};

// What a table of sealed rows needs; all of it outlives the table.
struct SealedStore {
  store::PartitionStore& rows;
  store::Epoch epoch;
  store::HybridClock& hybrid;
  RowKeySource& row_keys;
  Random& random;
};

// Plain rows to be put and keys to be deleted, at once.
struct RowChange {
  std::vector<store::KeyValue> puts = {};
  std::vector<Bytes> deletes = {};
  std::vector<Bytes> absent = {};           // keys that must not be there yet
  std::vector<store::KeyValue> as_is = {};  // rows of others that ride along: sealed already
};

// Thread-safe. Rows are sealed under the row key of the partition's tenant (docs/formats/blob-rows.md, "Sealed rows").
class SealedRows {
 public:
  SealedRows(SealedStore store, store::PartitionId partition) : store_(store), partition_(std::move(partition)) {}
  [[nodiscard]] const store::PartitionId& partition() const { return partition_; }

  // All rows whose key begins with `prefix` (not empty), opened; kExhausted if there are more than `limit`. kCorrupt if
  // one was altered or moved.
  [[nodiscard]] runtime::Task<Result<std::vector<store::KeyValue>>> load(Bytes prefix, std::size_t limit) const;
  // One commit. kConflict: a key that must not be there is; kExhausted: too large for one commit; kUnavailable: nothing
  // happened, or it can't be known.
  [[nodiscard]] runtime::Task<Result<>> change(RowChange change) const;

 private:
  SealedStore store_;
  store::PartitionId partition_;
};

}  // namespace freehold::keys
