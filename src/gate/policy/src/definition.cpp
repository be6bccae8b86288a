#include "policy/definition.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "expression/date_time.h"
#include "src/rule_compiler.h"

namespace freehold::gate::policy {
namespace {

using expression::find_member;
using expression::text_member;

Checked<Mode> parse_mode(std::string_view text) {
  if (text.empty() || equals_ignoring_case(text, "All")) return Mode::kAll;
  if (equals_ignoring_case(text, "Indexed")) return Mode::kIndexed;
  // "Microsoft.KeyVault.Data", "Microsoft.ContainerService.Data": a provider, a service, "Data".
  if (equals_ignoring_case(text.substr(0, 10), "Microsoft.") && text.find('.', 10) != std::string_view::npos) {
    return Mode::kDataPlane;
  }
  return refuse("InvalidPolicyDefinitionMode", fmt::format("The policy mode '{}' is not supported.", text));
}

}  // namespace

Definition::~Definition() = default;

Checked<std::shared_ptr<const Definition>> Definition::compile(std::string_view id, const Json& properties,
                                                               const AliasTable& aliases) {
  std::shared_ptr<Definition> out(new Definition());
  out->id_ = id;
  out->aliases_ = &aliases;
  out->display_name_ = text_member(properties, "displayName");
  out->version_ = text_member(properties, "version");
  if (const Json* metadata = find_member(properties, "metadata"); metadata != nullptr && out->version_.empty()) {
    out->version_ = text_member(*metadata, "version");
  }
  out->mode_name_ = text_member(properties, "mode");
  if (out->mode_name_.empty()) out->mode_name_ = "All";
  FH_TRY(out->mode_, parse_mode(out->mode_name_));
  FH_TRY(out->parameters_, ParameterSet::parse(find_member(properties, "parameters")));
  const Json* rule = find_member(properties, "policyRule");
  if (rule == nullptr || !rule->is_object()) return refuse("InvalidPolicyRule", "The definition has no policyRule.");
  FH_TRY(out->rule_, RuleCompiler(out->parameters_, aliases).compile(*rule));
  return std::shared_ptr<const Definition>(std::move(out));
}

std::optional<EvaluationDelay> parse_evaluation_delay(std::string_view text) {
  if (equals_ignoring_case(text, "AfterProvisioning") || equals_ignoring_case(text, "AfterProvisioningSuccess")) {
    return EvaluationDelay{.happens = true, .wait = std::chrono::seconds(0)};
  }
  if (equals_ignoring_case(text, "AfterProvisioningFailure")) {
    return EvaluationDelay{.happens = false, .wait = std::chrono::seconds(0)};
  }
  constexpr std::int64_t kMostSeconds = 360 * 60;
  const auto base = expression::ticks_of_unix(0);
  const auto then = expression::add_duration(base, text);
  if (!then) return std::nullopt;
  const auto seconds = (then->value - base.value) / expression::kTicksPerSecond;
  if (seconds < 0 || seconds > kMostSeconds) return std::nullopt;
  return EvaluationDelay{.happens = true, .wait = std::chrono::seconds(seconds)};
}

std::string_view Definition::name() const { return std::string_view(id_).substr(id_.rfind('/') + 1); }

std::vector<Effect> Definition::possible_effects() const {
  std::vector<Effect> out;
  const Term& effect = rule_->effect;
  if (!effect.whole) {
    out.push_back(parse_effect(effect.literal.get_ref<const std::string&>()).value_or(Effect::kDisabled));
    return out;
  }
  for (const auto& node : effect.whole->nodes()) {
    const Parameter* parameter = node.kind == expression::NodeKind::kText ? parameters_.find(node.text) : nullptr;
    if (parameter == nullptr) continue;
    for (const Json& allowed : parameter->allowed) {
      if (allowed.is_string())
        out.push_back(parse_effect(allowed.get_ref<const std::string&>()).value_or(Effect::kDisabled));
    }
  }
  return out;
}

bool Definition::deploys() const { return rule_->existence && !rule_->existence->deployment.is_null(); }

bool Definition::modifies() const {
  return std::ranges::any_of(rule_->changes,
                             [](const ChangeTerm& one) { return one.kind != ChangeTerm::Kind::kAppend; });
}

std::vector<std::string> Definition::role_definition_ids() const { return rule_->role_definition_ids; }

}  // namespace freehold::gate::policy
