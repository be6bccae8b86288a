// CommitLog: one fault domain's log of batches: what is durable before the rows are. Format:
// docs/formats/commit-log.md.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/secret.h"
#include "crypto/aead.h"
#include "disk/disk.h"
#include "src/embedded/log_format.h"

namespace freehold::store::embedded {

enum class Sync { kNo, kYes };

// Records are numbered from 1 without gaps. They are sealed (AES-256-GCM, a key for each segment) and stand in
// segments: preallocated files of 4 KiB blocks, written past the page cache, used again when all in them is in the
// rows' own files. A record is whole or isn't there; what is read back is always a prefix of what was appended, with
// everything that a sync covered.
//
// Owned by RowsDb, which calls it from one thread at a time. After a failed append nothing can be appended any more:
// how much of it is on the disk is unknown; opened anew, the log goes on in another segment.
class CommitLog {
 public:
  using Replay = std::function<Result<>(std::uint64_t number, BytesView record)>;

  // Hands all records after `applied` to `replay`, in order, and makes them durable once more (a record of a process
  // that was killed may still be on its way to the disk). kUnsupported: a segment of a newer version; nothing is
  // touched. A record that can't be read ends the log: then this domain is behind, and is caught up like any other.
  [[nodiscard]] static Result<std::unique_ptr<CommitLog>> open(disk::Disk& disk, std::string directory,
                                                               const Secret& file_key, Random& random,
                                                               std::uint64_t segment_bytes, std::uint64_t applied,
                                                               const Replay& replay);
  CommitLog(const CommitLog&) = delete;
  CommitLog& operator=(const CommitLog&) = delete;

  // The record's number. With Sync::kNo it may be lost in a crash, but only with all that follow it. kExhausted: the
  // disk is full.
  [[nodiscard]] Result<std::uint64_t> append(BytesView record, Sync sync);
  [[nodiscard]] Result<> sync();
  // Records up to this one are durable in the rows' files: segments without later ones are used again.
  void release(std::uint64_t flushed);

  [[nodiscard]] std::uint64_t last() const { return next_ - 1; }
  // Grows when a new segment is begun: a good moment to ask how far the rows are flushed.
  [[nodiscard]] std::uint64_t segments_begun() const { return begun_; }
  // What the records take up that aren't released.
  [[nodiscard]] std::uint64_t live_bytes() const;

 private:
  struct Slot {  // a file; whose turn it is, its first block says
    std::string path;
    std::unique_ptr<disk::File> file;
    std::uint64_t bytes = 0;
  };
  struct Segment {
    SegmentHead head;
    Slot slot;
    std::uint64_t last = 0;  // the last record in it; below head.first if it has none
    std::uint64_t end = 0;   // where the next record goes
  };

  CommitLog(disk::Disk& disk, std::string directory, const Secret& file_key, Random& random,
            std::uint64_t segment_bytes);
  [[nodiscard]] Result<std::vector<Segment>> read_heads();
  [[nodiscard]] Result<> recover(std::uint64_t applied, const Replay& replay);
  // Hands on the segment's records numbered next_ to before `limit`.
  [[nodiscard]] Result<> replay_segment(Segment& segment, std::uint64_t limit, const Replay& replay);
  [[nodiscard]] Result<std::uint64_t> append_record(BytesView record, Sync sync);
  [[nodiscard]] Result<> begin_segment(std::uint64_t record_footprint);
  [[nodiscard]] Result<Slot> take_slot(std::uint64_t bytes);
  [[nodiscard]] Result<Slot> make_slot(std::uint64_t bytes);
  // What free slots still say of themselves must never be believed once this log goes on without it.
  [[nodiscard]] Result<> wipe_found_heads();

  disk::Disk& disk_;
  const std::string directory_;
  const Secret key_;
  Random& random_;
  const std::uint64_t segment_bytes_;

  std::deque<Segment> live_;  // in the order of their numbers
  std::vector<Slot> free_;    // a few, to be used again
  bool wiped_ = false;        // the heads of those that open() found
  std::uint64_t next_ = 1;
  std::uint64_t next_segment_ = 1;
  std::uint32_t next_slot_ = 0;
  std::uint64_t begun_ = 0;
  // Of the segment that is appended to, the last live one. None before the first append.
  std::unique_ptr<crypto::ChunkCipher> cipher_;
  bool unsynced_ = false;
  AlignedBuffer buffer_;
  std::optional<Error> broken_;
};

}  // namespace freehold::store::embedded
