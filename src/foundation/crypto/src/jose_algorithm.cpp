#include "crypto/jose_algorithm.h"

#include <algorithm>
#include <iterator>

namespace freehold::crypto {
namespace {

using enum KeyType;
using enum HashName;

constexpr std::uint8_t kBoth = kEncrypts | kWraps;

constexpr JoseAlgorithm kAlgorithms[] = {
    {"RSA1_5", kRsa, Scheme::kRsaPkcs1, kBoth},
    {"RSA-OAEP", kRsa, Scheme::kRsaOaep, kBoth, kSha1},
    {"RSA-OAEP-256", kRsa, Scheme::kRsaOaep, kBoth, kSha256},
    {"RS256", kRsa, Scheme::kRsaPkcs1Signature, kSigns, kSha256},
    {"RS384", kRsa, Scheme::kRsaPkcs1Signature, kSigns, kSha384},
    {"RS512", kRsa, Scheme::kRsaPkcs1Signature, kSigns, kSha512},
    {"PS256", kRsa, Scheme::kRsaPss, kSigns, kSha256},
    {"PS384", kRsa, Scheme::kRsaPss, kSigns, kSha384},
    {"PS512", kRsa, Scheme::kRsaPss, kSigns, kSha512},
    {"ES256", kEc, Scheme::kEcdsa, kSigns, kSha256, Curve::kP256},
    {"ES384", kEc, Scheme::kEcdsa, kSigns, kSha384, Curve::kP384},
    {"ES512", kEc, Scheme::kEcdsa, kSigns, kSha512, Curve::kP521},
    {"ES256K", kEc, Scheme::kEcdsa, kSigns, kSha256, Curve::kP256K},
    {"HS256", kOct, Scheme::kHmac, kSigns, kSha256},
    {"HS384", kOct, Scheme::kHmac, kSigns, kSha384},
    {"HS512", kOct, Scheme::kHmac, kSigns, kSha512},
    {"A128GCM", kOct, Scheme::kAesGcm, kEncrypts, kSha256, Curve::kP256, 128},
    {"A192GCM", kOct, Scheme::kAesGcm, kEncrypts, kSha256, Curve::kP256, 192},
    {"A256GCM", kOct, Scheme::kAesGcm, kEncrypts, kSha256, Curve::kP256, 256},
    {"A128CBC", kOct, Scheme::kAesCbc, kEncrypts, kSha256, Curve::kP256, 128},
    {"A192CBC", kOct, Scheme::kAesCbc, kEncrypts, kSha256, Curve::kP256, 192},
    {"A256CBC", kOct, Scheme::kAesCbc, kEncrypts, kSha256, Curve::kP256, 256},
    {"A128CBCPAD", kOct, Scheme::kAesCbcPad, kEncrypts, kSha256, Curve::kP256, 128},
    {"A192CBCPAD", kOct, Scheme::kAesCbcPad, kEncrypts, kSha256, Curve::kP256, 192},
    {"A256CBCPAD", kOct, Scheme::kAesCbcPad, kEncrypts, kSha256, Curve::kP256, 256},
    {"A128KW", kOct, Scheme::kAesKeyWrap, kWraps, kSha256, Curve::kP256, 128},
    {"A192KW", kOct, Scheme::kAesKeyWrap, kWraps, kSha256, Curve::kP256, 192},
    {"A256KW", kOct, Scheme::kAesKeyWrap, kWraps, kSha256, Curve::kP256, 256},
    {"CKM_AES_KEY_WRAP", kOct, Scheme::kAesKeyWrap, kWraps},
    {"CKM_AES_KEY_WRAP_PAD", kOct, Scheme::kAesKeyWrapPad, kWraps},
};

}  // namespace

std::string_view name_of(Curve curve) {
  constexpr std::string_view kNames[] = {"P-256", "P-384", "P-521", "P-256K"};
  return kNames[static_cast<std::size_t>(curve)];
}

std::size_t size_of(Curve curve) {
  constexpr std::size_t kSizes[] = {32, 48, 66, 32};
  return kSizes[static_cast<std::size_t>(curve)];
}

const JoseAlgorithm* find_algorithm(std::string_view name) {
  const auto* at = std::ranges::find(kAlgorithms, name, &JoseAlgorithm::name);
  return at == std::end(kAlgorithms) ? nullptr : at;
}

}  // namespace freehold::crypto
