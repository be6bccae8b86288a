// The blobs of a pool's full backup, sealed under a secret of its security domain, so that every pool with that domain
// opens them and nobody else does (docs/formats/pool-backup.md). Pure. Keeps: K3, E1.
#pragma once

#include <vector>

#include "base/random.h"
#include "src/hsm_roles.h"
#include "src/item_row.h"

namespace freehold::vault {

inline constexpr std::size_t kMaxBackupPart = 4 * 1'024 * 1'024;  // plain; one key more may stand in it
inline constexpr std::uint32_t kMaxBackupParts = 10'000;

// A key with its versions, live or deleted; those behind each other of one name and life are one key's.
struct BackedKey {
  Life life = Life::kLive;
  ItemHead head;
  std::vector<ItemContent> versions;
};

// What a backup says of itself; the last blob that is written, so that one that broke off is none.
struct BackupManifest {
  Bytes id;  // 16 random bytes, which its parts are bound to
  VaultId pool;
  TenantId tenant;
  std::string pool_name;
  std::int64_t taken = 0;  // seconds since 1970
  std::uint32_t parts = 0;
  std::uint64_t records = 0;  // of keys: one for each 25 versions
  std::vector<PoolDefinition> definitions;
  std::vector<PoolAssignment> assignments;
};

// Seals and opens the blobs of one backup.
class BackupSeal {
 public:
  explicit BackupSeal(const Secret& secret);
  [[nodiscard]] Bytes seal_manifest(const BackupManifest& manifest, Random& random) const;
  // kInvalidArgument: altered, or of a pool with another security domain.
  [[nodiscard]] Result<BackupManifest> open_manifest(BytesView blob) const;
  [[nodiscard]] Bytes seal_part(BytesView id, std::uint32_t number, BytesView plain, Random& random) const;
  [[nodiscard]] Result<Secret> open_part(BytesView id, std::uint32_t number, BytesView blob) const;

 private:
  Secret key_;
};

void append_key(Bytes& part, const BackedKey& key);
// kCorrupt.
[[nodiscard]] Result<std::vector<BackedKey>> read_keys(BytesView part);

// "keys-00007"
[[nodiscard]] std::string part_name(std::uint32_t number);
inline constexpr std::string_view kManifestName = "manifest";

}  // namespace freehold::vault
