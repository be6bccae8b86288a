// ServiceKeys: keys of accounts and encryption scopes that the service manages, wrapped so that what wrapped them can
// be destroyed. Keeps: E2a, E4.
//
// By the KeyWrapper first, and then under a secret of the erasure tree: once that is erased, no copy of the disks, old
// or new, has the key any more, whoever has the region's other keys. So a key that goes to its customer, or with its
// account, leaves nothing behind. Format: docs/formats/blob-rows.md.
#pragma once

#include <atomic>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/key_wrapper.h"
#include "keys/erasure_tree.h"
#include "runtime/task.h"

namespace freehold::blob {

using runtime::Task;

struct ServiceWrapped {
  Bytes wrapped = {};
  keys::ErasureId erasure = {};  // what it depends on; zero: on the KeyWrapper alone, as rows of before have it
};

// A key that is refused, or whose wrapping is damaged in every copy, costs what it is of and not the region: the log
// says so. Not an error that may pass.
[[nodiscard]] bool is_withheld(const Error& error, std::string_view whose);

// Owned by AccountStore; borrows all of it. Thread-safe.
class ServiceKeys {
 public:
  static constexpr std::chrono::seconds kPause{30};  // after an erasure that failed

  // `erasure` null: what is wrapped depends on nothing that could be destroyed.
  ServiceKeys(crypto::KeyWrapper& wrapper, keys::ErasureTree* erasure, Random& random, const Clock& clock)
      : wrapper_(wrapper), erasure_(erasure), random_(random), clock_(clock) {}

  // `context` is bound to what is wrapped. kUnavailable, kTimeout, kExhausted.
  [[nodiscard]] Task<Result<ServiceWrapped>> wrap(TenantId tenant, Secret key, Bytes context);
  // kDenied: it is withheld, or what it depends on was destroyed.
  [[nodiscard]] Task<Result<Secret>> unwrap(TenantId tenant, ServiceWrapped wrapped, Bytes context);
  // For what no row came to name: forgets what it depends on, without destroying it.
  [[nodiscard]] Task<> drop(ServiceWrapped unused);
  // Destroys them in every copy of the disks; may be called again. Those that are gone already are no error.
  [[nodiscard]] Task<Result<>> erase(std::vector<keys::ErasureId> ids);
  // Not so soon after it failed.
  [[nodiscard]] bool may_erase() const;

 private:
  crypto::KeyWrapper& wrapper_;
  keys::ErasureTree* const erasure_;
  Random& random_;
  const Clock& clock_;
  std::atomic<std::int64_t> erase_at_ = 0;  // microseconds of the monotonic clock
};

}  // namespace freehold::blob
