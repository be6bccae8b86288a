// The command line, word for word as operators' scripts rely on it (DESIGN section 11).
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "settings.h"

namespace freehold::app {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFinding = 1;
inline constexpr int kExitDamage = 2;
inline constexpr int kExitUsage = 64;

struct EnvOptions {
  std::string data;
};
struct FsckOptions {
  std::string data;
  std::string config;
};
struct ExportAuditOptions {
  std::string data, config, out;
  std::optional<std::string> from, to;  // RFC 3339
};
struct VerifyOptions {
  std::string export_folder, key_file;
};
struct VersionOptions {};
// Text to print, and how to exit after it: help (0) or bad usage (64).
struct PrintAndExit {
  std::string text;
  int status = kExitDone;
};

using Command =
    std::variant<UpOptions, EnvOptions, FsckOptions, ExportAuditOptions, VerifyOptions, VersionOptions, PrintAndExit>;

[[nodiscard]] Command parse_command_line(int argc, const char* const* argv);

}  // namespace freehold::app
