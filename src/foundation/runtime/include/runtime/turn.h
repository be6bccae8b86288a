// Turn: at most one coroutine at a time, in order of arrival.
#pragma once

#include <deque>
#include <mutex>
#include <utility>

#include "base/result.h"
#include "runtime/completion.h"
#include "runtime/task.h"

namespace freehold::runtime {

// For changes that are rare and read what they change, such as a directory's; outlives its guards. Thread-safe.
class Turn {
 public:
  class Guard {
   public:
    Guard() = default;
    explicit Guard(Turn& turn) : turn_(&turn) {}
    Guard(Guard&& other) noexcept : turn_(std::exchange(other.turn_, nullptr)) {}
    Guard& operator=(Guard&& other) noexcept {
      std::swap(turn_, other.turn_);
      return *this;
    }
    ~Guard() {
      if (turn_ != nullptr) turn_->pass_on_turn();
    }

   private:
    Turn* turn_ = nullptr;
  };

  // kExhausted when too many wait.
  [[nodiscard]] Task<Result<Guard>> take() {
    Completion<bool> mine;
    {
      const std::lock_guard lock(mutex_);
      if (!std::exchange(taken_, true)) co_return Guard(*this);
      if (waiting_.size() >= kWaiting) co_return fail(ErrorCode::kExhausted, "too many changes wait for their turn");
      waiting_.push_back(mine);
    }
    co_await mine.wait();
    co_return Guard(*this);
  }

 private:
  static constexpr std::size_t kWaiting = 1'024;

  void pass_on_turn() {
    std::unique_lock lock(mutex_);
    if (waiting_.empty()) {
      taken_ = false;
      return;
    }
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    next.complete(true);
  }

  std::mutex mutex_;
  bool taken_ = false;
  std::deque<Completion<bool>> waiting_;
};

}  // namespace freehold::runtime
