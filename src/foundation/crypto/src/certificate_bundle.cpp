// Certificates together with their key: PEM and PKCS#12.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/check.h"
#include "crypto/key_certificate.h"
#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

using Pkcs12Ptr = std::unique_ptr<PKCS12, OpensslFree<PKCS12_free>>;
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), FreeStack>;

std::unexpected<Error> no_bundle(std::string what) {
  ERR_clear_error();
  return fail(ErrorCode::kInvalidArgument, std::move(what));
}

Bytes der_of(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  FH_CHECK(size > 0);
  Bytes out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return out;
}

Secret der_of(EVP_PKEY* key) {
  unsigned char* bytes = nullptr;
  const int size = i2d_PrivateKey(key, &bytes);
  if (size <= 0) return {};
  Secret out(BytesView(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)));
  OPENSSL_clear_free(bytes, static_cast<std::size_t>(size));
  return out;
}

Result<JoseKey> key_from(EVP_PKEY* pkey) {
  const int type = pkey == nullptr ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(pkey);
  if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC)
    return no_bundle("The private key is neither RSA nor elliptic curve.");
  auto key = JoseKey::from_secret(type == EVP_PKEY_RSA ? KeyType::kRsa : KeyType::kEc, der_of(pkey));
  if (!key) return no_bundle("The private key is of a size or curve that vaults don't have.");
  return key;
}

// The certificate that is the key's, and the others in the order in which they came.
Result<CertificateBundle> bundle_of(JoseKey key, std::vector<Bytes> certificates) {
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    if (!certifies(certificates[i], key)) continue;
    Bytes own = std::move(certificates[i]);
    certificates.erase(certificates.begin() + static_cast<std::ptrdiff_t>(i));
    return CertificateBundle{std::move(key), std::move(own), std::move(certificates)};
  }
  return no_bundle("None of the certificates is for the private key.");
}

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

// Nothing asks at a terminal for a password.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

Result<CertificateBundle> read_pem(BytesView pem) {
  if (pem.size() > kMaxCertificateBundle) return no_bundle("The bundle is too long.");
  const BioPtr keys(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const PkeyPtr pkey(PEM_read_bio_PrivateKey(keys.get(), nullptr, &no_password, nullptr));
  if (!pkey) return no_bundle("There is no unencrypted private key in the PEM.");
  FH_TRY(auto key, key_from(pkey.get()));
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<Bytes> certificates;
  while (true) {
    const CertificatePtr certificate(PEM_read_bio_X509(in.get(), nullptr, &no_password, nullptr));
    if (!certificate) break;
    if (certificates.size() > kMaxChain) return no_bundle("There are too many certificates.");
    certificates.push_back(der_of(certificate.get()));
  }
  ERR_clear_error();
  return bundle_of(std::move(key), std::move(certificates));
}

Result<CertificateBundle> read_pfx(BytesView pfx, const Secret& password) {
  if (pfx.size() > kMaxCertificateBundle) return no_bundle("The bundle is too long.");
  const unsigned char* at = octets(pfx.data());
  const Pkcs12Ptr parsed(d2i_PKCS12(nullptr, &at, static_cast<long>(pfx.size())));
  if (!parsed) return no_bundle("Not a PFX (PKCS#12).");
  EVP_PKEY* raw_key = nullptr;
  X509* raw_certificate = nullptr;
  STACK_OF(X509)* raw_chain = nullptr;
  Secret text(password.size() + 1);  // with the zero behind it
  std::copy(password.view().begin(), password.view().end(), text.span().begin());
  const int done = PKCS12_parse(parsed.get(), text.view().data(), &raw_key, &raw_certificate, &raw_chain);
  const PkeyPtr pkey(raw_key);
  const CertificatePtr certificate(raw_certificate);
  const StackPtr chain(raw_chain);
  if (done != 1 || !pkey || !certificate) return no_bundle("The PFX doesn't open, or has no certificate with its key.");
  FH_TRY(auto key, key_from(pkey.get()));
  std::vector<Bytes> certificates{der_of(certificate.get())};
  for (int i = 0; chain && i < sk_X509_num(chain.get()); ++i) {
    if (certificates.size() > kMaxChain) return no_bundle("There are too many certificates.");
    certificates.push_back(der_of(sk_X509_value(chain.get(), i)));
  }
  return bundle_of(std::move(key), std::move(certificates));
}

Secret write_pem(const CertificateBundle& bundle) {
  const BioPtr out(BIO_new(BIO_s_secmem()));
  FH_CHECK(out && PEM_write_bio_PKCS8PrivateKey(out.get(), pkey_of(bundle.key).get(), nullptr, nullptr, 0, nullptr,
                                                nullptr) == 1);
  FH_CHECK(PEM_write_bio_X509(out.get(), certificate_from(bundle.certificate).get()) == 1);
  for (const auto& each : bundle.chain) FH_CHECK(PEM_write_bio_X509(out.get(), certificate_from(each).get()) == 1);
  return taken_from(out.get());
}

Secret write_pfx(const CertificateBundle& bundle) {
  const StackPtr chain(sk_X509_new_null());
  FH_CHECK(chain != nullptr);
  for (const auto& each : bundle.chain) FH_CHECK(sk_X509_push(chain.get(), certificate_from(each).release()) > 0);
  // The row is sealed; a password that is empty protects nothing and costs little.
  const Pkcs12Ptr pfx(PKCS12_create("", nullptr, pkey_of(bundle.key).get(), certificate_from(bundle.certificate).get(),
                                    chain.get(), 0, 0, 1, 1, 0));
  FH_CHECK(pfx != nullptr);
  const BioPtr out(BIO_new(BIO_s_secmem()));
  FH_CHECK(out && i2d_PKCS12_bio(out.get(), pfx.get()) == 1);
  return taken_from(out.get());
}

}  // namespace freehold::crypto
