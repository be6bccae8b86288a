// KeyedLock: at most one coroutine at a time for what shares a key, in order of arrival.
//
// Writers of one blob queue here instead of failing each other's commits; correctness never rests on it (the commit's
// own expectations do that, for front ends are many).
#pragma once

#include <array>
#include <deque>
#include <mutex>
#include <string_view>

#include "base/result.h"
#include "runtime/completion.h"
#include "runtime/task.h"

namespace freehold::blob {

// Owned by BlobService, outlives its guards. Thread-safe. kExhausted when too many wait.
class KeyedLock {
 public:
  class Guard {
   public:
    Guard() = default;
    explicit Guard(KeyedLock& lock, std::size_t stripe) : lock_(&lock), stripe_(stripe) {}
    Guard(Guard&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)), stripe_(other.stripe_) {}
    Guard& operator=(Guard&& other) noexcept {
      if (this != &other) {
        release();
        lock_ = std::exchange(other.lock_, nullptr);
        stripe_ = other.stripe_;
      }
      return *this;
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() { release(); }

   private:
    void release() {
      if (auto* lock = std::exchange(lock_, nullptr)) lock->unlock(stripe_);
    }
    KeyedLock* lock_ = nullptr;
    std::size_t stripe_ = 0;
  };

  [[nodiscard]] runtime::Task<Result<Guard>> lock(std::size_t hash) {
    const auto stripe = hash % kStripes;
    auto& place = stripes_[stripe];
    runtime::Completion<bool> turn;
    {
      const std::lock_guard guard(place.mutex);
      if (!place.held) {
        place.held = true;
        co_return Guard(*this, stripe);
      }
      if (place.waiting.size() >= kWaiting) co_return fail(ErrorCode::kExhausted, "too many writers of one blob");
      place.waiting.push_back(turn);
    }
    co_await turn.wait();
    co_return Guard(*this, stripe);
  }

 private:
  static constexpr std::size_t kStripes = 4'096;
  static constexpr std::size_t kWaiting = 4'096;
  struct Stripe {
    std::mutex mutex;
    bool held = false;
    std::deque<runtime::Completion<bool>> waiting;
  };

  void unlock(std::size_t stripe) {
    auto& place = stripes_[stripe];
    std::unique_lock guard(place.mutex);
    if (place.waiting.empty()) {
      place.held = false;
      return;
    }
    const auto next = std::move(place.waiting.front());
    place.waiting.pop_front();
    guard.unlock();
    next.complete(true);
  }

  std::array<Stripe, kStripes> stripes_;
};

}  // namespace freehold::blob
