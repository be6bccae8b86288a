#include "crypto/token_keys.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>

#include "src/deadline_pool.h"
#include "src/jose_state.h"
#include "src/key_session.h"
#include "src/key_token.h"

namespace freehold::crypto {
namespace {

constexpr std::size_t kQueueLimit = 4'096;
constexpr std::size_t kQueuePerTurn = 1'024;
constexpr std::size_t kMakingPerTurn = 64;
constexpr std::size_t kMaxContextBytes = 1'024;

Result<> check_place(const TokenKeyPlace& place) {
  if (place.context.empty() || place.context.size() > kMaxContextBytes) {
    return fail(ErrorCode::kInvalidArgument, "a token's key is bound to 1 to 1,024 bytes of context");
  }
  return {};
}

Result<> check_private(const TokenKeyUse& use, const JoseAlgorithm& algorithm, std::uint8_t how) {
  FH_CHECK_OK(check_place(use.place));
  return check_algorithm(use.key.open, algorithm, how);
}

// Encrypting and wrapping by RSA and verifying take no token.
Result<> check_symmetric(const TokenKeyUse& use) {
  if (use.key.open.type == KeyType::kOct) return {};
  return fail(ErrorCode::kInvalidArgument, "the public half needs no token");
}

// The pools are destroyed first: what still runs uses the token.
class PooledTokenKeys final : public TokenKeys {
 public:
  PooledTokenKeys(std::unique_ptr<KeyToken> token, const TokenKeysConfig& config)
      : token_(std::move(token)),
        uses_(
            {.name = "hsm keys", .threads = config.threads, .queue_limit = kQueueLimit, .per_key_limit = kQueuePerTurn},
            config.deadline),
        making_({.name = "hsm making",
                 .threads = config.makers,
                 .queue_limit = kQueuePerTurn,
                 .per_key_limit = kMakingPerTurn},
                config.making_deadline) {}
  ~PooledTokenKeys() override { stop(); }

  runtime::Task<Result<TokenKey>> make(TokenKeySpec spec, TokenKeyPlace place) override {
    FH_CO_CHECK_OK(check_place(place));
    const auto turn = place.turn;
    co_return co_await made(
        turn, [spec, place = std::move(place)](KeySession& session) { return session.make(spec, place); });
  }

  runtime::Task<Result<TokenKey>> take_in(JoseKey key, TokenKeyPlace place) override {
    FH_CO_CHECK_OK(check_place(place));
    const auto turn = place.turn;
    co_return co_await made(turn, [key = std::move(key), place = std::move(place)](KeySession& session) {
      return session.take_in(key, place);
    });
  }

  runtime::Task<Result<TokenKey>> take_in_wrapped(TokenKeyUse exchange, Bytes transferred, KeyType type,
                                                  TokenKeyPlace place) override {
    FH_CO_CHECK_OK(check_place(exchange.place));
    FH_CO_CHECK_OK(check_place(place));
    const auto turn = place.turn;
    co_return co_await made(
        turn, [exchange = std::move(exchange), transferred = std::move(transferred), type, place = std::move(place)](
                  KeySession& session) { return session.take_in_wrapped(exchange, transferred, type, place); });
  }

  runtime::Task<Result<TokenKey>> move(TokenKey key, TokenKeyPlace from, TokenKeyPlace to) override {
    FH_CO_CHECK_OK(check_place(from));
    FH_CO_CHECK_OK(check_place(to));
    const auto turn = to.turn;
    co_return co_await used<TokenKey>(turn, [key = std::move(key), from = std::move(from), to = std::move(to)](
                                                KeySession& session) { return session.move(key, from, to); });
  }

  runtime::Task<Result<Bytes>> release(TokenKeyUse use, TokenKeyRecipient to) override {
    FH_CO_CHECK_OK(check_place(use.place));
    FH_CO_TRY(const auto half, JoseKey::from_public(to.key));
    if (half.numbers().type != KeyType::kRsa) {
      co_return fail(ErrorCode::kInvalidArgument, "a key is released to an RSA key");
    }
    to.key = half.numbers();
    const auto turn = use.place.turn;
    co_return co_await used<Bytes>(
        turn, [use = std::move(use), to = std::move(to)](KeySession& session) { return session.release(use, to); });
  }

  runtime::Task<Result<Bytes>> sign(TokenKeyUse use, JoseAlgorithm algorithm, Bytes digest) override {
    FH_CO_CHECK_OK(check_private(use, algorithm, kSigns));
    FH_CO_CHECK_OK(check_digest(algorithm, digest));
    FH_CO_CHECK_OK(check_length(digest));
    FH_CO_CHECK_OK(check_mac(use, algorithm));
    const auto turn = use.place.turn;
    co_return co_await used<Bytes>(
        turn, [this, use = std::move(use), algorithm, digest = std::move(digest)](KeySession& session) {
          return session.sign(use, algorithm, digest, keep(use));
        });
  }

  runtime::Task<Result<bool>> verify(TokenKeyUse use, JoseAlgorithm algorithm, Bytes digest, Bytes signature) override {
    FH_CO_CHECK_OK(check_symmetric(use));
    FH_CO_TRY(const Bytes right, co_await sign(std::move(use), algorithm, std::move(digest)));
    co_return right.size() == signature.size() && constant_time_equal(right, signature);
  }

  runtime::Task<Result<Secret>> decrypt(TokenKeyUse use, JoseAlgorithm algorithm, JoseEncrypted encrypted,
                                        Bytes associated) override {
    FH_CO_CHECK_OK(check_private(use, algorithm, kEncrypts));
    FH_CO_CHECK_OK(check_length(encrypted.text));
    FH_CO_CHECK_OK(check_length(associated));
    if (algorithm.type == KeyType::kOct) {
      FH_CO_CHECK_OK(check_aes_encrypted(algorithm, encrypted, associated));
    }
    const auto turn = use.place.turn;
    co_return co_await used<Secret>(turn, [this, use = std::move(use), algorithm, encrypted = std::move(encrypted),
                                           associated = std::move(associated)](KeySession& session) {
      return session.decrypt(use, algorithm, encrypted, associated, keep(use));
    });
  }

  runtime::Task<Result<Secret>> unwrap(TokenKeyUse use, JoseAlgorithm algorithm, Bytes wrapped) override {
    FH_CO_CHECK_OK(check_private(use, algorithm, kWraps));
    FH_CO_CHECK_OK(check_length(wrapped));
    if (algorithm.type == KeyType::kOct) {
      FH_CO_CHECK_OK(check_aes_wrapped(algorithm, wrapped));
    }
    const auto turn = use.place.turn;
    co_return co_await used<Secret>(
        turn, [this, use = std::move(use), algorithm, wrapped = std::move(wrapped)](KeySession& session) {
          return session.unwrap(use, algorithm, wrapped, keep(use));
        });
  }

  runtime::Task<Result<JoseEncrypted>> encrypt(TokenKeyUse use, JoseAlgorithm algorithm, Secret plain, Bytes iv,
                                               Bytes associated) override {
    FH_CO_CHECK_OK(check_symmetric(use));
    FH_CO_CHECK_OK(check_place(use.place));
    FH_CO_CHECK_OK(check_encryption(use.key.open, algorithm, plain.view(), iv, associated));
    FH_CO_CHECK_OK(check_aes_plain(algorithm, plain.view()));
    const auto turn = use.place.turn;
    co_return co_await used<JoseEncrypted>(
        turn, [this, use = std::move(use), algorithm, plain = std::move(plain), iv = std::move(iv),
               associated = std::move(associated)](KeySession& session) {
          return session.encrypt(use, algorithm, plain, iv, associated, keep(use));
        });
  }

  runtime::Task<Result<Bytes>> wrap(TokenKeyUse use, JoseAlgorithm algorithm, Secret key) override {
    FH_CO_CHECK_OK(check_symmetric(use));
    FH_CO_CHECK_OK(check_private(use, algorithm, kWraps));
    FH_CO_CHECK_OK(check_length(key.view()));
    FH_CO_CHECK_OK(check_aes_wrapping(algorithm, key));
    const auto turn = use.place.turn;
    co_return co_await used<Bytes>(turn,
                                   [this, use = std::move(use), algorithm, key = std::move(key)](KeySession& session) {
                                     return session.wrap(use, algorithm, key, keep(use));
                                   });
  }

  void forget(Bytes owner) override {
    token_->forget(std::move(owner));
    // If it can't be queued, the next use of each session does it.
    static_cast<void>(uses_.submit(0, [token = token_.get()] { token->sweep_idle(); }));
  }
  std::uint64_t forgets() const override { return token_->forgets(); }
  void stop() override {
    uses_.stop();
    making_.stop();
  }

 private:
  using Keep = KeySession::Keep;
  [[nodiscard]] Keep keep(const TokenKeyUse& use) const {
    return use.forgets == token_->forgets() ? Keep::kYes : Keep::kNo;
  }
  // What SoftHSM2 demands, and RFC 7518 section 3.2 too.
  [[nodiscard]] static Result<> check_mac(const TokenKeyUse& use, const JoseAlgorithm& algorithm) {
    if (algorithm.scheme != Scheme::kHmac || use.key.open.bits >= 8 * size_of(algorithm.hash)) return {};
    return fail(ErrorCode::kInvalidArgument,
                "The key is shorter than the hash of " + std::string(algorithm.name) + ".");
  }
  template <class T, class Work>
  runtime::Task<Result<T>> used(runtime::FairKey turn, Work work) {
    KeyToken* const token = token_.get();
    return uses_.run<T>(turn, [token, work = std::move(work)]() mutable { return token->template with<T>(work); });
  }
  template <class Work>
  runtime::Task<Result<TokenKey>> made(runtime::FairKey turn, Work work) {
    KeyToken* const token = token_.get();
    return making_.run<TokenKey>(turn,
                                 [token, work = std::move(work)]() mutable { return token->with<TokenKey>(work); });
  }

  std::unique_ptr<KeyToken> token_;
  DeadlinePool uses_;
  DeadlinePool making_;
};

}  // namespace

std::unique_ptr<TokenKeys> pooled_token_keys(std::unique_ptr<KeyToken> token, const TokenKeysConfig& config) {
  return std::make_unique<PooledTokenKeys>(std::move(token), config);
}

}  // namespace freehold::crypto
