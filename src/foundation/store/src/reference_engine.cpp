#include "store/reference_engine.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "base/check.h"
#include "base/limits.h"
#include "contract_rules.h"
#include "local_coordinator.h"

namespace freehold::store {
namespace {

class ReferencePartitions final : public PartitionStore {
 public:
  explicit ReferencePartitions(const Clock& clock) : clock_(clock) {}

  Task<CommitResult> commit(Commit commit) override {
    if (auto ok = check_commit(commit); !ok) co_return CommitResult{CommitOutcome::kUnavailable, ok.error()};
    std::lock_guard lock(mutex_);
    co_return CommitResult{apply(partitions_[commit.partition], commit), {}};
  }

  Task<Result<std::optional<Bytes>>> get(PartitionId partition, Bytes key) override {
    FH_CO_CHECK_OK(check_partition(partition));
    FH_CO_CHECK_OK(check_key(key));
    std::lock_guard lock(mutex_);
    const auto& rows = partitions_[partition].rows;
    const auto row = rows.find(key);
    co_return row == rows.end() ? std::nullopt : std::optional(row->second);
  }

  Task<Result<ScanPage>> scan(PartitionId partition, Bytes from, Bytes end, std::uint32_t limit) override {
    FH_CO_CHECK_OK(check_scan(partition, from, end));
    limit = std::min(limit, limits::kScanLimit);
    std::lock_guard lock(mutex_);
    const auto& rows = partitions_[partition].rows;
    ScanPage page;
    std::size_t bytes = 0;
    for (auto row = rows.lower_bound(from); row != rows.end() && (end.empty() || row->first < end); ++row) {
      if (page.rows.size() == limit || bytes >= kScanPageBytes) {
        page.more = true;
        break;
      }
      bytes += row->first.size() + row->second.size();
      page.rows.push_back({row->first, row->second});
    }
    co_return page;
  }

  Task<Result<bool>> find_transaction(PartitionId partition, TransactionId transaction) override {
    FH_CO_CHECK_OK(check_partition(partition));
    FH_CO_CHECK_OK(check_transaction_age(transaction, clock_));
    std::lock_guard lock(mutex_);
    co_return partitions_[partition].transactions.contains(transaction);
  }

  Task<Result<std::vector<Change>>> changes(PartitionId partition, std::uint64_t after, std::uint32_t limit) override {
    FH_CO_CHECK_OK(check_partition(partition));
    limit = std::min(limit, limits::kScanLimit);
    std::lock_guard lock(mutex_);
    const auto& all = partitions_[partition].changes;
    const auto begin = std::min<std::size_t>(after, all.size());
    const auto end = std::min(begin + limit, all.size());
    co_return std::vector<Change>(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                  all.begin() + static_cast<std::ptrdiff_t>(end));
  }

 private:
  struct Partition {
    std::map<Bytes, Bytes> rows;
    std::set<TransactionId> transactions;
    std::vector<Change> changes;
    Epoch epoch;
  };

  static bool holds(const Partition& p, const Expectation& e) {
    const auto row = p.rows.find(e.key);
    if (!e.value) return row == p.rows.end();
    return row != p.rows.end() && row->second == *e.value;
  }

  static CommitOutcome apply(Partition& p, Commit& commit) {
    if (commit.epoch < p.epoch) return CommitOutcome::kFenced;
    for (const auto& e : commit.expect) {
      if (!holds(p, e)) return CommitOutcome::kConflict;
    }
    p.epoch = commit.epoch;
    p.transactions.insert(commit.transaction);
    Change change{p.changes.size() + 1, commit.transaction, {}, std::move(commit.deletes)};
    for (auto& put : commit.puts) {
      change.put_keys.push_back(put.key);
      p.rows.insert_or_assign(std::move(put.key), std::move(put.value));
    }
    for (const auto& key : change.deleted_keys) p.rows.erase(key);
    if (commit.change == ChangeRecord::kWrite) p.changes.push_back(std::move(change));
    return CommitOutcome::kOk;
  }

  const Clock& clock_;
  std::mutex mutex_;
  std::map<PartitionId, Partition> partitions_;
};

class ReferenceChunks final : public ChunkStore {
 public:
  Task<Result<>> put(TenantId, ChunkId id, AlignedBuffer bytes) override {
    FH_CO_CHECK_OK(check_chunk(bytes.size()));
    std::lock_guard lock(mutex_);
    if (!chunks_.emplace(id, Bytes(bytes.view())).second) co_return fail(ErrorCode::kConflict, "the chunk exists");
    co_return Result<>{};
  }

  Task<Result<ChunkBytes>> read(TenantId, ChunkId id, std::uint32_t offset, std::uint32_t length) override {
    std::lock_guard lock(mutex_);
    const auto chunk = chunks_.find(id);
    if (chunk == chunks_.end()) co_return fail(ErrorCode::kNotFound, "no such chunk");
    if (std::uint64_t{offset} + length > chunk->second.size()) {
      co_return fail(ErrorCode::kInvalidArgument, "the range reaches past the chunk's end");
    }
    ChunkBytes out{AlignedBuffer(length), {}};
    std::copy_n(chunk->second.data() + offset, length, out.bytes.data());
    co_return out;
  }

  void reject(ChunkId, CopyIndex) override {}  // there is one copy, and it is right

  Task<Result<>> remove(ChunkId id) override {
    std::lock_guard lock(mutex_);
    chunks_.erase(id);
    co_return Result<>{};
  }

  Task<Result<ChunkPage>> list(ChunkId from, std::uint32_t limit) override {
    limit = std::min(limit, limits::kScanLimit);
    std::lock_guard lock(mutex_);
    ChunkPage page;
    for (auto c = chunks_.lower_bound(from); c != chunks_.end(); ++c) {
      if (page.chunks.size() == limit) {
        page.more = true;
        break;
      }
      page.chunks.push_back({c->first, static_cast<std::uint32_t>(c->second.size())});
    }
    co_return page;
  }

 private:
  std::mutex mutex_;
  std::map<ChunkId, Bytes> chunks_;
};

class MemoryShelf final : public EpochShelf {
 public:
  Task<Result<std::uint64_t>> at(std::string name) override {
    std::lock_guard lock(mutex_);
    co_return epochs_[name];
  }
  Task<Result<>> raise(std::string name, std::uint64_t epoch) override {
    std::lock_guard lock(mutex_);
    epochs_[name] = epoch;
    co_return Result<>{};
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> epochs_;
};

class ReferenceEngine final : public Engine {
 public:
  explicit ReferenceEngine(const Clock& clock) : partitions_(clock), coordinator_(shelf_) {}
  PartitionStore& partitions() override { return partitions_; }
  ChunkStore& chunks() override { return chunks_; }
  Coordinator& coordinator() override { return coordinator_; }

 private:
  ReferencePartitions partitions_;
  ReferenceChunks chunks_;
  MemoryShelf shelf_;
  LocalCoordinator coordinator_;
};

}  // namespace

std::unique_ptr<Engine> make_reference_engine(const Clock& clock) { return std::make_unique<ReferenceEngine>(clock); }

}  // namespace freehold::store
