// The one door: every request and every background job goes through Pipeline, and a request's stages read in order in
// Pipeline::handle. Keeps: A1, A6, E5, I1.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "audit/audit.h"
#include "authn/account.h"
#include "authn/bearer.h"
#include "authz/storage_access.h"
#include "base/clock.h"
#include "base/random.h"
#include "http/message.h"
#include "http/server.h"
#include "pipeline/observer.h"
#include "pipeline/permit.h"
#include "pipeline/service_gate.h"

namespace freehold::gate {

struct PipelineOptions {
  std::size_t max_running = 4'096;             // requests and jobs inside, all tenants together
  std::size_t max_running_per_tenant = 3'072;  // one tenant at most; less while others want in (I1)
  Observer* observer = nullptr;                // outlives the pipeline
  // Says what a delegator may do itself; outlives the pipeline. Null: no user delegation SAS is let in.
  const DelegatorRights* delegators = nullptr;
  // Bearer tokens, and what their principals may do; without both they are refused. Outlive the pipeline.
  const BearerTrust* bearer = nullptr;
  const authz::StorageAccess* access = nullptr;
};

// On whose data a background job works, and in whose name.
struct Job {
  TenantId tenant = {};
  std::string principal = {};                          // "blob collector": the job's own name in the audit log
  std::string resource = {};                           // "/account/container"
  std::shared_ptr<const StorageAccount> account = {};  // if it concerns one
  // Of work that a caller asked for: its parts are the caller's, and it is no system job in them.
  std::optional<OnBehalf> on_behalf = {};
};

// Owned by app/. Thread-safe: called from all loops. What it is given outlives it.
class Pipeline final : public http::Handler, public Door {
 public:
  Pipeline(const AccountDirectory& accounts, audit::Log& audit, const Clock& clock, Random& random,
           PipelineOptions options);
  ~Pipeline() override;
  // Before the server starts. Stops the process if the service's rows have a fault (check_rows).
  void add(ServiceGate& service);
  // Never throws; answers whatever happens.
  [[nodiscard]] Task<http::Response> handle(http::Request& request) override;
  // Reached by handlers through Permit::ask.
  [[nodiscard]] Task<http::Response> pass_part(const Admission& whole, http::Request& part, AskedBy asked_by) override;

  // Runs `work`, which takes a Permit<Operation> and returns a Task<Result<>>, under the SystemJob principal: admitted,
  // audited and counted as a request is. Operation must be a job row of a service (ServiceGate::add_job), else kDenied;
  // kExhausted: too much is running; kUnavailable: the audit log can't take the record. Then `work` did not run. What
  // it throws comes back as kInternal.
  template <class Operation, class Fn>
  [[nodiscard]] Task<Result<>> run_job(Job job, Fn work) {
    return admit_job(Operation::kName, std::move(job), [work = std::move(work)](PipelineKey key, Admission& a) mutable {
      return work(Permit<Operation>(key, a));
    });
  }

  // Requests and jobs inside now.
  [[nodiscard]] std::size_t running() const;

 private:
  struct State;
  struct Passage;
  [[nodiscard]] Task<http::Response> walk(Passage p);
  using JobWork = std::move_only_function<Task<Result<>>(PipelineKey, Admission&)>;
  [[nodiscard]] Task<Result<>> admit_job(std::string_view operation, Job job, JobWork work);

  std::unique_ptr<State> state_;
};

}  // namespace freehold::gate
