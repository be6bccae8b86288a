// Compliance: what the policies said of each resource when it was last looked at. In memory: a start looks at
// everything anew. Keeps: C2 (in part).
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "policy/compiled_set.h"
#include "src/tenant_policies.h"

namespace freehold::policies {

inline constexpr std::size_t kMaxStates = 500'000;            // of a tenant: a resource and a policy each; ours
inline constexpr std::size_t kMaxReasons = 20;                // kept of one state
inline constexpr std::size_t kMaxReasonBytes = 8 * 1024;      // of one state; what is longer isn't kept
inline constexpr std::size_t kMaxReasonsBytes = 64 << 20;     // of a tenant: what comes then has none
inline constexpr std::size_t kMaxScannedResources = 200'000;  // of a tenant; ours

// One policy under one assignment, as its states name it; shared by them.
struct PolicyOrigin {
  std::string assignment_id, assignment_name, assignment_scope;
  std::string definition_id, definition_name;
  std::string set_id, set_name;  // empty: the definition is assigned by itself
  std::string reference_id;
  std::vector<std::string> groups;
  Json parameters;
};

struct PolicyState {
  std::shared_ptr<const PolicyOrigin> origin;
  std::string effect;  // "deny"
  gate::policy::Compliance compliance = gate::policy::Compliance::kCompliant;
  std::string exemption_id;
  std::string reasons;          // JSON of policyEvaluationDetails; empty: none
  bool of_objects = false;      // inside of the resource, which only a scan looks at
  std::string components = {};  // those: JSON, each with its state; empty: none
};

// Immutable.
struct ResourceStates {
  std::string id, type, location, group, subscription;
  Json tags;
  std::string management_groups;  // names, the innermost first, with commas between
  WallTime time = {};
  std::vector<PolicyState> states;
};
using ResourceStatesPtr = std::shared_ptr<const ResourceStates>;

// The bytes of their reasons and components.
[[nodiscard]] std::size_t reason_bytes(const ResourceStates& states);
void drop_reasons(ResourceStates& states);
// What a decision says of a resource, to be kept. `origins` are those made before, by assignment and reference.
using PolicyOrigins = std::map<std::string, std::shared_ptr<const PolicyOrigin>>;
[[nodiscard]] std::vector<PolicyState> states_of(const gate::policy::Decision& decision, PolicyOrigins& origins);

// Owned by PoliciesService. Thread-safe.
class ComplianceStore {
 public:
  // Of a resource that was written: in place of what was known. What only a scan finds out (the IfNotExists effects,
  // objects) is kept as it was.
  void put(TenantId tenant, ResourceStates states);
  // The resource and what is below it are gone.
  void erase(TenantId tenant, const std::string& key);
  // A scan of `scope` (a key; empty: everything) between begin and end: what was written or removed meanwhile is newer
  // than what it found.
  void begin_scan(TenantId tenant);
  void end_scan(TenantId tenant, const std::string& scope, std::vector<ResourceStates> found);
  void abandon_scan(TenantId tenant);
  // At the scope and below it; empty: all.
  [[nodiscard]] std::vector<ResourceStatesPtr> at(TenantId tenant, const std::string& scope) const;

 private:
  struct Tenant {
    std::map<std::string, ResourceStatesPtr> by_key;
    std::set<std::string> written;  // since the scan that runs began
    std::set<std::string> erased;   // with all below them
    int scans = 0;
    std::size_t count = 0;
    std::size_t reason_bytes = 0;
  };
  static void replace(Tenant& tenant, const std::string& key, ResourceStates states);
  static void forget(Tenant& tenant, const std::string& key);
  void settle(TenantId tenant);

  mutable std::mutex mutex_;
  std::map<TenantId, Tenant> tenants_;
};

}  // namespace freehold::policies
