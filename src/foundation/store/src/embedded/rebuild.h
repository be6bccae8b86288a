// Rebuild: brings a stale fault domain back to what the members hold, while they serve.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <vector>

#include "src/embedded/chunks.h"

namespace freehold::store::embedded {

// How a domain gets from where it stands to where the members are.
struct RebuildPlan {
  bool full = true;              // compare every row
  std::vector<TouchedKey> keys;  // else only these: what the batches changed that it missed, or alone has
};
[[nodiscard]] Result<RebuildPlan> plan_rebuild(RowsDb& source, RowsDb& target);

// Copies the chunk's record to the target from another domain that has it whole. kCorrupt if none has.
[[nodiscard]] Result<> copy_chunk(Domains& domains, unsigned target, ChunkId id, const disk::ExtentAddress& address);

// One run of rebuilding. From follow() on the target applies every new batch as a follower; between them, its rows
// worker compares page by page with a member that is never older than the target, so that each page ends right and
// later batches keep it right. Of the steward's thread, but for the steps.
class Rebuild {
 public:
  Rebuild(Domains& domains, Replicator& replicator, EmbeddedChunks& chunks, unsigned target,
          std::atomic<std::uint64_t>& keys_done);

  // Marks the target as a mixture and makes it a follower. `identity`: written too, for a directory that had none.
  [[nodiscard]] Result<> follow(const std::optional<Bytes>& identity);
  // Starts the steps once every chunk that was on its way without the target has its index entry. False: not yet.
  [[nodiscard]] Result<bool> start();
  [[nodiscard]] bool copied() const { return state_ == State::kCopied; }
  [[nodiscard]] bool failed() const { return state_ == State::kFailed; }
  // Makes the target a member. Pauses commits for a moment.
  [[nodiscard]] Result<> join();
  [[nodiscard]] unsigned target() const { return target_; }
  [[nodiscard]] bool full() const { return plan_.full; }

 private:
  enum class State { kWaiting, kCopying, kCopied, kFailed };
  void step();
  [[nodiscard]] Result<bool> copy_page();  // true: it was the last
  [[nodiscard]] Result<bool> copy_range(OpenDomain& source, OpenDomain& target);
  [[nodiscard]] Result<bool> copy_keys(OpenDomain& source, OpenDomain& target);
  [[nodiscard]] Result<> copy_key(OpenDomain& source, OpenDomain& target, BytesView key);
  [[nodiscard]] Result<> copy_row(OpenDomain& target, BytesView key, const std::optional<BytesView>& is,
                                  const std::optional<BytesView>& should_be);
  [[nodiscard]] Result<> copy_chunk_if_missing(OpenDomain& target, BytesView key, BytesView value);
  [[nodiscard]] Result<> flush(OpenDomain& target);
  [[nodiscard]] Result<> copy_pending_chunks();

  Domains& domains_;
  Replicator& replicator_;
  EmbeddedChunks& chunks_;
  const unsigned target_;
  std::atomic<std::uint64_t>& keys_done_;
  std::set<ChunkId> awaited_;
  std::atomic<State> state_{State::kWaiting};
  // Of the target's rows worker from start() on:
  RebuildPlan plan_;
  Bytes cursor_;
  std::size_t next_key_ = 0;
  unsigned bad_sources_ = 0;
  rocksdb::WriteBatch page_;
};

}  // namespace freehold::store::embedded
