#include "crypto/rsa.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/check.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "src/der.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {
namespace {

using ParamBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, OpensslFree<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, OpensslFree<OSSL_PARAM_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<EVP_PKEY_CTX_free>>;

constexpr int kKeyBits = 2'048;
constexpr int kMaxKeyBits = 4'096;
constexpr std::uint64_t kLeastExponent = 65'537;
constexpr std::size_t kExponentBytes = 8;
constexpr std::size_t kMaxDerBytes = 8 * 1024;

BytesView without_leading_zeros(BytesView number) {
  while (!number.empty() && number.front() == '\0') number.remove_prefix(1);
  return number;
}

bool is_good_exponent(BytesView exponent) {
  if (exponent.empty() || exponent.size() > kExponentBytes) return false;
  std::uint64_t value = 0;
  for (const char c : exponent) value = value << 8 | static_cast<unsigned char>(c);
  return value >= kLeastExponent && value % 2 == 1;
}

Bytes number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  FH_CHECK(EVP_PKEY_get_bn_param(key, name, &raw) == 1);
  const BignumPtr number(raw);
  Bytes out(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), octets(out.data()));
  return out;
}

// RFC 7638 section 3: the members that a key needs, in the order of their names, without white space.
std::string thumbprint_of(const Bytes& modulus, const Bytes& exponent) {
  const std::string json =
      R"({"e":")" + to_base64url(exponent) + R"(","kty":"RSA","n":")" + to_base64url(modulus) + R"("})";
  return to_base64url(view(sha256(json)));
}

PkeyPtr public_key_of(BytesView modulus, BytesView exponent) {
  const BignumPtr n(BN_bin2bn(octets(modulus.data()), static_cast<int>(modulus.size()), nullptr));
  const BignumPtr e(BN_bin2bn(octets(exponent.data()), static_cast<int>(exponent.size()), nullptr));
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  FH_CHECK(n && e && builder);
  FH_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
           OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  FH_CHECK(params && context && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) return nullptr;
  return PkeyPtr(key);
}

}  // namespace

struct RsaPublicKey::State {
  PkeyPtr key;
  Bytes modulus;
  Bytes exponent;
  std::string thumbprint;
};

struct RsaSigningKey::State {
  PkeyPtr key;
  RsaPublicKey public_key;
};

Result<RsaPublicKey> RsaPublicKey::from_numbers(BytesView modulus, BytesView exponent) {
  modulus = without_leading_zeros(modulus);
  exponent = without_leading_zeros(exponent);
  const bool good_size = modulus.size() >= kKeyBits / 8 && modulus.size() <= kMaxKeyBits / 8;
  if (!good_size || !is_good_exponent(exponent)) {
    return fail(ErrorCode::kInvalidArgument, "not an RSA key of 2,048 to 4,096 bits with a usual exponent");
  }
  auto key = public_key_of(modulus, exponent);
  if (!key) return fail(ErrorCode::kInvalidArgument, "not an RSA key");
  auto state = std::make_shared<State>(std::move(key), Bytes(modulus), Bytes(exponent), std::string());
  state->thumbprint = thumbprint_of(state->modulus, state->exponent);
  return RsaPublicKey(std::move(state));
}

const Bytes& RsaPublicKey::modulus() const { return state_->modulus; }
const Bytes& RsaPublicKey::exponent() const { return state_->exponent; }
const std::string& RsaPublicKey::thumbprint() const { return state_->thumbprint; }

bool RsaPublicKey::verify_rs256(BytesView message, BytesView signature) const {
  if (signature.size() != state_->modulus.size()) return false;
  const MdContextPtr context(EVP_MD_CTX_new());
  FH_CHECK(context != nullptr);
  if (EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, state_->key.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), octets(signature.data()), signature.size(), octets(message.data()),
                          message.size()) == 1;
}

RsaSigningKey::RsaSigningKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
RsaSigningKey::~RsaSigningKey() = default;
RsaSigningKey::RsaSigningKey(RsaSigningKey&&) noexcept = default;
RsaSigningKey& RsaSigningKey::operator=(RsaSigningKey&&) noexcept = default;

Result<RsaSigningKey> RsaSigningKey::generate() {
  PkeyPtr key(EVP_RSA_gen(static_cast<unsigned>(kKeyBits)));
  if (!key) return fail(ErrorCode::kInternal, "an RSA key couldn't be made");
  FH_TRY(auto public_key, RsaPublicKey::from_numbers(number_of(key.get(), OSSL_PKEY_PARAM_RSA_N),
                                                     number_of(key.get(), OSSL_PKEY_PARAM_RSA_E)));
  return RsaSigningKey(std::make_unique<State>(std::move(key), std::move(public_key)));
}

Result<RsaSigningKey> RsaSigningKey::from_der(const Secret& der) {
  const auto broken = [] { return fail(ErrorCode::kCorrupt, "not an RSA private key as it was written"); };
  if (der.empty() || der.size() > kMaxDerBytes) return broken();
  const unsigned char* at = octets(der.view().data());
  PkeyPtr key(d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
  if (!key || at != octets(der.view().data()) + der.size()) return broken();
  auto public_key = RsaPublicKey::from_numbers(number_of(key.get(), OSSL_PKEY_PARAM_RSA_N),
                                               number_of(key.get(), OSSL_PKEY_PARAM_RSA_E));
  if (!public_key) return broken();
  return RsaSigningKey(std::make_unique<State>(std::move(key), std::move(*public_key)));
}

Secret RsaSigningKey::der() const {
  Secret out = private_der_of(state_->key.get());
  FH_CHECK(!out.empty());
  return out;
}

const RsaPublicKey& RsaSigningKey::public_key() const { return state_->public_key; }

Bytes RsaSigningKey::sign_rs256(BytesView message) const {
  const MdContextPtr context(EVP_MD_CTX_new());
  FH_CHECK(context != nullptr);
  FH_CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, state_->key.get()) == 1);
  Bytes out(state_->public_key.modulus().size(), '\0');
  std::size_t size = out.size();
  FH_CHECK(EVP_DigestSign(context.get(), octets(out.data()), &size, octets(message.data()), message.size()) == 1);
  FH_CHECK(size == out.size());
  return out;
}

}  // namespace freehold::crypto
