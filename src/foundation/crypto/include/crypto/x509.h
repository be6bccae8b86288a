// The local certificate authority and server certificates (CLIENTS.md "Names, ports, certificates").
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace freehold::crypto {

struct CertificateAndKey {
  std::string certificate_pem;
  Secret private_key_pem;  // PKCS#8, unencrypted: the owner seals it before it rests
};

// ECDSA P-256, from a day before `now` for ten years, CA:TRUE pathlen 0, keyCertSign | cRLSign, subject and authority
// key identifiers.
[[nodiscard]] Result<CertificateAndKey> make_authority(const std::string& common_name, WallTime now, Random& random);

struct ServerCertificateRequest {
  std::vector<std::string> dns_names{};  // wildcards of one level allowed
  std::vector<std::string> ip_addresses{};
};
// ECDSA P-256, serverAuth, from a day before `now` to a year after (or the end of the authority), subject and authority
// key identifiers, random serial. The certificate alone, no chain. kInvalidArgument: a bad name, or the authority is
// over; kCorrupt: not an authority and its key.
[[nodiscard]] Result<CertificateAndKey> issue_server_certificate(const CertificateAndKey& authority,
                                                                 const ServerCertificateRequest& request, WallTime now,
                                                                 Random& random);
struct Validity {
  WallTime not_before;
  WallTime not_after;
};
[[nodiscard]] Result<Validity> certificate_validity(const std::string& certificate_pem);
// True in the last third of its life, or if it is over.
[[nodiscard]] bool due_for_renewal(const Validity& validity, WallTime now);

}  // namespace freehold::crypto
