// PartitionStore: ordered keys with one atomic conditional commit a partition. Contract 1 of 3 (DESIGN section 4).
//
// As narrow as RADOS can keep it: no transactions across partitions, no empty values, no reverse scans; calls take and
// return plain values, because the owner of a partition may be another process one day. Every engine passes
// store/conformance.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "runtime/task.h"

namespace freehold::store {

using runtime::Task;

// Names a partition: 16 bytes of tenant id, then whatever its owner chooses; at most limits::kPartitionIdBytes.
struct PartitionId {
  Bytes value;
  friend auto operator<=>(const PartitionId&, const PartitionId&) = default;
  [[nodiscard]] TenantId tenant() const;
};
[[nodiscard]] PartitionId make_partition_id(TenantId tenant, BytesView rest);

// Names a commit for ever. The first half is a hybrid timestamp (see hybrid_clock.h), so that ids sort by age and old
// ones can be forgotten; the second is random. Sixteen bytes big-endian in files and keys.
struct TransactionId {
  std::uint64_t hybrid_time = 0;
  std::uint64_t random = 0;
  friend auto operator<=>(const TransactionId&, const TransactionId&) = default;
};

// The owner's term of a partition, from a Coordinator lease. A commit below the highest epoch that the partition has
// seen is Fenced; a higher one raises it.
struct Epoch {
  std::uint64_t value = 0;
  friend auto operator<=>(const Epoch&, const Epoch&) = default;
};

// Holds if the key's value equals `value`, or if the key is absent where there is none.
struct Expectation {
  Bytes key;
  std::optional<Bytes> value;
};
[[nodiscard]] inline Expectation absent(Bytes key) { return {std::move(key), std::nullopt}; }
[[nodiscard]] inline Expectation equals(Bytes key, Bytes value) { return {std::move(key), std::move(value)}; }

struct KeyValue {
  Bytes key;
  Bytes value;
};

enum class ChangeRecord { kNone, kWrite };

// When the disk is nearly full, a reserve is kept back for commits that free space (deletions, and the audit records
// that they can't do without): those say kMayUse; all others are refused with kExhausted.
enum class DiskReserve { kKeep, kMayUse };

// All or nothing. Keys 1..kKeyBytes, values 1..kValueBytes, the whole at most kCommitBytes and kCommitItems; a key
// stands at most once among puts and deletes. Keys beginning with 0xff are the engine's own and refused.
struct Commit {
  PartitionId partition;
  Epoch epoch;
  TransactionId transaction;
  std::vector<Expectation> expect;
  std::vector<KeyValue> puts;
  std::vector<Bytes> deletes;
  // kWrite: also writes the change record `log/<sequence>` (read through changes()).
  ChangeRecord change = ChangeRecord::kNone;
  DiskReserve reserve = DiskReserve::kKeep;
};

enum class CommitOutcome {
  kOk,           // durable and visible
  kConflict,     // an expectation failed; nothing happened
  kFenced,       // the epoch is over; nothing happened
  kUnknown,      // may have happened or may yet: settle it with find_transaction() before anything else
  kUnavailable,  // nothing happened; `error` says why (kExhausted: disk full or queue full; kUnavailable;
                 // kInvalidArgument)
};

struct CommitResult {
  CommitOutcome outcome = CommitOutcome::kUnavailable;
  Error error;  // of kUnknown and kUnavailable
};

struct ScanPage {
  std::vector<KeyValue> rows;  // in ascending byte order
  bool more = false;           // rows remain in the range
};

// A change, as a reader of the feed sees it. Sequences of a partition have no gaps and start at 1.
struct Change {
  std::uint64_t sequence = 0;
  TransactionId transaction;
  std::vector<Bytes> put_keys;
  std::vector<Bytes> deleted_keys;
};

// Thread-safe; every call may be made from any loop and resumes on it.
class PartitionStore {
 public:
  virtual ~PartitionStore() = default;

  // Linearizable with every other commit and read of its partition.
  [[nodiscard]] virtual Task<CommitResult> commit(Commit commit) = 0;
  // nullopt: no such key. kCorrupt: no copy can be read right. kUnavailable: too few copies.
  [[nodiscard]] virtual Task<Result<std::optional<Bytes>>> get(PartitionId partition, Bytes key) = 0;
  // Rows with from <= key < end (an empty `end` means to the partition's end), at most min(limit, kScanLimit) of them
  // and at most about 1 MiB: a page may be shorter than the limit and still say `more`. Each page is consistent in
  // itself.
  [[nodiscard]] virtual Task<Result<ScanPage>> scan(PartitionId partition, Bytes from, Bytes end,
                                                    std::uint32_t limit) = 0;
  // True if the transaction is applied. Ids younger than kTransactionMemory are answered for certain; older ones are
  // kInvalidArgument.
  [[nodiscard]] virtual Task<Result<bool>> find_transaction(PartitionId partition, TransactionId transaction) = 0;
  // Change records after sequence `after`, oldest first, at most `limit` <= kScanLimit.
  [[nodiscard]] virtual Task<Result<std::vector<Change>>> changes(PartitionId partition, std::uint64_t after,
                                                                  std::uint32_t limit) = 0;
};

inline constexpr std::chrono::hours kTransactionMemory{1};

// Commits, and settles kUnknown by re-reading the transaction until it is certain or `tries` are used up.
[[nodiscard]] Task<CommitResult> commit_settled(PartitionStore& store, Commit commit, int tries = 20);

}  // namespace freehold::store
