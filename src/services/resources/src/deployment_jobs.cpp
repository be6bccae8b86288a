#include "src/deployment_jobs.h"

#include "base/log.h"
#include "src/deployment_run.h"

namespace freehold::resources {
namespace {

using gate::expression::text_member;

constexpr std::chrono::seconds kRetry{2};
constexpr int kTries = 30;  // a minute of a full house, or of a log that takes nothing

// A coroutine of its own: what it captures must outlive the permit's handler.
Task<Result<>> run_permitted(gate::Permit<RunDeployment> permit, std::shared_ptr<DeploymentRun> run,
                             std::shared_ptr<bool> begun) {
  *begun = true;
  const AskDoor door = [&permit](http::Request& part) { return permit.ask(part, gate::AskedBy::kCaller); };
  const AskDoor stranger = [&permit](http::Request& part) { return permit.ask(part, gate::AskedBy::kItself); };
  co_await run->carry_out(door, stranger);
  co_return Result<>();
}

}  // namespace

void show_interrupted(OrderedJson& deployment) {
  OrderedJson& properties = deployment["properties"];
  properties["provisioningState"] = "Failed";
  properties["error"] = {{"code", "DeploymentFailed"},
                         {"message",
                          "The deployment was interrupted before it ended: what its operations name as succeeded was "
                          "written. Deploy again to go on."}};
}

void DeploymentJobs::start(boost::asio::io_context& loop, gate::Pipeline& door, const std::vector<TenantId>& tenants) {
  {
    const std::lock_guard lock(mutex_);
    loop_ = &loop;
    door_ = &door;
  }
  for (const TenantId tenant : tenants) (void)spawn(end_interrupted(tenant));
}

bool DeploymentJobs::is_started() const {
  const std::lock_guard lock(mutex_);
  return loop_ != nullptr;
}

bool DeploymentJobs::spawn(Task<> part) {
  boost::asio::io_context* loop = nullptr;
  {
    const std::lock_guard lock(mutex_);
    loop = loop_;
  }
  return loop != nullptr && scope_.spawn(*loop, std::move(part));
}

bool DeploymentJobs::begin(std::shared_ptr<DeploymentRun> run, gate::Job job) {
  return spawn(carry_out(std::move(run), std::move(job)));
}

Task<> DeploymentJobs::carry_out(std::shared_ptr<DeploymentRun> run, gate::Job job) {
  const TenantId tenant = job.tenant;
  bool done = false;
  if (co_await lanes_.take(tenant)) {
    for (int tries = 0; !done && tries < kTries; ++tries) {
      if (tries > 0 && !co_await scope_.sleep(kRetry)) break;
      done = co_await run_once(run, job);
    }
    lanes_.leave(tenant);
  }
  if (!done) co_await run->abandon();
}

// False: the door let it not begin.
Task<bool> DeploymentJobs::run_once(std::shared_ptr<DeploymentRun> run, gate::Job job) {
  const auto begun = std::make_shared<bool>(false);
  const auto ended = co_await door_->run_job<RunDeployment>(
      std::move(job),
      [run, begun](gate::Permit<RunDeployment> permit) { return run_permitted(std::move(permit), run, begun); });
  if (ended || !*begun) co_return *begun;
  co_await run->abandon();  // it threw
  co_return true;
}

void DeploymentJobs::close_and_wait() {
  lanes_.close();
  scope_.close_and_wait();
}

Task<> DeploymentJobs::end_interrupted(TenantId tenant) {
  do {
    const auto left = co_await store_.running(tenant);
    bool good = left.has_value();
    if (left) {
      for (const auto& key : *left) good = (co_await interrupt(key)).has_value() && good;
    }
    if (good) co_return;
    log_warning("interrupted deployments can't be ended now", {});
  } while (co_await scope_.sleep(kRetry));
}

Task<gate::ApiResult<>> DeploymentJobs::interrupt(DeploymentKey key) const {
  const auto place = active_.begin(key, 0, true);
  if (!place) co_return gate::ApiResult<>();  // this process's
  FH_CO_TRY(auto found, co_await store_.find(key));
  if (!found) co_return co_await store_.remove(key);
  if (!is_ended(text_member((*found)["properties"], "provisioningState"))) show_interrupted(*found);
  FH_CO_TRY(const auto source, co_await store_.source(key));
  FH_CO_TRY(auto operations, co_await store_.operations(key));
  for (std::size_t i = 0; i < operations.size(); ++i) {
    OrderedJson& properties = operations[i]["properties"];
    if (is_ended(text_member(properties, "provisioningState"))) continue;
    properties["provisioningState"] = "Failed";
    properties["statusMessage"] = {
        {"status", "Failed"},
        {"error",
         {{"code", "OperationInterrupted"},
          {"message", "The deployment was interrupted: the resource is as it was, or as the template says."}}}};
    FH_CO_CHECK_OK(co_await store_.put_operation(key, i, std::move(operations[i])));
  }
  co_return co_await store_.put(std::move(key), std::move(*found), source ? source->dump().size() : 0);
}

}  // namespace freehold::resources
