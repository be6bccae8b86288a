// RSA signatures as JOSE's RS256 wants them: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3).
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace freehold::crypto {

// Immutable, thread-safe, cheap to copy (copies share the key).
class RsaPublicKey {
 public:
  // Unsigned big-endian numbers, as a JWK's n and e. kInvalidArgument: not 2,048 to 4,096 bits, or an exponent that is
  // even, below 65,537 or longer than 8 bytes.
  [[nodiscard]] static Result<RsaPublicKey> from_numbers(BytesView modulus, BytesView exponent);
  [[nodiscard]] const Bytes& modulus() const;
  [[nodiscard]] const Bytes& exponent() const;
  // The JWK thumbprint (RFC 7638) in base64url: what names this key wherever a key id is wanted.
  [[nodiscard]] const std::string& thumbprint() const;
  // Some 30 microseconds for 2,048 bits: may run on a loop.
  [[nodiscard]] bool verify_rs256(BytesView message, BytesView signature) const;

 private:
  friend class RsaSigningKey;
  struct State;
  explicit RsaPublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

// A private key in this process's memory, in OpenSSL's own allocation, which OpenSSL wipes. Thread-safe, immutable.
class RsaSigningKey {
 public:
  // 2,048 bits; takes tenths of a second: never on a loop.
  [[nodiscard]] static Result<RsaSigningKey> generate();
  // What der() gave. kCorrupt: no RSA private key of 2,048 to 4,096 bits.
  [[nodiscard]] static Result<RsaSigningKey> from_der(const Secret& der);
  ~RsaSigningKey();
  RsaSigningKey(RsaSigningKey&&) noexcept;
  RsaSigningKey& operator=(RsaSigningKey&&) noexcept;

  // PKCS#1, unencrypted: the owner seals it before it rests.
  [[nodiscard]] Secret der() const;
  [[nodiscard]] const RsaPublicKey& public_key() const;
  // Most of a millisecond: on a pool.
  [[nodiscard]] Bytes sign_rs256(BytesView message) const;

 private:
  struct State;
  explicit RsaSigningKey(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace freehold::crypto
