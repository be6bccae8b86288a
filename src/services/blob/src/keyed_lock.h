// KeyedLock: at most one coroutine at a time for each key, in order of arrival.
//
// Writers of one blob queue here instead of failing each other's commits; correctness never rests on it (the commit's
// own expectations do that, for front ends are many).
#pragma once

#include <array>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

#include "base/result.h"
#include "runtime/completion.h"
#include "runtime/task.h"

namespace freehold::blob {

// Owned by BlobService, outlives its guards. Thread-safe. kExhausted when too many wait for one key.
//
// Only equal keys wait for each other: a tenant whose keys are its own (they begin with its partition) can't hold up or
// turn away another, whatever names it chooses (I1). What is held and waited for is bounded by the requests inside.
class KeyedLock {
  struct Queue {
    std::list<runtime::Completion<bool>> waiting;  // behind the holder
  };
  struct Shard {
    std::mutex mutex;
    std::map<std::string, Queue> held;
  };

 public:
  class Guard {
   public:
    Guard() = default;
    Guard(Shard& shard, std::map<std::string, Queue>::iterator place) : shard_(&shard), place_(place) {}
    Guard(Guard&& other) noexcept : shard_(std::exchange(other.shard_, nullptr)), place_(other.place_) {}
    Guard& operator=(Guard&& other) noexcept {
      if (this != &other) {
        release();
        shard_ = std::exchange(other.shard_, nullptr);
        place_ = other.place_;
      }
      return *this;
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() { release(); }

   private:
    void release() {
      if (auto* shard = std::exchange(shard_, nullptr)) unlock(*shard, place_);
    }
    Shard* shard_ = nullptr;
    std::map<std::string, Queue>::iterator place_;  // stays valid until its entry is erased, by the last holder
  };

  [[nodiscard]] runtime::Task<Result<Guard>> lock(std::string key) {
    auto& shard = shards_[std::hash<std::string>{}(key) % kShards];
    std::map<std::string, Queue>::iterator place;
    runtime::Completion<bool> turn;
    {
      const std::lock_guard guard(shard.mutex);
      bool free = false;
      std::tie(place, free) = shard.held.try_emplace(std::move(key));
      if (free) co_return Guard(shard, place);
      auto& waiting = place->second.waiting;
      if (waiting.size() >= kWaiting) co_return fail(ErrorCode::kExhausted, "too many writers of one blob");
      waiting.push_back(turn);
    }
    co_await turn.wait();
    co_return Guard(shard, place);
  }

 private:
  static constexpr std::size_t kShards = 256;  // only the mutexes are shared, for the length of a map's look-up
  static constexpr std::size_t kWaiting = 4'096;

  static void unlock(Shard& shard, std::map<std::string, Queue>::iterator place) {
    std::unique_lock guard(shard.mutex);
    auto& waiting = place->second.waiting;
    if (waiting.empty()) {
      shard.held.erase(place);
      return;
    }
    const auto next = std::move(waiting.front());
    waiting.pop_front();
    guard.unlock();
    next.complete(true);
  }

  std::array<Shard, kShards> shards_;
};

}  // namespace freehold::blob
