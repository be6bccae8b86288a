// The tenants' batch keys as the hot path sees them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "audit/audit.h"

namespace freehold::gate::audit {

// Remembers batch keys, so that a record that found room can always be sealed, and a request pays for the look-up only
// when its thread turns to another tenant. Thread-safe.
class TenantKeys {
 public:
  explicit TenantKeys(TenantAuditKeys& source);
  // The tenant's key is at hand; kUnavailable if it can't be had.
  [[nodiscard]] Result<> ensure(TenantId tenant);
  // Shared, because the key may be forgotten while a record is being sealed with it.
  [[nodiscard]] Result<std::shared_ptr<const Secret>> batch_key(TenantId tenant);
  // The source no longer gives this tenant's key: the next ensure() asks again.
  void forget(TenantId tenant);

 private:
  TenantAuditKeys& source_;
  const std::uint64_t instance_;
  std::atomic<std::uint64_t> generation_{0};  // raised whenever a key is forgotten
  std::mutex mutex_;
  std::unordered_map<TenantId, std::shared_ptr<const Secret>> keys_;
};

}  // namespace freehold::gate::audit
