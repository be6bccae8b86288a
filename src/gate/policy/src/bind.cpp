#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "src/bound.h"

namespace freehold::gate::policy {
namespace {

// Parameters and pure functions: what is known before any request.
class ParametersOnly final : public expression::Environment {
 public:
  explicit ParametersOnly(const Json& values) : values_(values) {}
  Result<const Json*> parameter(std::string_view name) override {
    const Json* found = expression::find_member(values_, name);
    return found == nullptr ? Environment::parameter(name) : Result<const Json*>(found);
  }

 private:
  const Json& values_;
};

Result<Json> known_value(const Term& term, const Json& parameters) {
  ParametersOnly environment(parameters);
  expression::Budget budget(expression::kPolicyLimits);
  if (term.whole) return expression::evaluate(*term.whole, environment, budget);
  return term.mixed ? expression::resolve(term.literal, environment, budget) : Result<Json>(term.literal);
}

std::string message_for(const Assignment& assignment, std::string_view reference_id) {
  const NonComplianceMessage* best = nullptr;
  for (const auto& one : assignment.messages) {
    if (one.reference_id.empty() ? best == nullptr : equals_ignoring_case(one.reference_id, reference_id)) best = &one;
  }
  return best == nullptr ? std::string() : best->message;
}

Checked<Bound> bind_one(const Assignment& assignment, std::shared_ptr<const Definition> definition, const Json& given) {
  Bound out;
  out.assignment = &assignment;
  out.definition = std::move(definition);
  FH_TRY(out.parameters, out.definition->parameters().bind(&given, out.definition->id()));
  auto effect = known_value(out.definition->rule().effect, out.parameters);
  if (!effect) return refuse("InvalidPolicyRule", effect.error().message);
  const auto parsed = effect->is_string() ? parse_effect(effect->get_ref<const std::string&>()) : std::nullopt;
  if (!parsed)
    return refuse("InvalidPolicyRule", fmt::format("The effect of '{}' is not supported.", out.definition->id()));
  out.effect = *parsed;
  return out;
}

Checked<Bound> bind_reference(const Assignment& assignment, const std::shared_ptr<const Initiative>& initiative,
                              const Reference& reference, const Json& values, const CompiledSet::Catalog& catalog) {
  auto definition = catalog.definition(reference.definition_id);
  if (definition == nullptr) {
    return refuse("PolicyDefinitionNotFound",
                  fmt::format("The policy definition '{}' was not found.", reference.definition_id));
  }
  ParametersOnly environment(values);
  expression::Budget budget(expression::kPolicyLimits);
  auto given = expression::resolve(reference.parameters, environment, budget);
  if (!given) return refuse("InvalidPolicySetDefinition", given.error().message);
  FH_TRY(Bound out, bind_one(assignment, std::move(definition), *given));
  out.initiative = initiative;
  out.reference_id = reference.reference_id;
  out.groups = reference.groups;
  out.message = message_for(assignment, reference.reference_id);
  return out;
}

// The types that a condition on the field "type" lets through.
Types types_of_condition(const Condition& condition, const Json& parameters) {
  if (condition.op != Operator::kEquals && condition.op != Operator::kIn) return std::nullopt;
  const auto target = known_value(condition.target, parameters);
  if (!target) return std::nullopt;
  std::set<std::string> out;
  if (target->is_string() && condition.op == Operator::kEquals) {
    out.insert(to_lower(target->get_ref<const std::string&>()));
    return out;
  }
  if (!target->is_array()) return std::nullopt;
  for (const Json& one : *target) {
    if (one.is_string()) out.insert(to_lower(one.get_ref<const std::string&>()));
  }
  return out;
}

Types types_of_field(const Condition& condition, const Json& parameters) {
  if (condition.computed_field) return std::nullopt;
  if (condition.field.kind == FieldKind::kForeign) return std::set<std::string>();
  if (condition.field.alias != nullptr) return std::set<std::string>{to_lower(condition.field.alias->type)};
  if (condition.field.kind == FieldKind::kType && condition.kind == Condition::Kind::kField) {
    return types_of_condition(condition, parameters);
  }
  return std::nullopt;
}

Types types_of(const Condition& condition, const Json& parameters) {
  switch (condition.kind) {
    case Condition::Kind::kField:
    case Condition::Kind::kFieldCount:
      return types_of_field(condition, parameters);
    case Condition::Kind::kAllOf: {
      Types all;
      for (const Condition& child : condition.children) {
        const Types one = types_of(child, parameters);
        if (!one) continue;
        if (!all) {
          all = one;
        } else {
          std::erase_if(*all, [&one](const std::string& type) { return !one->contains(type); });
        }
      }
      return all;
    }
    case Condition::Kind::kAnyOf: {
      std::set<std::string> any;
      for (const Condition& child : condition.children) {
        const Types one = types_of(child, parameters);
        if (!one) return std::nullopt;
        any.insert(one->begin(), one->end());
      }
      return any;
    }
    default:
      return std::nullopt;
  }
}

bool listed(const std::vector<std::string>& list, std::string_view value) {
  return std::any_of(list.begin(), list.end(),
                     [value](const std::string& one) { return equals_ignoring_case(one, value); });
}

std::string location_of(const Target& target) {
  std::string out;
  const Json* location = member_of(*target.resource, "location");
  if (location == nullptr || !location->is_string()) return out;
  for (const char c : location->get_ref<const std::string&>()) {
    if (c != ' ') out += ascii_lower(c);
  }
  return out;
}

bool selects(const Selector& selector, const Target& target, std::string_view reference_id) {
  const auto location = location_of(target);
  std::string value;
  switch (selector.kind) {
    case Selector::Kind::kLocation:
      value = location;
      break;
    case Selector::Kind::kType:
      value = target.type;
      break;
    case Selector::Kind::kReference:
      value = reference_id;
      break;
    case Selector::Kind::kWithoutLocation:
      return location.empty() == listed(selector.in, "subscriptionLevelResources");
    default:
      return false;
  }
  return selector.in.empty() ? !listed(selector.not_in, value) : listed(selector.in, value);
}

bool selects_all(const std::vector<Selector>& selectors, const Target& target, std::string_view reference_id) {
  return std::all_of(selectors.begin(), selectors.end(),
                     [&](const Selector& one) { return selects(one, target, reference_id); });
}

bool selected(const std::vector<ResourceSelector>& selectors, const Target& target, std::string_view reference_id) {
  return selectors.empty() || std::any_of(selectors.begin(), selectors.end(), [&](const ResourceSelector& one) {
           return selects_all(one.selectors, target, reference_id);
         });
}

bool covers(std::string_view scope, const Target& target) {
  return is_within(target.id, scope) || listed(target.ancestors, scope);
}

// Whether the rule has what the effect needs, and its parameter, if one chooses it, allows the effect.
bool can_have(const Definition& definition, Effect effect) {
  const Rule& rule = definition.rule();
  switch (effect) {
    case Effect::kDisabled:
      return true;
    case Effect::kAuditIfNotExists:
      if (!rule.existence) return false;
      break;
    case Effect::kDeployIfNotExists:
      if (!rule.existence || rule.existence->deployment.is_null()) return false;
      break;
    case Effect::kAppend:
    case Effect::kModify:
      if (rule.changes.empty()) return false;
      break;
    case Effect::kDenyAction:
    case Effect::kAuditAction:
      if (rule.action_names.empty()) return false;
      break;
    default:
      break;
  }
  const auto possible = definition.possible_effects();
  return !rule.effect.whole || possible.empty() ||
         std::find(possible.begin(), possible.end(), effect) != possible.end();
}

Checked<void> check_overrides(const Bound& bound) {
  for (const EffectOverride& one : bound.assignment->overrides) {
    const bool meant = std::all_of(one.selectors.begin(), one.selectors.end(), [&bound](const Selector& selector) {
      if (selector.kind != Selector::Kind::kReference) return true;
      return selector.in.empty() ? !listed(selector.not_in, bound.reference_id)
                                 : listed(selector.in, bound.reference_id);
    });
    if (meant && !can_have(*bound.definition, one.effect)) {
      return refuse("InvalidPolicyAssignment", fmt::format("The override's effect '{}' is not possible for '{}'.",
                                                           effect_name(one.effect), bound.definition->id()));
    }
  }
  return {};
}

}  // namespace

Checked<std::vector<Bound>> bind(const Assignment& assignment, const CompiledSet::Catalog& catalog) {
  std::vector<Bound> out;
  if (to_lower(assignment.definition_id).find("/policysetdefinitions/") == std::string::npos) {
    auto definition = catalog.definition(assignment.definition_id);
    if (definition == nullptr) {
      return refuse("PolicyDefinitionNotFound",
                    fmt::format("The policy definition '{}' was not found.", assignment.definition_id));
    }
    FH_TRY(Bound one, bind_one(assignment, std::move(definition), assignment.parameters));
    one.message = message_for(assignment, "");
    FH_CHECK_OK(check_overrides(one));
    out.push_back(std::move(one));
    return out;
  }
  const auto initiative = catalog.initiative(assignment.definition_id);
  if (initiative == nullptr) {
    return refuse("PolicySetDefinitionNotFound",
                  fmt::format("The policy set definition '{}' was not found.", assignment.definition_id));
  }
  FH_TRY(const Json values, initiative->parameters.bind(&assignment.parameters, initiative->id));
  for (const Reference& reference : initiative->references) {
    FH_TRY(Bound one, bind_reference(assignment, initiative, reference, values, catalog));
    FH_CHECK_OK(check_overrides(one));
    out.push_back(std::move(one));
  }
  return out;
}

Types possible_types(const Bound& bound) { return types_of(bound.definition->rule().condition, bound.parameters); }

bool in_force(const Bound& bound, const Target& target) {
  const Definition& definition = *bound.definition;
  if (target.data_plane_mode.empty()) {
    if (definition.mode() == Mode::kDataPlane || (definition.mode() == Mode::kIndexed && !target.indexed)) return false;
  } else if (!equals_ignoring_case(definition.mode_name(), target.data_plane_mode)) {
    return false;
  }
  const Assignment& assignment = *bound.assignment;
  if (!covers(assignment.scope, target)) return false;
  const bool excluded =
      std::any_of(assignment.not_scopes.begin(), assignment.not_scopes.end(),
                  [&target](const std::string& scope) { return !scope.empty() && covers(scope, target); });
  return !excluded && selected(assignment.selectors, target, bound.reference_id);
}

const Exemption* exempting(const Bound& bound, const Target& target) {
  for (const Exemption* one : bound.exemptions) {
    // "Azure Policy definition structure basics", resource provider modes: no exemption is at an object of one, but
    // those at what it is in and above hold.
    if (bound.definition->mode() == Mode::kDataPlane && is_within(one->scope, target.id)) continue;
    const bool current = !one->expires || target.now < *one->expires;
    const bool named = one->reference_ids.empty() || listed(one->reference_ids, bound.reference_id);
    if (current && named && covers(one->scope, target) && selected(one->selectors, target, bound.reference_id))
      return one;
  }
  return nullptr;
}

Effect effect_on(const Bound& bound, const Target& target) {
  for (const EffectOverride& one : bound.assignment->overrides) {
    if (selects_all(one.selectors, target, bound.reference_id)) return one.effect;
  }
  return bound.effect;
}

}  // namespace freehold::gate::policy
