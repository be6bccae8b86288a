// AccountKey: what wraps an account's blob keys; and AccountKeyHold, by which it is in this process's memory where its
// owner keeps it under a key of a vault. Keeps: E2b, E4.
//
// DESIGN section 5: such a key is usable only under a lease of at most half a second, renewed by asking the vault, and
// looked at with each page.
#pragma once

#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/secret.h"
#include "keys/customer_keys.h"
#include "runtime/turn.h"

namespace freehold::blob {

using runtime::Task;

// Thread-safe. Whoever works with the key asks hold() before each page that it opens or seals. Accounts whose key the
// service manages have one too, which costs one load of an atomic: once the account's key is put under another one,
// whoever began under the old hold is answered by the new one.
class AccountKeyHold {
 public:
  static constexpr std::chrono::milliseconds kLease{500};
  static constexpr std::chrono::milliseconds kRenewBefore{250};  // the vault is asked when less than that is left
  static constexpr std::chrono::seconds kUsed{30};               // so long after a use the lease is renewed unasked
  static constexpr std::chrono::seconds kFirstPause{1};          // after a rotation that couldn't be followed; doubled
  static constexpr unsigned kMostDoublings = 8;                  // to about four minutes

  // Of a customer's key. Borrows both, which outlive it.
  AccountKeyHold(keys::CustomerKeys& keys, const Clock& clock, keys::CustomerKey by, keys::WrappedByCustomer wrapped,
                 Bytes context)
      : keys_(&keys),
        clock_(&clock),
        by_(std::move(by)),
        wrapped_(std::move(wrapped)),
        context_(std::move(context)),
        used_(now() - std::chrono::microseconds(2 * kUsed).count()),
        follow_at_(now()) {}
  // Of a key that the service manages: fresh until it is superseded.
  explicit AccountKeyHold(std::shared_ptr<const Secret> key) : until_(kForEver), key_(std::move(key)) {}
  // Of a key that can't be had: this is what everybody is told.
  explicit AccountKeyHold(Error refusal) : refusal_(std::move(refusal)) {}

  [[nodiscard]] bool is_customers() const { return keys_ != nullptr; }
  [[nodiscard]] const keys::CustomerKey& by() const { return by_; }
  [[nodiscard]] const keys::WrappedByCustomer& wrapped() const { return wrapped_; }

  // Is it sure enough that the key may be used? Otherwise hold().
  [[nodiscard]] bool is_fresh() const {
    const auto until = until_.load(std::memory_order_acquire);
    return until == kForEver || std::chrono::microseconds(until - now()) > kRenewBefore;
  }
  // Asks the vault where is_fresh() doesn't hold. kDenied: the key may not be used, and is out of memory; kUnavailable:
  // that can't be known, and the lease is over.
  [[nodiscard]] Task<Result<>> hold();
  // hold(), and the key. What the service does by itself is no use by which the key stays in memory.
  enum class Use { kRequest, kOwn };
  [[nodiscard]] Task<Result<std::shared_ptr<const Secret>>> key(Use use = Use::kRequest);
  // From now on that one is asked instead, and the key goes out of memory here.
  void supersede(std::shared_ptr<AccountKeyHold> by);
  // Was it used lately? Whoever looks after it then calls hold(), so that uses now and then don't have it opened anew.
  [[nodiscard]] bool is_used() const;
  // Takes the key out of memory if its lease is over; where it is used lately, a quarter of a second later: whoever
  // looks after it is about to renew it.
  void tidy();
  // Asks which version wraps now; nothing is opened for that. kDenied, kUnavailable.
  [[nodiscard]] Task<Result<>> look();
  // The version that wraps now, as last heard; empty: not heard yet.
  [[nodiscard]] std::string newest() const;
  // Does another version wrap now than the one that has wrapped this?
  [[nodiscard]] bool is_rotated() const {
    const auto last = newest();
    return !last.empty() && last != wrapped_.version;
  }
  // Is there anything to do for it unasked?
  [[nodiscard]] bool wants_care(bool follow_rotations) const {
    return is_customers() && (follow_rotations || is_used() || is_rotated());
  }
  // A rotation that couldn't be followed is tried again less and less often.
  [[nodiscard]] bool may_follow() const { return now() >= follow_at_.load(std::memory_order_relaxed); }
  void put_off_following();

 private:
  static constexpr std::int64_t kForEver = std::numeric_limits<std::int64_t>::max();
  [[nodiscard]] std::int64_t now() const {
    return clock_ == nullptr ? 0 : clock_->monotonic().time_since_epoch().count();
  }
  [[nodiscard]] std::chrono::microseconds left() const {
    return std::chrono::microseconds(until_.load(std::memory_order_acquire) - now());
  }
  // Written once a second at most: every loop reads what lies beside it with each page.
  void note_use() {
    const auto at = now();
    if (std::chrono::microseconds(at - used_.load(std::memory_order_relaxed)) < std::chrono::seconds(1)) return;
    used_.store(at, std::memory_order_relaxed);
  }
  // The one that is asked instead; null: this is it.
  [[nodiscard]] std::shared_ptr<AccountKeyHold> latest() const;
  [[nodiscard]] Task<Result<>> ask();
  [[nodiscard]] Task<Result<>> ask_in_turn();
  [[nodiscard]] Task<Result<>> renew();
  void forget();

  keys::CustomerKeys* const keys_ = nullptr;
  const Clock* const clock_ = nullptr;
  const keys::CustomerKey by_ = {};
  const keys::WrappedByCustomer wrapped_ = {};
  const Bytes context_ = {};
  const std::optional<Error> refusal_ = {};
  std::atomic<std::int64_t> until_ = 0;      // microseconds of the monotonic clock, or kForEver
  std::atomic<std::int64_t> used_ = 0;       // when, as until_; never yet: long ago
  std::atomic<bool> asking_ = false;         // somebody asks before the lease is over: the others go on meanwhile
  std::atomic<std::int64_t> follow_at_ = 0;  // as until_
  std::atomic<unsigned> follow_failures_ = 0;
  // Where the lease is over one asks, and those who came before it began to are told what it was told.
  runtime::Turn turn_;
  std::atomic<std::uint64_t> questions_ = 0;  // begun so far
  std::uint64_t refused_question_ = 0;        // whoever has the turn: the last that was refused,
  std::optional<Error> refused_ = {};         // and how
  mutable std::mutex mutex_;                  // guards what follows, and the order of changes of until_
  std::shared_ptr<const Secret> key_;         // null: not in memory
  std::string newest_;
  std::shared_ptr<AccountKeyHold> successor_;
};

// For one use; shared with the requests that began under it.
struct AccountKey {
  std::shared_ptr<const Secret> secret;
  std::shared_ptr<AccountKeyHold> hold = nullptr;
  std::string scope = {};                         // the encryption scope whose key it is; empty: the account's own
  std::shared_ptr<const Secret> outer = nullptr;  // of a second layer over what is under it; null: there is none
  [[nodiscard]] const Secret& operator*() const { return *secret; }
};

}  // namespace freehold::blob
