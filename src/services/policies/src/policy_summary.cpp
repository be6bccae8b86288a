#include "src/policy_summary.h"

#include <utility>

#include "base/encoding.h"

namespace freehold::policies {
namespace {

// The worst that is said of a resource counts for it.
int rank_of(std::string_view state) {
  constexpr std::string_view kOrder[] = {"compliant", "exempt", "unknown", "conflicting", "error", "noncompliant"};
  for (int i = 0; i < static_cast<int>(std::size(kOrder)); ++i) {
    if (equals_ignoring_case(state, kOrder[i])) return i;
  }
  return 0;
}

void worsen(std::string& known, const std::string& state) {
  if (known.empty() || rank_of(state) > rank_of(known)) known = state;
}

std::string text(const Json& state, const char* name) { return state[name].get<std::string>(); }

Json details(const std::map<std::string, std::size_t>& counts) {
  Json out = Json::array();
  for (const auto& [state, count] : counts) out.push_back({{"complianceState", state}, {"count", count}});
  return out;
}

std::size_t bad_of(const std::map<std::string, std::size_t>& counts) {
  const auto at = counts.find("noncompliant");
  return at == counts.end() ? 0 : at->second;
}

}  // namespace

void StateSum::add(const Json& state) {
  const std::string compliance = to_lower(text(state, "complianceState"));
  auto resource = to_lower(text(state, "resourceId"));
  if (resource != resource_) {
    count_resource();
    resource_ = std::move(resource);
  }
  worsen(worst_, compliance);
  worsen(policies_[to_lower(text(state, "policyAssignmentId") + "\n" + text(state, "policyDefinitionId") + "\n" +
                            text(state, "policyDefinitionReferenceId"))],
         compliance);
}

void StateSum::count_resource() {
  if (!worst_.empty()) ++resources_[std::exchange(worst_, {})];
}

Json StateSum::json() {
  count_resource();
  std::map<std::string, std::size_t> policies;
  for (const auto& [policy, state] : policies_) ++policies[state];
  return {{"queryResultsUri", nullptr},
          {"nonCompliantResources", bad_of(resources_)},
          {"nonCompliantPolicies", bad_of(policies)},
          {"resourceDetails", details(resources_)},
          {"policyDetails", details(policies)},
          {"policyGroupDetails", Json::array()}};
}

void PolicySummary::add(const Json& state) {
  whole_.add(state);
  auto& assignment = assignments_[to_lower(text(state, "policyAssignmentId"))];
  assignment.head = {{"policyAssignmentId", state["policyAssignmentId"]},
                     {"policySetDefinitionId", state["policySetDefinitionId"]}};
  assignment.sum.add(state);
  auto& definition =
      assignment
          .definitions[to_lower(text(state, "policyDefinitionId") + "\n" + text(state, "policyDefinitionReferenceId"))];
  definition.head = {{"policyDefinitionId", state["policyDefinitionId"]},
                     {"policyDefinitionReferenceId", state["policyDefinitionReferenceId"]},
                     {"policyDefinitionGroupNames", state["policyDefinitionGroupNames"]},
                     {"effect", state["policyDefinitionAction"]}};
  definition.sum.add(state);
}

Json PolicySummary::json() {
  Json listed = Json::array();
  for (auto& [key, assignment] : assignments_) {
    Json out = std::move(assignment.head);
    out["results"] = assignment.sum.json();
    out["policyGroups"] = Json::array();
    out["policyDefinitions"] = Json::array();
    for (auto& [inner, definition] : assignment.definitions) {
      Json one = std::move(definition.head);
      one["results"] = definition.sum.json();
      out["policyDefinitions"].push_back(std::move(one));
    }
    listed.push_back(std::move(out));
  }
  return {{"@odata.id", nullptr},
          {"@odata.context", "/providers/Microsoft.PolicyInsights/policyStates/$metadata#summary/$entity"},
          {"results", whole_.json()},
          {"policyAssignments", std::move(listed)}};
}

}  // namespace freehold::policies
