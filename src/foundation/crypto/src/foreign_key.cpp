#include "src/foreign_key.h"

#include <openssl/err.h>

#include "src/der.h"
#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

std::unexpected<Error> other_kind() { return no_bundle("The private key is neither RSA nor elliptic curve."); }

Result<JoseKey> key_from(EVP_PKEY* pkey) {
  const int type = pkey == nullptr ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(pkey);
  if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC) return other_kind();
  auto key = JoseKey::from_secret(type == EVP_PKEY_RSA ? KeyType::kRsa : KeyType::kEc, private_der_of(pkey));
  if (!key) return no_bundle("The private key is of a size or curve that vaults don't have.");
  if (!is_whole(key->numbers(), pkey)) return no_bundle("The numbers of the private key don't belong together.");
  return key;
}

}  // namespace

std::unexpected<Error> no_bundle(std::string what) {
  ERR_clear_error();
  return fail(ErrorCode::kInvalidArgument, std::move(what));
}

Result<JoseKey> key_from(const PKCS8_PRIV_KEY_INFO* info) {
  const ASN1_OBJECT* kind = nullptr;
  if (info == nullptr || PKCS8_pkey_get0(&kind, nullptr, nullptr, nullptr, info) != 1) return other_kind();
  const int nid = OBJ_obj2nid(kind);
  if (nid != NID_rsaEncryption && nid != NID_X9_62_id_ecPublicKey) return other_kind();
  const PkeyPtr pkey(EVP_PKCS82PKEY(info));
  return key_from(pkey.get());
}

// What can be read as PKCS#8 is, whatever it is called: OpenSSL would do so too, and then the kind is what that says.
Result<JoseKey> key_from_der(BytesView der, int type) {
  const unsigned char* at = octets(der.data());
  const KeyInfoPtr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (info) return key_from(info.get());
  if (type == EVP_PKEY_NONE) return other_kind();
  at = octets(der.data());
  const PkeyPtr pkey(d2i_PrivateKey(type, nullptr, &at, static_cast<long>(der.size())));
  return key_from(pkey.get());
}

Result<CertificateBundle> bundle_of(JoseKey key, std::vector<Bytes> certificates) {
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    if (!certifies(certificates[i], key.numbers())) continue;
    Bytes own = std::move(certificates[i]);
    certificates.erase(certificates.begin() + static_cast<std::ptrdiff_t>(i));
    return CertificateBundle{std::move(key), std::move(own), std::move(certificates)};
  }
  return no_bundle("None of the certificates is for the private key.");
}

}  // namespace freehold::crypto
