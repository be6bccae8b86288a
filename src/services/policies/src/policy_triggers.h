// PolicyTriggers: when a resource was written, what deployIfNotExists will look for some time later, and deploy.
//
// Source: "Azure Policy definitions deployIfNotExists effect", DeployIfNotExists evaluation and evaluationDelay.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "resource/registry.h"
#include "runtime/turn.h"
#include "src/remediation_jobs.h"

namespace freehold::policies {

// Owned by PoliciesService. What a write will be followed by is durable before the write; what is under way when the
// process ends is looked at again by the next. start() from outside the loops, the rest from any.
class PolicyTriggers final : public gate::resource::ChangeWitness, public gate::resource::ChangeObserver {
 public:
  PolicyTriggers(ScanParts parts, RemediationStore& store, RemediationJobs& jobs, ComplianceScan& scan, Random& random)
      : parts_(parts), store_(store), jobs_(jobs), scan_(scan), random_(random) {}

  // Reads what waits; before any request of the tenant.
  [[nodiscard]] Task<Result<>> load(TenantId tenant);
  // After the jobs' own start(). Ends with them.
  void start();

  // 503: it couldn't be kept.
  [[nodiscard]] Task<gate::ApiResult<>> expect(const gate::resource::ProposedChange& change) override;
  void changed(const gate::resource::ProposedChange& change, const Json& now) noexcept override;

  [[nodiscard]] std::size_t waiting(TenantId tenant) const;
  // Looks at whatever is due now: begins it on the loop. How many.
  std::size_t begin_due();

 private:
  struct Waiting {
    AwaitedRemedy awaited;
    WallTime expected = {};  // the last write, before it happened
    WallTime again = {};     // not before: something stood in the way
    int tries = 0;
    std::uint64_t writes = 0;
    bool written = false;  // one of the writes happened; of an earlier process's it isn't known
    bool under_way = false;
  };
  using Key = std::pair<TenantId, std::string>;

  [[nodiscard]] std::vector<AwaitedRemedy> plan(const gate::resource::ProposedChange& change) const;
  [[nodiscard]] std::vector<AwaitedRemedy> take_in(TenantId tenant, std::vector<AwaitedRemedy> planned);
  [[nodiscard]] Task<gate::ApiResult<>> keep(TenantId tenant, std::vector<AwaitedRemedy> awaited);
  [[nodiscard]] Task<> look();
  [[nodiscard]] Task<> follow(Key key, Waiting waiting);
  // True: it needn't be looked at again.
  [[nodiscard]] Task<bool> mend(TenantId tenant, AwaitedRemedy awaited);
  void put_off(const Key& key);
  // Unless there were more writes meanwhile.
  [[nodiscard]] Task<> forget(Key key, std::uint64_t writes);
  [[nodiscard]] std::shared_ptr<runtime::Turn> turn_of(TenantId tenant);

  const ScanParts parts_;
  RemediationStore& store_;
  RemediationJobs& jobs_;
  ComplianceScan& scan_;
  Random& random_;
  mutable std::mutex mutex_;  // guards the three below
  std::map<Key, Waiting> waiting_;
  std::map<TenantId, std::size_t> counts_;
  std::map<TenantId, std::shared_ptr<runtime::Turn>> turns_;  // of a tenant's rows; shared with who waits
};

}  // namespace freehold::policies
