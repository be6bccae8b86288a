// Pauses: in long work on an event loop, the others' turns.
#pragma once

#include <chrono>

#include "runtime/task.h"

namespace freehold::policies {

// In the frame of the coroutine that works: `if (pauses.due()) co_await pauses.take();`
class Pauses {
 public:
  [[nodiscard]] bool due() const { return std::chrono::steady_clock::now() - since_ > kStretch; }
  [[nodiscard]] runtime::Task<> take();

 private:
  static constexpr std::chrono::milliseconds kStretch{2};
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

}  // namespace freehold::policies
