// Committer: the thread that turns what waits in the queue into batches.
#pragma once

#include <atomic>
#include <thread>

#include "src/embedded/batch_builder.h"
#include "src/embedded/commit_queue.h"
#include "src/embedded/space_guard.h"

namespace freehold::store::embedded {

// Owned by the engine, after the replicator and the queue it works for. Ends when the queue is closed and empty.
class Committer {
 public:
  Committer(CommitQueue& queue, Replicator& replicator, SpaceGuard& space);
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  [[nodiscard]] std::uint64_t commits() const { return commits_.load(std::memory_order_relaxed); }

 private:
  void run();

  CommitQueue& queue_;
  Replicator& replicator_;
  SpaceGuard& space_;
  BatchBuilder builder_;
  std::uint64_t term_ = 0;
  std::atomic<std::uint64_t> commits_{0};
  std::thread thread_;
};

}  // namespace freehold::store::embedded
