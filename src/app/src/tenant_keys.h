// The key ring as the gate's log and the services ask for it.
#pragma once

#include "audit/audit.h"
#include "keys/key_ring.h"
#include "keys/sealed_rows.h"
#include "runtime/task_scope.h"

namespace freehold::app {

class AuditKeys final : public gate::audit::TenantAuditKeys {
 public:
  explicit AuditKeys(const keys::KeyRing& ring) : ring_(ring) {}
  [[nodiscard]] Result<Secret> batch_key(TenantId tenant) override {
    return ring_.derived(tenant, keys::Purpose::kAuditBatches);
  }
  [[nodiscard]] Result<Secret> pseudonym_key(TenantId tenant) override {
    return ring_.derived(tenant, keys::Purpose::kAuditPseudonyms);
  }

 private:
  const keys::KeyRing& ring_;
};

// The same for a reader of the whole log: of tenants too that are no longer served, whose records stay. Blocks on the
// store: for a pool thread or a command.
class StoredAuditKeys final : public gate::audit::TenantAuditKeys {
 public:
  explicit StoredAuditKeys(keys::KeyRing& ring) : ring_(ring) {}
  [[nodiscard]] Result<Secret> batch_key(TenantId tenant) override {
    return load(tenant, keys::Purpose::kAuditBatches);
  }
  [[nodiscard]] Result<Secret> pseudonym_key(TenantId tenant) override {
    return load(tenant, keys::Purpose::kAuditPseudonyms);
  }

 private:
  Result<Secret> load(TenantId tenant, keys::Purpose purpose) {
    auto known = ring_.derived(tenant, purpose);
    if (known || known.error().code != ErrorCode::kUnavailable) return known;
    FH_CHECK_OK(runtime::run_blocking(ring_.ensure_tenant(tenant)));
    return ring_.derived(tenant, purpose);
  }
  keys::KeyRing& ring_;
};

class RowKeys final : public keys::RowKeySource {
 public:
  explicit RowKeys(const keys::KeyRing& ring) : ring_(ring) {}
  [[nodiscard]] Result<Secret> row_key(TenantId tenant) override { return ring_.derived(tenant, keys::Purpose::kRows); }

 private:
  const keys::KeyRing& ring_;
};

}  // namespace freehold::app
