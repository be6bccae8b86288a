// ComplianceScan: looks at what is stored, and says of each resource what the policies in force say of it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>

#include "authz/scope.h"
#include "base/random.h"
#include "pipeline/pipeline.h"
#include "resource/data_policy.h"
#include "resource/registry.h"
#include "resource/scopes.h"
#include "runtime/task_scope.h"
#include "src/compliance.h"
#include "src/policy_store.h"

namespace freehold::policies {

struct ScanCompliance {
  static constexpr std::string_view kName = "ScanPolicyCompliance";
};

using ScanId = Guid<struct ComplianceScanTag>;

struct ScanParts {
  const PolicyStore& store;
  ComplianceStore& compliance;
  const gate::authz::ManagementTree& tree;
  const gate::resource::Scopes& scopes;
  const gate::resource::Registry& registry;
  const Clock& clock;
  // What is inside of resources and policies speak of; null: nothing.
  gate::resource::DataObjects* objects = nullptr;
  std::span<const gate::resource::DataType> data_types = {};
};

// Owned by PoliciesService. A scan is a job: at every start, once a day, when assignments changed, and when somebody
// asks for one. start() and close_and_wait() from outside the loops, the rest from any. Also the observer by which what
// is written is judged at once.
class ComplianceScan final : public gate::resource::ChangeObserver {
 public:
  explicit ComplianceScan(ScanParts parts, Random& random) : parts_(parts), random_(random) {}

  void start(boost::asio::io_context& loop, gate::Pipeline& door, std::vector<TenantId> tenants);
  void close_and_wait() { scope_.close_and_wait(); }

  // Of a subscription or a group (empty: everything). Who asks while one of the same scope waits gets that one;
  // nullopt: too many wait.
  [[nodiscard]] std::optional<ScanId> request(TenantId tenant, std::string scope);
  enum class State { kUnknown, kRunning, kDone, kFailed };
  [[nodiscard]] State state_of(TenantId tenant, ScanId id) const;
  // Is it known what there is to know? Everything was looked at since the start, and nobody waits for a scan.
  [[nodiscard]] bool is_settled(TenantId tenant) const;

  void changed(const gate::resource::ProposedChange& change, const Json& now) noexcept override;

  // One scan, as the job does it.
  [[nodiscard]] Task<Result<>> scan(TenantId tenant, std::string scope);

 private:
  struct Asked {
    ScanId id;
    TenantId tenant;
    std::string scope;
    State state = State::kRunning;
    bool begun = false;
  };
  [[nodiscard]] Task<> keep(std::vector<TenantId> tenants);
  [[nodiscard]] std::optional<Asked> next();
  [[nodiscard]] std::vector<ScanId> begin_with(TenantId tenant, const std::string& scope);
  [[nodiscard]] Task<Result<>> look_at(TenantId tenant, std::string scope);
  // What is inside of a resource. Where it can't be read nothing is known of it.
  [[nodiscard]] Task<std::vector<PolicyState>> look_inside(std::shared_ptr<const TenantPolicies> policies,
                                                           ResourceId container, TenantId tenant, WallTime now,
                                                           PolicyOrigins* origins) const;
  void ended(ScanId id, bool well);

  const ScanParts parts_;
  Random& random_;
  boost::asio::io_context* loop_ = nullptr;
  gate::Pipeline* door_ = nullptr;
  mutable std::mutex mutex_;    // guards the two below
  std::vector<Asked> asked_;    // oldest first; those that ended are kept for a while
  std::set<TenantId> scanned_;  // at all, since the start
  runtime::TaskScope scope_;
};

}  // namespace freehold::policies
