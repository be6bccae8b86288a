// DeploymentStore: what is kept of deployments: each one as it is shown, its operations, and the template that it came
// from. Rows are sealed in the tenant's own partition (docs/formats/deployment-rows.md). Keeps: E1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keys/sealed_rows.h"
#include "route/api_error.h"
#include "src/deployment_body.h"

namespace freehold::resources {

inline constexpr std::size_t kMaxDeployments = 800;              // of a scope; the oldest go for new ones
inline constexpr std::size_t kMaxScopeBytes = 64 * 1024 * 1024;  // of its deployments; the same
inline constexpr std::size_t kMaxDeploymentBytes = 640 * 1024;   // as it is shown; below what one commit holds
inline constexpr std::size_t kMaxTemplateBytes = 1024 * 1024;    // a larger one is deployed, and not kept
inline constexpr std::size_t kMaxDeploymentOperations = 1'700;   // 800 resources, as many that go, an end, and room
inline constexpr std::size_t kMaxRunningDeployments = 2'000;     // of a tenant, nested ones included

// A deployment's place. Compared without regard to case.
struct DeploymentKey {
  TenantId tenant;
  std::string scope;  // the id of the group, subscription or management group; "/" of the tenant
  std::string name;
};

// What a list decides by.
struct DeploymentSummary {
  std::string name;  // lower case
  std::string state;
  std::string timestamp;
  std::size_t bytes = 0;  // of what is kept of it, operations aside
};

[[nodiscard]] bool is_ended(std::string_view provisioning_state);

// Owned by Serving. Thread-safe; nothing is kept in memory. A deployment that hasn't ended is marked as running by the
// commit that writes it, and the mark goes with the commit that ends it.
class DeploymentStore {
 public:
  explicit DeploymentStore(keys::SealedStore store) : store_(store) {}
  // nullopt: there is none.
  [[nodiscard]] runtime::Task<gate::ApiResult<std::optional<OrderedJson>>> find(DeploymentKey key) const;
  [[nodiscard]] runtime::Task<gate::ApiResult<std::vector<DeploymentSummary>>> list(TenantId tenant,
                                                                                    std::string scope) const;
  // 413 RequestContentTooLarge if it is larger than can be kept; nothing changes then.
  // `source_bytes`: as put_source() said.
  [[nodiscard]] runtime::Task<gate::ApiResult<>> put(DeploymentKey key, OrderedJson deployment,
                                                     std::size_t source_bytes) const;
  [[nodiscard]] runtime::Task<gate::ApiResult<>> put_operation(DeploymentKey key, std::size_t number,
                                                               OrderedJson operation) const;
  [[nodiscard]] runtime::Task<gate::ApiResult<std::vector<OrderedJson>>> operations(DeploymentKey key) const;
  // What it came from, {"correlationId", "template", "parameters"}: secure parameters aren't in it. Nothing is kept of
  // what is too large. How much is kept.
  [[nodiscard]] runtime::Task<gate::ApiResult<std::size_t>> put_source(DeploymentKey key, OrderedJson source) const;
  [[nodiscard]] runtime::Task<gate::ApiResult<std::optional<OrderedJson>>> source(DeploymentKey key) const;
  // Its operations and its template: what an earlier one of the name left.
  [[nodiscard]] runtime::Task<gate::ApiResult<>> remove_details(DeploymentKey key) const;
  // With all its rows.
  [[nodiscard]] runtime::Task<gate::ApiResult<>> remove(DeploymentKey key) const;
  // Those that are marked as running: this process's, and what an earlier one didn't end.
  [[nodiscard]] runtime::Task<gate::ApiResult<std::vector<DeploymentKey>>> running(TenantId tenant) const;

 private:
  [[nodiscard]] keys::SealedRows rows(TenantId tenant) const;
  [[nodiscard]] runtime::Task<gate::ApiResult<>> change(TenantId tenant, keys::RowChange change) const;
  [[nodiscard]] runtime::Task<gate::ApiResult<std::optional<OrderedJson>>> load_pieces(TenantId tenant, Bytes prefix,
                                                                                       std::size_t most) const;
  [[nodiscard]] runtime::Task<gate::ApiResult<>> remove_rows(TenantId tenant, Bytes prefix, std::size_t most) const;
  keys::SealedStore store_;
};

}  // namespace freehold::resources
