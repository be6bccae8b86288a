// GroupDeletion: empties resource groups behind the requests that asked for it. Survives a crash.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "authz/assignment_store.h"
#include "pipeline/pipeline.h"
#include "resource/registry.h"
#include "runtime/task_scope.h"
#include "src/arm_parts.h"
#include "src/deployment_parts.h"
#include "src/resource_store.h"

namespace freehold::resources {

struct EmptyResourceGroup {
  static constexpr std::string_view kName = "EmptyResourceGroup";
};

// The group's row is the journal: as long as it names a deletion, the group takes nothing new, and every start goes on
// with it. Deployments in it are told to stop and awaited. Its resources are removed by their providers, then its role
// assignments and deployments (a later group of the same name must not find them), and with the row itself go its
// locks. What a provider refuses for good ends the operation as failed and leaves the group as it then is. Owned by
// ResourcesService; start() and close_and_wait() from outside the loops, begin() from any.
class GroupDeletion {
 public:
  GroupDeletion(ResourceStore& store, gate::authz::AssignmentStore& assignments,
                const gate::resource::Registry& registry, GroupTurns& turns, const Clock& clock,
                const DeploymentStore& deployments, ActiveDeployments& active);
  ~GroupDeletion();

  // Goes on with what an earlier process began.
  void start(boost::asio::io_context& loop, gate::Pipeline& door);
  // The group's row names the deletion already. Before start() nothing happens yet: start() finds it.
  void begin(TenantId tenant, std::string key);
  void close_and_wait();

 private:
  [[nodiscard]] Task<> run(TenantId tenant, std::string key);
  [[nodiscard]] Task<Result<>> carry_out(TenantId tenant, std::string key, WallTime now);
  [[nodiscard]] Task<gate::ApiResult<>> empty(TenantId tenant, ResourceGroup group, WallTime now);
  [[nodiscard]] Task<gate::ApiResult<std::size_t>> remove_once(TenantId tenant, ResourceGroup group, WallTime now);
  [[nodiscard]] Task<gate::ApiResult<>> remove_resource(gate::resource::ProposedChange change);
  [[nodiscard]] Task<bool> end_deployments(TenantId tenant, std::string key);
  [[nodiscard]] Task<gate::ApiResult<>> forget_deployments(TenantId tenant, std::string key);
  [[nodiscard]] Task<gate::ApiResult<>> finish(TenantId tenant, std::string key, gate::ApiResult<> outcome);

  ResourceStore& store_;
  gate::authz::AssignmentStore& assignments_;
  const gate::resource::Registry& registry_;
  GroupTurns& turns_;
  const Clock& clock_;
  const DeploymentStore& deployments_;
  ActiveDeployments& active_;
  boost::asio::io_context* loop_ = nullptr;
  gate::Pipeline* door_ = nullptr;
  runtime::TaskScope scope_;
};

}  // namespace freehold::resources
