// KeyToken: a token that keys are wrapped by, and the sessions in which they are used. Private to this module.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "src/key_session.h"

namespace freehold::crypto {

// Blocking; from any thread, each call in a session of its own. A lost session is opened anew once; then kUnavailable.
class KeyToken {
 public:
  // kNotFound: no such token. kCorrupt: no two keys that can't leave it. kDenied: wrong PIN.
  [[nodiscard]] static Result<std::unique_ptr<KeyToken>> open(std::shared_ptr<Pkcs11Module> module, std::string label,
                                                              Secret pin);
  // Makes a token of a free slot, and its two keys; or only the keys, if it is there without them.
  [[nodiscard]] static Result<std::unique_ptr<KeyToken>> create(std::shared_ptr<Pkcs11Module> module, std::string label,
                                                                Secret pin, const Secret& given);

  // Runs `work`, a Result<T> of a KeySession&.
  template <class T, class Work>
  [[nodiscard]] Result<T> with(Work& work) {
    Error last;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      auto session = take();
      if (!session) {
        last = std::move(session.error());
        continue;
      }
      Result<T> result = work(**session);
      if (result || is_callers(result.error().code)) {
        give_back(std::move(*session));
        return result;
      }
      last = std::move(result.error());  // and the session is closed: it may be gone, or in the middle of something
    }
    return fail(last.code == ErrorCode::kExhausted ? ErrorCode::kExhausted : ErrorCode::kUnavailable,
                "the HSM token is gone or fails", last.message + " " + last.detail);
  }

  void forget(Bytes owner);
  [[nodiscard]] std::uint64_t forgets() const { return forgets_.load(); }
  // Drops from the sessions that nobody uses what was to be forgotten.
  void sweep_idle();

 private:
  static constexpr int kAttempts = 2;
  // Refused logins in a row, after which the token isn't asked any more until the next start: devices lock themselves
  // for good after some.
  static constexpr int kRefusals = 3;
  static constexpr std::size_t kRemembered = 256;  // forgettings; a session that missed more drops all it has

  KeyToken(std::shared_ptr<Pkcs11Module> module, std::string label, Secret pin)
      : module_(std::move(module)), slot_(*module_, std::move(label), std::move(pin)) {}
  [[nodiscard]] static bool is_callers(ErrorCode code) {
    return code == ErrorCode::kInvalidArgument || code == ErrorCode::kCorrupt || code == ErrorCode::kUnsupported;
  }
  [[nodiscard]] Result<> make_keys(const Secret& given);
  [[nodiscard]] Result<std::unique_ptr<KeySession>> take();
  void give_back(std::unique_ptr<KeySession> session);
  void sweep(KeySession& session);

  std::shared_ptr<Pkcs11Module> module_;  // shared with the region's token and others, which end in any order
  TokenSlot slot_;
  std::atomic<std::uint64_t> forgets_ = 0;
  std::atomic<int> refusals_ = 0;
  std::mutex mutex_;             // guards what follows
  std::deque<Bytes> forgotten_;  // owners, the last one's number being forgets_
  std::vector<std::unique_ptr<KeySession>> idle_;
};

[[nodiscard]] std::unique_ptr<TokenKeys> pooled_token_keys(std::unique_ptr<KeyToken> token,
                                                           const TokenKeysConfig& config);

}  // namespace freehold::crypto
