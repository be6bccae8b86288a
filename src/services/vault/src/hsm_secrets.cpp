#include "src/hsm_secrets.h"

#include <algorithm>

#include "crypto/aead.h"

namespace freehold::vault {
namespace {

Bytes context_of(VaultId pool) { return "freehold pool secrets " + to_string(pool); }

}  // namespace

Task<Result<Bytes>> wrap_secrets(crypto::KeyWrapper& wrapper, TenantId tenant, VaultId pool,
                                 const PoolSecrets& secrets) {
  Secret both(secrets.pin.size() + secrets.backup.size());
  const auto pin = secrets.pin.view();
  const auto backup = secrets.backup.view();
  std::copy(backup.begin(), backup.end(), std::copy(pin.begin(), pin.end(), both.span().begin()));
  return wrapper.wrap(tenant, std::move(both), context_of(pool));
}

Task<Result<PoolSecrets>> unwrap_secrets(crypto::KeyWrapper& wrapper, VaultPtr pool) {
  FH_CO_TRY(const Secret both,
            co_await wrapper.unwrap(pool->tenant, pool->pool->wrapped_secrets, context_of(pool->id)));
  if (both.size() != kTokenPinBytes + crypto::kAeadKeyBytes) {
    co_return fail(ErrorCode::kCorrupt, "a pool's secrets have another length");
  }
  co_return PoolSecrets{.pin = Secret(both.view().substr(0, kTokenPinBytes)),
                        .backup = Secret(both.view().substr(kTokenPinBytes))};
}

}  // namespace freehold::vault
