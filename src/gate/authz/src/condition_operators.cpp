#include <algorithm>
#include <charconv>
#include <utility>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/ids.h"
#include "src/condition_node.h"

namespace freehold::gate::authz {
namespace {

bool take_front(std::string_view& text, std::string_view word) {
  if (!equals_ignoring_case(text.substr(0, word.size()), word)) return false;
  text.remove_prefix(word.size());
  return true;
}

bool take_back(std::string_view& text, std::string_view word) {
  if (text.size() < word.size() || !equals_ignoring_case(text.substr(text.size() - word.size()), word)) return false;
  text.remove_suffix(word.size());
  return true;
}

std::optional<Relation> find_relation(std::string_view word, Family family) {
  const bool ordered = family == Family::kNumeric || family == Family::kDateTime;
  constexpr std::pair<std::string_view, Relation> kRelations[] = {{"Equals", Relation::kEquals},
                                                                  {"StartsWith", Relation::kStartsWith},
                                                                  {"Like", Relation::kLike},
                                                                  {"LessThan", Relation::kLess},
                                                                  {"LessThanEquals", Relation::kLessEquals},
                                                                  {"GreaterThan", Relation::kGreater},
                                                                  {"GreaterThanEquals", Relation::kGreaterEquals}};
  for (const auto& [name, relation] : kRelations) {
    if (!equals_ignoring_case(word, name)) continue;
    if (relation == Relation::kEquals) return relation;
    const bool of_texts = relation == Relation::kStartsWith || relation == Relation::kLike;
    if (of_texts ? family == Family::kString : ordered) return relation;
  }
  return std::nullopt;
}

template <class Value>
Truth compare_ordered(Relation relation, const std::optional<Value>& left, const std::optional<Value>& right) {
  if (!left || !right) return Truth::kUnknown;
  switch (relation) {
    case Relation::kLess:
      return truth(*left < *right);
    case Relation::kLessEquals:
      return truth(*left <= *right);
    case Relation::kGreater:
      return truth(*left > *right);
    case Relation::kGreaterEquals:
      return truth(*left >= *right);
    default:
      return truth(*left == *right);
  }
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t out = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::optional<bool> boolean(const std::string& text) {
  if (equals_ignoring_case(text, "true")) return true;
  if (equals_ignoring_case(text, "false")) return false;
  return std::nullopt;
}

// ASCII alone is folded: names of containers have nothing else, and no two other texts become one.
Truth compare_strings(const Operator& op, std::string_view left, std::string_view right, Effort& left_over) {
  switch (op.relation) {
    case Relation::kStartsWith:
      return truth(left.starts_with(right));
    case Relation::kLike:
      return truth(matches_like(right, left, left_over));
    default:
      return truth(left == right);
  }
}

Truth compare_plainly(const Operator& op, const std::string& left, const std::string& right, Effort& left_over) {
  switch (op.family) {
    case Family::kString:
      return op.ignore_case ? compare_strings(op, to_lower(left), to_lower(right), left_over)
                            : compare_strings(op, left, right, left_over);
    case Family::kNumeric:
      return compare_ordered(op.relation, number(left), number(right));
    case Family::kDateTime:
      return compare_ordered(op.relation, parse_iso8601(left), parse_iso8601(right));
    case Family::kBool:
      return compare_ordered(op.relation, boolean(left), boolean(right));
    case Family::kGuid:
      return compare_ordered(op.relation, parse_guid<PrincipalId>(left), parse_guid<PrincipalId>(right));
  }
  return Truth::kUnknown;
}

}  // namespace

std::optional<Operator> find_operator(std::string_view name) {
  Operator op;
  constexpr std::pair<std::string_view, Quantifier> kQuantifiers[] = {{"ForAnyOfAnyValues:", Quantifier::kAnyOfAny},
                                                                      {"ForAllOfAnyValues:", Quantifier::kAllOfAny},
                                                                      {"ForAnyOfAllValues:", Quantifier::kAnyOfAll},
                                                                      {"ForAllOfAllValues:", Quantifier::kAllOfAll}};
  for (const auto& [word, quantifier] : kQuantifiers) {
    if (take_front(name, word)) op.quantifier = quantifier;
  }
  constexpr std::pair<std::string_view, Family> kFamilies[] = {{"String", Family::kString},
                                                               {"Numeric", Family::kNumeric},
                                                               {"DateTime", Family::kDateTime},
                                                               {"Bool", Family::kBool},
                                                               {"Guid", Family::kGuid}};
  for (const auto& [word, family] : kFamilies) {
    if (!take_front(name, word)) continue;
    op.family = family;
    if (family == Family::kString) op.ignore_case = take_back(name, "IgnoreCase");
    op.negated = take_front(name, "Not");
    const auto relation = find_relation(name, family);
    const bool ordering = relation && *relation >= Relation::kLess;
    if (!relation || (op.negated && ordering)) return std::nullopt;
    op.relation = *relation;
    return op;
  }
  return std::nullopt;
}

Truth compare(const Operator& op, const std::string& left, const std::string& right, Effort& left_over) {
  constexpr Effort kOne = 8;
  left_over -= std::min(left_over, kOne + left.size() + right.size());
  if (left_over == 0) return Truth::kUnknown;
  const Truth found = compare_plainly(op, left, right, left_over);
  if (left_over == 0) return Truth::kUnknown;
  return op.negated ? negation(found) : found;
}

// Goes back to the last star only, as matches_action does.
bool matches_like(std::string_view pattern, std::string_view text, Effort& left_over) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = pattern.npos;
  std::size_t taken = 0;
  while (t < text.size()) {
    if (left_over == 0 || --left_over == 0) return false;
    const bool more = p < pattern.size();
    const bool escaped = more && pattern[p] == '\\' && p + 1 < pattern.size();
    const char wanted = escaped ? pattern[p + 1] : more ? pattern[p] : '\0';
    if (more && !escaped && wanted == '*') {
      star = p++;
      taken = t;
    } else if (more && ((!escaped && wanted == '?') || wanted == text[t])) {
      p += escaped ? 2 : 1;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace freehold::gate::authz
