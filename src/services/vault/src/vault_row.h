// The row of a vault (docs/formats/vault.md). Pure.
#pragma once

#include "base/result.h"
#include "src/vault.h"

namespace freehold::vault {

// A row is 64 KiB at most. What its owner sets leaves room for what is written of it later: a deletion, a security
// domain, another group.
inline constexpr std::size_t kRowRoom = 2 * 1'024;
[[nodiscard]] bool fits_row(const Vault& vault);
[[nodiscard]] bool leaves_room(const Vault& vault);

[[nodiscard]] Bytes encode_vault(const Vault& vault);
// Without the unwrapped key, which the store adds. kCorrupt; kUnsupported: written by a newer program.
[[nodiscard]] Result<Vault> decode_vault(BytesView row);

}  // namespace freehold::vault
