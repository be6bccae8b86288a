#include "runtime/pool.h"

#include <pthread.h>
#include <sys/mman.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"
#include "src/fair_queue.h"

namespace freehold::runtime {

namespace {

// What pools do is often done with keys, which are left on stacks.
void keep_own_stack_out_of_cores() {
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return;
  void* begin = nullptr;
  std::size_t size = 0;
  if (::pthread_attr_getstack(&attributes, &begin, &size) == 0) ::madvise(begin, size, MADV_DONTDUMP);
  ::pthread_attr_destroy(&attributes);
}

}  // namespace

using Work = std::move_only_function<void()>;

struct Pool::State {
  Options options;
  mutable std::mutex mutex;
  std::condition_variable ready;
  FairQueue<Work> waiting;
  bool stopping = false;
  std::vector<std::thread> threads;

  // The next piece of work, or an empty one when there is none left and the pool stops.
  Work next() {
    std::unique_lock lock(mutex);
    ready.wait(lock, [this] { return waiting.size() > 0 || stopping; });
    return waiting.size() > 0 ? waiting.pop() : Work();
  }

  void run() {
    ::pthread_setname_np(::pthread_self(), options.name.substr(0, 15).c_str());
    keep_own_stack_out_of_cores();
    while (Work work = next()) work();
  }
};

Pool::Pool(Options options) : state_(std::make_unique<State>()) {
  FH_CHECK(options.threads > 0);
  state_->options = std::move(options);
  for (unsigned i = 0; i < state_->options.threads; ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->run(); });
  }
}

Pool::~Pool() { stop(); }

Result<> Pool::submit(FairKey key, Work work) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping) return fail(ErrorCode::kUnavailable, "shutting down");
    auto& waiting = state_->waiting;
    if (waiting.size() >= state_->options.queue_limit || waiting.size(key) >= state_->options.per_key_limit) {
      return fail(ErrorCode::kExhausted, "too much work is waiting");
    }
    waiting.push(key, std::move(work));
  }
  state_->ready.notify_one();
  return {};
}

void Pool::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->ready.notify_all();
  for (auto& thread : state_->threads) thread.join();
  state_->threads.clear();
}

std::size_t Pool::queued() const {
  const std::lock_guard lock(state_->mutex);
  return state_->waiting.size();
}

}  // namespace freehold::runtime
