// A token in memory, for tests of what hangs from one. It can be copied, as a token's files can.
#pragma once

#include <boost/asio/post.hpp>
#include <map>
#include <mutex>
#include <optional>

#include "crypto/aead.h"
#include "crypto/hsm.h"

namespace freehold::crypto::testing {

class MemoryHsm final : public Hsm {
 public:
  runtime::Task<Result<Bytes>> wrap_root(Secret key, Bytes context) override {
    co_return seal(Secret(Bytes(32, 'R')), context, key.view(), random_);
  }
  runtime::Task<Result<Secret>> unwrap_root(Bytes wrapped, Bytes context) override {
    co_return open_secret(Secret(Bytes(32, 'R')), context, wrapped);
  }
  runtime::Task<Result<Bytes>> wrap_under(ErasureKeyId id, Secret key, Bytes context) override {
    FH_CO_TRY(const Secret under, find(id));
    co_return seal(under, context, key.view(), random_);
  }
  runtime::Task<Result<Secret>> unwrap_under(ErasureKeyId id, Bytes wrapped, Bytes context) override {
    FH_CO_TRY(const Secret under, find(id));
    co_return open_secret(under, context, wrapped);
  }
  runtime::Task<Result<>> make_erasure_key(ErasureKeyId id) override {
    if (takes_time) co_await boost::asio::post(co_await boost::asio::this_coro::executor, runtime::use_task);
    const std::lock_guard lock(mutex_);
    if (failing) co_return fail(ErrorCode::kUnavailable, "the HSM token is gone");
    keys_[id] = random_.bytes(32);
    ++made;
    if (failing_once_made) co_return fail(ErrorCode::kUnavailable, "the HSM token's copies can't be written");
    co_return Result<>();
  }
  runtime::Task<Result<>> destroy_erasure_key(ErasureKeyId id) override {
    const std::lock_guard lock(mutex_);
    if (failing_to_destroy) co_return fail(ErrorCode::kUnavailable, "the HSM token is gone");
    keys_.erase(id);
    co_return Result<>();
  }
  runtime::Task<Result<std::vector<ErasureKeyId>>> erasure_keys() override {
    const std::lock_guard lock(mutex_);
    std::vector<ErasureKeyId> ids;
    for (const auto& [id, key] : keys_) ids.push_back(id);
    co_return ids;
  }
  Result<std::unique_ptr<TokenKeys>> open_keys(TokenKeysConfig, bool) override { return no_further_tokens(); }
  Result<> remove_keys(std::string) override { return no_further_tokens(); }
  Result<std::size_t> mend_copies() override { return 0; }
  void stop() override {}

  // What a copy of the token's files would hold, and putting it back.
  using Copy = std::map<ErasureKeyId, Bytes>;
  [[nodiscard]] Copy copy() const { return keys_; }
  void put_back(Copy copy) { keys_ = std::move(copy); }

  bool takes_time = false;          // others run meanwhile
  bool failing = false;             // no new keys
  bool failing_once_made = false;   // new keys are there, and nobody is told so
  bool failing_to_destroy = false;  // ... and the old ones stay
  unsigned made = 0;

 private:
  static std::unexpected<Error> no_further_tokens() {
    return fail(ErrorCode::kUnsupported, "Further tokens in memory");
  }
  Result<Secret> find(ErasureKeyId id) {
    const std::lock_guard lock(mutex_);
    const auto found = keys_.find(id);
    if (found == keys_.end()) return fail(ErrorCode::kNotFound, "the HSM token has no such erasure key");
    return Secret(BytesView(found->second));
  }
  SystemRandom random_;
  mutable std::mutex mutex_;
  Copy keys_;
};

}  // namespace freehold::crypto::testing
