// Source: "Date functions for ARM templates". utcNow() isn't here: the clock belongs to the environment.
#include "expression/date_time.h"
#include "src/function.h"

namespace freehold::gate::expression {
namespace {

Result<Ticks> date_argument(const Call& call, std::size_t index) {
  FH_TRY(const auto text, call.text(index));
  const auto ticks = parse_date_time(text);
  if (!ticks) return call.wrong(fmt::format("'{}' is no ISO 8601 date and time", text.substr(0, 64)));
  return *ticks;
}

// "If not provided, the format of the base value is used": date alone, 'T' or space, digits of the second.
std::string format_like(std::string_view base) {
  const bool basic = base.size() > 4 && base[4] != '-';
  std::string format = basic ? "yyyyMMdd" : "yyyy-MM-dd";
  if (base.size() <= format.size()) return format;
  format += base[format.size()] == ' ' ? "' '" : "'T'";
  format += basic ? "HHmmss" : "HH:mm:ss";
  if (const auto point = base.find('.'); point != std::string_view::npos) {
    const auto end = std::min(base.find_first_not_of("0123456789", point + 1), base.size());
    format += "." + std::string(std::min<std::size_t>(end - point - 1, 7), 'f');
  }
  return format + "'Z'";
}

Result<Json> date_time_add(const Call& call) {
  FH_TRY(const Ticks base, date_argument(call, 0));
  FH_TRY(const auto duration, call.text(1));
  const auto sum = add_duration(base, duration);
  if (!sum) return call.wrong(fmt::format("'{}' is no ISO 8601 duration that can be added", duration.substr(0, 64)));
  FH_TRY(const auto base_text, call.text(0));
  std::string format = format_like(base_text);
  if (call.count() > 2) {
    FH_TRY(format, call.text(2));
  }
  FH_TRY(std::string out, format_date_time(*sum, format));
  return Json(std::move(out));
}

Result<Json> from_epoch(const Call& call) {
  FH_TRY(const auto seconds, call.integer(0));
  constexpr std::int64_t kFirst = -62'135'596'800;
  constexpr std::int64_t kLast = 253'402'300'799;
  if (seconds < kFirst || seconds > kLast) return call.wrong("the time leaves the years 1 to 9999");
  FH_TRY(std::string out, format_date_time(ticks_of_unix(seconds), "yyyy-MM-dd'T'HH:mm:ss'Z'"));
  return Json(std::move(out));
}

Result<Json> to_epoch(const Call& call) {
  FH_TRY(const Ticks ticks, date_argument(call, 0));
  return unix_seconds(ticks);
}

constexpr FunctionRow kRows[] = {
    {{"datetimeadd", 2, 3}, date_time_add},
    {{"datetimefromepoch", 1, 1}, from_epoch},
    {{"datetimetoepoch", 1, 1}, to_epoch},
};

}  // namespace

std::span<const FunctionRow> date_functions() { return kRows; }

}  // namespace freehold::gate::expression
