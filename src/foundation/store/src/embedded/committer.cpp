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
      Replicator::refuse(std::move(ops), replicator_.refusal());
      continue;
    }
    const Position last = replicator_.last();
    if (last.term != term_) builder_.forget();
    term_ = last.term;
    auto built = builder_.build(std::move(ops), last, space_.room());
    if (!built.unchanged.empty()) replicator_.answer_in_order(std::move(built.unchanged), term_);
    if (built.batch) {
      commits_ += built.batch->ops.size();
      replicator_.submit(std::move(built.batch));
    }
    replicator_.built();
  }
}

}  // namespace freehold::store::embedded
