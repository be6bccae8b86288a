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
std::string copy_path(const std::string& domain) { return domain + "/token.sealed"; }
// Which state of the token the copies are of, and what they are: "<digest of the token> <digest of the copy>\n".
std::string copies_note(const Settings& settings) { return token_directory(settings) + "/copies"; }
// A change of the token that fewer copies have than this isn't kept: one disk more that is lost, and it would be too.
constexpr std::size_t kCopiesOfAChange = 2;

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

// Puts the newest whole sealed copy in the token's place: a disk that was away has an older one.
Result<> restore_token(disk::Disk& disk, const Settings& settings, const Secret& pin, const Error& why) {
  const std::string directory = token_directory(settings);
  std::string attempts;
  std::string best;
  std::string best_domain;
  std::uint64_t best_changes = 0;
  std::vector<std::string> tried;
  for (const std::string& domain : settings.fault_domains()) {
    const std::string fresh = directory + ".restoring-" + std::to_string(tried.size());
    tried.push_back(fresh);
    const Result<> restored = try_restore(disk, domain, pin, fresh);
    const auto changes =
        restored ? crypto::token_changes(disk, fresh, pin) : Result<std::uint64_t>(std::unexpected(restored.error()));
    if (!changes) {
      attempts += "\n  " + copy_path(domain) + ": " + changes.error().message;
    } else if (best.empty() || *changes > best_changes) {
      best = fresh;
      best_domain = domain;
      best_changes = *changes;
    }
  }
  Result<> done;
  if (best.empty()) {
    done = fail(ErrorCode::kCorrupt,
                "the HSM token in " + directory + " can't be used (" + why.message +
                    "), and no fault domain holds a whole sealed copy of it that this PIN opens:" + attempts +
                    "\nNothing was changed. Put back the token directory or one token.sealed from a backup, or check " +
                    settings.pin_file + ".");
  } else {
    done = move_aside(disk, directory);
    if (done) done = disk.rename(best, directory);
    if (done) done = disk.sync_directory(settings.data);
    if (done) {
      log_warning("the HSM token was restored from a sealed copy", {{"domain", best_domain}, {"reason", why.message}});
    }
  }
  for (const std::string& fresh : tried) static_cast<void>(disk.remove_tree(fresh));
  return done;
}

struct CopiesNote {
  Bytes token;  // digests, in hex
  Bytes copy;
};

CopiesNote read_note(disk::Disk& disk, const Settings& settings) {
  const auto text = disk.read_file(copies_note(settings));
  const std::size_t blank = text ? text->find(' ') : Bytes::npos;
  if (blank == Bytes::npos || text->back() != '\n') return {};
  return {text->substr(0, blank), text->substr(blank + 1, text->size() - blank - 2)};
}

Result<Bytes> digest_of_token(disk::Disk& disk, const Settings& settings) {
  FH_TRY(const Bytes digest, crypto::token_digest(disk, token_directory(settings)));
  return to_hex(digest);
}

std::vector<std::string> reachable_domains(disk::Disk& disk, const Settings& settings) {
  std::vector<std::string> out;
  for (const std::string& domain : settings.fault_domains()) {
    if (disk.exists(domain).value_or(false)) out.push_back(domain);
  }
  return out;
}

// A domain that can't take its copy now gets it at the next start: one that can't be written is no reason not to serve.
// How many could.
std::size_t write_to(disk::Disk& disk, const std::vector<std::string>& domains, BytesView sealed) {
  std::size_t count = 0;
  for (const std::string& domain : domains) {
    const Result<> written = disk.write_file_durably(copy_path(domain), sealed);
    count += written ? 1 : 0;
    if (!written) {
      log_warning("no token copy could be written", {{"domain", domain}, {"error", written.error().message}});
    }
  }
  return count;
}

// Into every domain that can be reached. How many have it now.
Result<std::size_t> renew_copies(disk::Disk& disk, const Settings& settings, const Secret& pin, Random& random) {
  FH_TRY(const Bytes token, digest_of_token(disk, settings));
  FH_TRY(const Bytes sealed, crypto::seal_token_copy(disk, token_directory(settings), pin, random));
  const std::size_t count = write_to(disk, reachable_domains(disk, settings), sealed);
  const Bytes note = token + " " + to_hex(crypto::view(crypto::sha256(sealed))) + "\n";
  FH_CHECK_OK(disk.write_file_durably(copies_note(settings), note));
  return count;
}

crypto::HsmConfig config_of(disk::Disk& disk, const Settings& settings, const Secret& pin, Random& random) {
  crypto::HsmConfig config;
  config.module_path = settings.hsm_module;
  config.token_label = "freehold-" + settings.region;
  if (settings.hsm_module.empty()) config.softhsm_dir = token_directory(settings);
  config.pin = pin.clone();
  config.copies = settings.fault_domains();
  config.changed = [&disk, settings, pin = std::make_shared<const Secret>(pin.clone()), &random]() -> Result<> {
    FH_TRY(const std::size_t count, renew_copies(disk, settings, *pin, random));
    if (count >= kCopiesOfAChange) return {};
    return fail(ErrorCode::kUnavailable, "too few fault domains can take a copy of the changed HSM token");
  };
  return config;
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

std::unique_ptr<crypto::TokenKeys> open_vault_keys(crypto::Hsm& hsm, const Settings& settings, const Secret& pin) {
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
  auto opened = hsm.open_keys(std::move(config), true);
  if (opened) return std::move(*opened);
  log_error("keys in the HSM can't be used: their token can't be opened",
            {{"error", opened.error().message}, {"detail", opened.error().detail}});
  return nullptr;
}

Result<std::unique_ptr<crypto::Hsm>> open_region_token(disk::Disk& disk, const Settings& settings, const Secret& pin,
                                                       bool first_start, Random& random) {
  auto hsm = crypto::open_hsm(config_of(disk, settings, pin, random), first_start);
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
    hsm = crypto::open_hsm(config_of(disk, settings, pin, random), !restored);
    if (!hsm) return hsm;
  }
  FH_CHECK_OK(place_token_copies(disk, settings, pin, random));
  return hsm;
}

Result<> place_token_copies(disk::Disk& disk, const Settings& settings, const Secret& pin, Random& random) {
  if (!settings.hsm_module.empty()) return {};  // an owner's own HSM has its own backup
  const CopiesNote note = read_note(disk, settings);
  FH_TRY(const Bytes token, digest_of_token(disk, settings));
  std::vector<std::string> lacking;
  Bytes whole;
  for (const std::string& domain : reachable_domains(disk, settings)) {
    auto copy = disk.read_file(copy_path(domain));
    if (copy && note.token == token && to_hex(crypto::view(crypto::sha256(*copy))) == note.copy) {
      whole = std::move(*copy);
    } else {
      lacking.push_back(domain);
    }
  }
  if (!whole.empty()) {
    write_to(disk, lacking, whole);
  } else if (!lacking.empty()) {
    FH_TRY([[maybe_unused]] const std::size_t count, renew_copies(disk, settings, pin, random));
  }
  return {};
}

Result<std::size_t> mend_token_copies(disk::Disk& disk, const Settings& settings, const Secret& pin, Random& random) {
  if (!settings.hsm_module.empty()) return 0;
  FH_TRY(const Bytes token, crypto::token_digest(disk, token_directory(settings)));
  const std::string scratch = token_directory(settings) + ".checking";
  std::size_t lacking = 0;
  for (const std::string& domain : reachable_domains(disk, settings)) {
    const bool whole = try_restore(disk, domain, pin, scratch) && crypto::token_digest(disk, scratch) == token;
    lacking += whole ? 0 : 1;
    FH_CHECK_OK(disk.remove_tree(scratch));
  }
  if (lacking > 0) {
    FH_TRY([[maybe_unused]] const std::size_t count, renew_copies(disk, settings, pin, random));
  }
  return lacking;
}

}  // namespace freehold::app
