#include "token.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/log.h"

namespace freehold::app {

namespace {

std::string token_directory(const Settings& settings) { return settings.data + "/hsm"; }
std::string copy_path(const std::string& domain) { return domain + "/token.sealed"; }

crypto::HsmConfig config_of(const Settings& settings, const Secret& pin) {
  crypto::HsmConfig config;
  config.module_path = settings.hsm_module;
  config.token_label = "freehold-" + settings.region;
  if (settings.hsm_module.empty()) config.softhsm_dir = token_directory(settings);
  config.pin = pin.clone();
  return config;
}

// Unseals one domain's copy into a fresh directory beside the token's place; the caller moves it in.
Result<> try_restore(disk::Disk& disk, const std::string& domain, const Secret& pin, const std::string& into) {
  FH_TRY(const Bytes copy, disk.read_file(copy_path(domain)));
  FH_CHECK_OK(disk.remove_tree(into));
  return crypto::restore_token_copy(disk, into, copy, pin);
}

Result<> move_aside(disk::Disk& disk, const std::string& directory) {
  FH_TRY(const bool there, disk.exists(directory));
  if (!there) return {};
  const std::string aside = directory + ".damaged-" + std::to_string(SystemClock{}.now().time_since_epoch().count());
  log_warning("the damaged HSM token is kept aside", {{"path", aside}});
  return disk.rename(directory, aside);
}

// Puts the first whole sealed copy in the token's place.
Result<> restore_token(disk::Disk& disk, const Settings& settings, const Secret& pin, const Error& why) {
  const std::string directory = token_directory(settings);
  const std::string fresh = directory + ".restoring";
  std::string attempts;
  for (const std::string& domain : settings.fault_domains()) {
    const Result<> restored = try_restore(disk, domain, pin, fresh);
    if (!restored) {
      attempts += "\n  " + copy_path(domain) + ": " + restored.error().message;
      continue;
    }
    FH_CHECK_OK(move_aside(disk, directory));
    FH_CHECK_OK(disk.rename(fresh, directory));
    FH_CHECK_OK(disk.sync_directory(settings.data));
    log_warning("the HSM token was restored from a sealed copy", {{"domain", domain}, {"reason", why.message}});
    return {};
  }
  static_cast<void>(disk.remove_tree(fresh));
  return fail(ErrorCode::kCorrupt,
              "the HSM token in " + directory + " can't be used (" + why.message +
                  "), and no fault domain holds a whole sealed copy of it that this PIN opens:" + attempts +
                  "\nNothing was changed. Put back the token directory or one token.sealed from a backup, or check " +
                  settings.pin_file + ".");
}

// A domain that can't take its copy now gets it at the next start: one that can't be written is no reason not to serve.
Result<> write_copies(disk::Disk& disk, const Settings& settings, const std::vector<std::string>& domains,
                      const Secret& pin, Random& random) {
  if (domains.empty()) return {};
  FH_TRY(const Bytes sealed, crypto::seal_token_copy(disk, token_directory(settings), pin, random));
  for (const std::string& domain : domains) {
    const Result<> written = disk.write_file_durably(copy_path(domain), sealed);
    if (!written) {
      log_warning("no token copy could be written", {{"domain", domain}, {"error", written.error().message}});
    }
  }
  return {};
}

}  // namespace

Result<Secret> load_pin(disk::Disk& disk, const Settings& settings, bool may_create, Random& random) {
  FH_TRY(const bool there, disk.exists(settings.pin_file));
  if (!there) {
    if (!may_create) {
      return fail(ErrorCode::kNotFound,
                  "the PIN file " + settings.pin_file + " is missing; name it with --pin-file or put it back");
    }
    Bytes pin = to_base64url(random.bytes(24));
    FH_CHECK_OK(disk.write_file_durably(settings.pin_file, pin));
    wipe(pin);
  }
  FH_TRY(Bytes text, disk.read_file(settings.pin_file));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  Secret pin{BytesView(text)};
  wipe(text);
  if (pin.size() < 4 || pin.size() > 255) {
    return fail(ErrorCode::kInvalidArgument, settings.pin_file + " must hold a PIN of 4 to 255 characters");
  }
  return pin;
}

Result<std::unique_ptr<crypto::Hsm>> open_region_token(disk::Disk& disk, const Settings& settings, const Secret& pin,
                                                       bool first_start, Random& random) {
  auto hsm = crypto::open_hsm(config_of(settings, pin), first_start);
  if (!hsm) {
    const bool replaceable = hsm.error().code == ErrorCode::kNotFound || hsm.error().code == ErrorCode::kCorrupt ||
                             hsm.error().code == ErrorCode::kDenied;
    if (!settings.hsm_module.empty() || !replaceable) return hsm;
    const Result<> restored = restore_token(disk, settings, pin, hsm.error());
    if (!restored && !first_start) return std::unexpected(restored.error());
    // Nothing has been kept under a token that a first start didn't finish: that one may begin again.
    if (!restored) {
      FH_CHECK_OK(move_aside(disk, token_directory(settings)));
    }
    hsm = crypto::open_hsm(config_of(settings, pin), !restored);
    if (!hsm) return hsm;
  }
  FH_CHECK_OK(place_token_copies(disk, settings, pin, random));
  return hsm;
}

Result<> place_token_copies(disk::Disk& disk, const Settings& settings, const Secret& pin, Random& random) {
  if (!settings.hsm_module.empty()) return {};  // an owner's own HSM has its own backup
  std::vector<std::string> lacking;
  for (const std::string& domain : settings.fault_domains()) {
    if (disk.exists(domain).value_or(false) && !disk.exists(copy_path(domain)).value_or(false))
      lacking.push_back(domain);
  }
  return write_copies(disk, settings, lacking, pin, random);
}

Result<std::size_t> mend_token_copies(disk::Disk& disk, const Settings& settings, const Secret& pin, Random& random) {
  if (!settings.hsm_module.empty()) return 0;
  const std::string scratch = token_directory(settings) + ".checking";
  std::vector<std::string> lacking;
  for (const std::string& domain : settings.fault_domains()) {
    if (!disk.exists(domain).value_or(false)) continue;
    if (!try_restore(disk, domain, pin, scratch)) lacking.push_back(domain);
    FH_CHECK_OK(disk.remove_tree(scratch));
  }
  FH_CHECK_OK(write_copies(disk, settings, lacking, pin, random));
  return lacking.size();
}

}  // namespace freehold::app
