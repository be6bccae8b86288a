// What an activated pool keeps of its security domain: its token's PIN, and what seals its backups. The keys of its
// token are in the token and with those who hold the domain, and nowhere else. Keeps: K1, E1.
#pragma once

#include "crypto/key_wrapper.h"
#include "src/vault_store.h"

namespace freehold::vault {

inline constexpr std::size_t kTokenPinBytes = 32;

struct PoolSecrets {
  Secret pin;     // 32 hex digits
  Secret backup;  // 32 bytes
};
[[nodiscard]] Task<Result<Bytes>> wrap_secrets(crypto::KeyWrapper& wrapper, TenantId tenant, VaultId pool,
                                               const PoolSecrets& secrets);
// kDenied and the like as the wrapper has them; kCorrupt.
[[nodiscard]] Task<Result<PoolSecrets>> unwrap_secrets(crypto::KeyWrapper& wrapper, VaultPtr pool);

}  // namespace freehold::vault
