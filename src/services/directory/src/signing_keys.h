// SigningKeys: the region's RSA keys that sign tokens.
//
// They are made here and not in the HSM's token, whose files are never written again once it is made; they rest sealed
// under the region's row key, which hangs from the root key in the token, and lie in this process's memory while it
// serves (docs/threat-model.md).
#pragma once

#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/rsa.h"
#include "keys/sealed_rows.h"
#include "runtime/pool.h"
#include "runtime/turn.h"

namespace freehold::directory {

// Owned by DirectoryService. Thread-safe. What a key was published for holds on: a new key verifies from the moment it
// is made, and signs when whoever keeps a copy of the published set has had time to fetch it again.
class SigningKeys {
 public:
  // Published before it signs: clients keep the set for an hour (its cache-control) or ask again for an unknown key.
  static constexpr std::chrono::days kRollAfter{90};
  static constexpr std::chrono::hours kPublishedAhead{24};
  // Tokens live an hour and are believed a few minutes longer; a day leaves room for a clock that was set.
  static constexpr std::chrono::days kVerifyAfterRoll{1};

  // Loads the keys there are, and rolls if that is due. Blocks for tenths of a second if it makes one: start-up.
  [[nodiscard]] static runtime::Task<Result<std::unique_ptr<SigningKeys>>> open(keys::SealedStore store, WallTime now,
                                                                                runtime::Pool& pool);
  // Makes a key if the newest is due, on the pool; forgets those that no living token can have been signed with. One
  // at a time. Without a store that takes it nothing changes, and the keys there are serve on.
  [[nodiscard]] runtime::Task<Result<>> roll(WallTime now);

  // Most of a millisecond: on a pool.
  [[nodiscard]] std::string sign(std::string_view claims, WallTime now) const;
  [[nodiscard]] std::optional<crypto::RsaPublicKey> key(std::string_view id) const;
  // What /keys answers; the newest first.
  [[nodiscard]] std::string jwks() const;

 private:
  struct Kept {
    Bytes row_key;
    WallTime made;
    std::shared_ptr<const crypto::RsaSigningKey> key;  // shared with signatures under way
  };
  SigningKeys(keys::SealedStore store, runtime::Pool& pool);
  [[nodiscard]] static Result<Kept> decode(const store::KeyValue& row);
  [[nodiscard]] std::vector<Kept> kept() const;
  [[nodiscard]] static const Kept& signer(const std::vector<Kept>& kept, WallTime now);
  void publish(std::vector<Kept> kept);

  const keys::SealedRows rows_;
  runtime::Pool& pool_;
  runtime::Turn turn_;
  mutable std::shared_mutex mutex_;  // guards what follows
  std::vector<Kept> kept_;           // oldest first, never empty once open
  std::string jwks_;
};

}  // namespace freehold::directory
