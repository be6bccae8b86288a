// Whose word this region takes for what runs where: attestation services and the keys that they sign with.
//
// There is no attestation service of this cloud and nothing is fetched: an operator names each issuer and its keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/verification_keys.h"

namespace freehold::vault {

inline constexpr std::size_t kMaxAttestationIssuers = 16;

struct AttestationIssuer {
  std::string url;  // "https://attest.example": `iss` of its tokens and "authority" of release policies; no slash last
  std::vector<crypto::VerificationKey> keys;
};

// `jwks` is the JWK set of the issuer, as its keys' address answers it. kInvalidArgument, with what is wrong: no https
// URL, or no set of keys that sign.
[[nodiscard]] Result<AttestationIssuer> read_attestation_issuer(std::string_view url, std::string_view jwks);

}  // namespace freehold::vault
