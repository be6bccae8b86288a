// SigningKeys: the region's RSA keys that sign tokens.
//
// They are made here and not in the HSM's token, whose files are never written again once it is made; they rest sealed
// under the region's row key, which hangs from the root key in the token, and lie in this process's memory while it
// serves (docs/threat-model.md). The newest signs; older ones verify until every token they signed is over.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/rsa.h"
#include "keys/sealed_rows.h"

namespace freehold::directory {

// Owned by DirectoryService; immutable and thread-safe after open().
class SigningKeys {
 public:
  // Loads the keys there are; makes a new one if there is none or the newest is due for rolling; forgets those that no
  // living token can have been signed with. Blocks for tenths of a second if it makes one: start-up only.
  [[nodiscard]] static runtime::Task<Result<SigningKeys>> open(keys::SealedStore store, WallTime now);

  // Most of a millisecond: on a pool.
  [[nodiscard]] std::string sign(std::string_view claims) const;
  [[nodiscard]] std::optional<crypto::RsaPublicKey> key(std::string_view id) const;
  // What /keys answers; the signing key first.
  [[nodiscard]] const std::string& jwks() const { return jwks_; }

 private:
  SigningKeys() = default;
  std::shared_ptr<const crypto::RsaSigningKey> signer_;  // shared with signatures under way on the pool
  std::map<std::string, crypto::RsaPublicKey, std::less<>> keys_;
  std::string jwks_;
};

}  // namespace freehold::directory
