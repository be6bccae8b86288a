// HybridClock: timestamps that never go back, though the wall clock may (Kulkarni et al., Logical Physical Clocks,
// 2014).
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/random.h"
#include "store/chunk_store.h"
#include "store/partition_store.h"

namespace freehold::store {

// Microseconds since 1970 shifted left by 8, with a counter in the low bits: strictly growing within a process, and
// across restarts if observe() is given the highest timestamp found on disk. Thread-safe.
class HybridClock {
 public:
  HybridClock(const Clock& clock, Random& random) : clock_(clock), random_(random) {}
  [[nodiscard]] std::uint64_t next();
  void observe(std::uint64_t timestamp);
  [[nodiscard]] TransactionId next_transaction() { return {next(), random_.u64()}; }
  [[nodiscard]] ChunkId next_chunk() { return {next(), random_.u64()}; }
  [[nodiscard]] static WallTime wall_time(std::uint64_t timestamp);
  [[nodiscard]] static std::uint64_t from_wall(WallTime time);

 private:
  const Clock& clock_;
  Random& random_;
  std::atomic<std::uint64_t> last_{0};
};

}  // namespace freehold::store
