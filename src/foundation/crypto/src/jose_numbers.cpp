// Keys from numbers, and numbers from keys.
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/check.h"
#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

using ParamBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, OpensslFree<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, OpensslFree<OSSL_PARAM_free>>;
using SecretNumberPtr = std::unique_ptr<BIGNUM, OpensslFree<BN_clear_free>>;

constexpr std::size_t kMaxNumberBytes = 4'096 / 8 + 1;

std::unexpected<Error> no_key(std::string what) {
  ERR_clear_error();
  return wrong_input(std::move(what));
}

BytesView without_leading_zeros(BytesView number) {
  while (!number.empty() && number.front() == '\0') number.remove_prefix(1);
  return number;
}

SecretNumberPtr number_from(BytesView bytes) {
  SecretNumberPtr out(BN_secure_new());
  FH_CHECK(out && BN_bin2bn(octets(bytes.data()), static_cast<int>(bytes.size()), out.get()) != nullptr);
  return out;
}

// Null: the key has none, which is for whoever wrote it to answer for.
SecretNumberPtr parameter_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return nullptr;
  return SecretNumberPtr(raw);
}

Bytes bytes_of(const BIGNUM* number, std::size_t width) {
  Bytes out(std::max<std::size_t>(width, static_cast<std::size_t>(BN_num_bytes(number))), '\0');
  FH_CHECK(BN_bn2binpad(number, octets(out.data()), static_cast<int>(out.size())) >= 0);  // 0: the number 0
  return out;
}

// Takes the parameters; null if OpenSSL finds them wrong at first sight.
PkeyPtr key_from(const char* type, OSSL_PARAM_BLD* builder, int selection = EVP_PKEY_KEYPAIR) {
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  FH_CHECK(params && context && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) != 1) return nullptr;
  return PkeyPtr(key);
}

bool is_rsa_size(unsigned bits) { return bits == 2'048 || bits == 3'072 || bits == 4'096; }

bool is_good_exponent(BytesView e) {
  e = without_leading_zeros(e);
  if (e.empty() || e.size() > 5) return false;
  std::uint64_t value = 0;
  for (const char c : e) value = value << 8 | static_cast<unsigned char>(c);
  return value >= 65'537 && value <= std::uint64_t{1} << 32 && value % 2 == 1;
}

// Longer factors would be looked at for primes before anybody finds that their product is another number.
bool has_factors_of(unsigned bits, const EVP_PKEY* key) {
  for (const auto* name : {OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2}) {
    const auto factor = parameter_of(key, name);
    if (!factor || static_cast<unsigned>(BN_num_bits(factor.get())) != bits / 2) return false;
  }
  return true;
}

// "P-256"; empty: the key has parameters of its own in place of a named curve.
std::string group_name(const EVP_PKEY* key) {
  char group[64] = {};
  std::size_t size = 0;
  const bool named = EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, &size) == 1;
  return named ? std::string(group, size) : std::string();
}

}  // namespace

bool is_whole(const PublicNumbers& numbers, EVP_PKEY* key) {
  const bool rsa = numbers.type == KeyType::kRsa;
  if (rsa && (!is_good_exponent(numbers.e) || !has_factors_of(numbers.bits, key))) return false;
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  const bool whole = context && EVP_PKEY_check(context.get()) == 1;
  ERR_clear_error();
  return whole;
}

const char* group_of(Curve curve) {
  constexpr const char* kGroups[] = {"P-256", "P-384", "P-521", "secp256k1"};
  return kGroups[static_cast<std::size_t>(curve)];
}

Result<PkeyPtr> rsa_from(const PublicNumbers& open, const PrivateNumbers& hidden) {
  struct Part {
    const char* name;
    BytesView bytes;
  };
  const Part parts[] = {{OSSL_PKEY_PARAM_RSA_N, open.n},
                        {OSSL_PKEY_PARAM_RSA_E, open.e},
                        {OSSL_PKEY_PARAM_RSA_D, hidden.d.view()},
                        {OSSL_PKEY_PARAM_RSA_FACTOR1, hidden.p.view()},
                        {OSSL_PKEY_PARAM_RSA_FACTOR2, hidden.q.view()},
                        {OSSL_PKEY_PARAM_RSA_EXPONENT1, hidden.dp.view()},
                        {OSSL_PKEY_PARAM_RSA_EXPONENT2, hidden.dq.view()},
                        {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, hidden.qi.view()}};
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  FH_CHECK(builder != nullptr);
  std::vector<SecretNumberPtr> numbers;
  for (const auto& part : parts) {
    if (part.bytes.empty() || part.bytes.size() > kMaxNumberBytes) {
      return no_key("An RSA key wants n, e, d, p, q, dp, dq and qi.");
    }
    numbers.push_back(number_from(part.bytes));
    FH_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), part.name, numbers.back().get()) == 1);
  }
  if (!is_rsa_size(static_cast<unsigned>(BN_num_bits(numbers.front().get()))) || !is_good_exponent(open.e)) {
    return no_key("An RSA key has 2048, 3072 or 4096 bits and an odd exponent from 65537 to 2^32.");
  }
  auto key = key_from("RSA", builder.get());
  const auto made = key ? numbers_of(KeyType::kRsa, key.get()) : no_key("");
  if (!made || !is_whole(*made, key.get())) return no_key("The numbers of the RSA key don't belong together.");
  return key;
}

Result<PkeyPtr> ec_from(const PublicNumbers& open, const PrivateNumbers& hidden) {
  const auto width = size_of(open.curve);
  if (open.x.size() != width || open.y.size() != width || hidden.d.empty() || hidden.d.size() > width) {
    return no_key("An elliptic curve key wants x, y and d of its curve's length.");
  }
  const Bytes point = "\x04" + open.x + open.y;
  const auto d = number_from(hidden.d.view());
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  FH_CHECK(builder &&
           OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group_of(open.curve), 0) == 1);
  FH_CHECK(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1 &&
           OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, d.get()) == 1);
  auto key = key_from("EC", builder.get());
  if (!key || !is_whole({.type = KeyType::kEc}, key.get())) {
    return no_key("The numbers of the elliptic curve key don't belong together.");
  }
  return key;
}

Result<PublicNumbers> numbers_of(KeyType type, const EVP_PKEY* key) {
  PublicNumbers out{.type = type};
  if (type == KeyType::kRsa) {
    const auto n = parameter_of(key, OSSL_PKEY_PARAM_RSA_N);
    const auto e = parameter_of(key, OSSL_PKEY_PARAM_RSA_E);
    if (!n || !e) return no_key("An RSA key has a modulus and an exponent.");
    out.n = bytes_of(n.get(), 0);
    out.e = bytes_of(e.get(), 0);
    out.bits = static_cast<unsigned>(BN_num_bits(n.get()));
    if (!is_rsa_size(out.bits)) return no_key("An RSA key has 2048, 3072 or 4096 bits.");
    return out;
  }
  const auto name = group_name(key);
  bool known = false;
  for (const auto curve : {Curve::kP256, Curve::kP384, Curve::kP521, Curve::kP256K}) {
    // OpenSSL has names of its own for the NIST curves.
    constexpr std::string_view kOwn[] = {"prime256v1", "secp384r1", "secp521r1", "secp256k1"};
    if (name != group_of(curve) && name != kOwn[static_cast<std::size_t>(curve)]) continue;
    out.curve = curve;
    known = true;
  }
  if (!known) return no_key("The curve isn't one of P-256, P-384, P-521 and P-256K.");
  const auto width = size_of(out.curve);
  const auto x = parameter_of(key, OSSL_PKEY_PARAM_EC_PUB_X);
  const auto y = parameter_of(key, OSSL_PKEY_PARAM_EC_PUB_Y);
  if (!x || !y) return no_key("An elliptic curve key has a point.");
  out.x = bytes_of(x.get(), width);
  out.y = bytes_of(y.get(), width);
  out.bits = static_cast<unsigned>(EVP_PKEY_get_bits(key));
  return out;
}

Result<PkeyPtr> public_from(const PublicNumbers& open) {
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  FH_CHECK(builder != nullptr);
  if (open.type == KeyType::kRsa) {
    if (open.n.empty() || open.n.size() > kMaxNumberBytes || !is_good_exponent(open.e)) {
      return no_key("An RSA key has 2048, 3072 or 4096 bits and an odd exponent from 65537 to 2^32.");
    }
    const auto n = number_from(open.n);
    const auto e = number_from(open.e);
    FH_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
             OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
    auto key = key_from("RSA", builder.get(), EVP_PKEY_PUBLIC_KEY);
    if (!key) return no_key("The numbers are no RSA key.");
    return key;
  }
  const auto width = size_of(open.curve);
  if (open.x.size() != width || open.y.size() != width) return no_key("A point has x and y of its curve's length.");
  const Bytes point = "\x04" + open.x + open.y;
  FH_CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group_of(open.curve), 0) == 1 &&
           OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1);
  auto key = key_from("EC", builder.get(), EVP_PKEY_PUBLIC_KEY);
  if (!key) return no_key("The point isn't on the curve.");
  return key;
}

Result<PrivateNumbers> hidden_of(KeyType type, const EVP_PKEY* key) {
  struct Part {
    const char* name;
    Secret PrivateNumbers::* to;
  };
  static constexpr Part kRsaParts[] = {
      {OSSL_PKEY_PARAM_RSA_D, &PrivateNumbers::d},          {OSSL_PKEY_PARAM_RSA_FACTOR1, &PrivateNumbers::p},
      {OSSL_PKEY_PARAM_RSA_FACTOR2, &PrivateNumbers::q},    {OSSL_PKEY_PARAM_RSA_EXPONENT1, &PrivateNumbers::dp},
      {OSSL_PKEY_PARAM_RSA_EXPONENT2, &PrivateNumbers::dq}, {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &PrivateNumbers::qi}};
  static constexpr Part kEcParts[] = {{OSSL_PKEY_PARAM_PRIV_KEY, &PrivateNumbers::d}};
  PrivateNumbers out;
  for (const auto& part : type == KeyType::kRsa ? std::span<const Part>(kRsaParts) : std::span<const Part>(kEcParts)) {
    const auto number = parameter_of(key, part.name);
    if (!number) return no_key("A private key has all its numbers.");
    Secret bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
    FH_CHECK(BN_bn2binpad(number.get(), octets(bytes.span().data()), static_cast<int>(bytes.size())) >= 0);
    out.*part.to = std::move(bytes);
  }
  return out;
}

}  // namespace freehold::crypto
