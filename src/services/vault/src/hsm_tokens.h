// PoolTokens: the tokens of Managed HSM pools, one each, behind one TokenKeys: a key's owner, which is its pool, says
// in whose token it is made and used. Keeps: K1, I1, E2c.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "crypto/hsm.h"
#include "src/hsm_secrets.h"
#include "src/vault_store.h"

namespace freehold::vault {

// Owned by VaultService; what it borrows outlives it. Thread-safe. A key of a pool whose token isn't open is
// kUnavailable.
class PoolTokens final : public crypto::TokenKeys {
 public:
  // `hsm` null: there is no place for tokens, and no pool is activated. Tokens are made and removed on `making`.
  PoolTokens(crypto::Hsm* hsm, crypto::KeyWrapper& wrapper, runtime::Pool& making)
      : hsm_(hsm), wrapper_(wrapper), making_(making) {}

  // Opens the token of an activated pool. Blocks: at start-up.
  [[nodiscard]] Task<Result<>> open(VaultPtr pool);
  // Makes a token whose wrapping keys are `given` (64 bytes). Its pool uses it from enter() on.
  struct Made {
    std::string label;
    std::shared_ptr<crypto::TokenKeys> keys;
  };
  [[nodiscard]] Task<Result<Made>> make_token(TenantId tenant, std::string label, const Secret& pin,
                                              const Secret& given);
  void enter(VaultId pool, std::shared_ptr<crypto::TokenKeys> keys);
  // Removes a pool's token for good, or one that no pool came to have (its keys are gone by then).
  [[nodiscard]] Task<Result<>> remove(TenantId tenant, VaultId pool, std::string label);

  [[nodiscard]] Task<Result<crypto::TokenKey>> make(crypto::TokenKeySpec spec, crypto::TokenKeyPlace place) override;
  [[nodiscard]] Task<Result<crypto::TokenKey>> take_in(crypto::JoseKey key, crypto::TokenKeyPlace place) override;
  [[nodiscard]] Task<Result<crypto::TokenKey>> take_in_wrapped(crypto::TokenKeyUse exchange, Bytes transferred,
                                                               crypto::KeyType type,
                                                               crypto::TokenKeyPlace place) override;
  // In the token of where it goes.
  [[nodiscard]] Task<Result<crypto::TokenKey>> move(crypto::TokenKey key, crypto::TokenKeyPlace from,
                                                    crypto::TokenKeyPlace to) override;
  [[nodiscard]] Task<Result<Bytes>> release(crypto::TokenKeyUse use, crypto::TokenKeyRecipient to) override;
  [[nodiscard]] Task<Result<Bytes>> sign(crypto::TokenKeyUse use, crypto::JoseAlgorithm algorithm,
                                         Bytes digest) override;
  [[nodiscard]] Task<Result<Secret>> decrypt(crypto::TokenKeyUse use, crypto::JoseAlgorithm algorithm,
                                             crypto::JoseEncrypted encrypted, Bytes associated) override;
  [[nodiscard]] Task<Result<Secret>> unwrap(crypto::TokenKeyUse use, crypto::JoseAlgorithm algorithm,
                                            Bytes wrapped) override;
  [[nodiscard]] Task<Result<crypto::JoseEncrypted>> encrypt(crypto::TokenKeyUse use, crypto::JoseAlgorithm algorithm,
                                                            Secret plain, Bytes iv, Bytes associated) override;
  [[nodiscard]] Task<Result<Bytes>> wrap(crypto::TokenKeyUse use, crypto::JoseAlgorithm algorithm, Secret key) override;
  [[nodiscard]] Task<Result<bool>> verify(crypto::TokenKeyUse use, crypto::JoseAlgorithm algorithm, Bytes digest,
                                          Bytes signature) override;
  void forget(Bytes owner) override;
  [[nodiscard]] std::uint64_t forgets() const override { return forgets_.load(); }
  void stop() override;

 private:
  using KeysPtr = std::shared_ptr<crypto::TokenKeys>;  // shared with the uses under way
  [[nodiscard]] Result<KeysPtr> token_of(BytesView owner) const;
  // ... and what the use knows of forget() as that token counts it.
  [[nodiscard]] Result<KeysPtr> token_for(crypto::TokenKeyUse& use) const;

  crypto::Hsm* const hsm_;
  crypto::KeyWrapper& wrapper_;
  runtime::Pool& making_;
  std::atomic<std::uint64_t> forgets_ = 0;
  mutable std::shared_mutex mutex_;  // guards the map
  std::map<Bytes, KeysPtr, std::less<>> tokens_;
};

}  // namespace freehold::vault
