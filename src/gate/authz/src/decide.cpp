#include "authz/decide.h"

#include <algorithm>
#include <unordered_map>

#include "base/encoding.h"

namespace freehold::gate::authz {
namespace {

// One of the two halves of a permission set, in lower case.
struct Patterns {
  std::vector<std::string> yes;
  std::vector<std::string> no;

  [[nodiscard]] bool hold(std::string_view action) const {
    const auto matching = [action](const std::string& pattern) { return matches_action(pattern, action); };
    return std::ranges::any_of(yes, matching) && std::ranges::none_of(no, matching);
  }
};

struct Permissions {
  Patterns control;
  Patterns data;
  [[nodiscard]] const Patterns& of(ActionKind kind) const { return kind == ActionKind::kData ? data : control; }
};

std::vector<std::string> lowered(const std::vector<std::string>& patterns) {
  std::vector<std::string> out;
  for (const auto& pattern : patterns) out.push_back(to_lower(pattern));
  return out;
}

Permissions compiled(const PermissionSet& set) {
  return {{lowered(set.actions), lowered(set.not_actions)}, {lowered(set.data_actions), lowered(set.not_data_actions)}};
}

struct Grant {
  TenantId tenant;
  const Permissions* permissions;  // of a role in the same snapshot
  RoleAssignmentId id;
  bool conditional;
};

struct Denial {
  TenantId tenant;
  std::vector<PrincipalId> principals;
  std::vector<PrincipalId> excluded;
  Permissions permissions;
  RoleAssignmentId id;
  bool not_below;
};

// What is assigned at one scope.
struct AtScope {
  std::unordered_map<PrincipalId, std::vector<Grant>> grants;
  std::vector<Denial> denials;
};

bool names(std::span<const PrincipalId> list, const Subject& subject) {
  return std::ranges::any_of(list, [&](PrincipalId id) {
    return id == kEveryPrincipal || id == subject.object ||
           std::ranges::find(subject.groups, id) != subject.groups.end();
  });
}

bool denies(const Denial& denial, const Subject& subject, std::string_view action, ActionKind kind, bool at_resource) {
  if (denial.tenant != subject.tenant || (denial.not_below && !at_resource)) return false;
  return denial.permissions.of(kind).hold(action) && names(denial.principals, subject) &&
         !names(denial.excluded, subject);
}

// The better of what was found and what these grants give: allowed, else allowed under a condition.
void weigh(const std::vector<Grant>& grants, const Subject& subject, std::string_view action, ActionKind kind,
           Decision& found) {
  for (const Grant& grant : grants) {
    if (grant.tenant != subject.tenant || !grant.permissions->of(kind).hold(action)) continue;
    found = {grant.conditional ? Verdict::kConditionUnevaluated : Verdict::kAllowed, grant.id};
    if (found.allowed()) return;
  }
}

}  // namespace

struct Snapshot::State {
  std::uint64_t epoch;
  std::unordered_map<RoleId, Permissions> roles;
  std::unordered_map<std::string, AtScope> scopes;

  [[nodiscard]] const AtScope* at(const std::string& scope) const {
    const auto found = scopes.find(scope);
    return found == scopes.end() ? nullptr : &found->second;
  }
};

Snapshot::Snapshot(std::uint64_t epoch, std::span<const RoleDefinition> roles,
                   std::span<const RoleAssignment> assignments, std::span<const DenyAssignment> denials) {
  auto state = std::make_unique<State>();
  state->epoch = epoch;
  for (const auto& role : roles) state->roles.emplace(role.id, compiled(role.permissions));
  for (const auto& assignment : assignments) {
    const auto role = state->roles.find(assignment.role);
    if (role == state->roles.end()) continue;
    state->scopes[assignment.scope].grants[assignment.principal].push_back(
        {assignment.tenant, &role->second, assignment.id, !assignment.condition.empty()});
  }
  for (const auto& denial : denials) {
    state->scopes[denial.scope].denials.push_back(
        {denial.tenant, denial.principals, denial.excluded, compiled(denial.permissions), denial.id, denial.not_below});
  }
  state_ = std::move(state);
}

Snapshot::~Snapshot() = default;
std::uint64_t Snapshot::epoch() const { return state_->epoch; }

Decision Snapshot::decide(const Subject& subject, std::string_view action, ActionKind kind,
                          const ScopeChain& resource) const {
  const std::string wanted = to_lower(action);
  Decision found;
  for (const std::string& scope : resource.scopes) {
    const AtScope* at = state_->at(scope);
    if (at == nullptr) continue;
    for (const Denial& denial : at->denials) {
      if (denies(denial, subject, wanted, kind, &scope == &resource.innermost())) {
        return {Verdict::kDenied, denial.id};
      }
    }
    const auto weigh_for = [&](PrincipalId principal) {
      const auto grants = at->grants.find(principal);
      if (!found.allowed() && grants != at->grants.end()) weigh(grants->second, subject, wanted, kind, found);
    };
    weigh_for(subject.object);
    for (const PrincipalId group : subject.groups) weigh_for(group);
  }
  return found;
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllowed:
      return "allowed";
    case Verdict::kNothingAssigned:
      return "no role assignment gives this action";
    case Verdict::kDenied:
      return "a deny assignment forbids this action";
    case Verdict::kConditionUnevaluated:
      return "the role assignment has a condition, and conditions aren't evaluated";
  }
  return {};
}

}  // namespace freehold::gate::authz
