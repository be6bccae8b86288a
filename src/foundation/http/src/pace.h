// Pace: does a transfer go at least at kLeastBytesPerSecond while the server waits for the client?
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

#include "http/server.h"

namespace freehold::http {

// Only time spent waiting for the client counts, so a slow disk is never held against it. Measured over windows: the
// first is the grace that short transfers and slow starts have, and a burst pays for one window, not for hours. Times
// are milliseconds of any steady clock. Owned by a connection's Deadline, used on its loop.
class Pace {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  // A transfer begins.
  void begin(std::chrono::milliseconds window) {
    window_ms_ = window.count();
    least_ = static_cast<std::uint64_t>(window_ms_) * kLeastBytesPerSecond / 1'000;
    waited_ms_ = 0;
    moved_ = 0;
  }
  void moved(std::uint64_t bytes) { moved_ += bytes; }
  void wait_from(std::int64_t now) { since_ = now; }
  void waited_until(std::int64_t now) {
    waited_ms_ += now - since_;
    since_ = now;
    if (waited_ms_ < window_ms_ || moved_ < least_) return;
    waited_ms_ = 0;
    moved_ = 0;
  }
  // When, waiting on from now, the client will have been too slow if nothing more moves.
  [[nodiscard]] std::int64_t too_slow_at() const {
    if (window_ms_ == 0) return kNever;
    const auto end = since_ + (waited_ms_ < window_ms_ ? window_ms_ - waited_ms_ : 0);
    return moved_ < least_ ? end : end + window_ms_;
  }

 private:
  std::int64_t window_ms_ = 0;  // 0: no transfer has begun, and nothing is asked of it
  std::uint64_t least_ = 0;     // bytes a window
  std::uint64_t moved_ = 0;     // in this window
  std::int64_t waited_ms_ = 0;  // in this window, before since_
  std::int64_t since_ = 0;
};

}  // namespace freehold::http
