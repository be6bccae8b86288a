// Source: "Numeric functions for ARM templates". Integers have 64 bits and don't wrap: what doesn't fit is refused.
#include <charconv>
#include <cmath>
#include <limits>

#include "src/function.h"

namespace freehold::gate::expression {
namespace {

template <class Operation>
Result<Json> arithmetic(const Call& call, Operation operation) {
  FH_TRY(const auto a, call.integer(0));
  FH_TRY(const auto b, call.integer(1));
  std::int64_t result = 0;
  if (operation(a, b, &result)) return call.wrong("the result doesn't fit an integer of 64 bits");
  return result;
}

Result<Json> add(const Call& call) {
  return arithmetic(call, [](auto a, auto b, auto* out) { return __builtin_add_overflow(a, b, out); });
}
Result<Json> sub(const Call& call) {
  return arithmetic(call, [](auto a, auto b, auto* out) { return __builtin_sub_overflow(a, b, out); });
}
Result<Json> mul(const Call& call) {
  return arithmetic(call, [](auto a, auto b, auto* out) { return __builtin_mul_overflow(a, b, out); });
}

Result<Json> divide(const Call& call, bool remainder) {
  FH_TRY(const auto a, call.integer(0));
  FH_TRY(const auto b, call.integer(1));
  if (b == 0) return call.wrong("division by zero");
  if (b == -1) {  // the one quotient that overflows is of the smallest integer
    if (remainder) return 0;
    if (a == std::numeric_limits<std::int64_t>::min())
      return call.wrong("the result doesn't fit an integer of 64 bits");
    return -a;
  }
  return remainder ? a % b : a / b;
}

Result<Json> div(const Call& call) { return divide(call, false); }
Result<Json> mod(const Call& call) { return divide(call, true); }

Result<Json> to_int(const Call& call) {
  const Json& value = call[0];
  if (value.is_number_integer()) return value;
  if (value.is_number_float()) {
    const double rounded = std::nearbyint(value.get<double>());
    constexpr double kEnd = 9223372036854775808.0;
    if (!(rounded >= -kEnd && rounded < kEnd)) return call.wrong("the number doesn't fit an integer of 64 bits");
    return static_cast<std::int64_t>(rounded);
  }
  FH_TRY(auto text, call.text(0));
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return call.wrong("the string is no integer");
  return number;
}

Result<Json> to_float(const Call& call) {
  if (call[0].is_number()) return call[0].get<double>();
  FH_TRY(const auto text, call.text(0));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    return call.wrong("the string is no number");
  }
  return number;
}

// Of one array of integers, or of all arguments.
template <class Better>
Result<Json> extreme(const Call& call, Better better) {
  const bool array = call.count() == 1 && call[0].is_array();
  const auto count = array ? call[0].size() : call.count();
  if (count == 0) return call.wrong("the array is empty");
  std::int64_t best = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Json& value = array ? call[0][i] : call[i];
    if (!value.is_number_integer()) return call.wrong("its arguments are integers, or one array of integers");
    const auto number = value.get<std::int64_t>();
    if (i == 0 || better(number, best)) best = number;
  }
  return best;
}

Result<Json> max(const Call& call) {
  return extreme(call, [](auto a, auto b) { return a > b; });
}
Result<Json> min(const Call& call) {
  return extreme(call, [](auto a, auto b) { return a < b; });
}

constexpr FunctionRow kRows[] = {
    {{"add", 2, 2}, add},        {{"sub", 2, 2}, sub},    {{"mul", 2, 2}, mul},
    {{"div", 2, 2}, div},        {{"mod", 2, 2}, mod},    {{"int", 1, 1}, to_int},
    {{"float", 1, 1}, to_float}, {{"max", 1, kAny}, max}, {{"min", 1, kAny}, min},
};

}  // namespace

std::span<const FunctionRow> number_functions() { return kRows; }

}  // namespace freehold::gate::expression
