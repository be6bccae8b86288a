// DeadlinePool: work on a bounded pool whose callers wait so long and no longer. Private to this module.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <utility>

#include "runtime/pool.h"

namespace freehold::crypto {

// Thread-safe. Destroyed before what its work uses.
class DeadlinePool {
 public:
  DeadlinePool(runtime::Pool::Options options, std::chrono::milliseconds deadline)
      : deadline_(deadline), pool_(std::move(options)) {}

  // kTimeout: the deadline came first; the work may still end later, and what it gives is dropped (and wiped).
  template <class T>
  [[nodiscard]] runtime::Task<Result<T>> run(runtime::FairKey turn, std::move_only_function<Result<T>()> work) {
    // Who claims first, the pool's thread or the timer, completes the call.
    const auto claimed = std::make_shared<std::atomic<bool>>(false);  // timer and pool thread, which may end last
    const runtime::Completion<Result<T>> done;
    auto submitted = pool_.submit(turn, [claimed, done, work = std::move(work)]() mutable {
      if (claimed->load()) return;  // given up while it was queued
      Result<T> result = work();
      if (!claimed->exchange(true)) done.complete(std::move(result));
    });
    if (!submitted) co_return pass_on(submitted);
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, deadline_);
    timer.async_wait([claimed, done](const boost::system::error_code& cancelled) {
      if (cancelled || claimed->exchange(true)) return;
      done.complete(fail(ErrorCode::kTimeout, "the HSM token took too long"));
    });
    Result<T> result = co_await done.wait();
    timer.cancel();
    co_return result;
  }
  // Nobody waits for it.
  [[nodiscard]] Result<> submit(runtime::FairKey turn, std::move_only_function<void()> work) {
    return pool_.submit(turn, std::move(work));
  }
  void stop() { pool_.stop(); }

 private:
  std::chrono::milliseconds deadline_;
  runtime::Pool pool_;
};

}  // namespace freehold::crypto
