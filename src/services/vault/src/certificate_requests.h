// Certificates that somebody else signs: the key waits with its request until the certificate comes (issuer "Unknown").
#pragma once

#include "src/certificate_issue.h"
#include "src/item_operations.h"

namespace freehold::vault {

// Makes the key and the request, which wait under the name. 409 if another one waits.
[[nodiscard]] Task<Reply> begin_request(VaultParts& parts, VaultCall& call, NewCertificate made);
// How what waits is shown as an operation; null: nothing waits.
[[nodiscard]] Task<ApiResult<Json>> waiting_operation(VaultParts& parts, VaultCall& call);
// The certificate that will be, as Azure shows it meanwhile: disabled, and without a certificate. Null: nothing waits.
[[nodiscard]] Task<ApiResult<Json>> waiting_certificate(VaultParts& parts, VaultCall& call);
// Takes it away: nobody can merge then.
[[nodiscard]] Task<ApiResult<>> drop_request(VaultParts& parts, VaultCall& call);
// Nobody can merge then either, but it stays to be seen. Null: nothing waits.
[[nodiscard]] Task<ApiResult<Json>> cancel_request(VaultParts& parts, VaultCall& call);
// Puts the certificate together with the key that waits for it. 400 if it is for another key.
[[nodiscard]] Task<ApiResult<ItemHead>> merge_request(VaultParts& parts, VaultCall& call, NewCertificate made);

}  // namespace freehold::vault
