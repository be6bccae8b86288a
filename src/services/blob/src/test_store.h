// WatchedStore: passes every call on to another store and tells a test of it first, which may refuse or fill it.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <utility>

#include "store/partition_store.h"

namespace freehold::blob::testing {

// Owned by a test, which sets what it watches while no call is under way. Watchers run on the caller's thread, before
// the call.
class WatchedStore final : public store::PartitionStore {
 public:
  explicit WatchedStore(store::PartitionStore& inner) : inner_(inner) {}
  // A result: the answer, without a commit.
  std::function<std::optional<store::CommitResult>(const store::Commit&)> on_commit;
  std::function<std::optional<Result<bool>>()> on_find;  // a result: the answer about a transaction
  std::function<void(const Bytes& key)> on_get;
  std::function<void(const Bytes& from)> on_scan;
  std::atomic<bool> full{false};  // then only commits that may use the disk's reserve are taken

  Task<store::CommitResult> commit(store::Commit commit) override {
    if (full && commit.reserve != store::DiskReserve::kMayUse) {
      co_return store::CommitResult{store::CommitOutcome::kUnavailable,
                                    {ErrorCode::kExhausted, "the disk is full", {}}};
    }
    if (on_commit) {
      if (auto refused = on_commit(commit)) co_return std::move(*refused);
    }
    co_return co_await inner_.commit(std::move(commit));
  }
  Task<Result<std::optional<Bytes>>> get(store::PartitionId partition, Bytes key) override {
    if (on_get) on_get(key);
    return inner_.get(std::move(partition), std::move(key));
  }
  Task<Result<store::ScanPage>> scan(store::PartitionId partition, Bytes from, Bytes end,
                                     std::uint32_t limit) override {
    if (on_scan) on_scan(from);
    return inner_.scan(std::move(partition), std::move(from), std::move(end), limit);
  }
  Task<Result<bool>> find_transaction(store::PartitionId partition, store::TransactionId id) override {
    if (on_find) {
      if (auto said = on_find()) co_return std::move(*said);
    }
    co_return co_await inner_.find_transaction(std::move(partition), id);
  }
  Task<Result<std::vector<store::Change>>> changes(store::PartitionId partition, std::uint64_t after,
                                                   std::uint32_t limit) override {
    return inner_.changes(std::move(partition), after, limit);
  }

 private:
  template <class T>
  using Task = store::Task<T>;
  store::PartitionStore& inner_;
};

}  // namespace freehold::blob::testing
