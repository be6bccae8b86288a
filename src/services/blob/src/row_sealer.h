// RowSealer: seals and opens the rows that decide access, each bound to its place, so that a row moved elsewhere
// doesn't open.
#pragma once

#include "base/random.h"
#include "blob/account_store.h"
#include "crypto/aead.h"
#include "store/partition_store.h"

namespace freehold::blob {

// Borrows the key source and the randomness; thread-safe as they are.
class RowSealer {
 public:
  RowSealer(RowKeySource& keys, Random& random) : keys_(keys), random_(random) {}
  [[nodiscard]] Result<Bytes> seal(const store::PartitionId& partition, BytesView key, BytesView plain) const {
    FH_TRY(const auto row_key, keys_.row_key(partition.tenant()));
    return crypto::seal(row_key, place(partition, key), plain, random_);
  }
  [[nodiscard]] Result<Bytes> open(const store::PartitionId& partition, BytesView key, BytesView sealed) const {
    FH_TRY(const auto row_key, keys_.row_key(partition.tenant()));
    return crypto::open(row_key, place(partition, key), sealed);
  }

 private:
  static Bytes place(const store::PartitionId& partition, BytesView key) {
    Bytes context = "freehold row";
    append_sized(context, partition.value);
    context += key;
    return context;
  }
  RowKeySource& keys_;
  Random& random_;
};

// Runs a commit to its certain end. True: applied. False: an expectation failed. kUnavailable: nothing happened, or
// (after all tries) it can't be known; `unknown` says which.
struct Committed {
  bool applied = false;
  bool unknown = false;
};
[[nodiscard]] Task<Result<Committed>> settle(store::PartitionStore& rows, store::Commit commit);

}  // namespace freehold::blob
