// .NET's date and time format strings, invariant culture. Source: "Standard date and time format strings", "Custom date
// and time format strings". Every time here is UTC, so 'K' and 'zzz' write that.
#include <fmt/format.h>

#include <array>
#include <chrono>

#include "expression/date_time.h"

namespace freehold::gate::expression {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

struct Parts {
  int year;
  unsigned month, day, weekday, hour, minute, second;
  std::int64_t fraction;
};

Parts split(Ticks ticks) {
  constexpr std::int64_t kEpochDays = 719'162;
  const std::chrono::sys_days days{std::chrono::days(ticks.value / kTicksPerDay - kEpochDays)};
  const std::chrono::year_month_day date(days);
  const auto in_day = ticks.value % kTicksPerDay;
  const auto seconds = static_cast<unsigned>(in_day / kTicksPerSecond);
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          std::chrono::weekday(days).c_encoding(),
          seconds / 3600,
          seconds / 60 % 60,
          seconds % 60,
          in_day % kTicksPerSecond};
}

// What a standard format's letter stands for; empty if there is no such letter.
std::string_view standard(char letter) {
  switch (letter) {
    case 'd':
      return "MM/dd/yyyy";
    case 'D':
      return "dddd, dd MMMM yyyy";
    case 'f':
      return "dddd, dd MMMM yyyy HH:mm";
    case 'F':
    case 'U':
      return "dddd, dd MMMM yyyy HH:mm:ss";
    case 'g':
      return "MM/dd/yyyy HH:mm";
    case 'G':
      return "MM/dd/yyyy HH:mm:ss";
    case 'm':
    case 'M':
      return "MMMM dd";
    case 'o':
    case 'O':
      return "yyyy-MM-ddTHH:mm:ss.fffffffK";
    case 'r':
    case 'R':
      return "ddd, dd MMM yyyy HH:mm:ss 'GMT'";
    case 's':
      return "yyyy-MM-ddTHH:mm:ss";
    case 't':
      return "HH:mm";
    case 'T':
      return "HH:mm:ss";
    case 'u':
      return "yyyy-MM-dd HH:mm:ss'Z'";
    case 'y':
    case 'Y':
      return "yyyy MMMM";
    default:
      return {};
  }
}

std::string fraction(std::int64_t ticks, std::size_t digits, bool trim) {
  std::string text = fmt::format("{:07}", ticks).substr(0, std::min<std::size_t>(digits, 7));
  while (trim && text.ends_with('0')) text.pop_back();
  return text;
}

std::string padded(std::int64_t number, std::size_t width) { return fmt::format("{:0{}}", number, width); }

// One run of the same letter.
std::string field(const Parts& at, char letter, std::size_t count) {
  const auto hour12 = at.hour % 12 == 0 ? 12 : at.hour % 12;
  const auto two = std::min<std::size_t>(count, 2);
  switch (letter) {
    case 'd':
      if (count >= 4) return std::string(kDays[at.weekday]);
      return count == 3 ? std::string(kDays[at.weekday].substr(0, 3)) : padded(at.day, two);
    case 'M':
      if (count >= 4) return std::string(kMonths[at.month - 1]);
      return count == 3 ? std::string(kMonths[at.month - 1].substr(0, 3)) : padded(at.month, two);
    case 'y':
      return count <= 2 ? padded(at.year % 100, two) : padded(at.year, std::min<std::size_t>(count, 16));
    case 'h':
      return padded(hour12, two);
    case 'H':
      return padded(at.hour, two);
    case 'm':
      return padded(at.minute, two);
    case 's':
      return padded(at.second, two);
    case 't':
      return std::string(at.hour < 12 ? "AM" : "PM").substr(0, two);
    case 'f':
      return fraction(at.fraction, count, false);
    case 'F':
      return fraction(at.fraction, count, true);
    case 'z':
      return count == 1 ? "+0" : count == 2 ? "+00" : "+00:00";
    case 'g':
      return "A.D.";
    default:  // 'K'
      return "Z";
  }
}

constexpr std::string_view kFieldLetters = "dMyhHmstfFzgK";

}  // namespace

Result<std::string> format_date_time(Ticks ticks, std::string_view format) {
  if (format.size() == 1) {
    const char letter = format[0];
    format = standard(letter);
    if (format.empty()) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no format of a date", letter));
  }
  const Parts parts = split(ticks);
  std::string out;
  for (std::size_t i = 0; i < format.size();) {
    const char c = format[i];
    if (kFieldLetters.find(c) != std::string_view::npos) {
      const auto end = std::min(format.find_first_not_of(c, i), format.size());
      const auto text = field(parts, c, end - i);
      // .NET drops a point before an 'F' that writes nothing.
      if (c == 'F' && text.empty() && out.ends_with('.')) out.pop_back();
      out += text;
      i = end;
    } else if (c == '\'' || c == '"') {
      const auto end = std::min(format.find(c, i + 1), format.size());
      out += format.substr(i + 1, end - i - 1);
      i = end + 1;
    } else {
      if (c == '\\' || c == '%') ++i;
      if (c != '%' && i < format.size()) out += format[i++];
    }
  }
  return out;
}

}  // namespace freehold::gate::expression
