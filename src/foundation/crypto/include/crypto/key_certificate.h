// X.509 certificates for keys of vaults: made for a key, read from what an owner brings, and bundled with the key.
//
// Sources: RFC 5280; PKCS#12 (RFC 7292); "About Azure Key Vault certificates". Keeps: K1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/jose_key.h"

namespace freehold::crypto {

inline constexpr std::size_t kMaxCertificateBundle = 64 * 1'024;
inline constexpr std::size_t kMaxChain = 10;

struct CertificateTerms {
  std::string subject = {};  // "CN=example.test, O=Org": as X.500 names are written
  std::vector<std::string> dns_names = {};
  std::vector<std::string> emails = {};
  std::vector<std::string> extended_uses = {};  // object identifiers: "1.3.6.1.5.5.7.3.1"
  std::vector<std::string> key_uses = {};       // "digitalSignature", "keyEncipherment", ... (RFC 5280 4.2.1.3)
  int validity_months = 12;
  bool authority = false;  // may sign certificates, though not those of other authorities
};

struct CertificateFacts {
  Bytes der = {};
  Bytes sha1 = {};  // the thumbprint, `x5t`
  WallTime not_before = {};
  WallTime not_after = {};
  std::string subject = {};
  std::string name = {};         // the subject's common name, in UTF-8; the last, if it has several
  std::string issuer_name = {};  // that of who signed it
  bool authority = false;        // basic constraints and key usage let it sign certificates
};

// A certificate or a request but for its signature, so that a key in a token can sign it as well as one in memory.
struct UnsignedDocument {
  JoseAlgorithm algorithm;  // of the signature
  Bytes digest;             // what is to be signed
  Bytes text;               // DER of what that is of
};
// `issuer`: DER of the authority's certificate; empty: the key signs itself. A certificate is never valid for longer
// than its authority's. kInvalidArgument: a subject, name or use that is none; an issuer that is no authority, is
// over, or may sign no authority and is to; a signer that signs no certificates.
[[nodiscard]] Result<UnsignedDocument> unsigned_certificate(const PublicNumbers& key, const CertificateTerms& terms,
                                                            BytesView issuer, const PublicNumbers& signer, WallTime now,
                                                            Random& random);
// A signing request (PKCS#10).
[[nodiscard]] Result<UnsignedDocument> unsigned_request(const PublicNumbers& key, const CertificateTerms& terms);
// DER. `signature` is as JoseKey::sign and TokenKeys::sign give it.
[[nodiscard]] Bytes signed_document(const UnsignedDocument& document, BytesView signature);

// DER, signed by the key itself, which has its private half here.
[[nodiscard]] Result<Bytes> self_signed(const JoseKey& key, const CertificateTerms& terms, WallTime now,
                                        Random& random);
// kInvalidArgument: no certificate.
[[nodiscard]] Result<CertificateFacts> certificate_facts(BytesView der);
// Is it a certificate of this key?
[[nodiscard]] bool certifies(BytesView der, const PublicNumbers& key);

struct CertificateBundle {
  JoseKey key;
  Bytes certificate;         // DER
  std::vector<Bytes> chain;  // those above it
};
// Certificates and one private key, unencrypted PKCS#8 or SEC 1/PKCS#1, in any order. kInvalidArgument: not that, or a
// key that no certificate in it is for, or a kind of key that vaults don't have.
[[nodiscard]] Result<CertificateBundle> read_pem(BytesView pem);
[[nodiscard]] Result<CertificateBundle> read_pfx(BytesView pfx, const Secret& password);
// Private key (PKCS#8) and certificates; the PFX has no password, as Azure's.
[[nodiscard]] Secret write_pem(const CertificateBundle& bundle);
[[nodiscard]] Secret write_pfx(const CertificateBundle& bundle);
// The certificates alone, of a key that isn't given away.
[[nodiscard]] Secret write_pem(BytesView certificate, const std::vector<Bytes>& chain);
[[nodiscard]] Secret write_pfx(BytesView certificate, const std::vector<Bytes>& chain);

}  // namespace freehold::crypto
