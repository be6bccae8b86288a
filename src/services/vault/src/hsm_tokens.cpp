#include "src/hsm_tokens.h"

#include "base/log.h"

namespace freehold::vault {
namespace {

using crypto::JoseAlgorithm;
using crypto::JoseEncrypted;
using crypto::TokenKey;
using crypto::TokenKeyPlace;
using crypto::TokenKeyUse;

std::unexpected<Error> no_token() {
  return fail(ErrorCode::kUnavailable, "the pool's token isn't there, or can't be opened");
}

runtime::FairKey fair_key_of(TenantId tenant) { return std::hash<TenantId>{}(tenant) | 1; }

crypto::TokenKeysConfig config_of(std::string label, const Secret& pin, const Secret& given) {
  crypto::TokenKeysConfig config;
  config.label = std::move(label);
  config.pin = pin.clone();
  config.given = given.clone();
  return config;
}

}  // namespace

Task<Result<>> PoolTokens::open(VaultPtr pool) {
  if (hsm_ == nullptr) co_return no_token();
  FH_CO_TRY(const auto secrets, co_await unwrap_secrets(wrapper_, pool));
  FH_CO_TRY(auto keys, hsm_->open_keys(config_of(pool->pool->token, secrets.pin, {}), false));
  enter(pool->id, std::move(keys));
  co_return Result<>();
}

Task<Result<PoolTokens::Made>> PoolTokens::make_token(TenantId tenant, std::string label, const Secret& pin,
                                                      const Secret& given) {
  if (hsm_ == nullptr) co_return no_token();
  const auto config = std::make_shared<crypto::TokenKeysConfig>(config_of(label, pin, given));
  FH_CO_TRY(auto keys, co_await making_.run(fair_key_of(tenant), [hsm = hsm_, config]() -> Result<KeysPtr> {
    FH_TRY(auto made, hsm->open_keys(std::move(*config), true));
    return KeysPtr(std::move(made));
  }));
  co_return Made{std::move(label), std::move(keys)};
}

void PoolTokens::enter(VaultId pool, std::shared_ptr<crypto::TokenKeys> keys) {
  const std::unique_lock lock(mutex_);
  tokens_[Bytes(pool.view())] = std::move(keys);
}

Task<Result<>> PoolTokens::remove(TenantId tenant, VaultId pool, std::string label) {
  KeysPtr keys;
  {
    const std::unique_lock lock(mutex_);
    const auto found = tokens_.find(pool.view());
    if (found != tokens_.end()) {
      keys = std::move(found->second);
      tokens_.erase(found);
    }
  }
  if (hsm_ == nullptr || label.empty()) co_return Result<>();
  co_return co_await making_.run(fair_key_of(tenant),
                                 [hsm = hsm_, label, keys = std::move(keys)]() mutable -> Result<> {
                                   if (keys != nullptr) {
                                     keys->stop();  // what is queued ends; uses under way let go of it
                                     keys.reset();
                                   }
                                   auto gone = hsm->remove_keys(label);
                                   if (!gone && gone.error().code == ErrorCode::kNotFound) return {};
                                   return gone;
                                 });
}

Result<PoolTokens::KeysPtr> PoolTokens::token_of(BytesView owner) const {
  const std::shared_lock lock(mutex_);
  const auto found = tokens_.find(owner);
  if (found == tokens_.end()) return no_token();
  return found->second;
}

// forget() counts here first and tells the token then: a use that saw nothing forgotten here took the token's number
// before anything could be.
Result<PoolTokens::KeysPtr> PoolTokens::token_for(TokenKeyUse& use) const {
  FH_TRY(auto keys, token_of(use.place.owner));
  const std::uint64_t theirs = keys->forgets();
  use.forgets = use.forgets == forgets_.load() ? theirs : theirs - 1;
  return keys;
}

Task<Result<TokenKey>> PoolTokens::make(crypto::TokenKeySpec spec, TokenKeyPlace place) {
  FH_CO_TRY(const auto keys, token_of(place.owner));
  co_return co_await keys->make(spec, std::move(place));
}

Task<Result<TokenKey>> PoolTokens::take_in(crypto::JoseKey key, TokenKeyPlace place) {
  FH_CO_TRY(const auto keys, token_of(place.owner));
  co_return co_await keys->take_in(std::move(key), std::move(place));
}

Task<Result<TokenKey>> PoolTokens::take_in_wrapped(TokenKeyUse exchange, Bytes transferred, crypto::KeyType type,
                                                   TokenKeyPlace place) {
  FH_CO_TRY(const auto keys, token_for(exchange));
  co_return co_await keys->take_in_wrapped(std::move(exchange), std::move(transferred), type, std::move(place));
}

Task<Result<TokenKey>> PoolTokens::move(TokenKey key, TokenKeyPlace from, TokenKeyPlace to) {
  FH_CO_TRY(const auto keys, token_of(to.owner));
  co_return co_await keys->move(std::move(key), std::move(from), std::move(to));
}

Task<Result<Bytes>> PoolTokens::release(TokenKeyUse use, crypto::TokenKeyRecipient to) {
  FH_CO_TRY(const auto keys, token_for(use));
  co_return co_await keys->release(std::move(use), std::move(to));
}

Task<Result<Bytes>> PoolTokens::sign(TokenKeyUse use, JoseAlgorithm algorithm, Bytes digest) {
  FH_CO_TRY(const auto keys, token_for(use));
  co_return co_await keys->sign(std::move(use), algorithm, std::move(digest));
}

Task<Result<Secret>> PoolTokens::decrypt(TokenKeyUse use, JoseAlgorithm algorithm, JoseEncrypted encrypted,
                                         Bytes associated) {
  FH_CO_TRY(const auto keys, token_for(use));
  co_return co_await keys->decrypt(std::move(use), algorithm, std::move(encrypted), std::move(associated));
}

Task<Result<Secret>> PoolTokens::unwrap(TokenKeyUse use, JoseAlgorithm algorithm, Bytes wrapped) {
  FH_CO_TRY(const auto keys, token_for(use));
  co_return co_await keys->unwrap(std::move(use), algorithm, std::move(wrapped));
}

Task<Result<JoseEncrypted>> PoolTokens::encrypt(TokenKeyUse use, JoseAlgorithm algorithm, Secret plain, Bytes iv,
                                                Bytes associated) {
  FH_CO_TRY(const auto keys, token_for(use));
  co_return co_await keys->encrypt(std::move(use), algorithm, std::move(plain), std::move(iv), std::move(associated));
}

Task<Result<Bytes>> PoolTokens::wrap(TokenKeyUse use, JoseAlgorithm algorithm, Secret key) {
  FH_CO_TRY(const auto keys, token_for(use));
  co_return co_await keys->wrap(std::move(use), algorithm, std::move(key));
}

Task<Result<bool>> PoolTokens::verify(TokenKeyUse use, JoseAlgorithm algorithm, Bytes digest, Bytes signature) {
  FH_CO_TRY(const auto keys, token_for(use));
  co_return co_await keys->verify(std::move(use), algorithm, std::move(digest), std::move(signature));
}

void PoolTokens::forget(Bytes owner) {
  ++forgets_;
  if (const auto keys = token_of(owner)) (*keys)->forget(std::move(owner));
}

void PoolTokens::stop() {
  const std::shared_lock lock(mutex_);
  for (const auto& [pool, keys] : tokens_) keys->stop();
}

}  // namespace freehold::vault
