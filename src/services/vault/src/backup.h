// Backups of one object with all its versions: sealed, so that they open in this region, in the same tenant and
// subscription, and nowhere else (docs/formats/vault.md). Pure. Keeps: K3.
#pragma once

#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "src/item.h"
#include "src/vault.h"

namespace freehold::vault {

inline constexpr std::size_t kMaxBackupVersions = 500;  // Azure: "Key Vault backup"
// Ours: what is restored is one commit.
inline constexpr std::size_t kMaxBackupBytes = 640 * 1'024;

struct Backup {
  ItemHead head;
  std::vector<ItemContent> versions;
};

// `tenant_key` is the tenant's key for rows. kExhausted: too long.
[[nodiscard]] Result<Bytes> seal_backup(const Backup& backup, ItemKind kind, const Vault& vault,
                                        const Secret& tenant_key, Random& random);
// kInvalidArgument: not a backup of such an object that was made here for this subscription, or altered.
[[nodiscard]] Result<Backup> open_backup(BytesView sealed, ItemKind kind, const Vault& vault, const Secret& tenant_key);

}  // namespace freehold::vault
