// BusyReport: says in the log how often callers were told to come back later, and why.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace freehold::gate {

// A line for the first, and then one every ten seconds at most: refusing must stay cheap. Thread-safe.
class BusyReport {
 public:
  static constexpr std::chrono::seconds kEvery{10};
  void add(std::string_view detail, MonotonicTime now);

 private:
  std::mutex mutex_;
  std::uint64_t untold_ = 0;
  std::optional<MonotonicTime> told_;
};

}  // namespace freehold::gate
