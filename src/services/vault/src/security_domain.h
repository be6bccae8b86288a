// Security domains: what makes another pool able to open a pool's keys and backups, in the form that clients take apart
// (docs/formats/security-domain.md). Pure but for randomness; RSA takes a millisecond a certificate: on a pool.
//
// Sources: the az CLI's security_domain commands; "Security domain in Managed HSM overview". Keeps: K1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "crypto/jose_key.h"
#include "src/json_input.h"

namespace freehold::vault {

// Azure's limits.
inline constexpr std::size_t kLeastDomainCertificates = 3;
inline constexpr std::size_t kMostDomainCertificates = 10;
inline constexpr std::int64_t kLeastQuorum = 2;
inline constexpr std::size_t kMaxDomainBytes = 48 * 1'024;  // ours: it is kept in a row

struct DomainSecrets {
  Secret token;   // 64 bytes: the keys of the pool's token, under which its keys are wrapped
  Secret backup;  // 32 bytes: seals full backups
  [[nodiscard]] static DomainSecrets make(Random& random);
};

// Whose private keys open a domain: X.509 in DER, each once.
struct DomainHolders {
  std::vector<Bytes> certificates;
  std::int64_t required = 0;
  // The same certificates in any order, with the same quorum: 32 bytes.
  [[nodiscard]] Bytes fingerprint() const;
};
// A CertificateSet. kInvalidArgument.
[[nodiscard]] Result<DomainHolders> read_holders(const Json& body);

// The file that a download gives. kInvalidArgument: a certificate isn't of an RSA key of 2,048 bits or more.
[[nodiscard]] Result<std::string> seal_domain(const DomainHolders& holders, const DomainSecrets& secrets,
                                              Random& random);

// What a client makes of that file for the pool that is to have the domain: under a key of its own, which is sealed to
// the pool's transfer key. kInvalidArgument, with what is wrong in a sentence.
[[nodiscard]] Result<DomainSecrets> open_domain(std::string_view text, const crypto::JoseKey& transfer_key);

// The JWK of a transfer key, with its certificate.
[[nodiscard]] Json show_transfer_key(const crypto::JoseKey& key, BytesView certificate);

}  // namespace freehold::vault
