// KeyRing: tenants' keys, wrapped by the region root key and kept in the store (DESIGN section 5).
//
// HSM token > region root key > tenant key > what is derived here (row seals, account-key wrapping, audit) and account
// keys. Keeps: E1, E2a, I1.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/hsm.h"
#include "crypto/key_wrapper.h"
#include "store/hybrid_clock.h"
#include "store/partition_store.h"

namespace freehold::keys {

using runtime::Task;

// What a tenant key is good for. Each purpose has a key of its own, derived by HKDF (RFC 5869) from the tenant key, so
// that no two uses ever share one.
enum class Purpose { kRows, kAccountKeys, kAuditBatches, kAuditPseudonyms };

// Owned by app/. Thread-safe; derived keys are answered from memory once the tenant was loaded.
class KeyRing {
 public:
  KeyRing(crypto::Hsm& hsm, store::PartitionStore& partitions, store::HybridClock& clock, store::Epoch epoch,
          Random& random);

  // Makes and stores the tenant's key, or loads the one there is. Before anything else is asked of the tenant.
  [[nodiscard]] Task<Result<>> ensure_tenant(TenantId tenant);
  // kUnavailable if the tenant was never loaded.
  [[nodiscard]] Result<Secret> derived(TenantId tenant, Purpose purpose) const;

 private:
  [[nodiscard]] Task<Result<Secret>> load_or_make(TenantId tenant);
  void remember(TenantId tenant, const Secret& tenant_key);

  crypto::Hsm& hsm_;
  store::PartitionStore& partitions_;
  store::HybridClock& clock_;
  const store::Epoch epoch_;
  Random& random_;
  mutable std::mutex mutex_;
  std::unordered_map<TenantId, std::unordered_map<int, Secret>> derived_;
};

// Account keys wrapped under the tenant's own key: service-managed encryption (E2a).
class ServiceManagedKeyWrapper final : public crypto::KeyWrapper {
 public:
  ServiceManagedKeyWrapper(const KeyRing& ring, Random& random) : ring_(ring), random_(random) {}
  [[nodiscard]] Task<Result<Bytes>> wrap(TenantId tenant, Secret key, Bytes context) override;
  [[nodiscard]] Task<Result<Secret>> unwrap(TenantId tenant, Bytes wrapped, Bytes context) override;

 private:
  const KeyRing& ring_;
  Random& random_;
};

}  // namespace freehold::keys
