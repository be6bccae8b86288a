#include "token_copies.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "crypto/hsm.h"

namespace freehold::app {

namespace {

std::string path_in(const std::string& domain) { return domain + "/token.sealed"; }
Bytes digest_of(BytesView bytes) { return to_hex(crypto::view(crypto::sha256(bytes))); }

}  // namespace

TokenCopies::TokenCopies(disk::Disk& disk, const Settings& settings, const Secret& pin, Random& random)
    : disk_(disk),
      random_(random),
      token_(settings.data + "/hsm"),
      domains_(settings.fault_domains()),
      pin_(pin.clone()) {}

const TokenCopies::Opened& TokenCopies::All::newest() const {
  return *std::ranges::max_element(whole, {}, [](const Opened& one) { return one.state.changes; });
}

std::vector<TokenCopies::Domain> TokenCopies::reachable() {
  std::vector<Domain> out;
  for (const std::string& domain : domains_) {
    if (!disk_.exists(domain).value_or(false)) continue;
    auto copy = disk_.read_file(path_in(domain));
    out.push_back({domain, copy ? std::optional(std::move(*copy)) : std::nullopt});
  }
  return out;
}

// Which state of the token the copies are of, and what they are: "<digest of the token> <digest of the copy>\n".
TokenCopies::Note TokenCopies::read_note() {
  const auto text = disk_.read_file(token_ + "/copies");
  const std::size_t blank = text ? text->find(' ') : Bytes::npos;
  if (blank == Bytes::npos || text->back() != '\n') return {};
  return {text->substr(0, blank), text->substr(blank + 1, text->size() - blank - 2)};
}

Result<crypto::TokenState> TokenCopies::state_of(const std::string& domain, BytesView copy) {
  const Bytes digest = digest_of(copy);
  if (const auto found = known_.find(domain); found != known_.end() && found->second.first == digest) {
    return found->second.second;
  }
  FH_TRY(auto state, crypto::token_copy_state(copy, pin_));
  known_[domain] = {digest, state};
  return state;
}

TokenCopies::All TokenCopies::open_all() {
  const std::lock_guard lock(mutex_);
  All out;
  for (const std::string& domain : domains_) {
    auto copy = disk_.read_file(path_in(domain));
    Result<crypto::TokenState> state;
    if (copy) {
      state = state_of(domain, *copy);
    } else {
      state = pass_on(copy);
    }
    if (state) {
      out.whole.push_back({domain, std::move(*copy), std::move(*state)});
    } else {
      out.failures += "\n  " + path_in(domain) + ": " + state.error().message;
    }
  }
  return out;
}

Result<bool> TokenCopies::in_step() {
  const std::lock_guard lock(mutex_);
  const Note note = read_note();
  FH_TRY(const Bytes token, crypto::token_digest(disk_, token_));
  if (note.token != to_hex(token)) return false;
  const auto domains = reachable();
  return std::ranges::all_of(domains,
                             [&](const Domain& domain) { return domain.copy && digest_of(*domain.copy) == note.copy; });
}

// What can't be opened, because it is damaged or another PIN's, is nobody's.
Result<> TokenCopies::check_older(const Domain& domain, std::optional<crypto::TokenState>& mine) {
  if (!domain.copy) return {};
  const auto theirs = state_of(domain.path, *domain.copy);
  const bool lost =
      !theirs && (theirs.error().code == ErrorCode::kCorrupt || theirs.error().code == ErrorCode::kDenied);
  if (lost) return {};
  if (theirs && !mine) {
    FH_TRY(mine, crypto::token_state(disk_, token_, pin_));
  }
  if (theirs && !theirs->is_ahead_of(*mine)) return {};
  const std::string what =
      theirs ? " is of a newer state than the HSM token in " + token_
             : " can't be compared with the HSM token in " + token_ + " (" + theirs.error().message + ")";
  return fail(ErrorCode::kConflict, path_in(domain.path) + what +
                                        ": neither is overwritten. A restart takes the newest copy; move away what "
                                        "isn't this region's.");
}

// A domain that can't take its copy now gets it at the next start: one that can't be written is no reason not to serve.
// How many could.
std::size_t TokenCopies::write(const std::vector<std::string>& domains, BytesView copy) {
  std::size_t count = 0;
  for (const std::string& domain : domains) {
    const Result<> written = disk_.write_file_durably(path_in(domain), copy);
    count += written ? 1 : 0;
    if (!written) {
      log_warning("no token copy could be written", {{"domain", domain}, {"error", written.error().message}});
    }
  }
  return count;
}

Result<std::size_t> TokenCopies::bring_into_step() {
  const std::lock_guard lock(mutex_);
  const Note note = read_note();
  FH_TRY(const Bytes token, crypto::token_digest(disk_, token_));
  const auto domains = reachable();
  std::optional<crypto::TokenState> mine;
  std::vector<std::string> lacking;
  Bytes copy;  // of those in step
  for (const Domain& domain : domains) {
    if (domain.copy && note.token == to_hex(token) && digest_of(*domain.copy) == note.copy) {
      copy = *domain.copy;
      continue;
    }
    FH_CHECK_OK(check_older(domain, mine));
    lacking.push_back(domain.path);
  }
  if (copy.empty()) return write_new(domains);
  return domains.size() - lacking.size() + write(lacking, copy);
}

Result<std::size_t> TokenCopies::renew() {
  const std::lock_guard lock(mutex_);
  const Bytes written_last = read_note().copy;
  std::optional<crypto::TokenState> mine;
  std::vector<Domain> free;
  Result<> conflict;
  for (Domain& domain : reachable()) {
    const bool ours = domain.copy && digest_of(*domain.copy) == written_last;
    auto older = ours ? Result<>() : check_older(domain, mine);
    if (older) {
      free.push_back(std::move(domain));
    } else {
      conflict = std::move(older);
    }
  }
  FH_TRY(const std::size_t count, write_new(free));
  if (!conflict) return pass_on(conflict);
  return count;
}

Result<std::size_t> TokenCopies::write_new(const std::vector<Domain>& domains) {
  FH_TRY(const Bytes token, crypto::token_digest(disk_, token_));
  FH_TRY(const Bytes sealed, crypto::seal_token_copy(disk_, token_, pin_, random_));
  std::vector<std::string> paths;
  for (const Domain& domain : domains) paths.push_back(domain.path);
  const std::size_t count = write(paths, sealed);
  FH_CHECK_OK(disk_.write_file_durably(token_ + "/copies", to_hex(token) + " " + digest_of(sealed) + "\n"));
  return count;
}

Result<std::size_t> TokenCopies::mend() {
  std::size_t lacking = 0;
  {
    const std::lock_guard lock(mutex_);
    FH_TRY(const Bytes token, crypto::token_digest(disk_, token_));
    for (const Domain& domain : reachable()) {
      known_.erase(domain.path);
      const auto state = domain.copy ? state_of(domain.path, *domain.copy) : fail(ErrorCode::kNotFound, "");
      lacking += state && state->digest == token ? 0 : 1;
    }
  }
  if (lacking > 0) {
    FH_TRY([[maybe_unused]] const std::size_t count, renew());
  }
  return lacking;
}

}  // namespace freehold::app
