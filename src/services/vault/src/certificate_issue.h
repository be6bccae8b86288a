// A certificate's next version with its key and its secret, put together in one commit.
#pragma once

#include <functional>

#include "src/certificate_key.h"
#include "src/object_policies.h"

namespace freehold::vault {

extern const KindApi kCertificateApi;

// What goes with a certificate of the same name and version.
inline const std::vector<ItemKind> kCertificateKinds = {ItemKind::kCertificate, ItemKind::kKey, ItemKind::kSecret};

// A kind of its own, which no API shows: keys with the requests by which others are to sign (certificate_requests.h).
inline constexpr ItemKind kWaiting{'p'};

// What policies say of a certificate as it is.
using CertificateCheck = std::function<ApiResult<ObjectPolicies::Hold>(const crypto::CertificateFacts& facts)>;

struct NewCertificate {
  Json policy = nullptr;
  ItemAttributes attributes = {};  // `enabled`, where it was said; times are the certificate's
  std::map<std::string, std::string> tags = {};
  bool keep_tags = false;       // those of the version before, for a renewal
  std::string request = {};     // the version of what waits under the name, which ends with it; empty: nothing does
  CertificateCheck check = {};  // null: nobody is asked
};

// `own` is the key's certificate in DER, `chain` those above it. 409 if a deleted object of any of the kinds has the
// name, or a key or secret that isn't a certificate's. 404: the request has ended meanwhile.
[[nodiscard]] Task<ApiResult<ItemHead>> put_certificate(VaultParts& parts, VaultPtr vault, std::string name,
                                                        CertificateKey key, Bytes own, std::vector<Bytes> chain,
                                                        NewCertificate made, std::int64_t now, AuditRow audit);
// Makes key and certificate as the policy says, signed by the issuer or by the key itself, and puts them.
[[nodiscard]] Task<ApiResult<ItemHead>> issue_certificate(VaultParts& parts, VaultPtr vault, std::string name,
                                                          NewCertificate made, WallTime now, AuditRow audit);

}  // namespace freehold::vault
