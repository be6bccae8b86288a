// JoseKey: a software-protected key of a vault, in this process's memory, and what can be done with it. Keeps: K1.
//
// Sources: RFC 7518 (algorithms), RFC 8017 (RSA), RFC 3394 and RFC 5649 (AES key wrap), SP 800-38D. The primitives are
// OpenSSL's.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/jose_algorithm.h"

namespace freehold::crypto {

inline constexpr std::size_t kMaxJoseInputBytes = 64 * 1'024;  // of one operation; ours
inline constexpr std::size_t kCbcIvBytes = 16;

// What everybody may know: unsigned big-endian numbers, as in a JWK.
struct PublicNumbers {
  KeyType type = KeyType::kRsa;
  unsigned bits = 0;  // of the modulus or of the octets
  Bytes n = {};
  Bytes e = {};
  Curve curve = Curve::kP256;
  Bytes x = {};  // as long as the curve's coordinates are
  Bytes y = {};
};

// What only its owner may know. RSA wants all six, EC d, oct k.
struct PrivateNumbers {
  Secret d = {};
  Secret p = {};
  Secret q = {};
  Secret dp = {};
  Secret dq = {};
  Secret qi = {};
  Secret k = {};
};

struct JoseEncrypted {
  Bytes text;
  Bytes iv = {};   // of AES-GCM and AES-CBC
  Bytes tag = {};  // of AES-GCM
};

// Immutable and thread-safe; cheap to copy (copies share the key, which is wiped with the last). Everything here takes
// from microseconds to seconds (generate): on a pool, never on a loop. An algorithm for another type, curve or size of
// key is kInvalidArgument.
class JoseKey {
 public:
  // 2,048, 3,072 or 4,096 bits; an odd exponent from 65,537 to 2^32. Seconds.
  [[nodiscard]] static Result<JoseKey> generate_rsa(unsigned bits, std::uint64_t exponent);
  [[nodiscard]] static Result<JoseKey> generate_ec(Curve curve);
  // 128, 192 or 256 bits.
  [[nodiscard]] static Result<JoseKey> generate_oct(unsigned bits, Random& random);
  // kInvalidArgument: numbers that are no key of such a size, or don't belong together.
  [[nodiscard]] static Result<JoseKey> from_numbers(const PublicNumbers& open, const PrivateNumbers& hidden);
  // The public half alone, of RSA or an elliptic curve: it verifies, encrypts and wraps; the rest is kInternal.
  // kInvalidArgument: numbers that are no such key.
  [[nodiscard]] static Result<JoseKey> from_public(const PublicNumbers& open);
  // What secret() gave. kCorrupt.
  [[nodiscard]] static Result<JoseKey> from_secret(KeyType type, const Secret& secret);

  // DER (SEC 1, PKCS#1), or the octets: to be sealed before it rests. Not of a public half.
  [[nodiscard]] Secret secret() const;
  // PKCS#8 in DER, or the octets: as keys are handed from one HSM to another. Not of a public half.
  [[nodiscard]] Secret pkcs8() const;
  [[nodiscard]] const PublicNumbers& numbers() const;
  // What from_numbers() takes. kInternal of a public half.
  [[nodiscard]] Result<PrivateNumbers> hidden_numbers() const;

  // RSA and ECDSA sign a digest of the algorithm's hash; ECDSA's signature is r || s. HMAC takes any text.
  [[nodiscard]] Result<Bytes> sign(const JoseAlgorithm& algorithm, BytesView digest) const;
  // kInvalidArgument only for what no signature could be for.
  [[nodiscard]] Result<bool> verify(const JoseAlgorithm& algorithm, BytesView digest, BytesView signature) const;

  // `iv`: for AES-CBC alone, made here if empty; that of AES-GCM is always made here, so that none comes twice.
  [[nodiscard]] Result<JoseEncrypted> encrypt(const JoseAlgorithm& algorithm, BytesView plain, BytesView iv,
                                              BytesView associated, Random& random) const;
  // One error for whatever is wrong with the text, kInvalidArgument.
  [[nodiscard]] Result<Secret> decrypt(const JoseAlgorithm& algorithm, const JoseEncrypted& encrypted,
                                       BytesView associated) const;
  // Key wrap, and encryption of keys by RSA.
  [[nodiscard]] Result<Bytes> wrap(const JoseAlgorithm& algorithm, const Secret& key) const;
  [[nodiscard]] Result<Secret> unwrap(const JoseAlgorithm& algorithm, BytesView wrapped) const;

 private:
  struct State;
  explicit JoseKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  static Result<JoseKey> from_pkey(KeyType type, void* pkey);  // takes the EVP_PKEY
  std::shared_ptr<const State> state_;
};

}  // namespace freehold::crypto
