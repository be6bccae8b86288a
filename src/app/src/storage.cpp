#include "storage.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/log.h"
#include "runtime/task_scope.h"
#include "token.h"

namespace freehold::app {

namespace {

std::string marker_of(const Settings& settings) { return settings.data + "/first-start"; }

// A fault domain holds data if anything but its key and its token copies lies in it.
bool holds_data(disk::Disk& disk, const std::string& domain) {
  const auto names = disk.list(domain);
  return names && std::ranges::any_of(*names, [](const std::string& name) {
           const bool token = name.starts_with("token") && name.ends_with(".sealed");
           return name != "file.key" && !token && name != "LOCK";
         });
}

// Nobody has ever been served from DIR: no fault domain holds data, and there is no token, or the start that made it
// was cut short.
Result<bool> is_first_start(disk::Disk& disk, const Settings& settings) {
  const bool any_data = std::ranges::any_of(settings.fault_domains(),
                                            [&](const std::string& domain) { return holds_data(disk, domain); });
  FH_TRY(const bool marked, disk.exists(marker_of(settings)));
  if (marked) return true;
  FH_TRY(const bool token, disk.exists(settings.data + "/hsm"));
  if (any_data) return false;
  if (!token && settings.hsm_module.empty()) return true;
  if (!settings.hsm_module.empty()) {
    FH_TRY(const bool served, disk.exists(settings.data + "/endpoints.json"));
    if (!served) return true;
  }
  return fail(ErrorCode::kCorrupt,
              settings.data +
                  " has been in use, but all its fault domains are empty or missing. Nothing was changed. "
                  "Bring at least two of them back (are the disks mounted?), or choose another --data directory.");
}

// DIR may have been made by hand, with a mode that lets others put files of their own among those that a start trusts.
Result<> make_private(const std::string& directory) {
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0) return fail_errno(errno, "look at " + directory);
  if ((status.st_mode & 077) == 0) return {};
  if (::chmod(directory.c_str(), 0700) != 0) return fail_errno(errno, "keep others out of " + directory);
  log_info("the data directory was open to others; its mode is 0700 now", {{"path", directory}});
  return {};
}

}  // namespace

Result<Secret> RegionFileKeys::load_or_make(const std::string& domain_path) {
  auto key = keys_.load_or_make(domain_path);
  if (key || key.error().code != ErrorCode::kCorrupt || !another_opens(domain_path)) return key;
  log_warning("a damaged file key is set aside; its fault domain will be rebuilt", {{"domain", domain_path}});
  FH_CHECK_OK(disk_.rename(domain_path + "/file.key", domain_path + "/file.key.damaged"));
  return keys_.load_or_make(domain_path);
}

bool RegionFileKeys::another_opens(const std::string& domain_path) {
  return std::ranges::any_of(domains_, [&](const std::string& other) {
    return other != domain_path && disk_.exists(other + "/file.key").value_or(false) && keys_.load_or_make(other);
  });
}

store::EmbeddedOptions engine_options(const Settings& settings) {
  store::EmbeddedOptions options;
  for (const ZoneSettings& zone : settings.zones) {
    for (const std::string& directory : zone.fault_domains) options.domains.push_back({directory, zone.name});
  }
  return options;
}

Result<std::unique_ptr<Storage>> open_token_of(const Settings& settings, Access access) {
  auto storage = std::make_unique<Storage>();
  storage->disk = disk::make_real_disk();
  disk::Disk& disk = *storage->disk;
  if (access == Access::kInspect && !disk.exists(settings.data).value_or(false)) {
    return fail(ErrorCode::kNotFound, settings.data + " does not exist");
  }
  FH_CHECK_OK(disk.make_directories(settings.data));
  if (access == Access::kServe) {
    FH_CHECK_OK(make_private(settings.data));
  }
  auto lock = disk.lock(settings.data);
  if (!lock) {
    return fail(lock.error().code, "another process is using " + settings.data + ": " + lock.error().message);
  }
  storage->lock = std::move(*lock);
  FH_TRY(const bool first, is_first_start(disk, settings));
  if (first && access == Access::kInspect) {
    return fail(ErrorCode::kNotFound,
                settings.data + " holds no region; start one with: freehold up --data " + settings.data);
  }
  if (first) {
    FH_CHECK_OK(disk.write_file_durably(marker_of(settings), "a first start is under way\n"));
  }
  FH_TRY(storage->pin, load_pin(disk, settings, first, storage->random));
  storage->token_copies = std::make_unique<TokenCopies>(disk, settings, storage->pin, storage->random);
  FH_TRY(storage->hsm, open_region_token(disk, settings, storage->pin, first, *storage->token_copies));
  return storage;
}

Result<> open_engine(Storage& storage, const Settings& settings) {
  storage.file_keys =
      std::make_unique<RegionFileKeys>(*storage.disk, *storage.hsm, storage.random, settings.fault_domains());
  FH_TRY(storage.engine, store::open_embedded(engine_options(settings), *storage.disk, *storage.file_keys,
                                              storage.clock, storage.random));
  return {};
}

Result<store::Epoch> acquire_epoch(store::EmbeddedEngine& engine, const std::string& lease) {
  const auto granted = runtime::run_blocking(engine.coordinator().acquire(lease));
  if (granted) return granted->epoch;
  if (granted.error().code != ErrorCode::kUnavailable || engine.stats().writable)
    return std::unexpected(granted.error());
  log_warning("too few fault domains are at hand to write: the region is read-only until another one comes back");
  return engine.next_epoch(lease);
}

Result<bool> first_start_under_way(const Storage& storage, const Settings& settings) {
  return storage.disk->exists(marker_of(settings));
}

Result<> finish_first_start(Storage& storage, const Settings& settings) {
  FH_TRY(const bool marked, first_start_under_way(storage, settings));
  if (!marked) return {};
  FH_CHECK_OK(storage.disk->unlink(marker_of(settings)));
  return storage.disk->sync_directory(settings.data);
}

}  // namespace freehold::app
