// PoolGate: the Managed HSM pools at POOL.managedhsm.D: their rows, and what may be asked before a pool is activated.
// Keeps: A6, K1.
#pragma once

#include <string>

#include "pipeline/service_gate.h"
#include "src/hsm_access.h"
#include "src/hsm_call.h"

namespace freehold::vault {

// Owned by VaultService, like what it borrows, which outlives it. Over TLS only.
class PoolGate final : public gate::ServiceGate {
 public:
  PoolGate(PoolParts& parts, const PoolAccess& access, std::string domain, std::string location);
  [[nodiscard]] bool claims(const http::Request& request, gate::Target& target) const override;
  [[nodiscard]] gate::ApiResult<int> check_version(const http::Request& request) const override;
  [[nodiscard]] http::Response render(const gate::ApiError& error, const http::Request& request) const override;
  [[nodiscard]] gate::ApiError no_such_route(const http::Request& request, gate::Scope scope) const override;
  void finish(http::Response& response, const http::Request& request, const gate::Admission& admission) const override;
  [[nodiscard]] const gate::TokenRules* tokens() const override { return &access_; }

 private:
  void add_rows(std::span<const PoolRow> rows);
  void add_key_rows();

  PoolParts& parts_;
  const PoolAccess& access_;
  const std::string suffix_;  // ".managedhsm.D"
  const std::string location_;
};

}  // namespace freehold::vault
