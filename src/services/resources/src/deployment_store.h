// DeploymentStore: what is kept of deployments: each one as it is shown, and its operations. Rows are sealed in the
// tenant's own partition (docs/formats/deployment-rows.md). Keeps: E1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keys/sealed_rows.h"
#include "route/api_error.h"
#include "src/deployment_body.h"

namespace freehold::resources {

inline constexpr std::size_t kMaxDeployments = 800;             // of a scope; the oldest go for new ones
inline constexpr std::size_t kMaxDeploymentBytes = 640 * 1024;  // as it is shown; below what one commit holds
inline constexpr std::size_t kMaxDeploymentOperations = 1'700;  // 800 resources, an end, and room

// A deployment's place. Compared without regard to case.
struct DeploymentKey {
  TenantId tenant;
  std::string scope;  // the id of the group or subscription
  std::string name;
};

// Owned by Deployments. Thread-safe; nothing is kept in memory.
class DeploymentStore {
 public:
  explicit DeploymentStore(keys::SealedStore store) : store_(store) {}
  // nullopt: there is none.
  [[nodiscard]] runtime::Task<gate::ApiResult<std::optional<OrderedJson>>> find(DeploymentKey key) const;
  [[nodiscard]] runtime::Task<gate::ApiResult<std::vector<OrderedJson>>> list(TenantId tenant, std::string scope) const;
  // 413 RequestContentTooLarge if it is larger than can be kept; nothing changes then.
  [[nodiscard]] runtime::Task<gate::ApiResult<>> put(DeploymentKey key, OrderedJson deployment) const;
  [[nodiscard]] runtime::Task<gate::ApiResult<>> put_operation(DeploymentKey key, std::size_t number,
                                                               OrderedJson operation) const;
  [[nodiscard]] runtime::Task<gate::ApiResult<std::vector<OrderedJson>>> operations(DeploymentKey key) const;
  [[nodiscard]] runtime::Task<gate::ApiResult<>> remove_operations(DeploymentKey key) const;
  // With its operations.
  [[nodiscard]] runtime::Task<gate::ApiResult<>> remove(DeploymentKey key) const;

 private:
  [[nodiscard]] keys::SealedRows rows(TenantId tenant) const;
  [[nodiscard]] runtime::Task<gate::ApiResult<>> remove_rows(TenantId tenant, Bytes prefix, std::size_t most) const;
  keys::SealedStore store_;
};

}  // namespace freehold::resources
