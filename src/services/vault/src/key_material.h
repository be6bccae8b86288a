// The private halves of keys: made, kept in a version, and taken out of it for use, off the loops.
#pragma once

#include "src/item_operations.h"
#include "src/key_rules.h"

namespace freehold::vault {

// A version as it is to be kept: its public half to be shown, the private one as the material.
[[nodiscard]] ItemContent content_of(const crypto::JoseKey& key, const std::vector<std::string>& key_ops,
                                     std::string version, const ItemAttributes& attributes);
// Makes a key, on the pool for that.
[[nodiscard]] Task<Result<crypto::JoseKey>> make_key(VaultParts& parts, TenantId tenant, KeySpec spec);
// The key of a version (of one in an HSM's token, the public half), from the cache if it is there; to be called on the
// pool. `purges` is what the cache counted before the version was read.
[[nodiscard]] Result<crypto::JoseKey> open_key(KeyCache& cache, VaultId vault, const ItemContent& content,
                                               std::uint64_t purges);

// The public half of a key in an HSM's token, as its version shows it. kCorrupt.
[[nodiscard]] Result<crypto::PublicNumbers> public_numbers_of(const Json& shown);

// Whose turn it is on the pool.
[[nodiscard]] runtime::FairKey fair_key(TenantId tenant);

}  // namespace freehold::vault
