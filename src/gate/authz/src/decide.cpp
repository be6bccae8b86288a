#include "authz/decide.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <shared_mutex>
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

// Which permission sets of a snapshot hold an action: found out once for each action and looked up afterwards, so that
// a decision costs the same however much the roles say. Thread-safe.
class Holders {
 public:
  using Held = std::shared_ptr<const std::vector<bool>>;  // by place
  std::size_t add(Permissions permissions) {
    sets_.push_back(std::move(permissions));
    return sets_.size() - 1;
  }
  [[nodiscard]] Held of(const std::string& action, ActionKind kind) const {
    auto& known = known_[kind == ActionKind::kData ? 1 : 0];
    {
      const std::shared_lock lock(mutex_);
      if (const auto at = known.find(action); at != known.end()) return at->second;
    }
    auto held = std::make_shared<std::vector<bool>>();
    for (const auto& set : sets_) held->push_back(set.of(kind).hold(action));
    const std::unique_lock lock(mutex_);
    if (known.size() < kKnown) known.emplace(action, held);
    return held;
  }

 private:
  static constexpr std::size_t kKnown = 1'024;  // more than all rows have; types that users spell are among them
  std::vector<Permissions> sets_;
  mutable std::shared_mutex mutex_;
  mutable std::unordered_map<std::string, Held> known_[2];
};

struct Grant {
  TenantId tenant;
  std::size_t permissions;  // place among the snapshot's
  RoleAssignmentId id;
  std::shared_ptr<const Condition> condition;  // null: none
  bool broken;                                 // it has one that can't be read: it gives nothing
};

struct Denial {
  TenantId tenant;
  std::vector<PrincipalId> excluded;  // in order
  std::size_t permissions;
  RoleAssignmentId id;
  bool not_below;
};

// What is assigned at one scope.
struct AtScope {
  std::unordered_map<PrincipalId, std::vector<Grant>> grants;
  std::vector<Denial> denials;
  std::unordered_map<PrincipalId, std::vector<std::size_t>> denied;  // whom they name: places among them
};

bool excludes(const std::vector<PrincipalId>& list, const Subject& subject) {
  const auto has = [&list](PrincipalId id) { return std::ranges::binary_search(list, id); };
  return !list.empty() && (has(kEveryPrincipal) || has(subject.object) || std::ranges::any_of(subject.groups, has));
}

// A decision's conditions: evaluated as long as they aren't too much to read, and not met beyond.
class Conditions {
 public:
  Conditions(const std::string& action, const Facts* facts) : action_(action), facts_(facts) {}
  [[nodiscard]] bool met(const Grant& grant) {
    if (grant.broken) return false;
    if (grant.condition == nullptr) return true;
    if (grant.condition->size() > left_) return false;
    left_ -= grant.condition->size();
    return grant.condition->evaluate(action_, facts_) == Truth::kTrue;
  }

 private:
  const std::string& action_;
  const Facts* facts_;
  std::size_t left_ = kMaxConditionBytesRead;
};

// The better of what was found and what these grants give: allowed, else allowed were it not for a condition.
void weigh(const std::vector<Grant>& grants, const Subject& subject, const std::vector<bool>& held,
           Conditions& conditions, Decision& found) {
  for (const Grant& grant : grants) {
    if (grant.tenant != subject.tenant || !held[grant.permissions]) continue;
    found = {conditions.met(grant) ? Verdict::kAllowed : Verdict::kConditionNotMet, grant.id};
    if (found.allowed()) return;
  }
}

// The denial at the scope that forbids it; null: none.
const Denial* denial_at(const AtScope& at, const Subject& subject, const std::vector<bool>& held, bool at_resource) {
  const Denial* found = nullptr;
  const auto look = [&](PrincipalId principal) {
    const auto named = at.denied.find(principal);
    if (found != nullptr || named == at.denied.end()) return;
    for (const std::size_t place : named->second) {
      const Denial& denial = at.denials[place];
      const bool reaches = denial.tenant == subject.tenant && (at_resource || !denial.not_below);
      if (!reaches || !held[denial.permissions] || excludes(denial.excluded, subject)) continue;
      found = &denial;
      return;
    }
  };
  if (at.denials.empty()) return nullptr;
  look(kEveryPrincipal);
  look(subject.object);
  std::ranges::for_each(subject.groups, look);
  return found;
}

}  // namespace

struct Snapshot::State {
  std::uint64_t epoch;
  Holders holders;
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
  std::unordered_map<RoleId, std::size_t> places;
  for (const auto& role : roles) places.try_emplace(role.id, state->holders.add(compiled(role.permissions)));
  for (const auto& assignment : assignments) {
    const auto role = places.find(assignment.role);
    if (role == places.end()) continue;
    auto condition = assignment.compiled;
    if (condition == nullptr && !assignment.condition.empty()) {
      condition = Condition::compile(assignment.condition).value_or(nullptr);
    }
    const bool broken = condition == nullptr && !assignment.condition.empty();
    state->scopes[assignment.scope].grants[assignment.principal].push_back(
        {assignment.tenant, role->second, assignment.id, std::move(condition), broken});
  }
  for (const auto& denial : denials) {
    AtScope& at = state->scopes[denial.scope];
    auto excluded = denial.excluded;
    std::ranges::sort(excluded);
    const auto permissions = state->holders.add(compiled(denial.permissions));
    for (const PrincipalId id : denial.principals) at.denied[id].push_back(at.denials.size());
    at.denials.push_back({denial.tenant, std::move(excluded), permissions, denial.id, denial.not_below});
  }
  state_ = std::move(state);
}

Snapshot::~Snapshot() = default;
std::uint64_t Snapshot::epoch() const { return state_->epoch; }

Decision Snapshot::decide(const Subject& subject, std::string_view action, ActionKind kind, const ScopeChain& resource,
                          const Facts* facts) const {
  const std::string wanted = to_lower(action);
  const auto held = state_->holders.of(wanted, kind);
  Conditions conditions(wanted, facts);
  Decision found;
  for (const std::string& scope : resource.scopes) {
    const AtScope* at = state_->at(scope);
    if (at == nullptr) continue;
    if (const auto* denial = denial_at(*at, subject, *held, &scope == &resource.innermost())) {
      return {Verdict::kDenied, denial->id};
    }
    const auto weigh_for = [&](PrincipalId principal) {
      const auto grants = at->grants.find(principal);
      if (!found.allowed() && grants != at->grants.end()) weigh(grants->second, subject, *held, conditions, found);
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
    case Verdict::kConditionNotMet:
      return "the condition of the role assignment isn't met";
  }
  return {};
}

}  // namespace freehold::gate::authz
