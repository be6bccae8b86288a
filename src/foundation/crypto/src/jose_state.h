// What a JoseKey holds, and the three families of what it does. Private to this module.
#pragma once

#include <mutex>
#include <vector>

#include "crypto/jose_key.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {

using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<EVP_PKEY_CTX_free>>;

// Contexts that are set up for what the key was used for last, to be used again: setting one up takes a fifth of the
// time of a signature on P-256. Thread-safe.
class PreparedContexts {
 public:
  enum class Use : std::uint8_t { kSign, kDecrypt };
  // Null: none is idle.
  [[nodiscard]] KeyContextPtr take(Use use, const JoseAlgorithm& algorithm);
  void give_back(Use use, const JoseAlgorithm& algorithm, KeyContextPtr context);

 private:
  static constexpr std::size_t kIdle = 4;
  struct Idle {
    Use use;
    Scheme scheme;
    HashName hash;
    KeyContextPtr context;
  };
  std::mutex mutex_;
  std::vector<Idle> idle_;
};

struct JoseKey::State {
  PublicNumbers numbers;
  PkeyPtr pkey;    // of RSA and EC
  Secret octets_;  // of oct
  bool public_half = false;
  mutable PreparedContexts contexts = {};
};

// One text for whatever is wrong with what a caller wants decrypted: an error must not tell which check failed.
[[nodiscard]] std::unexpected<Error> cannot_decrypt();
[[nodiscard]] std::unexpected<Error> wrong_input(std::string message);
// OpenSSL's own name for the hash.
[[nodiscard]] const EVP_MD* digest_of(HashName hash);

// Made from numbers; what doesn't belong together is kInvalidArgument. (jose_numbers.cpp)
[[nodiscard]] Result<PkeyPtr> rsa_from(const PublicNumbers& open, const PrivateNumbers& hidden);
[[nodiscard]] Result<PkeyPtr> ec_from(const PublicNumbers& open, const PrivateNumbers& hidden);
[[nodiscard]] Result<PkeyPtr> public_from(const PublicNumbers& open);
[[nodiscard]] Result<PrivateNumbers> hidden_of(KeyType type, const EVP_PKEY* pkey);
// The base point, uncompressed; and one of the two points with that x. kInvalidArgument: there is none.
[[nodiscard]] Bytes generator_of(Curve curve);
[[nodiscard]] Result<PublicNumbers> point_with(Curve curve, BytesView x, bool odd);
[[nodiscard]] Result<PublicNumbers> numbers_of(KeyType type, const EVP_PKEY* pkey);
// Do the halves belong together? Of RSA also: is the exponent a usual one, and are p and q primes of half the length?
// Takes a while.
[[nodiscard]] bool is_whole(const PublicNumbers& numbers, EVP_PKEY* pkey);
[[nodiscard]] const char* group_of(Curve curve);

// Does the key suit the algorithm, and the algorithm the use (AlgorithmUse)? Is the digest one of its hash? Is the text
// such as is taken, with what belongs to it? kInvalidArgument. (jose_key.cpp)
[[nodiscard]] Result<> check_algorithm(const PublicNumbers& key, const JoseAlgorithm& algorithm, std::uint8_t use);
[[nodiscard]] Result<> check_digest(const JoseAlgorithm& algorithm, BytesView digest);
[[nodiscard]] Result<> check_length(BytesView text);
[[nodiscard]] Result<> check_encryption(const PublicNumbers& key, const JoseAlgorithm& algorithm, BytesView plain,
                                        BytesView iv, BytesView associated);

// RSA and EC (jose_pkey.cpp).
[[nodiscard]] Result<Bytes> pkey_sign(EVP_PKEY* key, PreparedContexts& contexts, const JoseAlgorithm& algorithm,
                                      BytesView digest);
[[nodiscard]] bool pkey_verify(EVP_PKEY* key, const JoseAlgorithm& algorithm, BytesView digest, BytesView signature);
[[nodiscard]] Result<Bytes> rsa_encrypt(EVP_PKEY* key, const JoseAlgorithm& algorithm, BytesView plain);
[[nodiscard]] Result<Secret> rsa_decrypt(EVP_PKEY* key, PreparedContexts& contexts, const JoseAlgorithm& algorithm,
                                         BytesView text);

// AES and HMAC (jose_oct.cpp).
[[nodiscard]] Bytes hmac(const Secret& key, HashName hash, BytesView text);
[[nodiscard]] Result<JoseEncrypted> aes_encrypt(const Secret& key, const JoseAlgorithm& algorithm, BytesView plain,
                                                Bytes iv, BytesView associated);
[[nodiscard]] Result<Secret> aes_decrypt(const Secret& key, const JoseAlgorithm& algorithm,
                                         const JoseEncrypted& encrypted, BytesView associated);
[[nodiscard]] Result<Bytes> aes_wrap(const Secret& key, const JoseAlgorithm& algorithm, const Secret& plain);
[[nodiscard]] Result<Secret> aes_unwrap(const Secret& key, const JoseAlgorithm& algorithm, BytesView wrapped);

// PKCS#7 (RFC 5652 section 6.3), to whole blocks of 16 bytes; taken off in the same time whatever it is.
[[nodiscard]] Secret with_block_padding(const Secret& plain);
[[nodiscard]] Result<Secret> without_block_padding(const Secret& padded);
// What is to be encrypted or decrypted by AES, before it is: kInvalidArgument.
[[nodiscard]] Result<> check_aes_plain(const JoseAlgorithm& algorithm, BytesView plain);
[[nodiscard]] Result<> check_aes_encrypted(const JoseAlgorithm& algorithm, const JoseEncrypted& encrypted,
                                           BytesView associated);
[[nodiscard]] Result<> check_aes_wrapping(const JoseAlgorithm& algorithm, const Secret& plain);
[[nodiscard]] Result<> check_aes_wrapped(const JoseAlgorithm& algorithm, BytesView wrapped);

}  // namespace freehold::crypto
