// EmbeddedRows: the PartitionStore of the embedded engine.
#pragma once

#include "base/clock.h"
#include "runtime/pool.h"
#include "src/embedded/commit_queue.h"
#include "src/embedded/recent_rows.h"
#include "src/embedded/replicator.h"
#include "store/partition_store.h"

namespace freehold::store::embedded {

struct ReadCounters {
  std::atomic<std::uint64_t> damaged{0};
  std::atomic<std::uint64_t> repaired{0};
  std::atomic<std::uint64_t> unrepaired{0};
};

// Thread-safe. What is in memory is read on the caller's own thread; only the rest goes to the pool. A copy that fails
// its checksum is passed over for another, and its domain marked for repair.
class EmbeddedRows final : public PartitionStore {
 public:
  EmbeddedRows(CommitQueue& queue, Replicator& replicator, RecentRows& recent, runtime::Pool& readers,
               const Clock& clock, ReadCounters& counters)
      : queue_(queue),
        replicator_(replicator),
        recent_(recent),
        readers_(readers),
        clock_(clock),
        counters_(counters) {}

  [[nodiscard]] Task<CommitResult> commit(Commit commit) override;
  [[nodiscard]] Task<Result<std::optional<Bytes>>> get(PartitionId partition, Bytes key) override;
  [[nodiscard]] Task<Result<ScanPage>> scan(PartitionId partition, Bytes from, Bytes end, std::uint32_t limit) override;
  [[nodiscard]] Task<Result<bool>> find_transaction(PartitionId partition, TransactionId transaction) override;
  [[nodiscard]] Task<Result<std::vector<Change>>> changes(PartitionId partition, std::uint64_t after,
                                                          std::uint32_t limit) override;

  // A row of any key space, by its full key. The first waits for the disk; the second suspends instead.
  [[nodiscard]] Result<std::optional<Bytes>> read_now(BytesView key);
  [[nodiscard]] Task<Result<std::optional<Bytes>>> read(TenantId tenant, Bytes key);
  // The same for what is read again and again; never for keys that go in ranges.
  [[nodiscard]] Task<Result<std::optional<Bytes>>> read_often(TenantId tenant, Bytes key);
  // The same from memory alone; an empty outer optional if that isn't possible.
  [[nodiscard]] std::optional<Result<std::optional<Bytes>>> read_cached(BytesView key);

  // Rows of [from, end) by full keys; the page's keys lose their first `strip` bytes.
  struct Range {
    Bytes from;
    Bytes end;
    std::size_t strip = 0;
    std::uint32_t limit = 0;
  };
  [[nodiscard]] Task<Result<ScanPage>> read_range(TenantId tenant, Range range);

  // Puts the operation into the queue and waits for its answer.
  [[nodiscard]] Task<CommitResult> submit(TenantId tenant, std::unique_ptr<Op> op);

 private:
  // False: it would have to wait for the disk.
  [[nodiscard]] Result<bool> page_of(OpenDomain& domain, const Range& range, Wait wait, ScanPage& page);
  [[nodiscard]] Result<ScanPage> range_now(const Range& range);
  [[nodiscard]] Task<Result<std::optional<Bytes>>> read_on_pool(TenantId tenant, Bytes key);
  template <class T, class Read>
  [[nodiscard]] Result<T> from_any_copy(Read read);

  CommitQueue& queue_;
  Replicator& replicator_;
  RecentRows& recent_;
  runtime::Pool& readers_;
  const Clock& clock_;
  ReadCounters& counters_;
};

[[nodiscard]] runtime::FairKey fair_key(TenantId tenant);

}  // namespace freehold::store::embedded
