#include "runtime/pool.h"

#include <pthread.h>
#include <sys/mman.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/check.h"

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

// Each key with work has a queue and stands once in `turns`: round robin between keys, first come first served within.
struct Pool::State {
  Options options;
  mutable std::mutex mutex;
  std::condition_variable ready;
  std::unordered_map<FairKey, std::deque<Work>> queues;
  std::deque<FairKey> turns;
  std::size_t count = 0;
  bool stopping = false;
  std::vector<std::thread> threads;

  // The next piece of work, or an empty one when there is none left and the pool stops.
  Work next() {
    std::unique_lock lock(mutex);
    ready.wait(lock, [this] { return count > 0 || stopping; });
    if (count == 0) return {};
    const FairKey key = turns.front();
    turns.pop_front();
    auto at = queues.find(key);
    Work work = std::move(at->second.front());
    at->second.pop_front();
    --count;
    if (at->second.empty()) {
      queues.erase(at);
    } else {
      turns.push_back(key);
    }
    return work;
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
    if (state_->count >= state_->options.queue_limit) return fail(ErrorCode::kExhausted, "too much work is waiting");
    auto& queue = state_->queues[key];
    if (queue.size() >= state_->options.per_key_limit) return fail(ErrorCode::kExhausted, "too much work is waiting");
    if (queue.empty()) state_->turns.push_back(key);
    queue.push_back(std::move(work));
    ++state_->count;
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
  return state_->count;
}

}  // namespace freehold::runtime
