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

// The changes of the token whose copy the domain has, opened into a directory of its own.
Result<std::uint64_t> changes_of_copy(disk::Disk& disk, const std::string& domain, const Secret& pin,
                                      const std::string& into) {
  FH_CHECK_OK(try_restore(disk, domain, pin, into));
  return crypto::token_changes(disk, into, pin);
}

// A sealed copy that opens, as it is beside the token's place.
struct OpenedCopy {
  std::string domain;
  std::string at;
  std::uint64_t changes = 0;
};

struct OpenedCopies {
  std::vector<OpenedCopy> whole;
  std::string failures;  // one line each
};

// Opens every domain's copy; what it wrote is removed by remove_leftovers().
OpenedCopies open_copies(disk::Disk& disk, const Settings& settings, const Secret& pin) {
  OpenedCopies out;
  int tried = 0;
  for (const std::string& domain : settings.fault_domains()) {
    const std::string fresh = token_directory(settings) + ".restoring-" + std::to_string(tried++);
    const auto changes = changes_of_copy(disk, domain, pin, fresh);
    if (changes) {
      out.whole.push_back({domain, fresh, *changes});
    } else {
      out.failures += "\n  " + copy_path(domain) + ": " + changes.error().message;
    }
  }
  return out;
}

Result<> put_in_place(disk::Disk& disk, const Settings& settings, const OpenedCopy& copy, const std::string& why) {
  FH_CHECK_OK(move_aside(disk, token_directory(settings)));
  FH_CHECK_OK(disk.rename(copy.at, token_directory(settings)));
  FH_CHECK_OK(disk.sync_directory(settings.data));
  log_warning("the HSM token was restored from a sealed copy", {{"domain", copy.domain}, {"reason", why}});
  return {};
}

const OpenedCopy& newest(const std::vector<OpenedCopy>& copies) {
  return *std::ranges::max_element(copies, {}, &OpenedCopy::changes);
}

// Puts the newest whole sealed copy in the token's place: a disk that was away has an older one. Of two the newer one
// is the newest there is, since no change is kept that fewer have; of one nobody knows.
Result<> restore_token(disk::Disk& disk, const Settings& settings, const Secret& pin, const Error& why) {
  const OpenedCopies copies = open_copies(disk, settings, pin);
  Result<> done;
  if (copies.whole.empty()) {
    done = fail(ErrorCode::kCorrupt,
                "the HSM token in " + token_directory(settings) + " can't be used (" + why.message +
                    "), and no fault domain holds a whole sealed copy of it that this PIN opens:" + copies.failures +
                    "\nNothing was changed. Move the token directory away and put back two token.sealed from a backup "
                    "of the whole data directory, or check " +
                    settings.pin_file + ".");
  } else if (copies.whole.size() < kCopiesOfAChange) {
    const std::string only = copy_path(copies.whole.front().domain);
    done =
        fail(ErrorCode::kCorrupt, "the HSM token in " + token_directory(settings) + " can't be used (" + why.message +
                                      "), and only one whole sealed copy is at hand, " + only +
                                      ", which may be older than what was changed last:" + copies.failures +
                                      "\nNothing was changed. Bring another fault domain back. If none will ever come "
                                      "back, copy that file into a second one's directory.");
  } else {
    done = put_in_place(disk, settings, newest(copies.whole), why.message);
  }
  remove_leftovers(disk, settings, false);
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

Result<> too_few_copies() {
  return fail(ErrorCode::kUnavailable, "too few fault domains can take a copy of the changed HSM token");
}

// Is the domain's copy of a newer state than the token? That one isn't to be lost.
Result<bool> has_newer(disk::Disk& disk, const Settings& settings, const Secret& pin, const std::string& domain) {
  const std::string scratch = token_directory(settings) + ".checking";
  const auto theirs = changes_of_copy(disk, domain, pin, scratch);
  FH_CHECK_OK(disk.remove_tree(scratch));
  if (!theirs) return false;
  FH_TRY(const std::uint64_t mine, crypto::token_changes(disk, token_directory(settings), pin));
  return *theirs > mine;
}

// Which reachable domains have the copy of the token as it is, by what was noted.
struct Step {
  std::size_t in_step = 0;
  Bytes copy;  // of those
  std::vector<std::string> lacking;
};
Result<Step> step_of(disk::Disk& disk, const Settings& settings) {
  const CopiesNote note = read_note(disk, settings);
  FH_TRY(const Bytes token, digest_of_token(disk, settings));
  Step out;
  for (const std::string& domain : reachable_domains(disk, settings)) {
    auto copy = disk.read_file(copy_path(domain));
    if (copy && note.token == token && to_hex(crypto::view(crypto::sha256(*copy))) == note.copy) {
      out.copy = std::move(*copy);
      ++out.in_step;
    } else {
      out.lacking.push_back(domain);
    }
  }
  return out;
}

// Writes the copies that are missing or of an earlier state. How many are in step now.
Result<std::size_t> bring_into_step(disk::Disk& disk, const Settings& settings, const Secret& pin, Random& random) {
  FH_TRY(const Step step, step_of(disk, settings));
  for (const std::string& domain : step.lacking) {
    FH_TRY(const bool newer, has_newer(disk, settings, pin, domain));
    if (newer) {
      return fail(ErrorCode::kConflict, copy_path(domain) + " is of a newer state than the HSM token in " +
                                            token_directory(settings) + ": it isn't overwritten");
    }
  }
  if (step.lacking.empty()) return step.in_step;
  if (step.in_step > 0) return step.in_step + write_to(disk, step.lacking, step.copy);
  return renew_copies(disk, settings, pin, random);
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
    if (count < kCopiesOfAChange) return too_few_copies();
    remove_leftovers(disk, settings, true);  // they have what was destroyed now
    return {};
  };
  config.settle = [&disk, settings, pin = std::make_shared<const Secret>(pin.clone()), &random]() -> Result<> {
    FH_TRY(const std::size_t count, bring_into_step(disk, settings, *pin, random));
    return count < kCopiesOfAChange ? too_few_copies() : Result<>();
  };
  return config;
}

// Somebody put an older token back, and the rows know of the newer one. (Of one that is damaged, restore_token()
// decides.)
Result<> replace_by_newer(disk::Disk& disk, const Settings& settings, const Secret& pin) {
  const auto step = step_of(disk, settings);
  if (!step || step->lacking.empty()) return {};
  const auto mine = crypto::token_changes(disk, token_directory(settings), pin);
  if (!mine) return {};
  const OpenedCopies copies = open_copies(disk, settings, pin);
  Result<> done;
  if (!copies.whole.empty() && newest(copies.whole).changes > *mine) {
    done = put_in_place(disk, settings, newest(copies.whole), "the token was of an earlier state");
  }
  remove_leftovers(disk, settings, false);
  return done;
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
                                                       bool first_start, Random& random) {
  remove_leftovers(disk, settings, false);
  if (settings.hsm_module.empty()) {
    FH_CHECK_OK(replace_by_newer(disk, settings, pin));
  }
  auto hsm = crypto::open_hsm(config_of(disk, settings, pin, random), first_start);
  if (hsm) return hsm;
  const bool replaceable = hsm.error().code == ErrorCode::kNotFound || hsm.error().code == ErrorCode::kCorrupt ||
                           hsm.error().code == ErrorCode::kDenied;
  if (!settings.hsm_module.empty() || !replaceable) return hsm;
  const Result<> restored = restore_token(disk, settings, pin, hsm.error());
  if (!restored && !first_start) return std::unexpected(restored.error());
  // Nothing has been kept under a token that a first start didn't finish: that one may begin again.
  if (!restored) {
    FH_CHECK_OK(move_aside(disk, token_directory(settings)));
  }
  return crypto::open_hsm(config_of(disk, settings, pin, random), !restored);
}

Result<> place_token_copies(disk::Disk& disk, const Settings& settings, const Secret& pin, Random& random) {
  if (!settings.hsm_module.empty()) return {};  // an owner's own HSM has its own backup
  FH_TRY([[maybe_unused]] const std::size_t count, bring_into_step(disk, settings, pin, random));
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
