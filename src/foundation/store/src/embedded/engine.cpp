// Wires the embedded engine's parts together: the only place that constructs them.
#include <bit>

#include "base/check.h"
#include "base/log.h"
#include "runtime/task_scope.h"
#include "src/embedded/committer.h"
#include "src/embedded/engine.h"
#include "src/embedded/steward.h"
#include "src/local_coordinator.h"
#include "store/embedded.h"

namespace freehold::store {

std::string_view to_string(DomainState state) {
  switch (state) {
    case DomainState::kGone:
      return "gone";
    case DomainState::kStale:
      return "stale";
    case DomainState::kRebuilding:
      return "rebuilding";
    case DomainState::kMember:
      return "member";
  }
  return "unknown";
}

namespace embedded {
namespace {

// Lease epochs as rows of the engine's own.
class RowsShelf final : public EpochShelf {
 public:
  explicit RowsShelf(EmbeddedRows& rows) : rows_(rows) {}

  Task<Result<std::uint64_t>> at(std::string name) override {
    FH_CO_TRY(const auto row, co_await rows_.read(TenantId{}, epoch_key(name)));
    if (!row) co_return 0;
    const auto epoch = decode_number(*row);
    if (!epoch) co_return fail(ErrorCode::kCorrupt, "stored rows are damaged", "epoch");
    co_return *epoch;
  }

  Task<Result<>> raise(std::string name, std::uint64_t epoch) override {
    auto op = std::make_unique<Op>();
    op->rows.push_back({epoch_key(name), encode_number(epoch), {}});
    op->bytes = 128;
    const CommitResult result = co_await rows_.submit(TenantId{}, std::move(op));
    if (result.outcome != CommitOutcome::kOk) co_return std::unexpected(result.error);
    co_return Result<>{};
  }

 private:
  EmbeddedRows& rows_;
};

Domains make_domains(const EmbeddedOptions& options, disk::Disk& disk, FileKeySource& keys, Random& random) {
  const RowsMemory memory = make_rows_memory(options.block_cache_bytes, options.write_buffers_bytes);
  Domains domains;
  for (unsigned i = 0; i < kDomains; ++i) {
    domains[i] = std::make_unique<FaultDomain>(i, options.domains[i], options, disk, keys, random, memory);
  }
  return domains;
}

class EngineImpl final : public OpenEngine {
 public:
  EngineImpl(EmbeddedOptions options, disk::Disk& disk, FileKeySource& keys, const Clock& clock, Random& random)
      : options_(std::move(options)),
        disk_(disk),
        domains_(make_domains(options_, disk, keys, random)),
        readers_({"fh-read", options_.read_threads}),
        recent_(options_.recent_rows_bytes),
        replicator_(domains_, recent_, options_.straggler_timeout),
        space_(domains_, replicator_, disk, options_.disk_reserve_bytes),
        queue_(options_.queue_limit, options_.tenant_queue_limit),
        allocator_(options_.extent_bytes),
        writer_(domains_, replicator_),
        rows_(queue_, replicator_, recent_, readers_, clock, read_counters_),
        chunks_(rows_, queue_, writer_, replicator_, domains_, allocator_, space_, readers_, read_counters_),
        shelf_(rows_),
        coordinator_(shelf_),
        scrubber_(domains_, replicator_, chunks_, options_.scrub_pause, options_.scrub_rest),
        steward_({options_, domains_, replicator_, writer_, chunks_, rows_, queue_, allocator_, scrubber_, clock,
                  random, read_counters_}) {
    replicator_.on_drop([this] {
      writer_.roles_changed();
      steward_.wake();
    });
  }

  ~EngineImpl() override {
    steward_.stop();
    committer_.reset();
    replicator_.stop();
    readers_.stop();
    for (auto& domain : domains_) {
      domain->rows_worker().drain();
      domain->chunk_worker().drain();
    }
    give_back_space();
    leave_clean();
  }

  Result<> start() {
    FH_CHECK_OK(steward_.start());
    committer_ = std::make_unique<Committer>(queue_, replicator_, space_);
    return {};
  }

  Parts parts() override { return {domains_, replicator_, chunks_, allocator_}; }
  PartitionStore& partitions() override { return rows_; }
  ChunkStore& chunks() override { return chunks_; }
  Coordinator& coordinator() override { return coordinator_; }

  std::uint64_t highest_timestamp() const override { return steward_.highest_timestamp(); }
  Result<Epoch> next_epoch(const std::string& lease) override {
    FH_TRY(const auto last, runtime::run_blocking(shelf_.at(lease)));
    return Epoch{last + 1};
  }

  EngineStats stats() const override {
    EngineStats stats;
    for (const auto& domain : domains_) {
      EngineStats::Domain d{domain->place().path, domain->place().zone, state_of(*domain), 0};
      if (const auto free = disk_.free_space(d.path)) d.free_bytes = free->bytes;
      stats.domains.push_back(std::move(d));
    }
    stats.writable = replicator_.serving();
    stats.commits = committer_ ? committer_->commits() : 0;
    stats.batches = replicator_.batches();
    stats.queued = queue_.size();
    stats.chunks = allocator_.live_chunks();
    stats.chunk_bytes = allocator_.live_bytes();
    stats.damaged_reads = read_counters_.damaged;
    stats.repairs = read_counters_.repaired;
    stats.unrepaired = read_counters_.unrepaired;
    stats.rebuilds = steward_.counters().rebuilds;
    stats.rebuild_keys = steward_.counters().rebuild_keys;
    stats.scrubbed_chunks = scrubber_.chunks_read();
    stats.scrub_rounds = scrubber_.rounds();
    return stats;
  }

 private:
  DomainState state_of(const FaultDomain& domain) const {
    const Role role = replicator_.role(domain.index());
    if (role == Role::kMember) return DomainState::kMember;
    if (role == Role::kFollower) return DomainState::kRebuilding;
    return domain.opened() && !domain.failed ? DomainState::kStale : DomainState::kGone;
  }

  // What the open extent has left, and extents without a live chunk.
  void give_back_space() {
    const auto open = allocator_.close();
    const auto dead = allocator_.take_dead();
    for (auto& domain : domains_) {
      const auto opened = domain->opened();
      if (!opened) continue;
      // What can't be given back now is when the domain is scanned.
      if (open) (void)opened->extents->cut(open->extent, open->offset);
      for (const auto extent : dead) (void)opened->extents->remove(extent);
    }
  }

  // All copies are equal and every chunk has its entry: the next start needs no scan, and even one domain alone may be
  // believed.
  void leave_clean() {
    if (!replicator_.serving() || replicator_.members() != 0b111 || !chunks_.pending().empty()) return;
    Position position = replicator_.last();
    ++position.sequence;
    Bytes touched;
    append_u64(touched, position.term);
    append_touched(touched, space_key(Space::kScanFrom), {});
    for (auto& domain : domains_) {
      const auto opened = domain->opened();
      if (!opened) return;
      rocksdb::WriteBatch last;
      last.Put(space_key(Space::kScanFrom), encode_number(allocator_.next()));
      last.Put(touched_key(position.sequence), touched);
      last.Put(space_key(Space::kPosition), encode(position));
      if (!opened->rows->write(last, Sync::kYes)) return;
    }
    rocksdb::WriteBatch mark;
    mark.Put(local_key(kCleanMark), encode_number(1));
    for (auto& domain : domains_) {
      rocksdb::WriteBatch copy(mark.Data());
      if (const auto opened = domain->opened()) (void)opened->rows->write(copy, Sync::kYes);
    }
  }

  const EmbeddedOptions options_;
  disk::Disk& disk_;
  ReadCounters read_counters_;
  Domains domains_;
  runtime::Pool readers_;
  RecentRows recent_;
  Replicator replicator_;
  SpaceGuard space_;
  CommitQueue queue_;
  ExtentAllocator allocator_;
  ChunkWriter writer_;
  EmbeddedRows rows_;
  EmbeddedChunks chunks_;
  RowsShelf shelf_;
  LocalCoordinator coordinator_;
  Scrubber scrubber_;
  Steward steward_;
  std::unique_ptr<Committer> committer_;
};

}  // namespace

Result<std::unique_ptr<OpenEngine>> open_engine(EmbeddedOptions options, disk::Disk& disk, FileKeySource& keys,
                                                const Clock& clock, Random& random) {
  if (options.domains.size() != kDomains) {
    return fail(ErrorCode::kInvalidArgument, "a placement has three fault domains");
  }
  auto engine = std::make_unique<EngineImpl>(std::move(options), disk, keys, clock, random);
  FH_CHECK_OK(engine->start());
  return engine;
}

}  // namespace embedded

Result<std::unique_ptr<EmbeddedEngine>> open_embedded(EmbeddedOptions options, disk::Disk& disk, FileKeySource& keys,
                                                      const Clock& clock, Random& random) {
  return embedded::open_engine(std::move(options), disk, keys, clock, random);
}

}  // namespace freehold::store
