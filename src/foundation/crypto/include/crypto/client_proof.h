// What applications prove themselves with instead of a secret: certificates, and assertions that are signed by them or
// by a key of a federated issuer (RFC 7523).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/jwt.h"
#include "crypto/rsa.h"
#include "crypto/x509.h"

namespace freehold::crypto {

struct ClientCertificate {
  RsaPublicKey key;
  Bytes sha1;  // thumbprints of the DER, as `x5t` and `x5t#S256` name them
  Bytes sha256;
  Validity validity;
};
// DER, or PEM with one certificate. kInvalidArgument: no certificate, or none with an RSA key of 2,048 to 4,096 bits.
[[nodiscard]] Result<ClientCertificate> read_client_certificate(BytesView bytes);

// True if the header names RS256 or PS256 and the signature is the key's. Only for assertions of clients: tokens of
// this cloud are RS256 (crypto/jwt.h).
[[nodiscard]] bool verify_assertion(const Jwt& assertion, const RsaPublicKey& key);

struct NamedKey {
  std::string id;  // `kid`
  RsaPublicKey key;
};
// A JWK set (RFC 7517): its RSA keys that may sign; others are passed over. kInvalidArgument: no such set, more than 32
// keys, an RSA key that is none, or none that is left.
[[nodiscard]] Result<std::vector<NamedKey>> read_key_set(std::string_view json);

}  // namespace freehold::crypto
