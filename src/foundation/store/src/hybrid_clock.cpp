#include "store/hybrid_clock.h"

namespace freehold::store {
namespace {
constexpr unsigned kCounterBits = 8;
}  // namespace

std::uint64_t HybridClock::next() {
  const std::uint64_t physical = from_wall(clock_.now());
  std::uint64_t last = last_.load(std::memory_order_relaxed);
  std::uint64_t mine = 0;
  do {
    mine = std::max(physical, last + 1);
  } while (!last_.compare_exchange_weak(last, mine, std::memory_order_relaxed));
  return mine;
}

void HybridClock::observe(std::uint64_t timestamp) {
  std::uint64_t last = last_.load(std::memory_order_relaxed);
  while (last < timestamp && !last_.compare_exchange_weak(last, timestamp, std::memory_order_relaxed)) {
  }
}

WallTime HybridClock::wall_time(std::uint64_t timestamp) {
  return WallTime(std::chrono::microseconds(timestamp >> kCounterBits));
}

std::uint64_t HybridClock::from_wall(WallTime time) {
  const auto us = time.time_since_epoch().count();
  return us <= 0 ? 0 : static_cast<std::uint64_t>(us) << kCounterBits;
}

}  // namespace freehold::store
