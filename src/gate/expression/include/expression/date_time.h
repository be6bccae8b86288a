// Points in time as .NET has them: 100 ns ticks since 0001-01-01 in UTC, parsed from ISO 8601 and written by .NET's
// format strings in the invariant culture, which is what Azure's date functions speak.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace freehold::gate::expression {

struct Ticks {
  std::int64_t value = 0;
  friend auto operator<=>(const Ticks&, const Ticks&) = default;
};

inline constexpr std::int64_t kTicksPerSecond = 10'000'000;
inline constexpr std::int64_t kTicksPerDay = 86'400 * kTicksPerSecond;
inline constexpr std::string_view kUniversalIso8601 = "yyyy-MM-ddTHH:mm:ss.fffffffZ";

[[nodiscard]] Ticks ticks_of(WallTime time);
[[nodiscard]] Ticks ticks_of_unix(std::int64_t seconds);
[[nodiscard]] std::int64_t unix_seconds(Ticks ticks);  // rounded down

// A date, or a date and a time behind 'T' or a space, with up to seven digits of a second and an offset; without an
// offset it is UTC. Years 0001 to 9999. nullopt if it is anything else.
[[nodiscard]] std::optional<Ticks> parse_date_time(std::string_view text);

// An ISO 8601 duration, "-P1Y2M3DT4H5M6.5S", added: years and months by the calendar. nullopt if it is no duration or
// the result leaves the years 1 to 9999.
[[nodiscard]] std::optional<Ticks> add_duration(Ticks base, std::string_view duration);
[[nodiscard]] std::optional<Ticks> add_days(Ticks base, std::int64_t days);

// Standard format (one letter: "u", "R", "d") or custom format ("yyyy-MM-dd HH:mm"). kInvalidArgument for a letter that
// .NET doesn't have as a standard format.
[[nodiscard]] Result<std::string> format_date_time(Ticks ticks, std::string_view format);

}  // namespace freehold::gate::expression
