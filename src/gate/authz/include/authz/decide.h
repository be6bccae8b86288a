// The decision: may this principal do this to that resource? Azure RBAC as a pure function over a snapshot. Keeps: H1.
//
// Source: "How Azure RBAC determines if a user has access to a resource": deny assignments first, then the union of
// what the roles give whose assignments reach the resource. Nothing assigned, nothing allowed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/condition.h"
#include "authz/role.h"
#include "authz/scope.h"
#include "base/ids.h"

namespace freehold::gate::authz {

using RoleAssignmentId = Guid<struct RoleAssignmentTag>;

// Stands for every principal, in a deny assignment only.
inline constexpr PrincipalId kEveryPrincipal{};

struct RoleAssignment {
  RoleAssignmentId id;
  TenantId tenant;
  std::string scope;      // normal
  PrincipalId principal;  // a user, group or service principal of the tenant, by object id
  RoleId role;
  // ABAC: the assignment grants nothing where this doesn't hold, or can't be told.
  std::string condition = {};
  std::shared_ptr<const Condition> compiled = {};  // of the condition, if somebody has done it already
};

struct DenyAssignment {
  RoleAssignmentId id;
  TenantId tenant;
  std::string scope;
  std::vector<PrincipalId> principals;
  std::vector<PrincipalId> excluded = {};
  PermissionSet permissions = {};
  bool not_below = false;  // doNotApplyToChildScopes
};

// Who asks: the principal and every group it is in, however deep.
struct Subject {
  TenantId tenant;
  PrincipalId object;
  std::span<const PrincipalId> groups = {};
};

enum class Verdict {
  kAllowed,
  kNothingAssigned,  // no role that reaches the resource gives the action
  kDenied,           // a deny assignment forbids it
  kConditionNotMet   // a role would give it, under a condition that doesn't hold
};
struct Decision {
  Verdict verdict = Verdict::kNothingAssigned;
  RoleAssignmentId by = {};  // the assignment that decided, if one did
  [[nodiscard]] bool allowed() const { return verdict == Verdict::kAllowed; }
};
// "allowed", "no role assignment gives this action", ...: for logs.
[[nodiscard]] std::string_view to_string(Verdict verdict);

// Everything that decides, compiled for looking up; immutable, so that a request decides by one state of it.
// Thread-safe.
class Snapshot {
 public:
  // Assignments of unknown roles give nothing. `epoch` counts the changes.
  Snapshot(std::uint64_t epoch, std::span<const RoleDefinition> roles, std::span<const RoleAssignment> assignments,
           std::span<const DenyAssignment> denials);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // `action` in any case. The chain is the resource's; its tenant is the caller's to have compared with the subject's.
  // `facts` are what conditions ask for, looked at where an assignment has one; null: nothing is known.
  [[nodiscard]] Decision decide(const Subject& subject, std::string_view action, ActionKind kind,
                                const ScopeChain& resource, const Facts* facts = nullptr) const;
  [[nodiscard]] std::uint64_t epoch() const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace freehold::gate::authz
