// What stands around a message before and after the token's raw RSA. Private to this module.
#pragma once

#include "crypto/jose_key.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {

// RFC 8017 section 9.2: the DigestInfo that RSASSA-PKCS1-v1_5 signs.
[[nodiscard]] Bytes digest_info(HashName hash, BytesView digest);
// Is it a block that the key can have made: as long as the modulus, and a smaller number?
[[nodiscard]] bool is_rsa_block(const PublicNumbers& key, BytesView block);
// The public operation without padding: what `decrypted` was before.
[[nodiscard]] Result<Bytes> rsa_raw_public(EVP_PKEY* key, const Secret& decrypted);
// OpenSSL takes off the padding, in constant time; what is wrong with it isn't told.
[[nodiscard]] Result<Secret> without_rsa_padding(const JoseAlgorithm& algorithm, const Secret& block);

}  // namespace freehold::crypto
