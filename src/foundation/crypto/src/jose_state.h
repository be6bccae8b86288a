// What a JoseKey holds, and the three families of what it does. Private to this module.
#pragma once

#include "crypto/jose_key.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {

using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<EVP_PKEY_CTX_free>>;

struct JoseKey::State {
  PublicNumbers numbers;
  PkeyPtr pkey;    // of RSA and EC
  Secret octets_;  // of oct
};

// One text for whatever is wrong with what a caller wants decrypted: an error must not tell which check failed.
[[nodiscard]] std::unexpected<Error> cannot_decrypt();
[[nodiscard]] std::unexpected<Error> wrong_input(std::string message);
// OpenSSL's own name for the hash.
[[nodiscard]] const EVP_MD* digest_of(HashName hash);

// Made from numbers; what doesn't belong together is kInvalidArgument. (jose_numbers.cpp)
[[nodiscard]] Result<PkeyPtr> rsa_from(const PublicNumbers& open, const PrivateNumbers& hidden);
[[nodiscard]] Result<PkeyPtr> ec_from(const PublicNumbers& open, const PrivateNumbers& hidden);
[[nodiscard]] Result<PublicNumbers> numbers_of(KeyType type, const EVP_PKEY* pkey);
// Do the halves belong together? Of RSA also: is the exponent a usual one, and are p and q primes of half the length?
// Takes a while.
[[nodiscard]] bool is_whole(const PublicNumbers& numbers, EVP_PKEY* pkey);
[[nodiscard]] const char* group_of(Curve curve);

// RSA and EC (jose_pkey.cpp).
[[nodiscard]] Result<Bytes> pkey_sign(EVP_PKEY* key, const JoseAlgorithm& algorithm, BytesView digest);
[[nodiscard]] bool pkey_verify(EVP_PKEY* key, const JoseAlgorithm& algorithm, BytesView digest, BytesView signature);
[[nodiscard]] Result<Bytes> rsa_encrypt(EVP_PKEY* key, const JoseAlgorithm& algorithm, BytesView plain);
[[nodiscard]] Result<Secret> rsa_decrypt(EVP_PKEY* key, const JoseAlgorithm& algorithm, BytesView text);

// AES and HMAC (jose_oct.cpp).
[[nodiscard]] Bytes hmac(const Secret& key, HashName hash, BytesView text);
[[nodiscard]] Result<JoseEncrypted> aes_encrypt(const Secret& key, const JoseAlgorithm& algorithm, BytesView plain,
                                                Bytes iv, BytesView associated);
[[nodiscard]] Result<Secret> aes_decrypt(const Secret& key, const JoseAlgorithm& algorithm,
                                         const JoseEncrypted& encrypted, BytesView associated);
[[nodiscard]] Result<Bytes> aes_wrap(const Secret& key, const JoseAlgorithm& algorithm, const Secret& plain);
[[nodiscard]] Result<Secret> aes_unwrap(const Secret& key, const JoseAlgorithm& algorithm, BytesView wrapped);

}  // namespace freehold::crypto
