// Encrypted messages in JWE's compact form (RFC 7516), of the two kinds that security domains are made of: for whoever
// has the private key of a certificate, or a shared key. Content is A256CBC-HS512 (RFC 7518 section 5.2.5).
//
// Pure but for OpenSSL, which has the primitives. Takes up to a millisecond (RSA): on a pool. Keeps: K1.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/jose_key.h"

namespace freehold::crypto {

inline constexpr std::size_t kMaxCompactJwe = 64 * 1'024;
inline constexpr std::size_t kContentKeyBytes = 64;  // of A256CBC-HS512: 32 for HMAC, 32 for AES

// RSA-OAEP-256, for the key that the certificate (DER) is of. kInvalidArgument: no certificate, or not of an RSA key of
// 2,048 to 8,192 bits.
[[nodiscard]] Result<std::string> seal_to_certificate(BytesView der, const Secret& plain, Random& random);
// What was sealed to the key's certificate. One error for whatever is wrong, kInvalidArgument.
[[nodiscard]] Result<Secret> open_sealed_to(const JoseKey& key, std::string_view text);

// Under a shared key ("dir"), named in the header.
[[nodiscard]] Result<std::string> seal_direct(const Secret& key, std::string_view key_id, const Secret& plain,
                                              Random& random);
[[nodiscard]] Result<Secret> open_direct(const Secret& key, std::string_view text);

// SP 800-108 in counter mode with HMAC-SHA-512, counter and length in 32 bits, an empty context: `bytes` of key
// material for `label` (1 to 256 bytes). The primitive is OpenSSL's.
[[nodiscard]] Secret derive_by_counter(const Secret& key, std::string_view label, std::size_t bytes);

}  // namespace freehold::crypto
