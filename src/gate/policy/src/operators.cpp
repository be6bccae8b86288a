#include "src/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/encoding.h"
#include "expression/date_time.h"
#include "expression/find_text.h"
#include "src/pattern.h"

namespace freehold::gate::policy {
namespace {

constexpr std::array<std::string_view, 19> kNames = {"Equals",
                                                     "NotEquals",
                                                     "Like",
                                                     "NotLike",
                                                     "Match",
                                                     "NotMatch",
                                                     "MatchInsensitively",
                                                     "NotMatchInsensitively",
                                                     "Contains",
                                                     "NotContains",
                                                     "In",
                                                     "NotIn",
                                                     "ContainsKey",
                                                     "NotContainsKey",
                                                     "Less",
                                                     "LessOrEquals",
                                                     "Greater",
                                                     "GreaterOrEquals",
                                                     "Exists"};

std::unexpected<Error> wrong(Operator op, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("The condition '{}' {}.", operator_name(op), what));
}

std::string normal_location(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ') out += ascii_lower(c);
  }
  return out;
}

// A scalar as text, as it is compared with a text.
std::string scalar_text(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

bool equal(const Json* value, const Json& target, Comparison comparison) {
  if (value == nullptr || value->is_null()) return target.is_null();
  if (target.is_null()) return false;
  if (value->is_structured() || target.is_structured()) return expression::deep_equal(*value, target);
  if (value->is_number() && target.is_number()) return *value == target;
  if (comparison == Comparison::kLocation) {
    return normal_location(scalar_text(*value)) == normal_location(scalar_text(target));
  }
  if (value->is_string() && target.is_string()) {
    return equals_ignoring_case(value->get_ref<const std::string&>(), target.get_ref<const std::string&>());
  }
  return equals_ignoring_case(scalar_text(*value), scalar_text(target));
}

bool among(const Json* value, const Json& target, Comparison comparison) {
  return std::any_of(target.begin(), target.end(), [&](const Json& one) { return equal(value, one, comparison); });
}

bool contains(const Json* value, const Json& target) {
  if (value == nullptr || value->is_null()) return false;
  if (value->is_array()) {
    return std::any_of(value->begin(), value->end(),
                       [&target](const Json& one) { return equal(&one, target, Comparison::kPlain); });
  }
  if (value->is_object()) return false;
  return expression::find_text(to_lower(scalar_text(*value)), to_lower(scalar_text(target))) != std::string::npos;
}

std::optional<double> number_of(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

template <class T>
int sign(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

// Integers exactly, numbers, points in time, or texts.
Result<int> order(Operator op, const Json& value, const Json& target) {
  if (value.is_number_integer() && target.is_number_integer()) {
    return sign(value.get<std::int64_t>(), target.get<std::int64_t>());
  }
  if (value.is_number() || target.is_number()) {
    const auto a = number_of(value);
    const auto b = number_of(target);
    if (!a || !b) return wrong(op, "compares a number with what is none");
    return sign(*a, *b);
  }
  if (!value.is_string() || !target.is_string()) return wrong(op, "compares numbers, dates or strings");
  const auto& a = value.get_ref<const std::string&>();
  const auto& b = target.get_ref<const std::string&>();
  const auto first = expression::parse_date_time(a);
  const auto second = expression::parse_date_time(b);
  if (first && second) return sign(*first, *second);
  return sign(to_lower(a), to_lower(b));
}

Result<bool> ordered(Operator op, const Json* value, const Json& target) {
  if (value == nullptr || value->is_null()) return false;
  FH_TRY(const int sign, order(op, *value, target));
  switch (op) {
    case Operator::kLess:
      return sign < 0;
    case Operator::kLessOrEquals:
      return sign <= 0;
    case Operator::kGreater:
      return sign > 0;
    default:
      return sign >= 0;
  }
}

Result<bool> truth(Operator op, const Json& target) {
  if (target.is_boolean()) return target.get<bool>();
  if (target.is_string() && equals_ignoring_case(target.get_ref<const std::string&>(), "true")) return true;
  if (target.is_string() && equals_ignoring_case(target.get_ref<const std::string&>(), "false")) return false;
  return wrong(op, "needs a boolean");
}

Result<bool> patterned(Operator op, const Json* value, const Json& target) {
  if (!target.is_string()) return wrong(op, "needs a string");
  const auto& pattern = target.get_ref<const std::string&>();
  if (value == nullptr || value->is_null() || value->is_structured()) return false;
  const std::string text = scalar_text(*value);
  if (op == Operator::kLike) {
    if (!is_like_pattern(pattern)) return wrong(op, "takes one wildcard character at most");
    return is_like(text, pattern);
  }
  return matches(text, pattern, op == Operator::kMatch ? Case::kRegarded : Case::kIgnored);
}

// Of each pair of operators the one that isn't negated.
Operator positive(Operator op) {
  switch (op) {
    case Operator::kNotEquals:
      return Operator::kEquals;
    case Operator::kNotLike:
      return Operator::kLike;
    case Operator::kNotMatch:
      return Operator::kMatch;
    case Operator::kNotMatchInsensitively:
      return Operator::kMatchInsensitively;
    case Operator::kNotContains:
      return Operator::kContains;
    case Operator::kNotIn:
      return Operator::kIn;
    case Operator::kNotContainsKey:
      return Operator::kContainsKey;
    default:
      return op;
  }
}

Result<bool> compare_positive(Operator op, const Json* value, const Json& target, Comparison comparison) {
  switch (op) {
    case Operator::kEquals:
      return equal(value, target, comparison);
    case Operator::kLike:
    case Operator::kMatch:
    case Operator::kMatchInsensitively:
      return patterned(op, value, target);
    case Operator::kContains:
      return contains(value, target);
    case Operator::kIn:
      if (!target.is_array()) return wrong(op, "needs an array");
      return among(value, target, comparison);
    case Operator::kContainsKey:
      if (!target.is_string()) return wrong(op, "needs a string");
      return value != nullptr && expression::find_member(*value, target.get_ref<const std::string&>()) != nullptr;
    case Operator::kExists: {
      FH_TRY(const bool wanted, truth(op, target));
      return (value != nullptr && !value->is_null()) == wanted;
    }
    default:
      return ordered(op, value, target);
  }
}

}  // namespace

std::optional<Operator> parse_operator(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (equals_ignoring_case(kNames[i], name)) return static_cast<Operator>(i);
  }
  return std::nullopt;
}

std::string_view operator_name(Operator op) { return kNames[static_cast<std::size_t>(op)]; }

Result<bool> compare(Operator op, const Json* value, const Json& target, Comparison comparison) {
  const Operator base = positive(op);
  FH_TRY(const bool holds, compare_positive(base, value, target, comparison));
  return holds == (base == op);
}

Result<void> check_target(Operator op, const Json& target) {
  switch (positive(op)) {
    case Operator::kIn:
      if (!target.is_array()) return wrong(op, "needs an array");
      return {};
    case Operator::kExists: {
      FH_TRY(const bool wanted, truth(op, target));
      static_cast<void>(wanted);
      return {};
    }
    case Operator::kLike:
      if (!target.is_string() || !is_like_pattern(target.get_ref<const std::string&>())) {
        return wrong(op, "needs a string with one wildcard character at most");
      }
      return {};
    case Operator::kMatch:
    case Operator::kMatchInsensitively:
    case Operator::kContainsKey:
      if (!target.is_string()) return wrong(op, "needs a string");
      return {};
    default:
      return {};
  }
}

}  // namespace freehold::gate::policy
