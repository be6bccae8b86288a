// freehold up: serve a region until SIGTERM or SIGINT.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/log.h"
#include "commands.h"
#include "disk/disk.h"
#include "process.h"
#include "region.h"

namespace freehold::app {

namespace {

// A first start leaves the defaults, explained, where an operator looks for them.
Result<> write_default_settings(const UpOptions& options, const Settings& settings) {
  if (!options.config.empty()) return {};
  const auto files = disk::make_real_disk();
  const std::string path = settings.data + "/freehold.toml";
  FH_TRY(const bool there, files->exists(path));
  if (there) return {};
  return files->write_file_durably(path, default_settings_text(options));
}

}  // namespace

int run_up(const UpOptions& options) {
  harden_process();
  block_stop_signals();
  const auto settings = load_settings(options);
  if (!settings) return report(settings.error());
  auto region = Region::open(*settings);
  if (!region) return report(region.error());
  if (const auto written = write_default_settings(options, *settings); !written) return report(written.error());
  const auto ports = (*region)->serve();
  if (!ports) return report(ports.error());
  keep_memory_out_of_cores();
  std::printf("ready https=%u http=%s data=%s pid=%d\n", ports->https,
              ports->http ? std::to_string(*ports->http).c_str() : "-", settings->data.c_str(), ::getpid());
  std::fflush(stdout);
  wait_for_stop_signal();
  log_info("stopping: running requests may end");
  if (!(*region)->shut_down()) std::_Exit(kExitDone);
  return kExitDone;
}

}  // namespace freehold::app
