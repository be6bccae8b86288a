// then.details, whose shape follows the effect. Source: "Azure Policy definitions effect basics" and the page of each
// effect.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "expression/evaluate.h"
#include "src/rule_compiler.h"

namespace freehold::gate::policy {
namespace {

using expression::find_member;
using expression::text_member;

std::unexpected<Refusal> invalid(std::string message) { return refuse("InvalidPolicyRule", std::move(message)); }

constexpr std::array<std::pair<std::string_view, Effect>, 10> kEffects = {{
    {"Disabled", Effect::kDisabled},
    {"Append", Effect::kAppend},
    {"Modify", Effect::kModify},
    {"Deny", Effect::kDeny},
    {"Audit", Effect::kAudit},
    {"AuditIfNotExists", Effect::kAuditIfNotExists},
    {"DeployIfNotExists", Effect::kDeployIfNotExists},
    {"DenyAction", Effect::kDenyAction},
    {"AuditAction", Effect::kAuditAction},
    {"Manual", Effect::kManual},
}};

// Effects of engines that no region has: they are taken, and say nothing of a region's resources.
constexpr std::string_view kElsewhere[] = {"addToNetworkGroup", "mutate", "enforceSetting"};

std::vector<std::string> texts(const Json& owner, std::string_view name) {
  std::vector<std::string> out;
  const Json* list = find_member(owner, name);
  if (list != nullptr && list->is_array()) {
    for (const Json& one : *list) {
      if (one.is_string()) out.push_back(one.get<std::string>());
    }
  }
  return out;
}

}  // namespace

std::optional<Effect> parse_effect(std::string_view text) {
  for (const auto& [name, effect] : kEffects) {
    if (equals_ignoring_case(name, text)) return effect;
  }
  for (const auto name : kElsewhere) {
    if (equals_ignoring_case(name, text)) return Effect::kManual;
  }
  return std::nullopt;
}

std::string_view effect_name(Effect effect) { return kEffects[static_cast<std::size_t>(effect)].first; }

namespace {

// Members that say when and where an effect happens: what isn't done so is refused, not passed over.
Checked<void> check_behaviour(const Json& details) {
  const auto scope = text_member(details, "deploymentScope");
  if (!scope.empty() && !equals_ignoring_case(scope, "subscription") && !equals_ignoring_case(scope, "resourceGroup")) {
    return invalid(fmt::format("The deploymentScope '{}' is not supported.", scope.substr(0, 64)));
  }
  const Json* delay = find_member(details, "evaluationDelay");
  if (delay != nullptr) {
    const bool text = delay->is_string();
    const std::string_view word = text ? std::string_view(delay->get_ref<const std::string&>()) : std::string_view();
    if (!text || (!expression::is_expression(word) && !parse_evaluation_delay(word))) {
      return invalid(
          "The evaluationDelay is 'AfterProvisioning', 'AfterProvisioningSuccess', 'AfterProvisioningFailure' or an "
          "ISO 8601 duration between 0 and 360 minutes.");
    }
  }
  const Json* cascade = find_member(details, "cascadeBehaviors");
  if (cascade == nullptr) return {};
  const auto group = text_member(*cascade, "resourceGroup");
  if (!cascade->is_object() || cascade->size() != 1 || !equals_ignoring_case(group, "deny")) {
    return invalid("Of cascadeBehaviors only 'deny' for 'resourceGroup' is supported.");
  }
  return {};
}

}  // namespace

Checked<void> RuleCompiler::details(const Json& details, Rule& out) {
  if (details.is_array()) {
    for (const Json& one : details) {
      FH_CHECK_OK(change(one, true, out));
    }
    return {};
  }
  if (!details.is_object()) return invalid("The details of an effect are an object or an array.");
  FH_CHECK_OK(check_behaviour(details));
  out.role_definition_ids = texts(details, "roleDefinitionIds");
  for (auto& action : texts(details, "actionNames")) out.action_names.push_back(to_lower(action));
  if (const Json* operations = find_member(details, "operations")) {
    if (!operations->is_array()) return invalid("The operations of modify must be an array.");
    FH_TRY(out.conflict_effect, member(details, "conflictEffect"));
    for (const Json& one : *operations) {
      FH_CHECK_OK(change(one, false, out));
    }
  } else if (find_member(details, "field") != nullptr) {
    return change(details, true, out);
  }
  if (find_member(details, "type") != nullptr) return existence(details, out);
  return {};
}

Checked<void> RuleCompiler::change(const Json& json, bool append, Rule& out) {
  ChangeTerm made;
  FH_TRY(made.field, member(json, "field"));
  FH_TRY(made.value, member(json, "value"));
  if (!made.field.literal.is_string()) return invalid("A change of a resource needs a field.");
  if (!made.field.whole) {
    FH_TRY(const Field named, parse_field(made.field.literal.get_ref<const std::string&>(), aliases_));
    const bool fixed = named.kind != FieldKind::kTag && named.kind != FieldKind::kTags &&
                       named.kind != FieldKind::kAlias && named.kind != FieldKind::kForeign &&
                       named.kind != FieldKind::kLocation && named.kind != FieldKind::kIdentityType;
    if (fixed) return invalid(fmt::format("The field '{}' can't be changed by a policy.", named.text));
  }
  const auto operation = text_member(json, "operation");
  if (append) {
    made.kind = ChangeTerm::Kind::kAppend;
  } else if (equals_ignoring_case(operation, "add")) {
    made.kind = ChangeTerm::Kind::kAdd;
  } else if (equals_ignoring_case(operation, "addOrReplace")) {
    made.kind = ChangeTerm::Kind::kAddOrReplace;
  } else if (equals_ignoring_case(operation, "remove")) {
    made.kind = ChangeTerm::Kind::kRemove;
  } else {
    return invalid(fmt::format("The operation '{}' of modify is not supported.", operation));
  }
  if (made.kind != ChangeTerm::Kind::kRemove && find_member(json, "value") == nullptr) {
    return invalid("A change of a resource needs a value.");
  }
  if (find_member(json, "condition") != nullptr) {
    FH_TRY(made.condition, member(json, "condition"));
  }
  out.changes.push_back(std::move(made));
  return {};
}

Checked<void> RuleCompiler::existence(const Json& details, Rule& out) {
  Existence made;
  made.type = text_member(details, "type");
  if (made.type.empty() || expression::is_expression(made.type))
    return invalid("The details need the type of a resource.");
  FH_TRY(made.name, member(details, "name"));
  FH_TRY(made.resource_group, member(details, "resourceGroupName"));
  FH_TRY(made.scope, member(details, "existenceScope"));
  FH_TRY(made.delay, member(details, "evaluationDelay"));
  made.deploys_at_subscription = equals_ignoring_case(text_member(details, "deploymentScope"), "subscription");
  if (const Json* existing = find_member(details, "existenceCondition")) {
    conditions_ = 0;
    most_conditions_ = kMostExistenceConditions;
    FH_TRY(made.condition, condition(*existing, 1));
  }
  if (const Json* deployment = find_member(details, "deployment")) {
    made.deployment = *deployment;
    const Json* properties = find_member(*deployment, "properties");
    const Json* given = properties == nullptr ? nullptr : find_member(*properties, "parameters");
    if (given != nullptr) {
      FH_CHECK_OK(inner_terms(*given));
    }
  }
  out.existence = std::move(made);
  return {};
}

// The effect is one that exists and has the details that it needs; of a parameter, each effect that it allows.
Checked<void> RuleCompiler::check_effect(const Rule& rule) {
  std::vector<std::string> names;
  if (!rule.effect.whole) {
    names.push_back(rule.effect.literal.get<std::string>());
  } else {
    for (const auto& node : rule.effect.whole->nodes()) {
      const Parameter* parameter = node.kind == expression::NodeKind::kText ? parameters_.find(node.text) : nullptr;
      if (parameter == nullptr) continue;
      for (const Json& allowed : parameter->allowed)
        names.push_back(allowed.is_string() ? allowed.get<std::string>() : "");
    }
  }
  for (const auto& name : names) {
    const auto effect = parse_effect(name);
    if (!effect) return invalid(fmt::format("The effect '{}' is not supported.", name));
    const bool if_not_exists = *effect == Effect::kAuditIfNotExists || *effect == Effect::kDeployIfNotExists;
    if ((if_not_exists && !rule.existence) ||
        ((*effect == Effect::kAppend || *effect == Effect::kModify) && rule.changes.empty()) ||
        ((*effect == Effect::kDenyAction || *effect == Effect::kAuditAction) && rule.action_names.empty()) ||
        (*effect == Effect::kDeployIfNotExists && rule.existence->deployment.is_null())) {
      return invalid(fmt::format("The effect '{}' lacks its details.", name));
    }
  }
  return {};
}

}  // namespace freehold::gate::policy
