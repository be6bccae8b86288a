// TokenCopies: the sealed copies of the region's SoftHSM2 token, one in each fault domain. Keeps: E1, E4.
// Format: docs/formats/token-copy.md.
//
// A copy that may be of a newer state than the token at hand is the last there is of what it has: it is overwritten by
// nobody, and while one is there the token isn't changed.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/token_state.h"
#include "disk/disk.h"
#include "settings.h"

namespace freehold::app {

// Owned by Storage, outlives the token; borrows `disk` and `random`. Thread-safe. All block (the PIN's key derivation
// is slow on purpose), but for copies that are as they were written last.
class TokenCopies {
 public:
  TokenCopies(disk::Disk& disk, const Settings& settings, const Secret& pin, Random& random);

  // A change of the token that fewer copies have than this isn't kept: one disk more that is lost, and it would be too.
  static constexpr std::size_t kOfAChange = 2;

  struct Opened {
    std::string domain;
    Bytes copy;
    crypto::TokenState state;
  };
  struct All {
    std::vector<Opened> whole;
    std::string failures;  // one line each
    [[nodiscard]] const Opened& newest() const;
  };
  // Every domain's.
  [[nodiscard]] All open_all();
  // Does every domain that can be reached have the token as it is?
  [[nodiscard]] Result<bool> in_step();

  // Writes those that are missing or of an earlier state. How many are in step now. kConflict: one is of a newer state.
  [[nodiscard]] Result<std::size_t> bring_into_step();
  // The token has changed: a new copy into every domain that can be reached. How many have it now. kConflict, as above:
  // that one was left as it is.
  [[nodiscard]] Result<std::size_t> renew();
  // Opens each as a restore would, and writes all anew if any is missing, damaged or of another state; how many were.
  [[nodiscard]] Result<std::size_t> mend();

 private:
  struct Domain {
    std::string path;
    std::optional<Bytes> copy;  // nullopt: none that can be read
  };
  struct Note {
    Bytes token;  // digests, in hex
    Bytes copy;
  };
  // All of these have the lock.
  [[nodiscard]] std::vector<Domain> reachable();
  [[nodiscard]] Note read_note();
  [[nodiscard]] Result<crypto::TokenState> state_of(const std::string& domain, BytesView copy);
  // May it be overwritten? kConflict: it may be of a newer state, or of one that this program can't read.
  [[nodiscard]] Result<> check_older(const Domain& domain, std::optional<crypto::TokenState>& mine);
  [[nodiscard]] Result<std::size_t> write_new(const std::vector<Domain>& domains);
  [[nodiscard]] std::size_t write(const std::vector<std::string>& domains, BytesView copy);

  disk::Disk& disk_;
  Random& random_;
  const std::string token_;  // its directory
  const std::vector<std::string> domains_;
  const Secret pin_;
  std::mutex mutex_;
  // What was opened last in each domain, by the copy's digest.
  std::map<std::string, std::pair<Bytes, crypto::TokenState>> known_;
};

}  // namespace freehold::app
