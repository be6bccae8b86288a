// What the pipeline tells of each request, for metrics. Implemented by app/.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace freehold::gate {

struct Observation {
  std::string_view operation;  // a route's name, or "Unrouted"; lives for ever
  int status = 0;
  std::chrono::microseconds latency{0};  // until the response's head is ready; a streamed body comes after it
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

// Called once a request, from all loops at once, on the hot path: counts and returns. Doesn't throw.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void observe(const Observation& observation) noexcept = 0;
};

}  // namespace freehold::gate
