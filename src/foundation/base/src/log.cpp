#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/clock.h"

namespace freehold {

namespace {

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("freehold", std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::warn);
  return logger;
}

// Replaced whole by set_log_file; readers keep the one they took, hence shared_ptr.
std::atomic<std::shared_ptr<spdlog::logger>>& logger() {
  static std::atomic<std::shared_ptr<spdlog::logger>> instance(
      make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>()));
  return instance;
}

std::atomic<LogLevel> lowest_level{LogLevel::kInfo};

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  return level >= LogLevel::kWarning ? spdlog::level::warn : spdlog::level::info;
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (u < 0x20 || u == 0x7f) {
      out += fmt::format("\\u{:04x}", u);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

struct ValueWriter {
  std::string& out;
  void operator()(std::string_view text) const { append_json_string(out, text); }
  void operator()(std::int64_t n) const { out += std::to_string(n); }
  void operator()(std::uint64_t n) const { out += std::to_string(n); }
  void operator()(double n) const { out += fmt::format("{:.6g}", n); }
  void operator()(bool b) const { out += b ? "true" : "false"; }
};

}  // namespace

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < lowest_level.load(std::memory_order_relaxed)) return;
  std::string line = "{\"time\":\"" + rfc3339_ticks(SystemClock{}.now()) + "\",\"level\":\"";
  line += name_of(level);
  line += "\",\"message\":";
  append_json_string(line, message);
  for (const LogField& field : fields) {
    line.push_back(',');
    append_json_string(line, field.name);
    line.push_back(':');
    std::visit(ValueWriter{line}, field.value);
  }
  line.push_back('}');
  const auto sink = logger().load();
  sink->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
  if (level < LogLevel::kWarning) sink->flush();
}

void set_log_level(LogLevel level) { lowest_level.store(level, std::memory_order_relaxed); }

bool set_log_file(std::string_view path) {
  try {
    const mode_t old = ::umask(0077);
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(std::string(path), false);
    ::umask(old);
    logger().store(make_logger(std::move(sink)));
    return true;
  } catch (const spdlog::spdlog_ex&) {
    return false;
  }
}

}  // namespace freehold
