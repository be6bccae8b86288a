// What a client is told when a policy denies. Source: the errors that Azure answers with, as its documentation of
// RequestDisallowedByPolicy and of Automation's hybrid workers shows them.
#include <fmt/format.h>

#include "policy/compiled_set.h"

namespace freehold::gate::policy {
namespace {

std::string last_segment(std::string_view id) { return std::string(id.substr(id.rfind('/') + 1)); }

Json expressions_of(const Finding& finding) {
  Json out = Json::array();
  for (const EvaluatedExpression& one : finding.expressions) {
    Json entry = {
        {"result", one.result ? "True" : "False"}, {"expressionKind", one.kind}, {"expression", one.expression}};
    if (!one.path.empty()) entry["path"] = one.path;
    if (one.value) entry["expressionValue"] = *one.value;
    entry["targetValue"] = one.target;
    entry["operator"] = one.op;
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace

Json policy_violation(const Finding& finding) {
  const Assignment& assignment = *finding.assignment;
  Json details = {{"evaluatedExpressions", expressions_of(finding)}};
  if (!finding.error.empty()) details["reason"] = finding.error;
  Json info = {{"policyDefinitionDisplayName", finding.definition->display_name()},
               {"evaluationDetails", std::move(details)},
               {"policyDefinitionId", finding.definition->id()}};
  if (finding.initiative != nullptr) {
    info["policySetDefinitionId"] = finding.initiative->id;
    info["policySetDefinitionName"] = last_segment(finding.initiative->id);
    info["policySetDefinitionDisplayName"] = finding.initiative->display_name;
    info["policyDefinitionReferenceId"] = finding.reference_id;
  }
  info["policyDefinitionName"] = std::string(finding.definition->name());
  info["policyDefinitionEffect"] = std::string(effect_name(finding.effect));
  info["policyAssignmentId"] = assignment.id;
  info["policyAssignmentName"] = assignment.name;
  info["policyAssignmentDisplayName"] = assignment.display_name;
  info["policyAssignmentScope"] = assignment.scope;
  info["policyAssignmentParameters"] = assignment.parameters;
  info["policyExemptionIds"] = Json::array();
  return {{"type", "PolicyViolation"}, {"info", std::move(info)}};
}

std::string disallowed_message(std::string_view resource_name, const Decision& decision) {
  Json identifiers = Json::array();
  std::string reasons;
  for (const Finding& one : decision.findings) {
    if (!one.denies) continue;
    const auto named = [](const std::string& name, const std::string& id) {
      return Json{{"name", name.empty() ? last_segment(id) : name}, {"id", id}};
    };
    Json entry = {{"policyAssignment", named(one.assignment->display_name, one.assignment->id)},
                  {"policyDefinition", named(one.definition->display_name(), one.definition->id())}};
    if (one.initiative != nullptr)
      entry["policySetDefinition"] = named(one.initiative->display_name, one.initiative->id);
    identifiers.push_back(std::move(entry));
    if (!one.message.empty()) reasons += (reasons.empty() ? "" : "; ") + one.message;
  }
  return fmt::format("Resource '{}' was disallowed by policy. {}Policy identifiers: '{}'.", resource_name,
                     reasons.empty() ? "" : fmt::format("Reasons: '{}'. ", reasons),
                     identifiers.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace freehold::gate::policy
