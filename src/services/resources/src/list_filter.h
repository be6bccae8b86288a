// $filter of the resource manager's lists. Pure.
//
// Source: "Resources - List" and "Resource Groups - List" ($filter): comparisons joined by `and`; anything else is said
// not to be understood rather than passed over, because it would show more than was asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freehold::resources {

struct FilterClause {
  enum class Kind { kEqual, kNotEqual, kStartsWith, kContains };
  Kind kind = Kind::kEqual;
  std::string field;  // in lower case: "resourcetype", "tagname", "name"
  std::string value;
};

inline constexpr std::size_t kMaxFilterBytes = 2'048;
inline constexpr std::size_t kMaxClauses = 16;

// "name eq 'x' and startswith(tagName, 'y')", "substringof('x', name)"; a quote in a value is written twice. Also
// "atScope()" and "assignedTo('id')", as clauses of fields "atscope()" and "assignedto()". nullopt: not understood.
[[nodiscard]] std::optional<std::vector<FilterClause>> parse_filter(std::string_view text);

// Does the value satisfy the clause? Without regard to case.
[[nodiscard]] bool holds(const FilterClause& clause, std::string_view value);

}  // namespace freehold::resources
