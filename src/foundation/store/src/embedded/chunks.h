// EmbeddedChunks: the ChunkStore of the embedded engine.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "src/embedded/chunk_writer.h"
#include "src/embedded/extent_allocator.h"
#include "src/embedded/rows.h"
#include "src/embedded/space_guard.h"

namespace freehold::store::embedded {

// A copy of a chunk that has to be written anew from another one.
struct BadCopy {
  ChunkId id;
  unsigned domain = 0;
  friend auto operator<=>(const BadCopy&, const BadCopy&) = default;
};

// Thread-safe. A chunk's data is synced first; then its index entry enters the commit queue ahead of any later commit,
// without a sync of its own: the commit that names the chunk makes both durable. Until the entry is applied, the chunk
// is found among the pending ones; after a crash, in the extents themselves (recover_chunks).
class EmbeddedChunks final : public ChunkStore {
 public:
  EmbeddedChunks(EmbeddedRows& rows, CommitQueue& queue, ChunkWriter& writer, Replicator& replicator, Domains& domains,
                 ExtentAllocator& allocator, SpaceGuard& space, runtime::Pool& readers, ReadCounters& counters)
      : rows_(rows),
        queue_(queue),
        writer_(writer),
        replicator_(replicator),
        domains_(domains),
        allocator_(allocator),
        space_(space),
        readers_(readers),
        counters_(counters) {}

  [[nodiscard]] Task<Result<>> put(TenantId tenant, ChunkId id, AlignedBuffer bytes) override;
  [[nodiscard]] Task<Result<ChunkBytes>> read(TenantId tenant, ChunkId id, std::uint32_t offset,
                                              std::uint32_t length) override;
  void reject(ChunkId id, CopyIndex copy) override;
  [[nodiscard]] Task<Result<>> remove(ChunkId id) override;
  [[nodiscard]] Task<Result<ChunkPage>> list(ChunkId from, std::uint32_t limit) override;

  // --- the steward's side ---
  // A chunk that is durable and has no entry in the rows yet.
  struct Pending {
    disk::ExtentAddress address;
    unsigned copies = 0;  // domains that hold it
    bool durable = false;
  };
  [[nodiscard]] std::map<ChunkId, Pending> pending() const;
  // Puts the entries of durable chunks into the queue again, after a loss of quorum may have lost them.
  void index_again();
  [[nodiscard]] std::vector<BadCopy> take_bad_copies();
  void repaired(const BadCopy& copy);
  [[nodiscard]] std::vector<DeadChunk> take_dead();
  void add_dead(DeadChunk dead);
  [[nodiscard]] std::vector<disk::ExtentAddress> take_left_over();

 private:
  class Claim;
  [[nodiscard]] Result<> place(ChunkId id, std::uint32_t length, ChunkFlight& flight);
  void forget(ChunkId id, const disk::ExtentAddress& address);
  void write_index(ChunkId id, disk::ExtentAddress address);
  [[nodiscard]] Task<Result<disk::ExtentAddress>> find(TenantId tenant, ChunkId id);
  [[nodiscard]] Result<std::optional<disk::ExtentAddress>> find_now(ChunkId id);
  [[nodiscard]] Result<ChunkBytes> read_now(ChunkId id, disk::ExtentAddress address, std::uint32_t offset,
                                            std::uint32_t length);
  // The members in the order in which this chunk's copies are asked: rejected ones last.
  [[nodiscard]] std::vector<unsigned> copies_of(ChunkId id) const;
  void note_bad(BadCopy copy);

  EmbeddedRows& rows_;
  CommitQueue& queue_;
  ChunkWriter& writer_;
  Replicator& replicator_;
  Domains& domains_;
  ExtentAllocator& allocator_;
  SpaceGuard& space_;
  runtime::Pool& readers_;
  ReadCounters& counters_;
  mutable std::mutex mutex_;
  std::map<ChunkId, Pending> pending_;  // guarded by mutex_, as all below
  std::set<BadCopy> bad_;               // avoided by reads until repaired; bounded
  std::vector<BadCopy> to_repair_;
  std::vector<DeadChunk> dead_;
  std::vector<disk::ExtentAddress> left_over_;
  std::atomic<std::size_t> bad_count_{0};
};

}  // namespace freehold::store::embedded
