// "Policy States - Summarize": how many resources and policies don't comply, by assignment and definition.
#include <map>
#include <set>

#include "base/encoding.h"
#include "src/policy_insights.h"

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

class Sum {
 public:
  void add(const Json& state) {
    const std::string compliance = to_lower(state["complianceState"].get<std::string>());
    const std::string policy = state["policyAssignmentId"].get<std::string>() + "\n" +
                               state["policyDefinitionId"].get<std::string>() + "\n" +
                               state["policyDefinitionReferenceId"].get<std::string>();
    worsen(resources_[to_lower(state["resourceId"].get<std::string>())], compliance);
    worsen(policies_[to_lower(policy)], compliance);
  }
  [[nodiscard]] Json json() const {
    return {{"queryResultsUri", nullptr},
            {"nonCompliantResources", count_of(resources_, "noncompliant")},
            {"nonCompliantPolicies", count_of(policies_, "noncompliant")},
            {"resourceDetails", details(resources_)},
            {"policyDetails", details(policies_)},
            {"policyGroupDetails", Json::array()}};
  }

 private:
  using Worst = std::map<std::string, std::string>;
  static void worsen(std::string& known, const std::string& state) {
    if (known.empty() || rank_of(state) > rank_of(known)) known = state;
  }
  static std::size_t count_of(const Worst& all, std::string_view state) {
    std::size_t out = 0;
    for (const auto& [key, one] : all) out += one == state ? 1 : 0;
    return out;
  }
  static Json details(const Worst& all) {
    std::map<std::string, std::size_t> counts;
    for (const auto& [key, one] : all) ++counts[one];
    Json out = Json::array();
    for (const auto& [state, count] : counts) out.push_back({{"complianceState", state}, {"count", count}});
    return out;
  }
  Worst resources_;
  Worst policies_;
};

struct OfDefinition {
  Json head;
  Sum sum;
};
struct OfAssignment {
  Json head;
  Sum sum;
  std::map<std::string, OfDefinition> definitions;
};

}  // namespace

Json summary_json(const std::vector<Json>& states) {
  Sum whole;
  std::map<std::string, OfAssignment> assignments;
  for (const auto& state : states) {
    whole.add(state);
    auto& assignment = assignments[to_lower(state["policyAssignmentId"].get<std::string>())];
    assignment.head = {{"policyAssignmentId", state["policyAssignmentId"]},
                       {"policySetDefinitionId", state["policySetDefinitionId"]}};
    assignment.sum.add(state);
    auto& definition = assignment.definitions[to_lower(state["policyDefinitionId"].get<std::string>() + "\n" +
                                                       state["policyDefinitionReferenceId"].get<std::string>())];
    definition.head = {{"policyDefinitionId", state["policyDefinitionId"]},
                       {"policyDefinitionReferenceId", state["policyDefinitionReferenceId"]},
                       {"policyDefinitionGroupNames", state["policyDefinitionGroupNames"]},
                       {"effect", state["policyDefinitionAction"]}};
    definition.sum.add(state);
  }
  Json listed = Json::array();
  for (auto& [key, assignment] : assignments) {
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
          {"results", whole.json()},
          {"policyAssignments", std::move(listed)}};
}

}  // namespace freehold::policies
