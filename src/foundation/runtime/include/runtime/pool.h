// Pool: threads for work that would block a loop (disk, RSA, HSM, long digests), with a bounded queue that is fair by
// tenant.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "runtime/completion.h"
#include "runtime/task.h"

namespace freehold::runtime {

// Whose turn it is: work of one key is done in order of arrival, keys take turns (I1). 0 is the system's own work.
using FairKey = std::uint64_t;

// Thread-safe. The destructor finishes what is queued, then joins; submit() after stop() fails.
class Pool {
 public:
  struct Options {
    std::string name;  // thread name, at most 15 bytes
    unsigned threads = 1;
    std::size_t queue_limit = 4096;    // all keys together
    std::size_t per_key_limit = 1024;  // one key
  };
  explicit Pool(Options options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Queues `work`, or returns kExhausted at a limit and kUnavailable after stop(). `work` must not throw.
  [[nodiscard]] Result<> submit(FairKey key, std::move_only_function<void()> work);

  // Runs `work` (returning Result<T>) on a pool thread and resumes the caller on its loop with what it returned.
  template <class Work>
  [[nodiscard]] auto run(FairKey key, Work work) -> Task<decltype(work())> {
    using R = decltype(work());
    Completion<R> done;
    auto submitted = submit(key, [done, work = std::move(work)]() mutable { done.complete(work()); });
    if (!submitted) co_return std::unexpected(submitted.error());
    co_return co_await done.wait();
  }

  // Stops taking work, finishes what is queued and joins. Idempotent.
  void stop();
  [[nodiscard]] std::size_t queued() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freehold::runtime
