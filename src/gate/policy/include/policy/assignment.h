// What puts definitions into force: initiatives, assignments and exemptions, parsed and checked when they are
// registered. Source: "Azure Policy assignment structure", "... initiative definition structure", "... exemption
// structure".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expression/date_time.h"
#include "policy/definition.h"

namespace freehold::gate::policy {

// One definition in an initiative.
struct Reference {
  std::string reference_id;
  std::string definition_id;
  std::string definition_version;    // "1.*.*"; empty: any. Whoever registers the initiative checks it.
  Json parameters = Json::object();  // {"name": {"value": expression over the initiative's parameters}}
  std::vector<std::string> groups;
};

// A policySetDefinition. Immutable.
struct Initiative {
  std::string id, display_name;
  ParameterSet parameters;
  std::vector<Reference> references;

  static Checked<std::shared_ptr<const Initiative>> parse(std::string_view id, const Json& properties);
};

// Narrows an assignment, an override or an exemption down.
struct Selector {
  enum class Kind : std::uint8_t { kLocation, kType, kWithoutLocation, kReference, kGroup, kPrincipal };
  Kind kind = Kind::kType;
  std::vector<std::string> in;
  std::vector<std::string> not_in;
};
// All of its selectors must match; of several ResourceSelectors one must.
struct ResourceSelector {
  std::vector<Selector> selectors;
};

struct EffectOverride {
  Effect effect = Effect::kDisabled;
  std::vector<Selector> selectors;
};

struct NonComplianceMessage {
  std::string message;
  std::string reference_id;  // empty: for all
};

struct Assignment {
  std::string id, name, display_name, scope, definition_id;
  Json parameters = Json::object();  // {"name": {"value": ...}}
  std::vector<std::string> not_scopes;
  bool enforced = true;
  std::vector<NonComplianceMessage> messages;
  std::vector<EffectOverride> overrides;
  std::vector<ResourceSelector> selectors;

  // `id` ends in "/providers/Microsoft.Authorization/policyAssignments/NAME"; what is before that is the scope.
  static Checked<Assignment> parse(std::string_view id, const Json& properties);
};

enum class ExemptionCategory : std::uint8_t { kWaiver, kMitigated };

struct Exemption {
  std::string id, scope, assignment_id;
  std::vector<std::string> reference_ids;  // empty: all
  ExemptionCategory category = ExemptionCategory::kWaiver;
  std::optional<expression::Ticks> expires;
  std::vector<ResourceSelector> selectors;

  static Checked<Exemption> parse(std::string_view id, const Json& properties);
};

// Whether `id` is `scope` or below it, by segments and without regard to case. The empty scope and "/" hold everything.
[[nodiscard]] bool is_within(std::string_view id, std::string_view scope);

}  // namespace freehold::gate::policy
