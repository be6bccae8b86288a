#include "src/embedded/commit_queue.h"

namespace freehold::store::embedded {
namespace {
constexpr std::size_t kBatchOps = 512;
constexpr std::size_t kBatchBytes = 4u << 20;
}  // namespace

bool CommitQueue::push(TenantId tenant, std::unique_ptr<Op>& op) {
  {
    std::lock_guard lock(mutex_);
    if (closed_ || size_ >= limit_) return false;
    auto& queue = tenants_[tenant];
    if (queue.size() >= tenant_limit_) return false;
    queue.push_back(std::move(op));
    ++size_;
  }
  wake_.notify_one();
  return true;
}

void CommitQueue::push_own(std::unique_ptr<Op> op) {
  {
    std::unique_lock lock(mutex_);
    if (closed_) {
      lock.unlock();
      op->done({CommitOutcome::kUnavailable, Error{ErrorCode::kUnavailable, "shutting down", {}}});
      return;
    }
    own_.push_back(std::move(op));
    ++size_;
  }
  wake_.notify_one();
}

bool CommitQueue::wait() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return closed_ || size_ > 0; });
  return size_ > 0;
}

std::vector<std::unique_ptr<Op>> CommitQueue::take() {
  std::lock_guard lock(mutex_);
  std::vector<std::unique_ptr<Op>> ops;
  std::size_t bytes = 0;
  const auto grab = [&](std::deque<std::unique_ptr<Op>>& queue) {
    bytes += queue.front()->bytes;
    ops.push_back(std::move(queue.front()));
    queue.pop_front();
    --size_;
  };
  const auto room = [&] { return ops.size() < kBatchOps && bytes < kBatchBytes; };
  while (!own_.empty() && room()) grab(own_);
  if (!own_.empty()) return ops;  // none may overtake them
  auto turn = tenants_.upper_bound(last_);
  while (!tenants_.empty() && room()) {
    if (turn == tenants_.end()) turn = tenants_.begin();
    last_ = turn->first;
    grab(turn->second);
    turn = turn->second.empty() ? tenants_.erase(turn) : std::next(turn);
  }
  return ops;
}

void CommitQueue::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake_.notify_all();
}

std::size_t CommitQueue::size() const {
  std::lock_guard lock(mutex_);
  return size_;
}

}  // namespace freehold::store::embedded
