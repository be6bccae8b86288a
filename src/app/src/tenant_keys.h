// The key ring as the gate's log and the services ask for it.
#pragma once

#include "audit/audit.h"
#include "keys/key_ring.h"
#include "keys/sealed_rows.h"

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

class RowKeys final : public keys::RowKeySource {
 public:
  explicit RowKeys(const keys::KeyRing& ring) : ring_(ring) {}
  [[nodiscard]] Result<Secret> row_key(TenantId tenant) override { return ring_.derived(tenant, keys::Purpose::kRows); }

 private:
  const keys::KeyRing& ring_;
};

}  // namespace freehold::app
