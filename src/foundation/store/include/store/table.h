// Table: one logical ordered table over one or more range partitions (DESIGN section 4).
#pragma once

#include <vector>

#include "store/partition_store.h"

namespace freehold::store {

// Keys from `from` up to the next range's `from` lie in `partition`.
struct TableRange {
  Bytes from;
  PartitionId partition;
};

// A value: cheap to copy, safe to use from any thread; the store outlives it. Which ranges there are is decided above
// (a split replaces the table by another one).
class Table {
 public:
  // kInvalidArgument unless the ranges ascend, the first begins at the empty key, and no partition stands twice.
  [[nodiscard]] static Result<Table> make(PartitionStore& store, std::vector<TableRange> ranges);

  [[nodiscard]] Task<Result<std::optional<Bytes>>> get(Bytes key) const;
  // As PartitionStore::scan; a page may span ranges, and is then consistent in each of them only.
  [[nodiscard]] Task<Result<ScanPage>> scan(Bytes from, Bytes end, std::uint32_t limit) const;
  // Sets the partition by the keys and commits. kInvalidArgument if the keys lie in several ranges (that takes an
  // Intent, see intent.h), or there are none.
  [[nodiscard]] Task<CommitResult> commit(Commit commit) const;
  [[nodiscard]] const PartitionId& partition_of(BytesView key) const;

 private:
  Table(PartitionStore& store, std::vector<TableRange> ranges);
  [[nodiscard]] std::size_t range_of(BytesView key) const;

  PartitionStore* store_;
  std::shared_ptr<const std::vector<TableRange>> ranges_;  // shared by copies: it never changes
};

}  // namespace freehold::store
