// A policy definition: checked when it is registered, compiled once, evaluated for every resource.
// Source: "Azure Policy definition structure", "... policy rule", "... effects".
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/alias_table.h"
#include "policy/parameters.h"
#include "policy/refusal.h"

namespace freehold::gate::policy {

enum class Effect : std::uint8_t {
  kDisabled,
  kAppend,
  kModify,
  kDeny,
  kAudit,
  kAuditIfNotExists,
  kDeployIfNotExists,
  kDenyAction,
  kAuditAction,
  kManual,  // and other effects that act outside a region's resources (addToNetworkGroup, mutate): never evaluated here
};

[[nodiscard]] std::optional<Effect> parse_effect(std::string_view text);  // without regard to case
[[nodiscard]] std::string_view effect_name(Effect effect);                // "AuditIfNotExists"

// How long after a write it is looked for what a resource lacks: details.evaluationDelay. What is answered is
// provisioned, and well: so AfterProvisioning and AfterProvisioningSuccess are at once, AfterProvisioningFailure never.
struct EvaluationDelay {
  bool happens = true;
  std::chrono::seconds wait{600};  // Azure's, if the definition says nothing
};
// One of the words above, or an ISO 8601 duration of at most 360 minutes; nullopt: neither.
[[nodiscard]] std::optional<EvaluationDelay> parse_evaluation_delay(std::string_view text);

enum class Mode : std::uint8_t {
  kAll,
  kIndexed,   // only types that have tags and a location
  kDataPlane  // "Microsoft.KeyVault.Data": the service of that name evaluates it
};

struct Rule;  // compiled; src/rule.h

// Immutable; shared by compiled sets and threads. Refers to the alias table it was compiled against.
class Definition {
 public:
  // `properties` is a policyDefinition's, as a client sends it. Refuses unknown operators, fields, functions and
  // aliases of types of ours, each by name.
  static Checked<std::shared_ptr<const Definition>> compile(std::string_view id, const Json& properties,
                                                            const AliasTable& aliases);
  ~Definition();
  Definition(const Definition&) = delete;
  Definition& operator=(const Definition&) = delete;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] std::string_view name() const;  // the last segment of the id
  [[nodiscard]] const std::string& display_name() const { return display_name_; }
  [[nodiscard]] const std::string& version() const { return version_; }
  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] const std::string& mode_name() const { return mode_name_; }
  [[nodiscard]] const ParameterSet& parameters() const { return parameters_; }
  [[nodiscard]] const Rule& rule() const { return *rule_; }
  [[nodiscard]] const AliasTable& aliases() const { return *aliases_; }
  // The effects it can have: one, or what the parameter that chooses it allows (empty: any).
  [[nodiscard]] std::vector<Effect> possible_effects() const;
  // Has it a template to deploy, or operations that modify? Then whoever assigns it gives it an identity to do so.
  [[nodiscard]] bool deploys() const;
  [[nodiscard]] bool modifies() const;
  // then.details.roleDefinitionIds, for remediation.
  [[nodiscard]] std::vector<std::string> role_definition_ids() const;

 private:
  Definition() = default;
  std::string id_, display_name_, version_, mode_name_;
  Mode mode_ = Mode::kAll;
  ParameterSet parameters_;
  std::unique_ptr<const Rule> rule_;
  const AliasTable* aliases_ = nullptr;
};

}  // namespace freehold::gate::policy
