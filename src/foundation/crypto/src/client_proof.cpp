#include "crypto/client_proof.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/encoding.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {
namespace {

using ParamBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, OpensslFree<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, OpensslFree<OSSL_PARAM_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<EVP_PKEY_CTX_free>>;

constexpr std::size_t kMaxCertificateBytes = 16 * 1'024;
constexpr std::size_t kMaxKeySetBytes = 64 * 1'024;
constexpr std::size_t kMaxKeys = 32;

std::unexpected<Error> no_certificate() {
  return fail(ErrorCode::kInvalidArgument, "not a certificate with an RSA key of 2,048 to 4,096 bits");
}

std::optional<Bytes> number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return std::nullopt;
  const BignumPtr number(raw);
  Bytes out(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), octets(out.data()));
  return out;
}

CertificatePtr parse_certificate(BytesView bytes) {
  if (bytes.starts_with("-----BEGIN")) {
    const BioPtr in(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
    return CertificatePtr(in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr);
  }
  const unsigned char* at = octets(bytes.data());
  CertificatePtr out(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())));
  if (out && at != octets(bytes.data()) + bytes.size()) return nullptr;
  return out;
}

Bytes thumbprint(const X509* certificate, const EVP_MD* digest) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  FH_CHECK(X509_digest(certificate, digest, out, &size) == 1);
  return Bytes(reinterpret_cast<const char*>(out), size);
}

std::optional<std::string> pem_of(X509* certificate) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_X509(out.get(), certificate) != 1) return std::nullopt;
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

PkeyPtr key_of(const RsaPublicKey& key) {
  const BignumPtr n(BN_bin2bn(octets(key.modulus().data()), static_cast<int>(key.modulus().size()), nullptr));
  const BignumPtr e(BN_bin2bn(octets(key.exponent().data()), static_cast<int>(key.exponent().size()), nullptr));
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  FH_CHECK(n && e && builder);
  FH_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
           OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  FH_CHECK(params && context && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* out = nullptr;
  FH_CHECK(EVP_PKEY_fromdata(context.get(), &out, EVP_PKEY_PUBLIC_KEY, params.get()) == 1);
  return PkeyPtr(out);
}

// RFC 7518 section 3.5: MGF1 with the same hash, a salt as long as the digest.
bool verify_ps256(const RsaPublicKey& key, BytesView message, BytesView signature) {
  if (signature.size() != key.modulus().size()) return false;
  const PkeyPtr pkey = key_of(key);
  const MdContextPtr context(EVP_MD_CTX_new());
  FH_CHECK(context != nullptr);
  EVP_PKEY_CTX* how = nullptr;
  if (EVP_DigestVerifyInit(context.get(), &how, EVP_sha256(), nullptr, pkey.get()) != 1) return false;
  if (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) <= 0 ||
      EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) <= 0) {
    return false;
  }
  return EVP_DigestVerify(context.get(), octets(signature.data()), signature.size(), octets(message.data()),
                          message.size()) == 1;
}

std::string text_of(const nlohmann::json& json, const char* name) {
  const auto at = json.find(name);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

Result<ClientCertificate> read_client_certificate(BytesView bytes) {
  if (bytes.empty() || bytes.size() > kMaxCertificateBytes) return no_certificate();
  const auto certificate = parse_certificate(bytes);
  const EVP_PKEY* key = certificate ? X509_get0_pubkey(certificate.get()) : nullptr;
  if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) return no_certificate();
  const auto modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
  const auto exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  if (!modulus || !exponent) return no_certificate();
  auto public_key = RsaPublicKey::from_numbers(*modulus, *exponent);
  const auto pem = pem_of(certificate.get());
  if (!public_key || !pem) return no_certificate();
  FH_TRY(const auto validity, certificate_validity(*pem));
  return ClientCertificate{std::move(*public_key), thumbprint(certificate.get(), EVP_sha1()),
                           thumbprint(certificate.get(), EVP_sha256()), validity};
}

bool verify_assertion(const Jwt& assertion, const RsaPublicKey& key) {
  const auto algorithm = assertion.header.text("alg");
  if (algorithm == "PS256") return verify_ps256(key, assertion.signed_part, assertion.signature);
  return verify(assertion, key);
}

Result<std::vector<NamedKey>> read_key_set(std::string_view json) {
  const auto refuse = [] { return fail(ErrorCode::kInvalidArgument, "not a JWK set with RSA keys that sign"); };
  if (json.size() > kMaxKeySetBytes) return refuse();
  const auto set = nlohmann::json::parse(json, nullptr, false);
  const auto keys = set.is_object() ? set.find("keys") : set.end();
  if (!set.is_object() || keys == set.end() || !keys->is_array() || keys->size() > kMaxKeys) return refuse();
  std::vector<NamedKey> out;
  for (const auto& entry : *keys) {
    if (!entry.is_object()) return refuse();
    const std::string use = text_of(entry, "use");
    if (text_of(entry, "kty") != "RSA" || (!use.empty() && use != "sig")) continue;
    const auto modulus = from_base64url(text_of(entry, "n"));
    const auto exponent = from_base64url(text_of(entry, "e"));
    if (!modulus || !exponent) return refuse();
    auto key = RsaPublicKey::from_numbers(*modulus, *exponent);
    if (!key) return refuse();
    out.push_back({text_of(entry, "kid"), std::move(*key)});
  }
  if (out.empty()) return refuse();
  return out;
}

}  // namespace freehold::crypto
