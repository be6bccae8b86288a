// ServicePropertiesStore: what accounts' owners have set for their Blob service; in memory, because every answer asks.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

#include "src/container_store.h"
#include "src/keyed_lock.h"
#include "src/service_properties_row.h"

namespace freehold::blob {

// Owned by BlobService; thread-safe once the accounts are loaded. A change is seen by every request that begins after
// it has been answered.
class ServicePropertiesStore {
 public:
  ServicePropertiesStore(store::PartitionStore& rows, store::Epoch epoch, store::HybridClock& hybrid, RowSealer sealer)
      : rows_(rows), epoch_(epoch), hybrid_(hybrid), sealer_(sealer) {}

  // Reads an account's row; for each account, before requests.
  [[nodiscard]] Task<Result<>> load(AccountRef account);
  // From memory. Never null: who set nothing has the defaults.
  [[nodiscard]] std::shared_ptr<const ServiceProperties> find(AccountId account) const;
  // Has any account rules for CORS? Spares the answers of all others the look-up.
  [[nodiscard]] bool any_cors() const { return any_cors_.load(std::memory_order_relaxed); }

  // Changes what is stored, one change of an account after the other. `change` may be called again. `audit` may be
  // empty: control acts are recorded before they begin.
  using Change = std::function<void(ServiceProperties&)>;
  using AuditRow = std::function<store::KeyValue(const store::PartitionId&)>;
  [[nodiscard]] Task<Result<Committed>> change(AccountRef account, Change change, AuditRow audit);

 private:
  struct Stored {
    ServiceProperties properties;
    std::optional<Bytes> raw;
  };
  [[nodiscard]] Task<Result<Stored>> read(AccountRef account);
  void remember(AccountId account, ServiceProperties properties);

  store::PartitionStore& rows_;
  store::Epoch epoch_;
  store::HybridClock& hybrid_;
  RowSealer sealer_;
  KeyedLock turns_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<AccountId, std::shared_ptr<const ServiceProperties>> known_;
  std::atomic<bool> any_cors_{false};
};

}  // namespace freehold::blob
