// Private keys that others made and wrote down, and the bundles that they come in. Private to this module.
//
// Nothing here costs more than its length lets one expect: what a key is, is looked at before OpenSSL takes it apart,
// because for some kinds (DSA, DH) that means computing with numbers as long as the writer liked.
#pragma once

#include <openssl/pkcs12.h>

#include <string>
#include <vector>

#include "crypto/key_certificate.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {

using Pkcs12Ptr = std::unique_ptr<PKCS12, OpensslFree<PKCS12_free>>;
using KeyInfoPtr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, OpensslFree<PKCS8_PRIV_KEY_INFO_free>>;

[[nodiscard]] std::unexpected<Error> no_bundle(std::string what);
// kInvalidArgument: neither RSA nor elliptic curve, of a size or curve that vaults don't have, or numbers that don't
// belong together.
[[nodiscard]] Result<JoseKey> key_from(const PKCS8_PRIV_KEY_INFO* info);
// PKCS#8, or the older form of `type` (EVP_PKEY_RSA: PKCS#1; EVP_PKEY_EC: SEC 1).
[[nodiscard]] Result<JoseKey> key_from_der(BytesView der, int type);
// The certificate that is the key's, and the others in the order in which they came.
[[nodiscard]] Result<CertificateBundle> bundle_of(JoseKey key, std::vector<Bytes> certificates);

}  // namespace freehold::crypto
