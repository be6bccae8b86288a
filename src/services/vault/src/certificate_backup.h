// Backups of certificates: with their keys and secrets, in one blob.
#pragma once

#include "src/certificate_issue.h"
#include "src/item_operations.h"

namespace freehold::vault {

[[nodiscard]] Task<Reply> backup_certificate(VaultParts& parts, VaultCall& call);
// 409 where any of the three names is taken.
[[nodiscard]] Task<Reply> restore_certificate(VaultParts& parts, VaultCall& call);

}  // namespace freehold::vault
