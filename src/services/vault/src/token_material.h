// Keys whose private half is in an HSM's token (kty RSA-HSM, EC-HSM): made, brought, used, moved. What a row keeps of
// one is what the token wrapped, bound to tenant, vault, name and version (crypto/token_keys.h). Keeps: K1, E2c.
#pragma once

#include "src/key_material.h"

namespace freehold::vault {

// A version of a key before anything but the key is known of it.
struct KeyName {
  VaultPtr vault;
  std::string name;
  std::string version;
  crypto::Leaving leaving = crypto::Leaving::kNever;  // of one that is being made
};

// The token of the region's vaults. kUnavailable: there is none, or it couldn't be opened.
[[nodiscard]] Result<crypto::TokenKeys*> tokens_of(VaultParts& parts);
[[nodiscard]] crypto::TokenKeyPlace token_place(const KeyName& key);
[[nodiscard]] bool is_in_token(const ItemContent& content);

// How a version of it is kept.
[[nodiscard]] ItemContent content_of(const crypto::TokenKey& key, const std::vector<std::string>& key_ops,
                                     const KeyName& name);
// The key as it was kept, to be used. kCorrupt. `forgets`: what TokenKeys said before the row was read.
[[nodiscard]] Result<crypto::TokenKeyUse> token_use(const KeyName& name, const ItemContent& content,
                                                    std::uint64_t forgets);
// What TokenKeys counts; 0 without a token.
[[nodiscard]] std::uint64_t forgets_of(const VaultParts& parts);
// Drops what is unwrapped of a vault's keys: one of them was deleted, disabled or purged.
void drop_unwrapped(VaultParts& parts, VaultId vault);

// Makes a key, in software or in the token as `spec` says: a new version of `name`, with no attributes but its name.
[[nodiscard]] Task<Result<ItemContent>> make_version(VaultParts& parts, VaultPtr vault, std::string name, KeySpec spec);
// Versions out of a backup of `tenant`, for this vault: those of a token are bound to it. kInvalidArgument: keys of an
// HSM, and a vault that has none.
[[nodiscard]] Task<Result<std::vector<ItemContent>>> bind_here(VaultParts& parts, VaultPtr vault, TenantId tenant,
                                                               std::string name, std::vector<ItemContent> versions);

}  // namespace freehold::vault
