// freehold env, and how every command reports an error.
#include <cstdio>

#include "commands.h"
#include "endpoints.h"

namespace freehold::app {

int report(const Error& error) {
  std::fprintf(stderr, "freehold: %s\n", error.message.c_str());
  if (!error.detail.empty()) std::fprintf(stderr, "  (%s)\n", error.detail.c_str());
  return error.code == ErrorCode::kInvalidArgument ? kExitUsage : kExitDamage;
}

int run_env(const EnvOptions& options) {
  const auto files = disk::make_real_disk();
  const auto exports = shell_exports(*files, options.data);
  if (!exports) return report(exports.error());
  std::fputs(exports->c_str(), stdout);
  return kExitDone;
}

}  // namespace freehold::app
