#include "sweeper.h"

#include "base/log.h"
#include "runtime/task_scope.h"

namespace freehold::gate::audit {
namespace {

constexpr std::size_t kEnoughRows = 512;  // pile that isn't left to wait
constexpr std::size_t kDeletesACommit = 2'000;
constexpr std::chrono::seconds kRetry{1};

}  // namespace

void Sweeper::add(const Bytes& settled_key, const std::vector<SettledRow>& rows, MonotonicTime now) {
  for (const auto& row : rows) {
    auto& waiting = waiting_[row.partition];
    if (waiting.rows.empty()) waiting.due = now + linger_;
    for (const auto& key : row.keys) {
      waiting.rows.push_back({key, settled_key});
      held_.insert(key);
    }
    left_[settled_key] += row.keys.size();
  }
}

void Sweeper::sweep(MonotonicTime now, std::size_t commits) {
  for (auto it = waiting_.begin(); it != waiting_.end() && commits > 0;) {
    auto& [partition, waiting] = *it;
    if (partition == kept_ || (now < waiting.due && waiting.rows.size() < kEnoughRows)) {
      ++it;
      continue;
    }
    --commits;
    if (!delete_some(partition, waiting)) waiting.due = now + kRetry;
    it = waiting.rows.empty() ? waiting_.erase(it) : std::next(it);
  }
}

void Sweeper::sweep_all(MonotonicTime now) {
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    auto& [partition, waiting] = *it;
    while (partition != kept_ && !waiting.rows.empty() && delete_some(partition, waiting)) {
    }
    waiting.due = now + kRetry;
    it = waiting.rows.empty() ? waiting_.erase(it) : std::next(it);
  }
}

bool Sweeper::delete_some(const store::PartitionId& partition, Waiting& waiting) {
  const auto count = std::min(waiting.rows.size(), kDeletesACommit);
  const auto first = waiting.rows.end() - static_cast<std::ptrdiff_t>(count);
  store::Commit commit;
  commit.partition = partition;
  commit.epoch = epoch_;
  commit.transaction = hybrid_.next_transaction();
  commit.reserve = store::DiskReserve::kMayUse;
  for (auto row = first; row != waiting.rows.end(); ++row) commit.deletes.push_back(row->key);
  // Deleting twice does no harm, so an unknown outcome is simply tried again.
  const auto result = runtime::run_blocking(store_.commit(std::move(commit)));
  if (result.outcome != store::CommitOutcome::kOk) {
    log_warning("settled audit rows could not be deleted yet", {{"detail", std::string_view(result.error.message)}});
    return false;
  }
  for (auto row = first; row != waiting.rows.end(); ++row) finish(*row);
  waiting.rows.erase(first, waiting.rows.end());
  return true;
}

void Sweeper::finish(const Row& row) {
  held_.erase(row.key);
  const auto left = left_.find(row.settled_key);
  if (left == left_.end() || --left->second > 0) return;
  finished_.push_back(row.settled_key);
  left_.erase(left);
}

std::vector<Bytes> Sweeper::take_finished() { return std::exchange(finished_, {}); }

}  // namespace freehold::gate::audit
