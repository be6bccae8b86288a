#include "expression/date_time.h"

#include <array>
#include <charconv>
#include <chrono>

#include "base/encoding.h"

namespace freehold::gate::expression {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::int64_t kEpochDays = 719'162;              // 0001-01-01 to 1970-01-01
constexpr std::int64_t kEnd = 3'155'378'976'000'000'000;  // 10000-01-01

std::optional<Ticks> in_range(__int128 ticks) {
  if (ticks < 0 || ticks >= kEnd) return std::nullopt;
  return Ticks{static_cast<std::int64_t>(ticks)};
}

// Takes digits off the front.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  int number = 0;
  if (text.size() < count) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, number);
  if (error != std::errc() || end != text.data() + count || text[0] == '-') return std::nullopt;
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> take_date(std::string_view& text) {
  const auto y = take_digits(text, 4);
  const bool dashes = take(text, '-');
  const auto m = y ? take_digits(text, 2) : std::nullopt;
  if (!m || (dashes && !take(text, '-'))) return std::nullopt;
  const auto d = take_digits(text, 2);
  if (!d || *y < 1) return std::nullopt;
  const year_month_day date{year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date).time_since_epoch().count() + kEpochDays;
}

// Fraction of a second: any number of digits, seven of them kept.
std::int64_t take_fraction(std::string_view& text) {
  std::int64_t ticks = 0;
  std::int64_t unit = kTicksPerSecond / 10;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    ticks += (text[0] - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return ticks;
}

// hh:mm[:ss[.fffffff]] or hhmm[ss]
std::optional<std::int64_t> take_time(std::string_view& text) {
  const auto h = take_digits(text, 2);
  const bool colons = take(text, ':');
  const auto m = h ? take_digits(text, 2) : std::nullopt;
  if (!m || *h > 23 || *m > 59) return std::nullopt;
  std::int64_t ticks = (*h * 3600 + *m * 60) * kTicksPerSecond;
  const bool seconds = colons ? take(text, ':') : !text.empty() && text[0] >= '0' && text[0] <= '9';
  if (!seconds) return ticks;
  const auto s = take_digits(text, 2);
  if (!s || *s > 59) return std::nullopt;
  ticks += *s * kTicksPerSecond;
  if (take(text, '.')) ticks += take_fraction(text);
  return ticks;
}

// Z, nothing, or +hh:mm, +hhmm, +hh; in ticks to take away.
std::optional<std::int64_t> take_offset(std::string_view& text) {
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return 0;
  const std::int64_t sign = text[0] == '+' ? 1 : -1;
  if (text[0] != '+' && text[0] != '-') return std::nullopt;
  text.remove_prefix(1);
  const auto h = take_digits(text, 2);
  if (!h || *h > 14) return std::nullopt;
  int minutes = 0;
  if (!text.empty()) {
    take(text, ':');
    const auto m = take_digits(text, 2);
    if (!m || *m > 59) return std::nullopt;
    minutes = *m;
  }
  return sign * (*h * 3600 + minutes * 60) * kTicksPerSecond;
}

year_month_day date_of(Ticks ticks) {
  return year_month_day(sys_days(std::chrono::days(ticks.value / kTicksPerDay - kEpochDays)));
}

// Months by the calendar: the 31st becomes the last of a shorter month.
std::optional<Ticks> add_months(Ticks base, std::int64_t months) {
  const auto date = date_of(base);
  const std::int64_t count = static_cast<int>(date.year()) * 12 + static_cast<unsigned>(date.month()) - 1 + months;
  if (count < 12 || count >= 10'000 * 12) return std::nullopt;
  const auto y = year(static_cast<int>(count / 12));
  const auto m = month(static_cast<unsigned>(count % 12) + 1);
  const auto last = std::chrono::year_month_day_last(y, std::chrono::month_day_last(m)).day();
  const auto days = sys_days(year_month_day(y, m, std::min(date.day(), last))).time_since_epoch().count() + kEpochDays;
  return Ticks{days * kTicksPerDay + base.value % kTicksPerDay};
}

struct Duration {
  std::int64_t months = 0;
  std::int64_t ticks = 0;
};

// One "12D" of a duration. `units` says which letters may still come, and is cut behind the one that came.
bool take_component(std::string_view& text, std::string_view& units, bool time, Duration& out) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr std::int64_t kMost = 100'000'000'000;  // beyond it every unit leaves the calendar, and below none overflows
  if (error != std::errc() || number < 0 || number > kMost) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  std::int64_t fraction = 0;
  const bool has_fraction = take(text, '.');
  if (has_fraction) fraction = take_fraction(text);
  if (text.empty()) return false;
  const auto place = units.find(text[0]);
  if (place == std::string_view::npos || (has_fraction && text[0] != 'S')) return false;
  units.remove_prefix(place + 1);
  const char unit = text[0];
  text.remove_prefix(1);
  if (!time && (unit == 'Y' || unit == 'M')) {
    out.months += number * (unit == 'Y' ? 12 : 1);
    return true;
  }
  const std::int64_t seconds = unit == 'W'   ? 604'800
                               : unit == 'D' ? 86'400
                               : unit == 'H' ? 3'600
                               : unit == 'M' ? 60
                                             : 1;
  const __int128 ticks = static_cast<__int128>(number) * seconds * kTicksPerSecond + fraction + out.ticks;
  if (ticks > kEnd) return false;
  out.ticks = static_cast<std::int64_t>(ticks);
  return true;
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (!take(text, 'P') || text.empty()) return std::nullopt;
  Duration out;
  std::string_view units = "YMWD";
  bool time = false;
  while (!text.empty()) {
    if (!time && take(text, 'T')) {
      time = true;
      units = "HMS";
      if (text.empty()) return std::nullopt;
    }
    if (!take_component(text, units, time, out)) return std::nullopt;
  }
  return out;
}

}  // namespace

Ticks ticks_of(WallTime time) { return {kEpochDays * kTicksPerDay + time.time_since_epoch().count() * 10}; }

Ticks ticks_of_unix(std::int64_t seconds) { return {kEpochDays * kTicksPerDay + seconds * kTicksPerSecond}; }

std::int64_t unix_seconds(Ticks ticks) { return ticks.value / kTicksPerSecond - kEpochDays * 86'400; }

std::optional<Ticks> parse_date_time(std::string_view text) {
  const auto days = take_date(text);
  if (!days) return std::nullopt;
  __int128 ticks = static_cast<__int128>(*days) * kTicksPerDay;
  if (text.empty()) return in_range(ticks);
  if (!take(text, 'T') && !take(text, ' ') && !take(text, 't')) return std::nullopt;
  const auto time = take_time(text);
  if (!time) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return in_range(ticks + *time - *offset);
}

std::optional<Ticks> add_duration(Ticks base, std::string_view duration) {
  const bool negative = take(duration, '-');
  const auto parsed = parse_duration(duration);
  if (!parsed || parsed->months > 120'000) return std::nullopt;
  const auto moved = add_months(base, negative ? -parsed->months : parsed->months);
  if (!moved) return std::nullopt;
  return in_range(static_cast<__int128>(moved->value) + (negative ? -parsed->ticks : parsed->ticks));
}

std::optional<Ticks> add_days(Ticks base, std::int64_t days) {
  return in_range(static_cast<__int128>(base.value) + static_cast<__int128>(days) * kTicksPerDay);
}

}  // namespace freehold::gate::expression
