// RemediationJobs: remediations on their way, behind the requests that ordered them; and what policies deploy by
// themselves when a resource was written.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/completion.h"
#include "runtime/task_scope.h"
#include "runtime/tenant_lanes.h"
#include "src/compliance_scan.h"
#include "src/remediation_store.h"
#include "src/remedy.h"

namespace freehold::policies {

// Of a tenant, of all its remediations and policies together: fewer than the deployments that it may have running at
// once, so that its own find room.
inline constexpr std::size_t kRemediesAtOnce = 6;

// Owned by PoliciesService. Its work is on one loop. start() and close_and_wait() from outside the loops, the rest from
// any. What a process leaves unfinished the next one goes on with: a resource whose cure was under way is looked at
// again.
class RemediationJobs {
 public:
  RemediationJobs(ScanParts parts, RemediationStore& store, ComplianceScan& scan)
      : parts_(parts), store_(store), scan_(scan) {}

  void start(boost::asio::io_context& loop, ManagerDoor& door, const std::vector<TenantId>& tenants);
  void close_and_wait();

  // One that was accepted and written down. Not started yet: start() will find it.
  void begin(TenantId tenant, std::string key);

  // What a sick resource needs, in the name of the assignment's identity. Whoever asks holds one of lanes().
  [[nodiscard]] Task<RemedyEnd> attempt(Diagnosis sick, RemedyTask task, std::string origin);
  // False: closing. What runs on the same loop, until then.
  [[nodiscard]] Task<bool> sleep(std::chrono::milliseconds duration) { return scope_.sleep(duration); }
  [[nodiscard]] bool stopping() const { return scope_.stopping(); }
  [[nodiscard]] bool spawn(Task<> task);
  [[nodiscard]] runtime::TenantLanes& lanes() { return lanes_; }

 private:
  struct Run;
  enum class Verdict : std::uint8_t { kGoOn, kCancelled, kBeyond, kStopped, kLost };
  [[nodiscard]] Task<> carry_out(TenantId tenant, std::string key);
  [[nodiscard]] Task<> carry_out_alone(TenantId tenant, std::string key);
  [[nodiscard]] Task<bool> await_compliance(TenantId tenant, RemediationPtr order);
  [[nodiscard]] std::vector<Remedy> found_for(TenantId tenant, const Remediation& order) const;
  [[nodiscard]] Task<bool> evaluate(TenantId tenant, RemediationPtr order);
  [[nodiscard]] Task<> work_off(std::shared_ptr<Run> run);
  [[nodiscard]] Task<> work(std::shared_ptr<Run> run);
  [[nodiscard]] Task<> mend(std::shared_ptr<Run> run, Remedy remedy);
  [[nodiscard]] Task<bool> keep(std::shared_ptr<Run> run, Remedy remedy);
  [[nodiscard]] Task<RemedyEnd> attempts(std::shared_ptr<Run> run, std::string resource);
  [[nodiscard]] Task<> finish(TenantId tenant, std::string key, Verdict verdict);
  [[nodiscard]] Task<bool> alter(TenantId tenant, std::string key, std::function<void(Remediation&)> alteration);
  [[nodiscard]] Verdict verdict_on(TenantId tenant, const std::string& key) const;
  [[nodiscard]] Task<> look_after(std::vector<TenantId> tenants);
  [[nodiscard]] Task<> forget_old(TenantId tenant);

  const ScanParts parts_;
  RemediationStore& store_;
  ComplianceScan& scan_;
  mutable std::mutex mutex_;  // guards the three below
  boost::asio::io_context* loop_ = nullptr;
  ManagerDoor* door_ = nullptr;
  std::set<std::pair<TenantId, std::string>> running_;
  runtime::TenantLanes lanes_{kRemediesAtOnce};
  runtime::TaskScope scope_;
};

}  // namespace freehold::policies
