// What Azure Policy is asked of certificates: as they are to be, as they are, and as a backup has them.
#pragma once

#include "src/certificate_issue.h"

namespace freehold::vault {

// The common name of who signed it; empty: it has none.
[[nodiscard]] std::string issuer_name_of(const ItemVersion& certificate);

// Before anything is made: times and names as its policy has them. `signer`: the common name of who will sign, where
// that isn't the key itself; empty: nobody knows. 403.
[[nodiscard]] ApiResult<ObjectPolicies::Hold> check_to_be(const VaultParts& parts, const VaultCall& call,
                                                          const std::string& name, const NewCertificate& made,
                                                          std::string_view signer);
// Of the certificate that it has become, before it is put. Lives as long as the call does.
[[nodiscard]] CertificateCheck check_of(const VaultParts& parts, const VaultCall& call, std::string name,
                                        const NewCertificate& made);
// A version that is there, or was when its backup was made; `key`: the one that goes with it, null: as the policy says.
[[nodiscard]] ApiResult<ObjectPolicies::Hold> check_version(const VaultParts& parts, const VaultCall& call,
                                                            const std::string& name, Json policy,
                                                            const ItemVersion& certificate,
                                                            const ItemVersion* key = nullptr);

}  // namespace freehold::vault
