// BlobStore: persistence of blob rows, staged blocks and garbage rows. No rules here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/blob_row.h"
#include "src/keyed_lock.h"
#include "src/note_cipher.h"
#include "src/row_sealer.h"
#include "src/staging_keys.h"
#include "store/hybrid_clock.h"

namespace freehold::blob {

struct StoredBlob {
  BlobRow row;
  Bytes raw;  // as stored, for expectations
};

struct StoredBlock {
  Block block;
  Bytes raw;
};

struct SnapshotPage {
  std::vector<StoredBlob> snapshots;
  bool more = false;  // others follow: a page ends at about 1 MiB, however many were asked for
};

// Owned by BlobService; thread-safe.
class BlobStore {
 public:
  BlobStore(store::PartitionStore& rows, store::Epoch epoch, store::HybridClock& hybrid, const NoteSealer& notes)
      : rows_(rows), epoch_(epoch), hybrid_(hybrid), notes_(notes) {}

  // Its notes are open if the account's key may be used.
  [[nodiscard]] Task<Result<std::optional<StoredBlob>>> read(store::PartitionId partition, std::string name,
                                                             std::uint64_t snapshot = 0);
  // Snapshots of that name, oldest first: at most `limit`, which is at most 1,000. Their notes stay closed.
  [[nodiscard]] Task<Result<SnapshotPage>> list_snapshots(store::PartitionId partition, std::string name,
                                                          std::uint32_t limit);
  // The row as it is to be stored, and its notes sealed. kDenied, kUnavailable: they can't be. `row` outlives the call.
  [[nodiscard]] Task<Result<Bytes>> encode(store::PartitionId partition, std::string name, BlobRow& row) const;
  [[nodiscard]] Task<Result<std::optional<StoredBlock>>> read_staged(store::PartitionId partition, Bytes key);
  // All staged blocks of that generation, by block id; not many more than `limit` where there are more.
  [[nodiscard]] Task<Result<std::vector<Block>>> list_staged(store::PartitionId partition, std::string name,
                                                             std::uint64_t generation, std::size_t limit);
  [[nodiscard]] Task<Result<bool>> is_open(store::PartitionId partition);

  // A commit to a container's partition that expects it to be open still.
  [[nodiscard]] store::Commit begin(store::PartitionId partition) const;
  // ... and the blob's row to be as it was read, or still absent.
  [[nodiscard]] store::Commit begin(store::PartitionId partition, std::string_view name,
                                    const std::optional<StoredBlob>& current, std::uint64_t snapshot = 0) const;
  // A commit that gives space back and may run while the container is being purged.
  [[nodiscard]] store::Commit begin_collecting(store::PartitionId partition) const;
  [[nodiscard]] Task<Result<Committed>> commit(store::Commit commit) { return settle(rows_, std::move(commit)); }

  // Writers of one blob take turns.
  [[nodiscard]] Task<Result<KeyedLock::Guard>> lock(const store::PartitionId& partition, std::string_view name) {
    return locks_.lock(partition.value + std::string(name));  // partitions of containers all have one length
  }
  [[nodiscard]] StagingKeys& staging_keys() { return staging_keys_; }
  [[nodiscard]] store::PartitionStore& rows() { return rows_; }
  [[nodiscard]] const NoteSealer& notes() const { return notes_; }
  [[nodiscard]] store::HybridClock& hybrid() { return hybrid_; }
  [[nodiscard]] store::Epoch epoch() const { return epoch_; }

 private:
  store::PartitionStore& rows_;
  store::Epoch epoch_;
  store::HybridClock& hybrid_;
  const NoteSealer& notes_;
  KeyedLock locks_;
  StagingKeys staging_keys_;
};

}  // namespace freehold::blob
