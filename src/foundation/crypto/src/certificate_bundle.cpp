// Certificates together with their key: PEM and PKCS#12.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/check.h"
#include "crypto/key_certificate.h"
#include "src/der.h"
#include "src/foreign_key.h"

namespace freehold::crypto {
namespace {

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), FreeStack>;

PkeyPtr pkey_of(const JoseKey& key) {
  const Secret der = key.secret();
  const unsigned char* at = octets(der.view().data());
  PkeyPtr pkey(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
  FH_CHECK(pkey != nullptr);
  return pkey;
}

CertificatePtr certificate_from(BytesView der) {
  const unsigned char* at = octets(der.data());
  CertificatePtr out(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  FH_CHECK(out != nullptr);
  return out;
}

Secret taken_from(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return Secret(BytesView(data, static_cast<std::size_t>(size)));
}

// One block of a PEM as it stands there: wiped, since it may be the private key.
struct PemBlock {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  PemBlock() = default;
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;
  ~PemBlock() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
  [[nodiscard]] bool read(BIO* in) { return PEM_read_bio(in, &name, &header, &data, &size) == 1; }
  [[nodiscard]] std::string_view kind() const { return name; }
  [[nodiscard]] BytesView der() const { return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)}; }
};

// EVP_PKEY_NONE: PKCS#8, which says itself what it is. nullopt: no private key.
std::optional<int> key_type_of(std::string_view kind) {
  if (kind == PEM_STRING_PKCS8INF) return EVP_PKEY_NONE;
  if (kind == PEM_STRING_RSA) return EVP_PKEY_RSA;
  if (kind == PEM_STRING_ECPRIVATEKEY) return EVP_PKEY_EC;
  return std::nullopt;
}

void put_pem(BIO* out, BytesView certificate, const std::vector<Bytes>& chain) {
  FH_CHECK(PEM_write_bio_X509(out, certificate_from(certificate).get()) == 1);
  for (const auto& each : chain) FH_CHECK(PEM_write_bio_X509(out, certificate_from(each).get()) == 1);
}

Secret pfx_of(EVP_PKEY* key, BytesView certificate, const std::vector<Bytes>& chain) {
  const StackPtr above(sk_X509_new_null());
  FH_CHECK(above != nullptr);
  for (const auto& each : chain) FH_CHECK(sk_X509_push(above.get(), certificate_from(each).release()) > 0);
  // The row is sealed; a password that is empty protects nothing and costs little.
  const Pkcs12Ptr pfx(PKCS12_create("", nullptr, key, certificate_from(certificate).get(), above.get(), 0, 0, 1, 1, 0));
  FH_CHECK(pfx != nullptr);
  const BioPtr out(BIO_new(BIO_s_secmem()));
  FH_CHECK(out && i2d_PKCS12_bio(out.get(), pfx.get()) == 1);
  return taken_from(out.get());
}

}  // namespace

Result<CertificateBundle> read_pem(BytesView pem) {
  if (pem.size() > kMaxCertificateBundle) return no_bundle("The bundle is too long.");
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::optional<JoseKey> key;
  std::vector<Bytes> certificates;
  while (true) {
    PemBlock block;
    if (!block.read(in.get())) break;
    if (const auto type = key_type_of(block.kind()); type && !key && *block.header == '\0') {
      FH_TRY(key, key_from_der(block.der(), *type));
    }
    if (block.kind() != PEM_STRING_X509 && block.kind() != PEM_STRING_X509_OLD) continue;
    const unsigned char* at = block.data;
    const CertificatePtr certificate(d2i_X509(nullptr, &at, block.size));
    if (!certificate) return no_bundle("A certificate in the PEM is broken.");
    if (certificates.size() > kMaxChain) return no_bundle("There are too many certificates.");
    certificates.push_back(der_of(certificate.get(), &i2d_X509));
  }
  ERR_clear_error();
  if (!key) return no_bundle("There is no unencrypted private key in the PEM.");
  return bundle_of(std::move(*key), std::move(certificates));
}

Secret write_pem(const CertificateBundle& bundle) {
  const BioPtr out(BIO_new(BIO_s_secmem()));
  FH_CHECK(out && PEM_write_bio_PKCS8PrivateKey(out.get(), pkey_of(bundle.key).get(), nullptr, nullptr, 0, nullptr,
                                                nullptr) == 1);
  put_pem(out.get(), bundle.certificate, bundle.chain);
  return taken_from(out.get());
}

Secret write_pem(BytesView certificate, const std::vector<Bytes>& chain) {
  const BioPtr out(BIO_new(BIO_s_secmem()));
  FH_CHECK(out != nullptr);
  put_pem(out.get(), certificate, chain);
  return taken_from(out.get());
}

Secret write_pfx(const CertificateBundle& bundle) {
  return pfx_of(pkey_of(bundle.key).get(), bundle.certificate, bundle.chain);
}

Secret write_pfx(BytesView certificate, const std::vector<Bytes>& chain) { return pfx_of(nullptr, certificate, chain); }

}  // namespace freehold::crypto
