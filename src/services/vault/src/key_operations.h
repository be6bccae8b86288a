// What is done with keys, as handlers of their rows (keys.cpp).
#pragma once

#include "src/vault_call.h"

namespace freehold::vault {

using gate::Task;

// key_use.cpp
[[nodiscard]] Task<Reply> encrypt_with_key(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> decrypt_with_key(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> wrap_with_key(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> unwrap_with_key(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> sign_with_key(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> verify_with_key(VaultParts& parts, VaultCall& call);
// key_release.cpp
[[nodiscard]] Task<Reply> release_key(VaultParts& parts, VaultCall& call);
// key_rotation.cpp
[[nodiscard]] Task<Reply> get_rotation_policy(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> set_rotation_policy(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> rotate_key(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> get_random_bytes(VaultParts& parts, VaultCall& call);

}  // namespace freehold::vault
