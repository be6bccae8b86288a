// $filter and $select of the activity log. Pure.
//
// Source: "Activity Logs - List" (api-version 2015-04-01): comparisons joined by `and`, a time that they begin at. What
// isn't understood is refused: passed over, it would show more than was asked for.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace freehold::insights {

inline constexpr std::size_t kMaxFilterBytes = 4'096;
inline constexpr std::size_t kMaxClauses = 16;
inline constexpr std::size_t kMaxSelected = 32;

enum class ActivityField {
  kResourceGroup,
  kResource,
  kProvider,
  kType,
  kOperation,
  kCorrelation,
  kCaller,
  kStatus,
  kLevel
};

struct ActivityFilter {
  std::optional<WallTime> from = {};
  std::optional<WallTime> to = {};  // both included
  struct Clause {
    ActivityField field;
    std::string value;
  };
  std::vector<Clause> clauses = {};
};

// "eventTimestamp ge '2026-01-01T00:00:00Z' and resourceGroupName eq 'g'"; times with and without quotes, as clients
// send both. The error says what isn't understood.
[[nodiscard]] std::expected<ActivityFilter, std::string> parse_activity_filter(std::string_view text);

// "eventName, id": members of an event. Empty: all of them. nullopt: one isn't known, or there are too many.
[[nodiscard]] std::optional<std::vector<std::string>> parse_select(std::string_view text);

}  // namespace freehold::insights
