#include "crypto/jose_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include <algorithm>

#include "base/check.h"
#include "src/der.h"
#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

constexpr std::uint64_t kLeastExponent = 65'537;
constexpr std::uint64_t kGreatestExponent = std::uint64_t{1} << 32;
constexpr std::size_t kMaxDerBytes = 8 * 1'024;

std::unexpected<Error> no_private_half() {
  return fail(ErrorCode::kInternal, "a public half was asked for what only the private one can do");
}

bool is_oct_size(unsigned bits) { return bits == 128 || bits == 192 || bits == 256; }

}  // namespace

std::unexpected<Error> cannot_decrypt() {
  ERR_clear_error();
  return fail(ErrorCode::kInvalidArgument, "The parameter is incorrect: the text can't be decrypted with this key.");
}

std::unexpected<Error> wrong_input(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

Result<> check_algorithm(const PublicNumbers& key, const JoseAlgorithm& algorithm, std::uint8_t use) {
  bool suits = algorithm.type == key.type && (algorithm.uses & use) != 0;
  if (algorithm.scheme == Scheme::kEcdsa) suits = suits && algorithm.curve == key.curve;
  if (algorithm.key_bits != 0) suits = suits && algorithm.key_bits == key.bits;
  if (!suits) {
    return wrong_input("Key and signing or encryption algorithm are incompatible: " + std::string(algorithm.name) +
                       ".");
  }
  return {};
}

Result<> check_digest(const JoseAlgorithm& algorithm, BytesView digest) {
  if (algorithm.scheme == Scheme::kHmac) return {};
  if (digest.size() == size_of(algorithm.hash)) return {};
  return wrong_input("Invalid length of 'value': " + std::to_string(digest.size()) + " bytes. " +
                     std::string(algorithm.name) + " requires a digest of " + std::to_string(size_of(algorithm.hash)) +
                     " bytes.");
}

Result<> check_length(BytesView text) {
  if (text.size() <= kMaxJoseInputBytes) return {};
  return wrong_input("The text is too long.");
}

Result<> check_encryption(const PublicNumbers& key, const JoseAlgorithm& algorithm, BytesView plain, BytesView iv,
                          BytesView associated) {
  FH_CHECK_OK(check_algorithm(key, algorithm, kEncrypts));
  FH_CHECK_OK(check_length(plain));
  FH_CHECK_OK(check_length(associated));
  const bool gcm = algorithm.scheme == Scheme::kAesGcm;
  if (!gcm && !associated.empty()) return wrong_input("Only AES-GCM takes 'aad'.");
  if (algorithm.type == KeyType::kRsa) return {};
  if (gcm && !iv.empty()) return wrong_input("The 'iv' of AES-GCM is made by the service.");
  if (!iv.empty() && iv.size() != kCbcIvBytes) return wrong_input("'iv' must have 16 bytes.");
  return {};
}

const EVP_MD* digest_of(HashName hash) {
  switch (hash) {
    case HashName::kSha1:
      return EVP_sha1();
    case HashName::kSha256:
      return EVP_sha256();
    case HashName::kSha384:
      return EVP_sha384();
    case HashName::kSha512:
      return EVP_sha512();
  }
  return nullptr;
}

Result<JoseKey> JoseKey::from_pkey(KeyType type, void* raw) {
  PkeyPtr pkey(static_cast<EVP_PKEY*>(raw));
  if (!pkey) {
    ERR_clear_error();
    return fail(ErrorCode::kInternal, "a key couldn't be made");
  }
  FH_TRY(auto numbers, numbers_of(type, pkey.get()));
  return JoseKey(std::make_shared<const State>(std::move(numbers), std::move(pkey), Secret()));
}

Result<JoseKey> JoseKey::generate_rsa(unsigned bits, std::uint64_t exponent) {
  const bool good_size = bits == 2'048 || bits == 3'072 || bits == 4'096;
  if (!good_size) return wrong_input("An RSA key has 2048, 3072 or 4096 bits.");
  if (exponent < kLeastExponent || exponent > kGreatestExponent || exponent % 2 == 0) {
    return wrong_input("The public exponent is odd, at least 65537 and at most 2^32.");
  }
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  const BignumPtr e(BN_new());
  FH_CHECK(context && e && BN_set_word(e.get(), exponent) == 1);
  FH_CHECK(EVP_PKEY_keygen_init(context.get()) == 1 &&
           EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(bits)) == 1 &&
           EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), e.get()) == 1);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_generate(context.get(), &key) != 1) key = nullptr;
  return from_pkey(KeyType::kRsa, key);
}

Result<JoseKey> JoseKey::generate_ec(Curve curve) { return from_pkey(KeyType::kEc, EVP_EC_gen(group_of(curve))); }

Result<JoseKey> JoseKey::generate_oct(unsigned bits, Random& random) {
  if (!is_oct_size(bits)) return wrong_input("A symmetric key has 128, 192 or 256 bits.");
  PrivateNumbers hidden;
  hidden.k = Secret(bits / 8);
  random.fill(hidden.k.span());
  return from_numbers({.type = KeyType::kOct}, hidden);
}

Result<JoseKey> JoseKey::from_numbers(const PublicNumbers& open, const PrivateNumbers& hidden) {
  if (open.type == KeyType::kOct) {
    const auto bits = static_cast<unsigned>(std::min<std::size_t>(hidden.k.size(), 64) * 8);
    if (!is_oct_size(bits)) return wrong_input("A symmetric key has 128, 192 or 256 bits.");
    return JoseKey(
        std::make_shared<const State>(PublicNumbers{.type = KeyType::kOct, .bits = bits}, nullptr, hidden.k.clone()));
  }
  FH_TRY(PkeyPtr pkey, open.type == KeyType::kRsa ? rsa_from(open, hidden) : ec_from(open, hidden));
  return from_pkey(open.type, pkey.release());
}

Result<JoseKey> JoseKey::from_secret(KeyType type, const Secret& secret) {
  if (type == KeyType::kOct) {
    PrivateNumbers hidden;
    hidden.k = secret.clone();
    auto key = from_numbers({.type = KeyType::kOct}, hidden);
    return key ? std::move(key) : fail(ErrorCode::kCorrupt, "not a symmetric key as it was written");
  }
  const auto broken = [] {
    ERR_clear_error();
    return fail(ErrorCode::kCorrupt, "not a private key as it was written");
  };
  if (secret.empty() || secret.size() > kMaxDerBytes) return broken();
  const unsigned char* at = octets(secret.view().data());
  PkeyPtr pkey(d2i_PrivateKey(type == KeyType::kRsa ? EVP_PKEY_RSA : EVP_PKEY_EC, nullptr, &at,
                              static_cast<long>(secret.size())));
  if (!pkey || at != octets(secret.view().data()) + secret.size()) return broken();
  auto key = from_pkey(type, pkey.release());
  return key ? std::move(key) : broken();
}

Result<JoseKey> JoseKey::from_public(const PublicNumbers& open) {
  if (open.type == KeyType::kOct) return wrong_input("A symmetric key has no public half.");
  FH_TRY(PkeyPtr pkey, public_from(open));
  FH_TRY(auto numbers, numbers_of(open.type, pkey.get()));
  return JoseKey(std::make_shared<const State>(std::move(numbers), std::move(pkey), Secret(), true));
}

Result<PrivateNumbers> JoseKey::hidden_numbers() const {
  if (state_->public_half) return no_private_half();
  if (state_->numbers.type != KeyType::kOct) return hidden_of(state_->numbers.type, state_->pkey.get());
  PrivateNumbers hidden;
  hidden.k = state_->octets_.clone();
  return hidden;
}

Secret JoseKey::secret() const {
  FH_CHECK(!state_->public_half);
  if (state_->numbers.type == KeyType::kOct) return state_->octets_.clone();
  Secret out = private_der_of(state_->pkey.get());
  FH_CHECK(!out.empty());
  return out;
}

Secret JoseKey::pkcs8() const {
  if (state_->numbers.type == KeyType::kOct) return state_->octets_.clone();
  const std::unique_ptr<PKCS8_PRIV_KEY_INFO, OpensslFree<PKCS8_PRIV_KEY_INFO_free>> info(
      EVP_PKEY2PKCS8(state_->pkey.get()));
  FH_CHECK(!state_->public_half && info != nullptr);
  unsigned char* bytes = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), &bytes);
  FH_CHECK(size > 0);
  Secret out(BytesView(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)));
  OPENSSL_clear_free(bytes, static_cast<std::size_t>(size));
  return out;
}

const PublicNumbers& JoseKey::numbers() const { return state_->numbers; }

Result<Bytes> JoseKey::sign(const JoseAlgorithm& algorithm, BytesView digest) const {
  FH_CHECK_OK(check_algorithm(state_->numbers, algorithm, kSigns));
  FH_CHECK_OK(check_digest(algorithm, digest));
  FH_CHECK_OK(check_length(digest));
  if (algorithm.scheme == Scheme::kHmac) return hmac(state_->octets_, algorithm.hash, digest);
  if (state_->public_half) return no_private_half();
  return pkey_sign(state_->pkey.get(), state_->contexts, algorithm, digest);
}

Result<bool> JoseKey::verify(const JoseAlgorithm& algorithm, BytesView digest, BytesView signature) const {
  FH_CHECK_OK(check_algorithm(state_->numbers, algorithm, kSigns));
  FH_CHECK_OK(check_digest(algorithm, digest));
  FH_CHECK_OK(check_length(digest));
  if (algorithm.scheme != Scheme::kHmac) return pkey_verify(state_->pkey.get(), algorithm, digest, signature);
  const Bytes right = hmac(state_->octets_, algorithm.hash, digest);
  return right.size() == signature.size() && constant_time_equal(right, signature);
}

Result<JoseEncrypted> JoseKey::encrypt(const JoseAlgorithm& algorithm, BytesView plain, BytesView iv,
                                       BytesView associated, Random& random) const {
  FH_CHECK_OK(check_encryption(state_->numbers, algorithm, plain, iv, associated));
  if (algorithm.type == KeyType::kRsa) {
    FH_TRY(Bytes text, rsa_encrypt(state_->pkey.get(), algorithm, plain));
    return JoseEncrypted{.text = std::move(text)};
  }
  const bool gcm = algorithm.scheme == Scheme::kAesGcm;
  Bytes fresh = iv.empty() ? random.bytes(gcm ? 12 : kCbcIvBytes) : Bytes(iv);
  return aes_encrypt(state_->octets_, algorithm, plain, std::move(fresh), associated);
}

Result<Secret> JoseKey::decrypt(const JoseAlgorithm& algorithm, const JoseEncrypted& encrypted,
                                BytesView associated) const {
  FH_CHECK_OK(check_algorithm(state_->numbers, algorithm, kEncrypts));
  FH_CHECK_OK(check_length(encrypted.text));
  FH_CHECK_OK(check_length(associated));
  if (state_->public_half) return no_private_half();
  if (algorithm.type == KeyType::kRsa)
    return rsa_decrypt(state_->pkey.get(), state_->contexts, algorithm, encrypted.text);
  return aes_decrypt(state_->octets_, algorithm, encrypted, associated);
}

Result<Bytes> JoseKey::wrap(const JoseAlgorithm& algorithm, const Secret& key) const {
  FH_CHECK_OK(check_algorithm(state_->numbers, algorithm, kWraps));
  FH_CHECK_OK(check_length(key.view()));
  if (algorithm.type == KeyType::kRsa) return rsa_encrypt(state_->pkey.get(), algorithm, key.view());
  return aes_wrap(state_->octets_, algorithm, key);
}

Result<Secret> JoseKey::unwrap(const JoseAlgorithm& algorithm, BytesView wrapped) const {
  FH_CHECK_OK(check_algorithm(state_->numbers, algorithm, kWraps));
  FH_CHECK_OK(check_length(wrapped));
  if (state_->public_half) return no_private_half();
  if (algorithm.type == KeyType::kRsa) return rsa_decrypt(state_->pkey.get(), state_->contexts, algorithm, wrapped);
  return aes_unwrap(state_->octets_, algorithm, wrapped);
}

}  // namespace freehold::crypto
