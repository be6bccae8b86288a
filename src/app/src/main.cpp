// freehold: one program, a command each (DESIGN section 11).
#include <cstdio>
#include <exception>

#include "commands.h"

namespace freehold::app {

namespace {

struct Run {
  int operator()(const UpOptions& o) const { return run_up(o); }
  int operator()(const EnvOptions& o) const { return run_env(o); }
  int operator()(const FsckOptions& o) const { return run_fsck(o); }
  int operator()(const ExportAuditOptions& o) const { return run_export_audit(o); }
  int operator()(const VerifyOptions& o) const { return run_verify(o); }
  int operator()(const VersionOptions&) const {
    std::puts("freehold " FREEHOLD_VERSION);
    return kExitDone;
  }
  int operator()(const PrintAndExit& o) const {
    std::fputs(o.text.c_str(), o.status == kExitDone ? stdout : stderr);
    return o.status;
  }
};

}  // namespace
}  // namespace freehold::app

int main(int argc, char** argv) {
  try {
    return std::visit(freehold::app::Run{}, freehold::app::parse_command_line(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "freehold: internal error: %s\n", error.what());
    return freehold::app::kExitDamage;
  }
}
