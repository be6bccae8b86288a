// Signatures that show by whom they are: compact JWS (RFC 7515) with RS256, and certificates for the keys that make
// them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/jwt.h"
#include "crypto/x509.h"

namespace freehold::crypto {

// Header and payload are JSON objects; the header's "alg" is to be RS256. Most of a millisecond: on a pool.
[[nodiscard]] std::string sign_compact(const RsaSigningKey& key, std::string_view header, std::string_view payload);

// A certificate of an RSA key that signs for servers of these names (digitalSignature), from a day before `now` to a
// year after or the end of the authority, and the authority's own: DER, the key's first. kInvalidArgument: a bad name,
// or the authority is over; kCorrupt: not an authority and its key.
[[nodiscard]] Result<std::vector<Bytes>> issue_signing_certificate(const CertificateAndKey& authority,
                                                                   const RsaPublicKey& key,
                                                                   const ServerCertificateRequest& names, WallTime now,
                                                                   Random& random);

}  // namespace freehold::crypto
