// AccountKey: what wraps an account's blob keys; and AccountKeyHold, by which it is in this process's memory where its
// owner keeps it under a key of a vault. Keeps: E2b, E4.
//
// DESIGN section 5: such a key is usable only under a lease of at most half a second, renewed by asking the vault, and
// looked at with each page.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/secret.h"
#include "keys/customer_keys.h"

namespace freehold::blob {

using runtime::Task;

// Thread-safe. Whoever works with the key asks hold() before each page that it opens or seals.
class AccountKeyHold {
 public:
  static constexpr std::chrono::milliseconds kLease{500};
  static constexpr std::chrono::milliseconds kRenewBefore{250};  // the vault is asked when less than that is left
  static constexpr std::chrono::seconds kUsed{30};               // so long after a use the lease is renewed unasked

  // Borrows both, which outlive it.
  AccountKeyHold(keys::CustomerKeys& keys, const Clock& clock, keys::CustomerKey by, keys::WrappedByCustomer wrapped,
                 Bytes context)
      : keys_(keys),
        clock_(clock),
        by_(std::move(by)),
        wrapped_(std::move(wrapped)),
        context_(std::move(context)),
        used_(now() - std::chrono::microseconds(2 * kUsed).count()) {}

  [[nodiscard]] const keys::CustomerKey& by() const { return by_; }
  [[nodiscard]] const keys::WrappedByCustomer& wrapped() const { return wrapped_; }

  // Is it sure enough that the key may be used? Otherwise hold().
  [[nodiscard]] bool is_fresh() const { return left() > kRenewBefore; }
  // Asks the vault where is_fresh() doesn't hold. kDenied: the key may not be used, and is out of memory; kUnavailable:
  // that can't be known, and the lease is over.
  [[nodiscard]] Task<Result<>> hold();
  // hold(), and the key.
  [[nodiscard]] Task<Result<std::shared_ptr<const Secret>>> key();
  // Was it used lately? Whoever looks after it then calls hold(), so that uses now and then don't have it opened anew.
  [[nodiscard]] bool is_used() const;
  // Takes the key out of memory if its lease is over.
  void tidy();
  // Asks which version wraps now; nothing is opened for that. kDenied, kUnavailable.
  [[nodiscard]] Task<Result<>> look();
  // The version that wraps now, as last heard; empty: not heard yet.
  [[nodiscard]] std::string newest() const;

 private:
  [[nodiscard]] std::int64_t now() const { return clock_.monotonic().time_since_epoch().count(); }
  [[nodiscard]] std::chrono::microseconds left() const {
    return std::chrono::microseconds(until_.load(std::memory_order_acquire) - now());
  }
  [[nodiscard]] Task<Result<>> ask();
  [[nodiscard]] Task<Result<>> renew();
  void forget();

  keys::CustomerKeys& keys_;
  const Clock& clock_;
  const keys::CustomerKey by_;
  const keys::WrappedByCustomer wrapped_;
  const Bytes context_;
  std::atomic<std::int64_t> until_ = 0;  // microseconds of the monotonic clock
  std::atomic<std::int64_t> used_;       // when, as until_; never yet: long ago
  std::atomic<bool> asking_ = false;     // somebody asks before the lease is over: the others go on meanwhile
  mutable std::mutex mutex_;             // guards what follows, and the order of changes of until_
  std::shared_ptr<const Secret> key_;    // null: not in memory
  std::string newest_;
};

// For one use; shared with the requests that began under it.
struct AccountKey {
  std::shared_ptr<const Secret> secret;
  std::shared_ptr<AccountKeyHold> hold = nullptr;  // null: the key is managed by the service
  [[nodiscard]] const Secret& operator*() const { return *secret; }
};

}  // namespace freehold::blob
