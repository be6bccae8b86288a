#include "src/embedded/committer.h"

#include <pthread.h>

namespace freehold::store::embedded {

Committer::Committer(CommitQueue& queue, Replicator& replicator, SpaceGuard& space)
    : queue_(queue), replicator_(replicator), space_(space), builder_(replicator), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "fh-commit");
}

Committer::~Committer() {
  queue_.close();
  thread_.join();
}

void Committer::run() {
  while (queue_.wait()) {
    const bool open = replicator_.wait_for_room();
    auto ops = queue_.take();
    if (!open) {
      refuse(std::move(ops));
      continue;
    }
    if (const auto term = replicator_.last().term; term != term_) {
      builder_.forget();
      term_ = term;
    }
    auto built = builder_.build(std::move(ops), space_.room());
    if (!built.unchanged.empty()) replicator_.answer_in_order(std::move(built.unchanged));
    if (!built.batch) continue;
    commits_ += built.batch->ops.size();
    replicator_.submit(std::move(built.batch));
  }
}

void Committer::refuse(std::vector<std::unique_ptr<Op>> ops) {
  for (auto& op : ops) op->result = {CommitOutcome::kUnavailable, replicator_.refusal()};
  replicator_.answer_in_order(std::move(ops));
}

}  // namespace freehold::store::embedded
