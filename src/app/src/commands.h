// What `freehold COMMAND` does; each returns the exit code.
#pragma once

#include "command_line.h"

namespace freehold::app {

[[nodiscard]] int run_up(const UpOptions& options);
[[nodiscard]] int run_env(const EnvOptions& options);
[[nodiscard]] int run_fsck(const FsckOptions& options);
[[nodiscard]] int run_export_audit(const ExportAuditOptions& options);
[[nodiscard]] int run_verify(const VerifyOptions& options);

// Prints "freehold: message" to stderr and returns the exit code that the error stands for.
[[nodiscard]] int report(const Error& error);

}  // namespace freehold::app
