#include "src/account_key.h"

namespace freehold::blob {
namespace {

constexpr int kTries = 3;  // answers that came too late to be worth anything

}  // namespace

void AccountKeyHold::forget() {
  const std::lock_guard lock(mutex_);
  until_.store(0, std::memory_order_release);
  key_.reset();
}

void AccountKeyHold::tidy() {
  if (left() <= std::chrono::microseconds(0)) forget();
}

bool AccountKeyHold::is_used() const {
  return std::chrono::microseconds(now() - used_.load(std::memory_order_relaxed)) < kUsed;
}

Task<Result<>> AccountKeyHold::look() {
  auto newest = co_await keys_.look(by_, wrapped_.version);
  if (!newest) co_return pass_on(newest);
  const std::lock_guard lock(mutex_);
  newest_ = std::move(*newest);
  co_return Result<>();
}

std::string AccountKeyHold::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

// The lease counts from before the question: what was taken away since then isn't in the answer.
Task<Result<>> AccountKeyHold::renew() {
  const auto until = (clock_.monotonic().time_since_epoch() + kLease).count();
  auto newest = co_await keys_.look(by_, wrapped_.version);
  if (!newest) co_return pass_on(newest);
  {
    const std::lock_guard lock(mutex_);
    newest_ = std::move(*newest);
    if (key_ != nullptr) {
      if (until_.load(std::memory_order_relaxed) < until) until_.store(until, std::memory_order_release);
      co_return Result<>();
    }
  }
  FH_CO_TRY(auto opened, co_await keys_.unwrap(by_, wrapped_, context_));
  const std::lock_guard lock(mutex_);
  key_ = std::make_shared<const Secret>(std::move(opened));
  until_.store(until, std::memory_order_release);
  co_return Result<>();
}

Task<Result<>> AccountKeyHold::hold() {
  if (is_fresh()) co_return Result<>();
  const bool held = left() > std::chrono::microseconds(0);
  if (held && asking_.exchange(true)) co_return Result<>();
  auto done = co_await ask();
  if (held) asking_ = false;
  co_return done;
}

Task<Result<>> AccountKeyHold::ask() {
  for (int i = 0; i < kTries && !is_fresh(); ++i) {
    auto renewed = co_await renew();
    if (renewed) continue;
    // A purged key's successor of the same name opens nothing: that is no damage to what rests.
    if (renewed.error().code == ErrorCode::kCorrupt) renewed.error().code = ErrorCode::kDenied;
    if (renewed.error().code == ErrorCode::kDenied) forget();
    if (left() <= std::chrono::microseconds(0)) co_return renewed;
    break;
  }
  if (left() > std::chrono::microseconds(0)) co_return Result<>();
  co_return fail(ErrorCode::kUnavailable, "the key vault answers too late");
}

Task<Result<std::shared_ptr<const Secret>>> AccountKeyHold::key() {
  used_.store(now(), std::memory_order_relaxed);
  for (int i = 0; i < kTries; ++i) {
    FH_CO_CHECK_OK(co_await hold());
    const std::lock_guard lock(mutex_);
    if (key_ != nullptr) co_return key_;
  }
  co_return fail(ErrorCode::kUnavailable, "the key vault answers too late");
}

}  // namespace freehold::blob
