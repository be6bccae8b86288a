// $filter and $orderby of policy states. Parsed once, asked of each state.
//
// OData 4.01 URL conventions, section 5.1.1, as far as PolicyInsights has them: eq, ne, gt, ge, lt, le, in, startswith,
// endswith, contains, and, or, not, parentheses. Bytes from callers: bounded in length, depth and nodes.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace freehold::policies {

inline constexpr std::size_t kMaxStateFilterBytes = 8'192;

// Immutable, thread-safe, cheap to copy. An empty one takes everything.
class StateFilter {
 public:
  StateFilter() = default;
  // kInvalidArgument says where it isn't understood.
  [[nodiscard]] static Result<StateFilter> parse(std::string_view text);
  // Texts are compared without regard to case; a property that a state hasn't is null.
  [[nodiscard]] bool matches(const nlohmann::json& state) const;
  struct Node;

 private:
  std::shared_ptr<const Node> root_;
};

struct StateOrder {
  std::string field;
  bool descending = false;
};
// "timestamp desc, resourceId"; at most 5. kInvalidArgument.
[[nodiscard]] Result<std::vector<StateOrder>> parse_order(std::string_view text);
// Of a state, by its name in any case; null: it has none such.
[[nodiscard]] const nlohmann::json* state_field(const nlohmann::json& state, std::string_view name);
// As the comparisons of $filter and $orderby: numbers by value, all else as text without regard to case. Below, 0,
// above.
[[nodiscard]] int compare_values(const nlohmann::json& a, const nlohmann::json& b);

}  // namespace freehold::policies
