// The algorithms of keys in vaults, by the names that they have there (RFC 7518, and PKCS#11's for two of them). Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace freehold::crypto {

enum class KeyType : std::uint8_t { kRsa, kEc, kOct };
enum class Curve : std::uint8_t { kP256, kP384, kP521, kP256K };
enum class HashName : std::uint8_t { kSha1, kSha256, kSha384, kSha512 };

[[nodiscard]] constexpr std::size_t size_of(HashName hash) {
  constexpr std::size_t kSizes[] = {20, 32, 48, 64};
  return kSizes[static_cast<std::size_t>(hash)];
}
// "P-256", and the bytes of a coordinate.
[[nodiscard]] std::string_view name_of(Curve curve);
[[nodiscard]] std::size_t size_of(Curve curve);

enum class Scheme : std::uint8_t {
  kRsaPkcs1,  // encryption (RFC 8017 section 7.2)
  kRsaOaep,
  kRsaPkcs1Signature,
  kRsaPss,
  kEcdsa,
  kHmac,
  kAesGcm,
  kAesCbc,
  kAesCbcPad,
  kAesKeyWrap,     // RFC 3394
  kAesKeyWrapPad,  // RFC 5649
};

enum AlgorithmUse : std::uint8_t { kEncrypts = 1, kWraps = 2, kSigns = 4 };

struct JoseAlgorithm {
  std::string_view name;
  KeyType type;
  Scheme scheme;
  std::uint8_t uses;                  // AlgorithmUse
  HashName hash = HashName::kSha256;  // of signatures and OAEP
  Curve curve = Curve::kP256;         // of ECDSA
  std::uint16_t key_bits = 0;         // of AES; 0: any
};

// Null: no such algorithm.
[[nodiscard]] const JoseAlgorithm* find_algorithm(std::string_view name);

}  // namespace freehold::crypto
