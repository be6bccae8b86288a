// The structured log: one JSON object a line, to stderr or to what app/ chooses.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace freehold {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// A field of a log line. There is no way to pass a Secret, and none may be spelled out: no secret, key, signature, SAS,
// content or personal data ever goes into a log (E1, A6).
struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;
};

// Writes {"time":…,"level":…,"message":…,fields…}. Thread-safe; never blocks on a full pipe for longer than a write.
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

inline void log_debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::kDebug, message, fields);
}
inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::kInfo, message, fields);
}
inline void log_warning(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::kWarning, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::kError, message, fields);
}

// The lowest level that is written; kInfo at first. Thread-safe.
void set_log_level(LogLevel level);
// Sends lines to this file (appended, mode 0600) instead of stderr; false if it can't be opened. Thread-safe.
bool set_log_file(std::string_view path);

}  // namespace freehold
