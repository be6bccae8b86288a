// ProvedTokens: tokens lately proved to be signed by us, taken apart. A client sends the same token for an hour; taking
// it apart and verifying its signature costs as much as all else that a small request needs.
#pragma once

#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "crypto/digest.h"
#include "crypto/jwt.h"

namespace freehold::gate {

// Thread-safe. Holds no token, but its SHA-256 and what it says; only what was signed by one of our keys gets in, so
// that strangers can neither fill it nor find two that collide. That a token was signed stays true; whether it holds
// (its key, its times, its audience, its principal) is for the caller to ask anew each time.
class ProvedTokens {
 public:
  static constexpr std::size_t kTokens = 2'048;  // some 3 KiB each; beyond them the oldest is forgotten

  // What the token says that was kept under this digest of its text, or nullptr.
  [[nodiscard]] std::shared_ptr<const crypto::Jwt> find(const crypto::Sha256Digest& digest) const;
  void keep(const crypto::Sha256Digest& digest, std::shared_ptr<const crypto::Jwt> token);

 private:
  struct HashOfDigest {
    std::size_t operator()(const crypto::Sha256Digest& digest) const {
      std::size_t out = 0;
      std::memcpy(&out, digest.data(), sizeof out);
      return out;
    }
  };
  mutable std::mutex mutex_;
  std::unordered_map<crypto::Sha256Digest, std::shared_ptr<const crypto::Jwt>, HashOfDigest> tokens_;
  std::deque<crypto::Sha256Digest> order_;  // the oldest first
};

}  // namespace freehold::gate
