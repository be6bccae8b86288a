// A certificate's next version with its key and its secret, put together in one commit.
#pragma once

#include "src/certificate_key.h"

namespace freehold::vault {

extern const KindApi kCertificateApi;

// What goes with a certificate of the same name and version.
inline const std::vector<ItemKind> kCertificateKinds = {ItemKind::kCertificate, ItemKind::kKey, ItemKind::kSecret};

struct NewCertificate {
  Json policy = nullptr;
  ItemAttributes attributes = {};  // `enabled`, where it was said; times are the certificate's
  std::map<std::string, std::string> tags = {};
  bool keep_tags = false;  // those of the version before, for a renewal
};

// `own` is the key's certificate in DER, `chain` those above it. 409 if a deleted object of any of the kinds has the
// name, or a key or secret that isn't a certificate's.
[[nodiscard]] Task<ApiResult<ItemHead>> put_certificate(VaultParts& parts, VaultPtr vault, std::string name,
                                                        CertificateKey key, Bytes own, std::vector<Bytes> chain,
                                                        NewCertificate made, std::int64_t now, AuditRow audit);
// Makes key and certificate as the policy says, signed by the issuer or by the key itself, and puts them.
[[nodiscard]] Task<ApiResult<ItemHead>> issue_certificate(VaultParts& parts, VaultPtr vault, std::string name,
                                                          NewCertificate made, WallTime now, AuditRow audit);

}  // namespace freehold::vault
