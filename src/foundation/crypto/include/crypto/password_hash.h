// Passwords as they are kept: Argon2id (RFC 9106) with a salt of its own.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"

namespace freehold::crypto {

// The costs stand beside the digest, so that passwords kept by an older program go on working when the costs are
// raised.
struct PasswordHash {
  std::uint32_t memory_kib = 0;
  std::uint32_t passes = 0;
  Bytes salt;    // 16 bytes
  Bytes digest;  // 32 bytes
};

inline constexpr std::size_t kMaxPasswordBytes = 1'024;

// Some 30 milliseconds and 19 MiB: on a pool that bounds how many run at once. kInvalidArgument: longer than
// kMaxPasswordBytes; kExhausted: no memory.
[[nodiscard]] Result<PasswordHash> hash_password(BytesView password, Random& random);
// As costly as the hash was. False too for a hash whose costs are none of ours (a damaged row must not cost gigabytes).
[[nodiscard]] bool is_password(const PasswordHash& kept, BytesView password);

}  // namespace freehold::crypto
