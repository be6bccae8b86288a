// ReleaseSigner: signs what is released, so that an environment can tell that it comes of this region: RS256, with a
// certificate by the region's authority in the header.
//
// The key is made at the first release and lives in this process's memory; another is made after 30 days.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/certified_jws.h"

namespace freehold::vault {

// Thread-safe. What it borrows outlives it.
class ReleaseSigner {
 public:
  // For vaults and pools of the domain: environments look for the host that they asked in the certificate. `authority`
  // null: nothing can be signed.
  ReleaseSigner(const crypto::CertificateAndKey* authority, std::string domain, Random& random)
      : authority_(authority), domain_(std::move(domain)), random_(random) {}

  // A compact JWS. Tenths of a second when a key has to be made: on a pool. kUnavailable: there is no authority.
  [[nodiscard]] Result<std::string> sign(std::string_view payload, WallTime now);

 private:
  struct Made {
    crypto::RsaSigningKey key;
    std::string header;
    WallTime from;
  };
  [[nodiscard]] Result<std::shared_ptr<const Made>> make(WallTime now);

  const crypto::CertificateAndKey* const authority_;
  const std::string domain_;
  Random& random_;
  std::mutex mutex_;                  // held while one is made: a second isn't meanwhile
  std::shared_ptr<const Made> made_;  // shared with the uses under way
};

}  // namespace freehold::vault
