#include "src/number_format.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/encoding.h"

namespace freehold::gate::expression {
namespace {

constexpr int kMostPrecision = 99;
constexpr double kLargest = 1e28;  // what .NET's decimal holds; a fixed notation of more would be 300 digits long

std::unexpected<Error> wrong(std::string_view format) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no format of a number", format.substr(0, 64)));
}

std::string grouped(std::string digits) {
  const auto start = digits.starts_with('-') ? 1U : 0U;
  const auto point = std::min(digits.find('.'), digits.size());
  for (auto i = point; i > start + 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

// Fixed notation with that many decimals: exact for integers of 64 bits, as doubles give it for others.
std::string fixed(const Json& number, int decimals) {
  if (!number.is_number_integer()) return fmt::format("{:.{}f}", number.get<double>(), decimals);
  std::string text = std::to_string(number.get<std::int64_t>());
  if (decimals > 0) text += "." + std::string(static_cast<std::size_t>(decimals), '0');
  return text;
}

std::string decimal(std::int64_t number, int width) {
  std::string digits = std::to_string(number);
  const std::size_t sign = digits.starts_with('-') ? 1 : 0;
  const auto count = digits.size() - sign;
  if (count < static_cast<std::size_t>(width)) digits.insert(sign, static_cast<std::size_t>(width) - count, '0');
  return digits;
}

std::string hexadecimal(std::int64_t number, int width, bool upper) {
  const auto bits = static_cast<std::uint64_t>(number);
  return upper ? fmt::format("{:0{}X}", bits, width) : fmt::format("{:0{}x}", bits, width);
}

std::string exponential(double number, int decimals, bool upper) {
  // .NET writes at least three digits of exponent.
  std::string text = fmt::format("{:.{}e}", number, decimals);
  const auto digits = text.size() - text.find('e') - 2;
  if (digits < 3) text.insert(text.size() - digits, 3 - digits, '0');
  if (upper) text[text.find('e')] = 'E';
  return text;
}

std::string general(const Json& number) {
  return number.is_number_integer() ? std::to_string(number.get<std::int64_t>())
                                    : fmt::format("{}", number.get<double>());
}

Result<std::string> standard(const Json& number, char letter, int precision, std::string_view format) {
  const bool integer = number.is_number_integer();
  const auto decimals = precision < 0 ? 2 : precision;
  switch (ascii_lower(letter)) {
    case 'd':
      if (!integer) return wrong(format);
      return decimal(number.get<std::int64_t>(), std::max(precision, 1));
    case 'x':
      if (!integer) return wrong(format);
      return hexadecimal(number.get<std::int64_t>(), std::max(precision, 1), letter == 'X');
    case 'n':
      return grouped(fixed(number, decimals));
    case 'f':
      return fixed(number, decimals);
    case 'c':  // the invariant culture's sign
      return (number < 0 ? "(¤" : "¤") + grouped(fixed(number < 0 ? Json(-number.get<double>()) : number, decimals)) +
             (number < 0 ? ")" : "");
    case 'p':
      return grouped(fixed(Json(number.get<double>() * 100), decimals)) + " %";
    case 'e':
      return exponential(number.get<double>(), precision < 0 ? 6 : precision, letter == 'E');
    case 'g':
    case 'r':
      return general(number);
    default:
      return wrong(format);
  }
}

// "#,##0.00", "000", "0.##%": places before and behind the point, grouping, percent; other characters stand as they
// are.
Result<std::string> custom(const Json& number, std::string_view format) {
  if (format.find_first_of(";eE\xe2\\'\"") != std::string_view::npos) return wrong(format);
  const auto first = format.find_first_of("0#.");
  if (first == std::string_view::npos) return std::string(format);
  const auto last = std::max(format.find_last_of("0#."), first);
  const auto pattern = format.substr(first, last - first + 1);
  if (pattern.find_first_not_of("0#.,") != std::string_view::npos) return wrong(format);
  const auto point = std::min(pattern.find('.'), pattern.size());
  const auto whole = pattern.substr(0, point);
  const auto behind = point < pattern.size() ? pattern.substr(point + 1) : std::string_view();
  const bool percent = format.find('%') != std::string_view::npos;
  const auto least_whole = static_cast<std::size_t>(
      std::count(whole.begin() + static_cast<std::ptrdiff_t>(std::min(whole.find('0'), whole.size())), whole.end(),
                 '0') +
      std::count(whole.begin() + static_cast<std::ptrdiff_t>(std::min(whole.find('0'), whole.size())), whole.end(),
                 '#'));
  const auto least_behind = behind.rfind('0') == std::string_view::npos ? 0 : behind.rfind('0') + 1;
  if (behind.size() > static_cast<std::size_t>(kMostPrecision)) return wrong(format);

  std::string text = fixed(percent ? Json(number.get<double>() * 100) : number, static_cast<int>(behind.size()));
  const bool negative = text.starts_with('-');
  if (negative) text.erase(0, 1);
  auto dot = std::min(text.find('.'), text.size());
  while (text.size() > dot + 1 + least_behind && text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  if (least_whole == 0 && text.starts_with("0")) text.erase(0, 1);
  dot = std::min(text.find('.'), text.size());
  if (dot < least_whole) text.insert(0, least_whole - dot, '0');
  if (whole.find(',') != std::string_view::npos) text = grouped(std::move(text));
  return (negative ? "-" : "") + std::string(format.substr(0, first)) + text + std::string(format.substr(last + 1));
}

}  // namespace

Result<std::string> format_number(const Json& number, std::string_view format) {
  if (format.empty()) return general(number);
  if (format.size() > 64 || (number.is_number_float() && std::fabs(number.get<double>()) > kLargest)) {
    return wrong(format);
  }
  const bool letter = (format[0] >= 'a' && format[0] <= 'z') || (format[0] >= 'A' && format[0] <= 'Z');
  if (!letter) return custom(number, format);
  int precision = -1;
  if (format.size() > 1) {
    const auto [end, error] = std::from_chars(format.data() + 1, format.data() + format.size(), precision);
    if (error != std::errc() || end != format.data() + format.size() || precision < 0 || precision > kMostPrecision) {
      return wrong(format);
    }
  }
  return standard(number, format[0], precision, format);
}

}  // namespace freehold::gate::expression
