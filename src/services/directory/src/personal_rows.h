// PersonalRows: what is personal rests under secrets that an erasure destroys. Keeps: R4.
#pragma once

#include <map>
#include <vector>

#include "keys/erasure_tree.h"
#include "keys/sealed_rows.h"
#include "runtime/task.h"

namespace freehold::directory {

// Of one tenant. One at a time: whoever has the turn of its directory.
class PersonalRows {
 public:
  explicit PersonalRows(keys::SealedStore store, keys::ErasureTree& erasure) : store_(store), erasure_(erasure) {}

  // Opens rows as they were loaded, and remembers whose secrets they are under. Those that were erased are left out;
  // those of earlier builds are as they were written. kCorrupt; and what ErasureTree::find() fails with.
  [[nodiscard]] runtime::Task<Result<std::vector<store::KeyValue>>> open(std::vector<store::KeyValue> rows);
  // Before a commit: seals the personal rows that the change puts, and destroys the secrets of those that it deletes,
  // so that no copy of the disks tells them. If the commit fails after that, the person is erased but for the name of a
  // row.
  [[nodiscard]] runtime::Task<Result<>> prepare(keys::RowChange& change);

 private:
  keys::SealedStore store_;
  keys::ErasureTree& erasure_;
  std::map<Bytes, keys::ErasureId> under_;  // by the row's key
};

}  // namespace freehold::directory
