// DeploymentJobs: deployments go on behind the requests that asked for them, each as a job in its caller's name.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "pipeline/pipeline.h"
#include "runtime/task_scope.h"
#include "runtime/tenant_lanes.h"
#include "src/deployment_parts.h"

namespace freehold::resources {

inline constexpr std::size_t kDeploymentsAtOnce = 8;  // of a tenant; others wait, in their order

struct RunDeployment {
  static constexpr std::string_view kName = "RunDeployment";
};

class DeploymentRun;

// What a deployment shows that never ended, when its process did.
void show_interrupted(OrderedJson& deployment);

// Owned by Serving. Thread-safe; all its work is on one loop, so that what one deployment's coroutines share needs no
// lock. start() and close_and_wait() from outside the loops. A crash leaves a deployment marked as running; the next
// start shows it as failed, with what was under way then. Closing ends each after the writes that are under way.
class DeploymentJobs {
 public:
  DeploymentJobs(const DeploymentStore& store, ActiveDeployments& active) : store_(store), active_(active) {}

  // Ends what an earlier process of these tenants didn't.
  void start(boost::asio::io_context& loop, gate::Pipeline& door, const std::vector<TenantId>& tenants);
  [[nodiscard]] bool is_started() const;
  // False: it isn't started, or closing; nothing was done.
  [[nodiscard]] bool begin(std::shared_ptr<DeploymentRun> run, gate::Job job);
  // A part of a deployment that runs; false: closing, and it won't run.
  [[nodiscard]] bool spawn(Task<> part);
  [[nodiscard]] bool stopping() const { return scope_.stopping(); }
  // False: closing.
  [[nodiscard]] Task<bool> sleep(std::chrono::milliseconds duration) { return scope_.sleep(duration); }
  void close_and_wait();

 private:
  [[nodiscard]] Task<> carry_out(std::shared_ptr<DeploymentRun> run, gate::Job job);
  [[nodiscard]] Task<bool> run_once(std::shared_ptr<DeploymentRun> run, gate::Job job);
  [[nodiscard]] Task<> end_interrupted(TenantId tenant);
  [[nodiscard]] Task<gate::ApiResult<>> interrupt(DeploymentKey key) const;

  const DeploymentStore& store_;
  ActiveDeployments& active_;
  mutable std::mutex mutex_;  // guards the two below, until they are set
  boost::asio::io_context* loop_ = nullptr;
  gate::Pipeline* door_ = nullptr;
  runtime::TenantLanes lanes_{kDeploymentsAtOnce};
  runtime::TaskScope scope_;
};

}  // namespace freehold::resources
