#include "src/tag_expression.h"

#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "src/tag_rules.h"

namespace freehold::blob {
namespace {

constexpr int kDepth = 16;
constexpr std::string_view kContainerKey = "@container";

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '@';
}

// Tokens of the language, taken off the front of the text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) { skip_space(); }
  [[nodiscard]] bool done() const { return rest_.empty(); }
  // A keyword, in any case and not the beginning of a longer word.
  bool take_keyword(std::string_view word) {
    if (!equals_ignoring_case(rest_.substr(0, word.size()), word)) return false;
    if (rest_.size() > word.size() && is_word_character(rest_[word.size()])) return false;
    advance(word.size());
    return true;
  }
  bool take_symbol(std::string_view symbol) {
    if (!rest_.starts_with(symbol)) return false;
    advance(symbol.size());
    return true;
  }
  std::optional<std::string> take_quoted(char quote) {
    if (rest_.empty() || rest_.front() != quote) return std::nullopt;
    const auto end = rest_.find(quote, 1);
    if (end == rest_.npos) return std::nullopt;
    std::string text(rest_.substr(1, end - 1));
    advance(end + 1);
    return text;
  }
  // A key without quotes.
  std::optional<std::string> take_word() {
    std::size_t size = 0;
    while (size < rest_.size() && is_word_character(rest_[size])) ++size;
    if (size == 0) return std::nullopt;
    std::string word(rest_.substr(0, size));
    advance(size);
    return word;
  }

 private:
  void advance(std::size_t n) {
    rest_.remove_prefix(n);
    skip_space();
  }
  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
  }
  std::string_view rest_;
};

std::optional<TagOperator> take_operator(Scanner& in) {
  // The longer ones first.
  if (in.take_symbol("<>")) return TagOperator::kNotEqual;
  if (in.take_symbol("<=")) return TagOperator::kLessEqual;
  if (in.take_symbol(">=")) return TagOperator::kGreaterEqual;
  if (in.take_symbol("=")) return TagOperator::kEqual;
  if (in.take_symbol("<")) return TagOperator::kLess;
  if (in.take_symbol(">")) return TagOperator::kGreater;
  return std::nullopt;
}

std::optional<TagComparison> take_comparison(Scanner& in) {
  auto key = in.take_quoted('"');
  if (!key) key = in.take_word();
  if (!key || key->empty()) return std::nullopt;
  const auto operation = take_operator(in);
  if (!operation) return std::nullopt;
  auto value = in.take_quoted('\'');
  if (!value || value->size() > kTagValueBytes || !is_tag_text(*value)) return std::nullopt;
  return TagComparison{std::move(*key), *operation, std::move(*value)};
}

bool is_tag_key(std::string_view key) { return key.size() <= kTagKeyBytes && is_tag_text(key); }

bool is_lower_bound(TagOperator operation) {
  return operation == TagOperator::kGreater || operation == TagOperator::kGreaterEqual;
}

// May a query have both of these for one tag? Only as the two ends of a range.
bool make_a_range(TagOperator a, TagOperator b) {
  if (a == TagOperator::kEqual || b == TagOperator::kEqual) return false;
  return is_lower_bound(a) != is_lower_bound(b);
}

}  // namespace

// Recursive descent: or := and (OR and)*, and := unary (AND unary)*, unary := NOT unary | ( or ) | comparison.
class TagExpressionParser {
 public:
  explicit TagExpressionParser(std::string_view text) : in_(text) {}
  bool parse_whole() { return parse_or(0) && in_.done(); }
  TagExpression take() { return std::move(result_); }

 private:
  using Step = TagExpression::Step;
  bool parse_or(int depth) {
    if (!parse_and(depth)) return false;
    while (in_.take_keyword("or")) {
      if (!parse_and(depth)) return false;
      result_.steps_.push_back(Step::kOr);
    }
    return true;
  }
  bool parse_and(int depth) {
    if (!parse_unary(depth)) return false;
    while (in_.take_keyword("and")) {
      if (!parse_unary(depth)) return false;
      result_.steps_.push_back(Step::kAnd);
    }
    return true;
  }
  bool parse_unary(int depth) {
    if (depth > kDepth) return false;
    if (in_.take_keyword("not")) {
      if (!parse_unary(depth + 1)) return false;
      result_.steps_.push_back(Step::kNot);
      return true;
    }
    if (in_.take_symbol("(")) return parse_or(depth + 1) && in_.take_symbol(")");
    auto comparison = take_comparison(in_);
    if (!comparison || !is_tag_key(comparison->key) || result_.comparisons_.size() == kTagComparisons) return false;
    result_.comparisons_.push_back(std::move(*comparison));
    result_.steps_.push_back(Step::kCompare);
    return true;
  }

  Scanner in_;
  TagExpression result_;
};

bool TagComparison::holds(const Tags& tags) const {
  const auto found = std::ranges::find(tags, key, &Tags::value_type::first);
  if (found == tags.end()) return operation == TagOperator::kNotEqual;
  const int order = found->second.compare(value);
  switch (operation) {
    case TagOperator::kEqual:
      return order == 0;
    case TagOperator::kNotEqual:
      return order != 0;
    case TagOperator::kLess:
      return order < 0;
    case TagOperator::kLessEqual:
      return order <= 0;
    case TagOperator::kGreater:
      return order > 0;
    case TagOperator::kGreaterEqual:
      return order >= 0;
  }
  return false;
}

std::optional<TagExpression> TagExpression::parse(std::string_view text) {
  if (text.size() > kTagExpressionBytes) return std::nullopt;
  TagExpressionParser parser(text);
  if (!parser.parse_whole()) return std::nullopt;
  return parser.take();
}

bool TagExpression::holds(const Tags& tags) const {
  std::vector<bool> stack;
  auto comparison = comparisons_.begin();
  for (const auto step : steps_) {
    if (step == Step::kCompare) {
      stack.push_back((comparison++)->holds(tags));
      continue;
    }
    const bool last = stack.back();
    if (step == Step::kNot) {
      stack.back() = !last;
      continue;
    }
    stack.pop_back();
    stack.back() = step == Step::kAnd ? stack.back() && last : stack.back() || last;
  }
  return !stack.empty() && stack.back();
}

bool TagQuery::holds(const Tags& tags) const {
  return std::ranges::all_of(comparisons, [&](const TagComparison& c) { return c.holds(tags); });
}

std::optional<TagQuery> parse_tag_query(std::string_view text) {
  if (text.size() > kTagExpressionBytes) return std::nullopt;
  Scanner in(text);
  TagQuery query;
  std::map<std::string, std::vector<TagOperator>> by_key;
  do {
    auto comparison = take_comparison(in);
    if (!comparison || comparison->operation == TagOperator::kNotEqual) return std::nullopt;
    if (comparison->key == kContainerKey) {
      if (query.container || comparison->operation != TagOperator::kEqual) return std::nullopt;
      query.container = std::move(comparison->value);
      continue;
    }
    if (!is_tag_key(comparison->key)) return std::nullopt;
    auto& others = by_key[comparison->key];
    for (const auto other : others) {
      if (!make_a_range(other, comparison->operation)) return std::nullopt;
    }
    others.push_back(comparison->operation);
    query.comparisons.push_back(std::move(*comparison));
  } while (in.take_keyword("and"));
  if (!in.done() || query.comparisons.empty() || by_key.size() > kTagsPerBlob) return std::nullopt;
  return query;
}

}  // namespace freehold::blob
