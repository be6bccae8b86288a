// Decisions over a compiled set. Order of effects: "Azure Policy definitions effect basics", Order of evaluation.
#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "src/compiled_state.h"

namespace freehold::gate::policy {
namespace {

// All rules of a decision together, which is made on an event loop; one rule has expression::kPolicyLimits.
constexpr std::uint64_t kDecisionSteps = 4'000'000;

// Findings that say which expressions decided. They may be large, and nobody reads the thousandth.
constexpr std::size_t kTracedFindings = 64;

bool changes_resource(Effect effect) { return effect == Effect::kAppend || effect == Effect::kModify; }
bool concerns_actions(Effect effect) { return effect == Effect::kDenyAction || effect == Effect::kAuditAction; }
bool looks_elsewhere(Effect effect) {
  return effect == Effect::kAuditIfNotExists || effect == Effect::kDeployIfNotExists;
}

// One rule that is in force, on its way to a finding.
struct Case {
  const Bound* bound = nullptr;
  Effect effect = Effect::kDisabled;
};

}  // namespace

// Of each finding that may change something, by its place.
using ConflictEffects = std::unordered_map<std::size_t, Effect>;

// One decision: the resource as it becomes, and the findings so far. Lives for one call.
class Judgement {
 public:
  Judgement(const Target& target, Decision& out) : target_(target), out_(out), facts_(ResourceFacts::of(target)) {
    out_.resource = *target.resource;
  }

  // What one rule may take of the decision's steps. What it takes is gone for those after it.
  class Steps final : public expression::Budget {
   public:
    explicit Steps(Judgement& decision) : Budget(left_of(decision)), decision_(decision) {}
    Steps(const Steps&) = delete;
    Steps& operator=(const Steps&) = delete;
    ~Steps() { decision_.spent_ += used(); }

   private:
    static expression::Limits left_of(const Judgement& decision) {
      expression::Limits out = expression::kPolicyLimits;
      out.steps = std::min(out.steps, kDecisionSteps - decision.spent_);
      return out;
    }
    Judgement& decision_;
  };

  // The cases that apply now; exempt ones become findings at once.
  [[nodiscard]] std::vector<Case> cases(const CompiledSet::State& state) {
    std::vector<Case> all;
    for (const auto place : state.candidates(target_.type)) {
      const Bound& bound = state.bound[place];
      if (!in_force(bound, target_)) continue;
      const Effect effect = effect_on(bound, target_);
      if (effect == Effect::kDisabled) continue;
      if (const Exemption* exemption = exempting(bound, target_)) {
        Finding& finding = add({&bound, effect});
        finding.compliance = Compliance::kExempt;
        finding.exemption_id = exemption->id;
        continue;
      }
      all.push_back({&bound, effect});
    }
    return all;
  }

  // deny, audit and what is like them: not compliant if the rule's condition holds.
  void judge(const Case& one) {
    Finding& finding = add(one);
    const auto result = matches(one, out_.resource, facts_, finding);
    if (result && *result) finding.compliance = Compliance::kNonCompliant;
  }

  Finding& add(const Case& one) {
    const Bound& bound = *one.bound;
    Finding finding;
    finding.assignment = bound.assignment;
    finding.definition = bound.definition.get();
    finding.initiative = bound.initiative.get();
    finding.reference_id = bound.reference_id;
    finding.groups = bound.groups;
    finding.effect = one.effect;
    finding.message = bound.message;
    finding.parameters = &bound.assignment->parameters;
    out_.findings.push_back(std::move(finding));
    return out_.findings.back();
  }

  // Whether the rule's condition holds; then with the expressions that decided. Failing is told in the finding.
  std::optional<bool> matches(const Case& one, const Json& resource, const ResourceFacts& facts, Finding& finding) {
    const Subject subject = subject_of(one, resource, facts);
    const Condition& condition = one.bound->definition->rule().condition;
    Result<bool> result = false;
    {
      Steps budget(*this);
      Evaluation quick(subject, budget);
      result = quick.holds(condition);
    }
    if (!result) {
      failed(finding, result.error().message);
      return std::nullopt;
    }
    if (*result && traced_ < kTracedFindings) {
      ++traced_;
      Steps again(*this);
      Evaluation slow(subject, again);
      slow.trace();
      static_cast<void>(slow.holds(condition));  // as far as the steps go
      finding.expressions = slow.take_trace();
    }
    return *result;
  }

  void failed(Finding& finding, std::string why) {
    finding.compliance = Compliance::kError;
    finding.error = std::move(why);
  }

  [[nodiscard]] Subject subject_of(const Case& one, const Json& resource, const ResourceFacts& facts) const {
    return {&target_,
            &resource,
            &facts,
            &one.bound->parameters,
            one.bound->definition.get(),
            one.bound->assignment,
            one.bound->initiative.get(),
            one.bound->reference_id};
  }

  // A change's conflictEffect; deny unless the rule says otherwise.
  [[nodiscard]] Effect conflict_effect(const Case& one) {
    const Term& term = one.bound->definition->rule().conflict_effect;
    if (term.literal.is_null()) return Effect::kDeny;
    Steps budget(*this);
    const Subject subject = subject_of(one, out_.resource, facts_);
    const auto value = Evaluation(subject, budget).value(term);
    const auto effect = value && value->is_string() ? parse_effect(value->get_ref<const std::string&>()) : std::nullopt;
    return effect.value_or(Effect::kDeny);
  }

  // append and modify: plans of all rules against the resource as it came, then made in order.
  void change(const std::vector<Case>& cases) {
    std::vector<PlannedChange> planned;
    ConflictEffects conflicts;
    for (const Case& one : cases) {
      Finding& finding = add(one);
      const auto result = matches(one, *target_.resource, facts_, finding);
      if (!result || !*result) continue;
      const auto place = out_.findings.size() - 1;
      Steps budget(*this);
      const Subject subject = subject_of(one, *target_.resource, facts_);
      Evaluation evaluation(subject, budget);
      auto plan =
          plan_changes(one.bound->definition->rule(), one.effect, place, evaluation, one.bound->definition->aliases());
      if (!plan) {
        failed(finding, plan.error().message);
        continue;
      }
      conflicts[place] = conflict_effect(one);
      std::move(plan->begin(), plan->end(), std::back_inserter(planned));
    }
    drop_unmodifiable(planned, conflicts);
    settle_conflicts(planned, conflicts);
    for (const PlannedChange& one : planned) make(one);
  }

  // An assignment that isn't enforced changes and denies nothing.
  void enforce() {
    for (Finding& one : out_.findings) {
      const bool bad = one.compliance == Compliance::kError || one.compliance == Compliance::kConflict ||
                       (one.compliance == Compliance::kNonCompliant &&
                        (one.effect == Effect::kDeny || one.effect == Effect::kDenyAction || refused_change(one)));
      one.denies = bad && one.assignment->enforced;
    }
  }

  const Target& target_;
  Decision& out_;
  ResourceFacts facts_;

 private:
  [[nodiscard]] static bool refused_change(const Finding& one) {
    return changes_resource(one.effect) && !one.error.empty();
  }

  // Modify changes only aliases that are marked for it; else the conflict effect decides.
  void drop_unmodifiable(std::vector<PlannedChange>& planned, const ConflictEffects& conflicts) {
    std::erase_if(planned, [&](const PlannedChange& one) {
      const bool fixed = one.kind != ChangeTerm::Kind::kAppend && one.field.alias != nullptr &&
                         one.field.alias->modifiable == Modifiable::kNo;
      if (!fixed) return false;
      Finding& finding = out_.findings[one.finding];
      finding.compliance = Compliance::kNonCompliant;
      if (conflicts.at(one.finding) == Effect::kDeny) {
        finding.error = fmt::format("The alias '{}' is not modifiable.", one.field.text);
      }
      return true;
    });
  }

  // Policies that modify one field in different ways: the one whose conflict effect is deny wins; two such that differ
  // are refused; without one nobody's operations are made.
  void settle_conflicts(std::vector<PlannedChange>& planned, const ConflictEffects& conflicts) {
    std::unordered_map<std::string, std::vector<const PlannedChange*>> by_field;
    for (const PlannedChange& one : planned) {
      if (one.kind != ChangeTerm::Kind::kAppend) by_field[to_lower(one.field.text)].push_back(&one);
    }
    std::set<std::size_t> losers;
    for (const auto& [field, rivals] : by_field) settle_field(rivals, conflicts, losers);
    std::erase_if(planned, [&losers](const PlannedChange& one) { return losers.contains(one.finding); });
  }

  void settle_field(const std::vector<const PlannedChange*>& rivals, const ConflictEffects& conflicts,
                    std::set<std::size_t>& losers) {
    std::set<std::size_t> findings;
    std::set<std::string> wishes;
    std::set<std::string> firm_wishes;  // of those that deny on conflict
    const auto wish = [](const PlannedChange& one) {
      return fmt::format("{} {}", static_cast<int>(one.kind), expression::canonical_text(one.value));
    };
    for (const PlannedChange* one : rivals) {
      findings.insert(one->finding);
      wishes.insert(wish(*one));
      if (conflicts.at(one->finding) == Effect::kDeny) firm_wishes.insert(wish(*one));
    }
    if (findings.size() < 2 || wishes.size() < 2) return;
    for (const PlannedChange* one : rivals) {
      const bool firm = conflicts.at(one->finding) == Effect::kDeny;
      if (firm && firm_wishes.size() == 1) continue;
      losers.insert(one->finding);
      if (!firm) continue;
      out_.findings[one->finding].compliance = Compliance::kConflict;
      out_.findings[one->finding].error = fmt::format("Several policies modify '{}'.", one->field.text);
    }
  }

  void make(const PlannedChange& one) {
    Finding& finding = out_.findings[one.finding];
    if (!finding.assignment->enforced) {
      Json copy = out_.resource;
      if (make_change(copy, one) != ChangeOutcome::kNotNeeded) finding.compliance = Compliance::kNonCompliant;
      return;
    }
    switch (make_change(out_.resource, one)) {
      case ChangeOutcome::kMade: {
        const auto operation = one.kind == ChangeTerm::Kind::kAppend         ? Operation::kAppend
                               : one.kind == ChangeTerm::Kind::kAdd          ? Operation::kAdd
                               : one.kind == ChangeTerm::Kind::kAddOrReplace ? Operation::kAddOrReplace
                                                                             : Operation::kRemove;
        finding.changes.push_back({operation, one.field.text, one.value});
        out_.changed = true;
        break;
      }
      case ChangeOutcome::kConflict:
        finding.compliance = Compliance::kNonCompliant;
        finding.error = fmt::format("The request sets '{}' to another value than the policy does.", one.field.text);
        break;
      case ChangeOutcome::kNotNeeded:
        break;
    }
  }

  std::uint64_t spent_ = 0;
  std::size_t traced_ = 0;
};

Decision CompiledSet::decide(const Target& target) const {
  Decision out;
  Judgement judgement(target, out);
  const auto cases = judgement.cases(*state_);
  std::vector<Case> changing;
  std::copy_if(cases.begin(), cases.end(), std::back_inserter(changing),
               [](const Case& one) { return changes_resource(one.effect); });
  judgement.change(changing);
  for (const Case& one : cases) {
    if (one.effect == Effect::kDeny || one.effect == Effect::kAudit) judgement.judge(one);
  }
  judgement.enforce();
  return out;
}

Decision CompiledSet::decide_action(const Target& target, std::string_view action) const {
  Decision out;
  Judgement judgement(target, out);
  const auto wanted = to_lower(action);
  for (const Case& one : judgement.cases(*state_)) {
    const auto& names = one.bound->definition->rule().action_names;
    if (concerns_actions(one.effect) && std::find(names.begin(), names.end(), wanted) != names.end())
      judgement.judge(one);
  }
  std::erase_if(out.findings, [](const Finding& one) { return !concerns_actions(one.effect); });
  judgement.enforce();
  return out;
}

namespace {

// The IfNotExists effects: is there a related resource that satisfies the rule?
Result<bool> exists(Judgement& judgement, const Case& one, RelatedResources& related) {
  const Existence& existence = *one.bound->definition->rule().existence;
  Judgement::Steps budget(judgement);
  const Subject subject = judgement.subject_of(one, judgement.out_.resource, judgement.facts_);
  Evaluation evaluation(subject, budget);
  RelatedResources::Query query{.type = existence.type, .name = {}, .resource_group = {}, .target = &judgement.target_};
  FH_TRY(const Json name, evaluation.value(existence.name));
  FH_TRY(const Json group, evaluation.value(existence.resource_group));
  FH_TRY(const Json scope, evaluation.value(existence.scope));
  if (name.is_string()) query.name = name.get<std::string>();
  if (group.is_string()) query.resource_group = group.get<std::string>();
  query.in_subscription =
      scope.is_string() && equals_ignoring_case(scope.get_ref<const std::string&>(), "subscription");
  FH_TRY(const std::vector<Json> found, related.find(query));
  if (!existence.condition) return !found.empty();
  for (const Json& resource : found) {
    const auto facts = ResourceFacts::of_stored(resource, existence.type);
    const Subject other = judgement.subject_of(one, resource, facts);
    FH_TRY(const bool good, Evaluation(other, budget).holds(*existence.condition));
    if (good) return true;
  }
  return false;
}

// details.deployment with the values of its parameters evaluated; the template stays as it is.
Result<Json> deployment_of(Judgement& judgement, const Case& one) {
  Json out = one.bound->definition->rule().existence->deployment;
  Json* properties = expression::find_member(out, "properties");
  Json* parameters = properties == nullptr ? nullptr : expression::find_member(*properties, "parameters");
  if (parameters != nullptr) {
    Judgement::Steps budget(judgement);
    const Subject subject = judgement.subject_of(one, judgement.out_.resource, judgement.facts_);
    FH_TRY(Json resolved, Evaluation(subject, budget).resolved(*parameters));
    *parameters = std::move(resolved);
  }
  return out;
}

void scan_existence(Judgement& judgement, const Case& one, RelatedResources* related) {
  Finding& finding = judgement.add(one);
  const auto result = judgement.matches(one, judgement.out_.resource, judgement.facts_, finding);
  if (!result || !*result) return;
  if (related == nullptr || !one.bound->definition->rule().existence) {
    finding.compliance = Compliance::kUnknown;
    return;
  }
  const auto there = exists(judgement, one, *related);
  if (!there) return judgement.failed(finding, there.error().message);
  if (*there) {
    finding.expressions.clear();
    return;
  }
  finding.compliance = Compliance::kNonCompliant;
  if (one.effect != Effect::kDeployIfNotExists) return;
  auto deployment = deployment_of(judgement, one);
  if (!deployment) return judgement.failed(finding, deployment.error().message);
  finding.deployment = std::move(*deployment);
  const Existence& existence = *one.bound->definition->rule().existence;
  finding.deploys_at_subscription = existence.deploys_at_subscription;
  Judgement::Steps budget(judgement);
  const Subject subject = judgement.subject_of(one, judgement.out_.resource, judgement.facts_);
  auto group = Evaluation(subject, budget).value(existence.resource_group);
  if (!group) return judgement.failed(finding, group.error().message);
  if (group->is_string()) finding.deployment_group = group->get<std::string>();
}

// What modify and append would do, for a remediation.
void scan_changes(Judgement& judgement, const Case& one) {
  judgement.judge(one);
  Finding& finding = judgement.out_.findings.back();
  if (finding.compliance != Compliance::kNonCompliant) return;
  Judgement::Steps budget(judgement);
  const Subject subject = judgement.subject_of(one, judgement.out_.resource, judgement.facts_);
  Evaluation evaluation(subject, budget);
  auto plan = plan_changes(one.bound->definition->rule(), one.effect, 0, evaluation, one.bound->definition->aliases());
  if (!plan) return judgement.failed(finding, plan.error().message);
  for (PlannedChange& change : *plan) {
    const auto operation = change.kind == ChangeTerm::Kind::kRemove         ? Operation::kRemove
                           : change.kind == ChangeTerm::Kind::kAddOrReplace ? Operation::kAddOrReplace
                           : change.kind == ChangeTerm::Kind::kAdd          ? Operation::kAdd
                                                                            : Operation::kAppend;
    finding.changes.push_back({operation, change.field.text, std::move(change.value)});
  }
}

void scan_case(Judgement& judgement, const Case& one, RelatedResources* related) {
  if (looks_elsewhere(one.effect)) {
    scan_existence(judgement, one, related);
  } else if (changes_resource(one.effect)) {
    scan_changes(judgement, one);
  } else if (one.effect == Effect::kManual) {
    judgement.add(one).compliance = Compliance::kUnknown;
  } else if (!concerns_actions(one.effect)) {
    judgement.judge(one);
  }
}

bool is_of(const Assignment& assignment, std::string_view has, std::string_view wanted_id, std::string_view wanted) {
  return equals_ignoring_case(assignment.id, wanted_id) && (wanted.empty() || equals_ignoring_case(has, wanted));
}

// evaluationDelay, or Azure's where it is none.
EvaluationDelay delay_of(Judgement& judgement, const Case& one) {
  Judgement::Steps budget(judgement);
  const Subject subject = judgement.subject_of(one, judgement.out_.resource, judgement.facts_);
  const auto value = Evaluation(subject, budget).value(one.bound->definition->rule().existence->delay);
  if (!value || !value->is_string()) return {};
  return parse_evaluation_delay(value->get_ref<const std::string&>()).value_or(EvaluationDelay());
}

}  // namespace

Decision CompiledSet::scan(const Target& target, RelatedResources* related) const {
  Decision out;
  Judgement judgement(target, out);
  for (const Case& one : judgement.cases(*state_)) scan_case(judgement, one, related);
  return out;
}

Decision CompiledSet::scan_one(const Target& target, RelatedResources* related, std::string_view assignment_id,
                               std::string_view reference_id) const {
  Decision out;
  Judgement judgement(target, out);
  for (const Case& one : judgement.cases(*state_)) {
    const Bound& bound = *one.bound;
    if (is_of(*bound.assignment, bound.reference_id, assignment_id, reference_id)) scan_case(judgement, one, related);
  }
  std::erase_if(out.findings, [&](const Finding& one) {
    return !is_of(*one.assignment, one.reference_id, assignment_id, reference_id);
  });
  return out;
}

std::vector<Awaited> CompiledSet::awaits(const Target& target) const {
  std::vector<Awaited> awaited;
  Decision out;
  Judgement judgement(target, out);
  for (const Case& one : judgement.cases(*state_)) {
    const Bound& bound = *one.bound;
    const bool deploys = one.effect == Effect::kDeployIfNotExists && bound.assignment->enforced;
    if (!deploys || !bound.definition->rule().existence) continue;
    const auto holds = judgement.matches(one, out.resource, judgement.facts_, judgement.add(one));
    if (!holds || !*holds) continue;
    const auto delay = delay_of(judgement, one);
    if (delay.happens) awaited.push_back({bound.assignment, bound.reference_id, delay.wait});
  }
  return awaited;
}

}  // namespace freehold::gate::policy
