// The row of a vault (docs/formats/vault.md). Pure.
#pragma once

#include "base/result.h"
#include "src/vault.h"

namespace freehold::vault {

[[nodiscard]] Bytes encode_vault(const Vault& vault);
// Without the unwrapped key, which the store adds. kCorrupt; kUnsupported: written by a newer program.
[[nodiscard]] Result<Vault> decode_vault(BytesView row);

}  // namespace freehold::vault
