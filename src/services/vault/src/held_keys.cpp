#include "src/held_keys.h"

#include <algorithm>

#include "base/encoding.h"
#include "crypto/aead.h"
#include "src/token_material.h"

namespace freehold::vault {
namespace {

using keys::CustomerKey;
using keys::WrappedByCustomer;

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kMaxWrapped = 1'024;  // by RSA of 4,096 bits, and room
constexpr KeyUse kWrap{"wrapKey", "wrap", false};
constexpr KeyUse kUnwrap{"unwrapKey", "unwrap", false};

const crypto::JoseAlgorithm& algorithm() {
  static const auto* const found = crypto::find_algorithm("RSA-OAEP-256");
  return *found;
}

// As Azure has it, expiry darkens nothing: neither use is held to the key's dates.
Result<> check_usable(const ItemVersion& version) {
  for (const auto& use : {kWrap, kUnwrap}) {
    const auto usable = check_use(version, use, 0);
    if (!usable) return fail(ErrorCode::kDenied, usable.error().message);
  }
  return {};
}

std::string_view called(keys::KeyHome home) { return home == keys::KeyHome::kVault ? "key vault" : "managed HSM"; }

std::unexpected<Error> no_such_key() { return fail(ErrorCode::kDenied, "there is no such key in the vault"); }

// "Customer-managed keys for Azure Storage encryption": RSA keys of 2048, 3072 and 4096 bits.
bool is_rsa(const ItemVersion& version) {
  return type_of(Json::parse(version.open, nullptr, false)) == crypto::KeyType::kRsa;
}

Bytes join(BytesView wrapped, BytesView sealed) {
  Bytes out;
  append_u8(out, kFormat);
  append_sized(out, wrapped);
  out += sealed;
  return out;
}

// RSA has no place for a context: a key of its own is wrapped by it, and seals the secret with its context.
Result<Bytes> seal_under(const crypto::JoseKey& key, const Secret& secret, BytesView context, Random& random) {
  Secret between(crypto::kAeadKeyBytes);
  random.fill(between.span());
  FH_TRY(const Bytes wrapped, key.wrap(algorithm(), between));
  return join(wrapped, crypto::seal(between, context, secret.view(), random));
}

struct Stored {
  Bytes wrapped;
  Bytes sealed;
};
Result<Stored> read_stored(BytesView stored) {
  ByteReader in(stored);
  const auto format = in.u8();
  Stored out{.wrapped = Bytes(in.sized(kMaxWrapped)), .sealed = {}};
  out.sealed = Bytes(in.rest());
  if (!in.ok() || format != kFormat) return fail(ErrorCode::kCorrupt, "a wrapped account key is not as it was written");
  return out;
}

// `between`: what the vault's key unwrapped.
Result<Secret> open_under(Result<Secret> between, const Stored& stored, BytesView context) {
  if (!between && between.error().code != ErrorCode::kInvalidArgument) return between;  // a token's, which may pass
  if (!between || between->size() != crypto::kAeadKeyBytes) {
    return fail(ErrorCode::kCorrupt, "the key of the vault doesn't open an account's key");
  }
  return crypto::open_secret(*between, context, stored.sealed);
}

}  // namespace

Task<Result<VaultPtr>> HeldKeys::vault_for(CustomerKey key) const {
  const auto& holders = holders_of(key);
  auto vault = holders.parts.vaults.known(key.vault);
  if (!vault || vault->tenant != key.tenant) {
    co_return fail(ErrorCode::kDenied, "there is no such " + std::string(called(key.home)));
  }
  FH_CO_CHECK_OK(holders.rules.check_holder(*vault, key.identity, key.name));
  // Nobody took the key away: that it can't be used passes.
  if (!vault->rows && vault->pool) co_return fail(ErrorCode::kUnavailable, "the managed HSM's key can't be opened now");
  co_return co_await holders.parts.vaults.opened(std::move(vault));
}

Task<Result<HeldKeys::Found>> HeldKeys::find(CustomerKey key, std::string version) const {
  VaultParts& parts = holders_of(key).parts;
  Found found{.parts = &parts, .vault = nullptr, .content = nullptr};
  FH_CO_TRY(found.vault, co_await vault_for(key));
  found.purges = parts.keys.purges();
  found.forgets = forgets_of(parts);
  found.name = key.name;
  FH_CO_TRY(found.content, co_await parts.items.find(found.vault, ItemKind::kKey, key.name, version));
  if (found.content == nullptr) co_return no_such_key();
  FH_CO_CHECK_OK(check_usable(found.content->shown));
  co_return found;
}

Task<Result<std::string>> HeldKeys::look(CustomerKey key, std::string used) {
  FH_CO_TRY(const auto vault, co_await vault_for(key));
  FH_CO_TRY(const auto head, co_await holders_of(key).parts.items.head(vault, ItemKind::kKey, Life::kLive, key.name));
  if (!head) co_return no_such_key();
  const auto newest = check_usable(head->current);
  if (head->current.version == used) {
    FH_CO_CHECK_OK(newest);
    co_return used;
  }
  FH_CO_TRY([[maybe_unused]] const auto opened_by, co_await find(key, used));
  if (!key.version.empty()) co_return key.version;
  // Who disables a key means the newest version, whether or not everybody has followed to it.
  if (!head->current.attributes.enabled) co_return fail(ErrorCode::kDenied, "the key's newest version is disabled");
  // One that isn't fit for wrapping changes nothing: the one in use goes on.
  co_return newest&& is_rsa(head->current) ? head->current.version : used;
}

// Off the loop: a private operation of RSA takes a millisecond and more.
template <class Work>
auto HeldKeys::with_key(Found found, Work work) -> Task<std::invoke_result_t<Work, const crypto::JoseKey&>> {
  KeyCache* cache = &found.parts->keys;
  auto done = co_await found.parts->crypto.run(
      fair_key(found.vault->tenant),
      [cache, found, work = std::move(work)]() mutable -> std::invoke_result_t<Work, const crypto::JoseKey&> {
        FH_TRY(const auto key, open_key(*cache, found.vault->id, *found.content, found.purges));
        return work(key);
      });
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return std::move(*done);
}

template <class OfVault, class OfPool, class Work>
Task<Result<>> HeldKeys::on_record(const Found& found, const CustomerKey& key, Work work) const {
  gate::Pipeline* const door = door_;
  if (door == nullptr) co_return fail(ErrorCode::kUnavailable, "vaults aren't served yet");
  gate::Job job{.tenant = found.vault->tenant,
                .principal = to_string(key.identity),
                .resource = "/" + to_lower(recorded_name(*found.vault)) + "/keys/" + to_lower(key.name) + "/" +
                            found.content->shown.version};
  if (found.vault->pool) co_return co_await door->run_job<OfPool>(std::move(job), std::move(work));
  co_return co_await door->run_job<OfVault>(std::move(job), std::move(work));
}

Task<Result<>> HeldKeys::wrap_now(Found found, const Secret* secret, const Bytes* context, Bytes* wrapped) {
  Random* const random = &found.parts->random;
  const auto work = [secret, context, random](const crypto::JoseKey& key) {
    return seal_under(key, *secret, *context, *random);
  };
  FH_CO_TRY(*wrapped, co_await with_key(std::move(found), work));
  co_return Result<>();
}

Task<Result<>> HeldKeys::unwrap_now(Found found, const Bytes* wrapped, const Bytes* context, Secret* secret) {
  FH_CO_TRY(const auto stored, read_stored(*wrapped));
  if (is_in_token(*found.content)) {
    FH_CO_TRY(auto* const tokens, tokens_of(*found.parts));
    const KeyName name{.vault = found.vault, .name = found.name, .version = found.content->shown.version};
    FH_CO_TRY(auto use, token_use(name, *found.content, found.forgets));
    auto between = co_await tokens->unwrap(std::move(use), algorithm(), stored.wrapped);
    FH_CO_TRY(*secret, open_under(std::move(between), stored, *context));
    co_return Result<>();
  }
  const auto work = [&stored, context](const crypto::JoseKey& key) {
    return open_under(key.unwrap(algorithm(), stored.wrapped), stored, *context);
  };
  FH_CO_TRY(*secret, co_await with_key(std::move(found), work));
  co_return Result<>();
}

Task<Result<WrappedByCustomer>> HeldKeys::wrap(CustomerKey key, Secret secret, Bytes context) {
  FH_CO_TRY(const auto found, co_await find(key, key.version));
  if (!is_rsa(found.content->shown)) co_return fail(ErrorCode::kInvalidArgument, "The key has to be an RSA key.");
  // Azure demands soft delete besides; here no vault is without.
  if (!found.vault->settings.purge_protection) {
    co_return fail(ErrorCode::kInvalidArgument,
                   "The " + std::string(called(key.home)) + " has to have purge protection enabled.");
  }
  Bytes wrapped;
  const auto work = [found, from = &secret, context = &context, to = &wrapped](auto) {
    return wrap_now(found, from, context, to);
  };
  FH_CO_CHECK_OK((co_await on_record<WrapAccountKey, WrapAccountKeyInPool>(found, key, work)));
  co_return WrappedByCustomer{found.content->shown.version, std::move(wrapped)};
}

Task<Result<Secret>> HeldKeys::unwrap(CustomerKey key, WrappedByCustomer wrapped, Bytes context) {
  FH_CO_TRY(const auto found, co_await find(key, wrapped.version));
  Secret secret;
  const auto work = [found, from = &wrapped.wrapped, context = &context, to = &secret](auto) {
    return unwrap_now(found, from, context, to);
  };
  FH_CO_CHECK_OK((co_await on_record<UnwrapAccountKey, UnwrapAccountKeyInPool>(found, key, work)));
  co_return secret;
}

}  // namespace freehold::vault
