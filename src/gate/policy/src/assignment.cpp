#include "policy/assignment.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"

namespace freehold::gate::policy {
namespace {

using expression::find_member;
using expression::text_member;

constexpr std::size_t kMostReferences = 1'000;  // Azure Policy limits
constexpr std::size_t kMostNotScopes = 400;
constexpr std::size_t kMostSelectorValues = 50;
constexpr std::size_t kMostSelectors = 10;

// The elements of a member that is an array; none if it is absent.
std::vector<const Json*> elements(const Json& value, std::string_view name) {
  std::vector<const Json*> out;
  const Json* member = find_member(value, name);
  if (member != nullptr && member->is_array()) {
    for (const Json& element : *member) out.push_back(&element);
  }
  return out;
}

Checked<std::vector<std::string>> texts(const Json& value, std::string_view name, std::size_t most,
                                        std::string_view code) {
  std::vector<std::string> out;
  for (const Json* element : elements(value, name)) {
    if (!element->is_string() || out.size() == most) {
      return refuse(std::string(code), fmt::format("'{}' must be an array of at most {} strings.", name, most));
    }
    out.push_back(element->get<std::string>());
  }
  return out;
}

// The scope that an id of an extension resource stands on, and its name.
struct ExtensionId {
  std::string scope, name;
};
std::optional<ExtensionId> split_id(std::string_view id, std::string_view type) {
  const std::string marker = fmt::format("/providers/microsoft.authorization/{}/", to_lower(type));
  const auto at = to_lower(id).rfind(marker);
  if (at == std::string::npos || at + marker.size() >= id.size()) return std::nullopt;
  return ExtensionId{std::string(id.substr(0, at)), std::string(id.substr(at + marker.size()))};
}

std::optional<Selector::Kind> selector_kind(std::string_view text) {
  using Kind = Selector::Kind;
  for (const auto& [name, kind] : {std::pair<std::string_view, Kind>("resourceLocation", Kind::kLocation),
                                   {"resourceType", Kind::kType},
                                   {"resourceWithoutLocation", Kind::kWithoutLocation},
                                   {"policyDefinitionReferenceId", Kind::kReference},
                                   {"groupPrincipalId", Kind::kGroup},
                                   {"userPrincipalId", Kind::kPrincipal}}) {
    if (equals_ignoring_case(name, text)) return kind;
  }
  return std::nullopt;
}

Checked<std::vector<Selector>> parse_selectors(const Json& owner, std::string_view code) {
  std::vector<Selector> out;
  for (const Json* one : elements(owner, "selectors")) {
    Selector selector;
    const auto kind = selector_kind(text_member(*one, "kind"));
    if (!kind || *kind == Selector::Kind::kGroup || *kind == Selector::Kind::kPrincipal) {
      return refuse(std::string(code),
                    fmt::format("The selector kind '{}' is not supported.", text_member(*one, "kind")));
    }
    selector.kind = *kind;
    FH_TRY(selector.in, texts(*one, "in", kMostSelectorValues, code));
    FH_TRY(selector.not_in, texts(*one, "notIn", kMostSelectorValues, code));
    if (selector.in.empty() == selector.not_in.empty()) {
      return refuse(std::string(code), "A selector has either 'in' or 'notIn'.");
    }
    out.push_back(std::move(selector));
  }
  return out;
}

Checked<std::vector<ResourceSelector>> parse_resource_selectors(const Json& properties, std::string_view code) {
  std::vector<ResourceSelector> out;
  for (const Json* one : elements(properties, "resourceSelectors")) {
    if (out.size() == kMostSelectors) return refuse(std::string(code), "There are more than 10 resourceSelectors.");
    FH_TRY(std::vector<Selector> selectors, parse_selectors(*one, code));
    out.push_back({std::move(selectors)});
  }
  return out;
}

Checked<std::vector<EffectOverride>> parse_overrides(const Json& properties) {
  std::vector<EffectOverride> out;
  for (const Json* one : elements(properties, "overrides")) {
    if (out.size() == kMostSelectors) return refuse("InvalidPolicyAssignment", "There are more than 10 overrides.");
    const auto effect = parse_effect(text_member(*one, "value"));
    if (!equals_ignoring_case(text_member(*one, "kind"), "policyEffect") || !effect) {
      return refuse("InvalidPolicyAssignment",
                    fmt::format("The override of kind '{}' with value '{}' is not supported.",
                                text_member(*one, "kind"), text_member(*one, "value")));
    }
    FH_TRY(std::vector<Selector> selectors, parse_selectors(*one, "InvalidPolicyAssignment"));
    out.push_back({*effect, std::move(selectors)});
  }
  return out;
}

Checked<Json> given_parameters(const Json& properties, std::string_view code) {
  const Json* given = find_member(properties, "parameters");
  if (given == nullptr || given->is_null()) return Json(Json::object());
  if (!given->is_object()) return refuse(std::string(code), "The parameters are no object.");
  return *given;
}

}  // namespace

Checked<std::shared_ptr<const Initiative>> Initiative::parse(std::string_view id, const Json& properties) {
  auto out = std::make_shared<Initiative>();
  out->id = id;
  out->display_name = text_member(properties, "displayName");
  FH_TRY(out->parameters, ParameterSet::parse(find_member(properties, "parameters")));
  const auto listed = elements(properties, "policyDefinitions");
  if (listed.empty() || listed.size() > kMostReferences) {
    return refuse("InvalidPolicySetDefinition",
                  fmt::format("An initiative has 1 to {} policyDefinitions.", kMostReferences));
  }
  std::unordered_set<std::string> names;
  for (const Json* one : listed) {
    Reference reference;
    reference.definition_id = text_member(*one, "policyDefinitionId");
    if (reference.definition_id.empty()) {
      return refuse("InvalidPolicySetDefinition", "An entry of policyDefinitions has no policyDefinitionId.");
    }
    reference.definition_version = text_member(*one, "definitionVersion");
    reference.reference_id = text_member(*one, "policyDefinitionReferenceId");
    if (reference.reference_id.empty()) reference.reference_id = fmt::format("{}", out->references.size() + 1);
    if (!names.insert(to_lower(reference.reference_id)).second) {
      return refuse("InvalidPolicySetDefinition",
                    fmt::format("The policyDefinitionReferenceId '{}' is there twice.", reference.reference_id));
    }
    FH_TRY(reference.parameters, given_parameters(*one, "InvalidPolicySetDefinition"));
    FH_TRY(reference.groups, texts(*one, "groupNames", kMostReferences, "InvalidPolicySetDefinition"));
    out->references.push_back(std::move(reference));
  }
  return out;
}

Checked<Assignment> Assignment::parse(std::string_view id, const Json& properties) {
  constexpr std::string_view kCode = "InvalidPolicyAssignment";
  Assignment out;
  const auto split = split_id(id, "policyAssignments");
  if (!split) return refuse(std::string(kCode), fmt::format("'{}' is no id of a policy assignment.", id));
  out.id = id;
  out.name = split->name;
  out.scope = split->scope;
  out.display_name = text_member(properties, "displayName");
  out.definition_id = text_member(properties, "policyDefinitionId");
  if (out.definition_id.empty()) return refuse(std::string(kCode), "The assignment has no policyDefinitionId.");
  FH_TRY(out.parameters, given_parameters(properties, kCode));
  FH_TRY(out.not_scopes, texts(properties, "notScopes", kMostNotScopes, kCode));
  const auto mode = text_member(properties, "enforcementMode");
  if (!mode.empty() && !equals_ignoring_case(mode, "Default") && !equals_ignoring_case(mode, "DoNotEnforce")) {
    return refuse(std::string(kCode), fmt::format("The enforcementMode '{}' is not supported.", mode));
  }
  out.enforced = !equals_ignoring_case(mode, "DoNotEnforce");
  for (const Json* one : elements(properties, "nonComplianceMessages")) {
    out.messages.push_back(
        {std::string(text_member(*one, "message")), std::string(text_member(*one, "policyDefinitionReferenceId"))});
  }
  FH_TRY(out.overrides, parse_overrides(properties));
  FH_TRY(out.selectors, parse_resource_selectors(properties, kCode));
  return out;
}

Checked<Exemption> Exemption::parse(std::string_view id, const Json& properties) {
  constexpr std::string_view kCode = "InvalidPolicyExemption";
  Exemption out;
  const auto split = split_id(id, "policyExemptions");
  if (!split) return refuse(std::string(kCode), fmt::format("'{}' is no id of a policy exemption.", id));
  out.id = id;
  out.scope = split->scope;
  out.assignment_id = text_member(properties, "policyAssignmentId");
  if (out.assignment_id.empty()) return refuse(std::string(kCode), "The exemption has no policyAssignmentId.");
  FH_TRY(out.reference_ids, texts(properties, "policyDefinitionReferenceIds", kMostReferences, kCode));
  const auto category = text_member(properties, "exemptionCategory");
  const bool mitigated = equals_ignoring_case(category, "Mitigated");
  if (!mitigated && !equals_ignoring_case(category, "Waiver")) {
    return refuse(std::string(kCode),
                  fmt::format("The exemptionCategory '{}' is neither Waiver nor Mitigated.", category));
  }
  out.category = mitigated ? ExemptionCategory::kMitigated : ExemptionCategory::kWaiver;
  if (const Json* expires = find_member(properties, "expiresOn"); expires != nullptr && !expires->is_null()) {
    out.expires = expression::parse_date_time(text_member(properties, "expiresOn"));
    if (!out.expires) return refuse(std::string(kCode), "The expiresOn of the exemption is no ISO 8601 date and time.");
  }
  FH_TRY(out.selectors, parse_resource_selectors(properties, kCode));
  return out;
}

bool is_within(std::string_view id, std::string_view scope) {
  while (scope.ends_with('/')) scope.remove_suffix(1);
  if (scope.empty()) return true;
  return id.size() >= scope.size() && equals_ignoring_case(id.substr(0, scope.size()), scope) &&
         (id.size() == scope.size() || id[scope.size()] == '/');
}

}  // namespace freehold::gate::policy
