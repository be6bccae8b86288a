// Throttle: how often a vault may be asked for what, so that one that is asked without end leaves room for others.
//
// Source: "Azure Key Vault throttling guidance", "Key Vault service limits": transactions in ten seconds, by vault.
#pragma once

#include <array>
#include <map>
#include <mutex>

#include "base/clock.h"
#include "src/vault.h"
#include "src/vault_errors.h"
#include "vault/vault_limits.h"

namespace freehold::vault {

enum class Transaction : std::uint8_t { kAny, kHsmUse, kKeyCreation, kHsmKeyCreation };

[[nodiscard]] inline Transaction creation(bool hsm) {
  return hsm ? Transaction::kHsmKeyCreation : Transaction::kKeyCreation;
}

// Owned by VaultService. Thread-safe. By the generic cell rate algorithm (ITU-T I.371): what a vault has in ten seconds
// it may use in one, and gets back evenly. Bounded by the vaults that were asked within ten seconds.
class Throttle {
 public:
  static constexpr std::chrono::seconds kWindow{10};

  Throttle(const Clock& clock, VaultLimits limits);
  // Counts one. 429 Throttled with the seconds after which there is one again, and counts nothing then.
  [[nodiscard]] gate::ApiResult<> take(VaultId vault, Transaction what);
  [[nodiscard]] std::size_t remembered() const;

 private:
  static constexpr std::size_t kKinds = 4;
  static constexpr std::size_t kLeastSwept = 1'024;
  using Microseconds = std::chrono::microseconds;
  // When each kind is whole again.
  using Times = std::array<MonotonicTime, kKinds>;

  void sweep(MonotonicTime now);

  const Clock& clock_;
  std::array<Microseconds, kKinds> each_;  // what one costs; 0: nothing
  mutable std::mutex mutex_;
  std::map<VaultId, Times> used_;
  std::size_t sweep_at_ = kLeastSwept;
};

}  // namespace freehold::vault
