#include "crypto/ed25519.h"

#include "base/check.h"
#include "base/random.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {
namespace {

constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kPublicKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;

PkeyPtr private_key(const Secret& seed) {
  FH_CHECK(seed.size() == kSeedBytes);
  PkeyPtr key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets(seed.view().data()), seed.size()));
  FH_CHECK(key != nullptr);
  return key;
}

}  // namespace

Ed25519KeyPair make_ed25519() {
  Secret seed(kSeedBytes);
  SystemRandom random;
  random.fill(seed.span());
  auto pair = ed25519_from_seed(seed);
  FH_CHECK(pair.has_value());
  return std::move(*pair);
}

Result<Ed25519KeyPair> ed25519_from_seed(const Secret& seed) {
  if (seed.size() != kSeedBytes) return fail(ErrorCode::kInvalidArgument, "an Ed25519 seed has 32 bytes");
  Bytes public_key(kPublicKeyBytes, '\0');
  std::size_t size = public_key.size();
  FH_CHECK(EVP_PKEY_get_raw_public_key(private_key(seed).get(), octets(public_key.data()), &size) == 1);
  return Ed25519KeyPair{seed.clone(), std::move(public_key)};
}

Bytes ed25519_sign(const Secret& seed, BytesView message) {
  const PkeyPtr key = private_key(seed);
  const MdContextPtr context(EVP_MD_CTX_new());
  Bytes signature(kSignatureBytes, '\0');
  std::size_t size = signature.size();
  FH_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  FH_CHECK(EVP_DigestSign(context.get(), octets(signature.data()), &size, octets(message.data()), message.size()) == 1);
  FH_CHECK(size == kSignatureBytes);
  return signature;
}

bool ed25519_verify(BytesView public_key, BytesView message, BytesView signature) {
  if (public_key.size() != kPublicKeyBytes || signature.size() != kSignatureBytes) return false;
  const PkeyPtr key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(public_key.data()), public_key.size()));
  const MdContextPtr context(EVP_MD_CTX_new());
  if (!key || !context) return false;
  if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), octets(signature.data()), signature.size(), octets(message.data()),
                          message.size()) == 1;
}

}  // namespace freehold::crypto
