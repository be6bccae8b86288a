// Keys that others sign JSON web tokens with, and whether a token is signed by one: RSA and elliptic curves, never a
// shared secret and never `none` (RFC 8725 sections 3.1, 3.2). Tokens of this cloud are RS256 alone (crypto/jwt.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/jose_key.h"
#include "crypto/jwt.h"

namespace freehold::crypto {

struct VerificationKey {
  std::string id;         // `kid`; may be empty
  std::string algorithm;  // `alg`, if the set names one: the key signs by no other
  JoseKey key;            // the public half
};

// A JWK set (RFC 7517): its keys that may sign, by their numbers or, of RSA, by the first certificate of `x5c`; others
// are passed over. kInvalidArgument: no such set, one of more than 64 KiB or 64 keys, a key that is none, or none left.
[[nodiscard]] Result<std::vector<VerificationKey>> read_verification_keys(std::string_view json);

// True if the header names RS, PS or ES with 256, 384 or 512, which the key is one for, and the signature is the key's.
// Takes up to a millisecond: on a pool.
[[nodiscard]] bool verify_by(const Jwt& token, const VerificationKey& key);

}  // namespace freehold::crypto
