// Expressions over blob index tags: the conditions of x-ms-if-tags, and the queries of Find Blobs by Tags. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/row_parts.h"

namespace freehold::blob {

enum class TagOperator : std::uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

// Values compare as bytes. A tag that isn't there is unequal to every value and neither less nor greater.
struct TagComparison {
  std::string key;
  TagOperator operation = TagOperator::kEqual;
  std::string value;
  [[nodiscard]] bool holds(const Tags& tags) const;
  friend bool operator==(const TagComparison&, const TagComparison&) = default;
};

inline constexpr std::size_t kTagExpressionBytes = 8 * 1024;
inline constexpr std::size_t kTagComparisons = 64;

// What x-ms-if-tags says: comparisons joined by AND, OR and NOT, in parentheses or not. Kept in postfix order, so that
// deciding needs neither recursion nor pointers.
class TagExpression {
 public:
  // nullopt: not an expression, or too long, too deep, too many comparisons.
  [[nodiscard]] static std::optional<TagExpression> parse(std::string_view text);
  [[nodiscard]] bool holds(const Tags& tags) const;

 private:
  enum class Step : std::uint8_t { kCompare, kAnd, kOr, kNot };
  friend class TagExpressionParser;
  std::vector<Step> steps_;
  std::vector<TagComparison> comparisons_;  // in the order of their steps
};

// What Find Blobs by Tags says in `where`: comparisons joined by AND alone, without <>.
struct TagQuery {
  std::optional<std::string> container;  // @container = '...'
  std::vector<TagComparison> comparisons;
  [[nodiscard]] bool holds(const Tags& tags) const;
};
// nullopt besides: more than ten tags, no tag at all, or two comparisons of one tag that aren't a range.
[[nodiscard]] std::optional<TagQuery> parse_tag_query(std::string_view text);

}  // namespace freehold::blob
