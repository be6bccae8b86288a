#include "token.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/log.h"
#include "crypto/digest.h"

namespace freehold::app {

namespace {

std::string token_directory(const Settings& settings) { return settings.data + "/hsm"; }

Result<> move_aside(disk::Disk& disk, const std::string& directory) {
  FH_TRY(const bool there, disk.exists(directory));
  if (!there) return {};
  const std::string aside = directory + ".damaged-" + std::to_string(SystemClock{}.now().time_since_epoch().count());
  log_warning("the damaged HSM token is kept aside", {{"path", aside}});
  return disk.rename(directory, aside);
}

// What earlier processes left beside the token: half-made ones, and with `damaged` those that were set aside, in which
// is what was destroyed since.
void remove_leftovers(disk::Disk& disk, const Settings& settings, bool damaged) {
  for (const std::string& name : disk.list(settings.data).value_or(std::vector<std::string>())) {
    const bool half_made = name.starts_with("hsm.restoring-") || name == "hsm.checking";
    if (!half_made && !(damaged && name.starts_with("hsm.damaged-"))) continue;
    const auto removed = disk.remove_tree(settings.data + "/" + name);
    if (!removed) log_warning("what is left of an HSM token can't be removed", {{"path", settings.data + "/" + name}});
  }
}

// The token that was there is kept aside only when the other one is whole.
Result<> put_in_place(disk::Disk& disk, const Settings& settings, const Secret& pin, const TokenCopies::Opened& copy,
                      const std::string& why) {
  const std::string fresh = token_directory(settings) + ".restoring-0";
  FH_CHECK_OK(disk.remove_tree(fresh));
  FH_CHECK_OK(crypto::restore_token_copy(disk, fresh, copy.copy, pin));
  FH_CHECK_OK(move_aside(disk, token_directory(settings)));
  FH_CHECK_OK(disk.rename(fresh, token_directory(settings)));
  FH_CHECK_OK(disk.sync_directory(settings.data));
  log_warning("the HSM token was restored from a sealed copy", {{"domain", copy.domain}, {"reason", why}});
  return {};
}

// Puts the newest whole sealed copy in the token's place: a disk that was away has an older one. Of two the newer one
// is the newest there is, since no change is kept that fewer have; of one nobody knows.
Result<> restore_token(disk::Disk& disk, const Settings& settings, const Secret& pin, TokenCopies& opener,
                       const Error& why) {
  const TokenCopies::All copies = opener.open_all();
  Result<> done;
  if (copies.whole.empty()) {
    done = fail(ErrorCode::kCorrupt,
                "the HSM token in " + token_directory(settings) + " can't be used (" + why.message +
                    "), and no fault domain holds a whole sealed copy of it that this PIN opens:" + copies.failures +
                    "\nNothing was changed. Move the token directory away and put back two token.sealed from a backup "
                    "of the whole data directory, or check " +
                    settings.pin_file + ".");
  } else if (copies.whole.size() < TokenCopies::kOfAChange) {
    const std::string only = copies.whole.front().domain + "/token.sealed";
    done =
        fail(ErrorCode::kCorrupt, "the HSM token in " + token_directory(settings) + " can't be used (" + why.message +
                                      "), and only one whole sealed copy is at hand, " + only +
                                      ", which may be older than what was changed last:" + copies.failures +
                                      "\nNothing was changed. Bring another fault domain back. If none will ever come "
                                      "back, copy that file into a second one's directory.");
  } else {
    done = put_in_place(disk, settings, pin, copies.newest(), why.message);
  }
  remove_leftovers(disk, settings, false);
  return done;
}

// What a purge is told while it can't be done: nothing is lost by trying again.
Result<> enough(Result<std::size_t> copies) {
  if (copies && *copies >= TokenCopies::kOfAChange) return {};
  if (copies) return fail(ErrorCode::kUnavailable, "too few fault domains can take a copy of the changed HSM token");
  if (copies.error().code != ErrorCode::kConflict) return pass_on(copies);
  log_error("the HSM token isn't changed", {{"error", copies.error().message}});
  return fail(ErrorCode::kUnavailable, copies.error().message);
}

crypto::HsmConfig config_of(disk::Disk& disk, const Settings& settings, const Secret& pin, TokenCopies& copies) {
  crypto::HsmConfig config;
  config.module_path = settings.hsm_module;
  config.token_label = "freehold-" + settings.region;
  if (settings.hsm_module.empty()) config.softhsm_dir = token_directory(settings);
  config.pin = pin.clone();
  config.copies = settings.fault_domains();
  if (!settings.hsm_module.empty()) return config;  // what another device keeps is its owner's to copy
  config.changed = [&disk, &copies, settings]() -> Result<> {
    FH_CHECK_OK(enough(copies.renew()));
    remove_leftovers(disk, settings, true);  // they have what was destroyed now
    return {};
  };
  config.settle = [&copies] { return enough(copies.bring_into_step()); };
  return config;
}

// Somebody put an older token back, and the rows know of the newer one. (Of one that is damaged, restore_token()
// decides.)
Result<> replace_by_newer(disk::Disk& disk, const Settings& settings, const Secret& pin, TokenCopies& opener) {
  if (opener.in_step().value_or(true)) return {};
  const auto mine = crypto::token_state(disk, token_directory(settings), pin);
  if (!mine) return {};
  const TokenCopies::All copies = opener.open_all();
  if (copies.whole.empty() || copies.newest().state.changes <= mine->changes) return {};
  return put_in_place(disk, settings, pin, copies.newest(), "the token was of an earlier state");
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

std::unique_ptr<crypto::TokenKeys> open_vault_keys(disk::Disk& disk, crypto::Hsm& hsm, const Settings& settings,
                                                   const Secret& pin) {
  crypto::TokenKeysConfig config;
  // SoftHSM2 has tokens as many as one likes; another device may have one slot, and what is in it is durable at once.
  config.label = settings.hsm_module.empty() ? "vault-keys" : "freehold-" + settings.region;
  config.pin = pin.clone();
  if (settings.hsm_module.empty()) {
    const Secret raw = crypto::hkdf_expand(pin.view(), "freehold vault keys", 24);
    Bytes text = to_base64url(raw.view());
    config.pin = Secret(BytesView(text));
    wipe(text);
  }
  // The one that there was may be on a fault domain that is away.
  const bool may_make =
      !settings.hsm_module.empty() || std::ranges::all_of(settings.fault_domains(), [&disk](const auto& domain) {
        return disk.exists(domain).value_or(false);
      });
  auto opened = hsm.open_keys(std::move(config), may_make);
  if (opened) return std::move(*opened);
  log_error("keys in the HSM can't be used: their token can't be opened",
            {{"error", opened.error().message}, {"detail", opened.error().detail}});
  return nullptr;
}

Result<std::unique_ptr<crypto::Hsm>> open_region_token(disk::Disk& disk, const Settings& settings, const Secret& pin,
                                                       bool first_start, TokenCopies& copies) {
  remove_leftovers(disk, settings, false);
  if (settings.hsm_module.empty()) {
    FH_CHECK_OK(replace_by_newer(disk, settings, pin, copies));
  }
  auto hsm = crypto::open_hsm(config_of(disk, settings, pin, copies), first_start);
  if (hsm) return hsm;
  const bool replaceable = hsm.error().code == ErrorCode::kNotFound || hsm.error().code == ErrorCode::kCorrupt ||
                           hsm.error().code == ErrorCode::kDenied;
  if (!settings.hsm_module.empty() || !replaceable) return hsm;
  const Result<> restored = restore_token(disk, settings, pin, copies, hsm.error());
  if (!restored && !first_start) return std::unexpected(restored.error());
  // Nothing has been kept under a token that a first start didn't finish: that one may begin again.
  if (!restored) {
    FH_CHECK_OK(move_aside(disk, token_directory(settings)));
  }
  return crypto::open_hsm(config_of(disk, settings, pin, copies), !restored);
}

}  // namespace freehold::app
