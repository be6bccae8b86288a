// Messages sealed under a PIN: the copies of a token and its root check. Private to this module.
// Format: docs/formats/token-copy.md.
#pragma once

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace freehold::crypto {

// magic (4) || version (1) || salt (16) || AES-256-GCM message || SHA-256 of all that. The key is scrypt(PIN, salt),
// the first 21 bytes are authenticated. The digest at the end is no protection: it tells damage from a wrong PIN.
inline constexpr std::size_t kPinSealMagicBytes = 4;

[[nodiscard]] Result<Bytes> pin_seal(BytesView magic, const Secret& pin, BytesView plain, Random& random);
// kCorrupt: damaged or not such a message; kDenied: whole, but sealed under another PIN; kUnsupported: whole, but of a
// newer version.
[[nodiscard]] Result<Secret> pin_open(BytesView magic, const Secret& pin, BytesView sealed);

}  // namespace freehold::crypto
