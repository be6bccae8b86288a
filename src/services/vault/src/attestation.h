// Attestation tokens: whether somebody whom this region believes says that a key may go to an environment, and by which
// key it is to be wrapped for it. Pure. Keeps: K1.
//
// Sources: RFC 7519, RFC 8725; "Azure Attestation token examples" (x-ms-runtime, keys).
#pragma once

#include <span>

#include "base/clock.h"
#include "src/release_policy.h"
#include "vault/attestation_issuers.h"

namespace freehold::vault {

struct AttestedEnvironment {
  std::string key_id;         // `kid` of its key; may be empty
  crypto::PublicNumbers key;  // RSA, 2,048 to 4,096 bits: the private half is in the environment alone
};

// kDenied, whatever is wrong: signed by none of `issuers` or with another algorithm, over or not yet valid (5 minutes
// of skew), claims that don't meet the policy, no key to wrap by. The detail says which, for the log. Some milliseconds
// at most: on a pool.
[[nodiscard]] Result<AttestedEnvironment> read_attestation(std::string_view token,
                                                           std::span<const AttestationIssuer> issuers,
                                                           const ReleasePolicy& policy, WallTime now);

}  // namespace freehold::vault
