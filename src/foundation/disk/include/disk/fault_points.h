// Kill points: every write, sync, rename, unlink, punch and preallocation of the real disk passes one, on the File path
// and on RocksDB's. A crash test counts them in one run and then kills one run at each.
//
//   FREEHOLD_COUNT_FAULT_POINTS=FILE  writes the number passed to FILE when the process exits normally
//   FREEHOLD_KILL_AT=N                SIGKILLs the process just before the N-th (from 1) takes place
//
// Only in builds with the CMake option FREEHOLD_FAULT_POINTS; elsewhere fault_point() is nothing.
#pragma once

#include <atomic>
#include <cstdint>

namespace freehold::disk {

#ifdef FREEHOLD_FAULT_POINTS
namespace detail {
extern std::atomic<bool> fault_points_armed;
void pass_fault_point();
}  // namespace detail

// Any thread.
inline void fault_point() {
  if (detail::fault_points_armed.load(std::memory_order_relaxed)) [[unlikely]]
    detail::pass_fault_point();
}
// Starts counting in this process (tests), as the environment variables do. Never disarmed again.
void arm_fault_points();
[[nodiscard]] std::uint64_t fault_points_passed();
#else
inline void fault_point() {}
#endif

}  // namespace freehold::disk
