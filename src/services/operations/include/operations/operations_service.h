// OperationsService: what an operator of this machine may ask of a running region, through DIR/admin.sock. Keeps: A1,
// A6.
//
// Requests reach it through the same pipeline as everybody's and are audited before they run. None of its operations
// reads customer data.
#pragma once

#include <memory>
#include <string>

#include "audit/export.h"
#include "pipeline/service_gate.h"
#include "runtime/pool.h"

namespace freehold::operations {

// All borrowed things outlive the service.
struct OperationsOptions {
  store::PartitionStore& rows;
  gate::audit::TenantAuditKeys& audit_keys;
  std::string front_end;
  gate::audit::VerifierKey audit_key;
  std::function<Result<>()> flush_audit;  // so that an export holds what was recorded until now; called on the pool
  runtime::Pool& pool;
};

// Owned by app/. Thread-safe.
class OperationsService {
 public:
  explicit OperationsService(OperationsOptions options);
  ~OperationsService();
  OperationsService(const OperationsService&) = delete;
  OperationsService& operator=(const OperationsService&) = delete;
  [[nodiscard]] gate::ServiceGate& gate();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freehold::operations
