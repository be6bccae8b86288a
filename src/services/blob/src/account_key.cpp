#include "src/account_key.h"

#include <algorithm>

#include "base/check.h"

namespace freehold::blob {
namespace {

constexpr int kTries = 3;  // answers that came too late to be worth anything

std::unexpected<Error> too_late() { return fail(ErrorCode::kUnavailable, "the key vault answers too late"); }

// Whatever happens to the question.
class Asking {
 public:
  explicit Asking(std::atomic<bool>& asking) : asking_(asking) {}
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  ~Asking() { asking_ = false; }

 private:
  std::atomic<bool>& asking_;
};

}  // namespace

void AccountKeyHold::forget() {
  const std::lock_guard lock(mutex_);
  until_.store(0, std::memory_order_release);
  key_.reset();
}

void AccountKeyHold::supersede(std::shared_ptr<AccountKeyHold> by) {
  FH_CHECK(by != nullptr && by.get() != this);
  const std::lock_guard lock(mutex_);
  successor_ = std::move(by);
  until_.store(0, std::memory_order_release);
  key_.reset();
}

std::shared_ptr<AccountKeyHold> AccountKeyHold::latest() const {
  std::shared_ptr<AccountKeyHold> found;
  for (const auto* at = this; at != nullptr; at = found.get()) {
    std::shared_ptr<AccountKeyHold> next;
    {
      const std::lock_guard lock(at->mutex_);
      next = at->successor_;
    }
    if (next == nullptr) break;
    found = std::move(next);
  }
  return found;
}

void AccountKeyHold::tidy() {
  if (!is_customers()) return;
  if (left() <= (is_used() ? -std::chrono::microseconds(kRenewBefore) : std::chrono::microseconds(0))) forget();
}

bool AccountKeyHold::is_used() const {
  return is_customers() && std::chrono::microseconds(now() - used_.load(std::memory_order_relaxed)) < kUsed;
}

void AccountKeyHold::put_off_following() {
  const auto doublings = std::min(follow_failures_.fetch_add(1, std::memory_order_relaxed), kMostDoublings);
  follow_at_.store(now() + (std::chrono::microseconds(kFirstPause).count() << doublings), std::memory_order_relaxed);
}

Task<Result<>> AccountKeyHold::look() {
  if (const auto next = latest()) co_return co_await next->look();
  if (refusal_) co_return std::unexpected(*refusal_);
  if (!is_customers()) co_return Result<>();
  auto newest = co_await keys_->look(by_, wrapped_.version);
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
  const auto until = (clock_->monotonic().time_since_epoch() + kLease).count();
  auto newest = co_await keys_->look(by_, wrapped_.version);
  if (!newest) co_return pass_on(newest);
  const auto extend = [this, until] {
    if (until_.load(std::memory_order_relaxed) < until) until_.store(until, std::memory_order_release);
  };
  {
    const std::lock_guard lock(mutex_);
    if (successor_ != nullptr) co_return Result<>();
    newest_ = std::move(*newest);
    if (key_ != nullptr) {
      extend();
      co_return Result<>();
    }
  }
  FH_CO_TRY(auto opened, co_await keys_->unwrap(by_, wrapped_, context_));
  const std::lock_guard lock(mutex_);
  if (successor_ != nullptr) co_return Result<>();
  key_ = std::make_shared<const Secret>(std::move(opened));
  extend();
  co_return Result<>();
}

Task<Result<>> AccountKeyHold::hold() {
  if (is_fresh()) co_return Result<>();
  if (const auto next = latest()) co_return co_await next->hold();
  if (refusal_) co_return std::unexpected(*refusal_);
  if (left() <= std::chrono::microseconds(0)) co_return co_await ask_in_turn();
  if (asking_.exchange(true)) co_return Result<>();
  const Asking asking(asking_);
  co_return co_await ask();
}

// However many come while the key isn't in memory, it is opened once; and a refusal counts for whoever came before the
// question was asked.
Task<Result<>> AccountKeyHold::ask_in_turn() {
  const auto before = questions_.load();
  const auto turn = co_await turn_.take();
  if (!turn) co_return fail(ErrorCode::kUnavailable, "too many wait for the key vault");
  if (is_fresh()) co_return Result<>();
  if (refused_question_ > before) co_return std::unexpected(*refused_);
  const auto question = ++questions_;
  auto done = co_await ask();
  if (!done) {
    refused_question_ = question;
    refused_ = done.error();
  }
  co_return done;
}

Task<Result<>> AccountKeyHold::ask() {
  for (int i = 0; i < kTries && !is_fresh(); ++i) {
    if (const auto next = latest()) co_return co_await next->hold();
    auto renewed = co_await renew();
    if (renewed) continue;
    // A purged key's successor of the same name opens nothing: that is no damage to what rests.
    if (renewed.error().code == ErrorCode::kCorrupt) renewed.error().code = ErrorCode::kDenied;
    if (renewed.error().code == ErrorCode::kDenied) forget();
    if (left() <= std::chrono::microseconds(0)) co_return renewed;
    break;
  }
  if (left() > std::chrono::microseconds(0)) co_return Result<>();
  if (const auto next = latest()) co_return co_await next->hold();
  co_return too_late();
}

Task<Result<std::shared_ptr<const Secret>>> AccountKeyHold::key(Use use) {
  if (use == Use::kRequest) note_use();
  if (is_fresh()) {  // as it mostly is: nobody to wait for
    const std::lock_guard lock(mutex_);
    if (key_ != nullptr) co_return key_;
  }
  for (int i = 0; i < kTries; ++i) {
    if (const auto next = latest()) co_return co_await next->key(use);
    FH_CO_CHECK_OK(co_await hold());
    const std::lock_guard lock(mutex_);
    if (key_ != nullptr) co_return key_;
  }
  co_return too_late();
}

}  // namespace freehold::blob
