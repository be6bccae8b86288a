// Time as an interface: tests and the simulator supply their own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freehold {

using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::microseconds>;

// Thread-safe. now() may step back (an operator or NTP sets it); monotonic() never does.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime now() const = 0;
  [[nodiscard]] virtual MonotonicTime monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override;
  [[nodiscard]] MonotonicTime monotonic() const override;
};

// A clock that stands still until told otherwise. Thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(WallTime start = WallTime(std::chrono::seconds(1'750'000'000)));
  [[nodiscard]] WallTime now() const override;
  [[nodiscard]] MonotonicTime monotonic() const override;
  void advance(std::chrono::microseconds by);    // both
  void step_wall(std::chrono::microseconds by);  // the wall clock only; may be negative

 private:
  std::atomic<std::int64_t> wall_us_;
  std::atomic<std::int64_t> monotonic_us_{0};
};

// RFC 9110 IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT", and back (that one form, or the obsolete two on input).
[[nodiscard]] std::string http_date(WallTime time);
[[nodiscard]] std::optional<WallTime> parse_http_date(std::string_view text);
// RFC 3339 in UTC with 0 or 7 fraction digits: "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.1234560Z".
[[nodiscard]] std::string rfc3339(WallTime time);
[[nodiscard]] std::string rfc3339_ticks(WallTime time);
// RFC 3339 and the shorter ISO 8601 forms that SAS uses ("2026-01-02", "2026-01-02T03:04Z", fractions up to 7 digits).
[[nodiscard]] std::optional<WallTime> parse_iso8601(std::string_view text);

}  // namespace freehold
