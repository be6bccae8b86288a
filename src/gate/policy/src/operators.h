// The conditions' operators: pure comparisons of a value with what the rule wants. Source: "Azure Policy definition
// structure policy rule", Conditions.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "policy/parameters.h"

namespace freehold::gate::policy {

enum class Operator : std::uint8_t {
  kEquals,
  kNotEquals,
  kLike,
  kNotLike,
  kMatch,
  kNotMatch,
  kMatchInsensitively,
  kNotMatchInsensitively,
  kContains,
  kNotContains,
  kIn,
  kNotIn,
  kContainsKey,
  kNotContainsKey,
  kLess,
  kLessOrEquals,
  kGreater,
  kGreaterOrEquals,
  kExists,
};

[[nodiscard]] std::optional<Operator> parse_operator(std::string_view name);  // without regard to case
[[nodiscard]] std::string_view operator_name(Operator op);                    // "NotEquals"

// Azure compares locations without spaces and case: "East US 2" is "eastus2".
enum class Comparison : std::uint8_t { kPlain, kLocation };

// `value` is nullptr where there is none. kInvalidArgument where Azure's evaluation fails too: an order between things
// that have none, a target of the wrong type.
[[nodiscard]] Result<bool> compare(Operator op, const Json* value, const Json& target,
                                   Comparison comparison = Comparison::kPlain);
// Whether a target that stands in the rule can ever be right: arrays for in, one '*' for like, a boolean for exists.
[[nodiscard]] Result<void> check_target(Operator op, const Json& target);

}  // namespace freehold::gate::policy
