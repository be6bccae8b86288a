// Ed25519 (RFC 8032) for signed checkpoints of the audit log.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace freehold::crypto {

struct Ed25519KeyPair {
  Secret seed;       // 32 bytes
  Bytes public_key;  // 32 bytes
};
[[nodiscard]] Ed25519KeyPair make_ed25519();  // seed from SystemRandom
[[nodiscard]] Result<Ed25519KeyPair> ed25519_from_seed(const Secret& seed);
[[nodiscard]] Bytes ed25519_sign(const Secret& seed, BytesView message);  // 32-byte seed, 64-byte signature
[[nodiscard]] bool ed25519_verify(BytesView public_key, BytesView message, BytesView signature);

}  // namespace freehold::crypto
