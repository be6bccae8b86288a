// What a rule's conditions say of a resource, and which rules are refused.
#include "src/sample_policies.h"

namespace freehold::gate::policy {
namespace {

using testing::Cloud;
using testing::json;
using testing::storage_account;

// Whether an audit with that condition hits the documented resource of "Author policies for array properties".
std::string verdict(const std::string& condition) {
  Cloud cloud;
  cloud.resource = json(R"({"location": "West Europe", "kind": "K1", "tags": {"env": "prod", "Acct.Cost": "1"},
    "identity": {"type": "SystemAssigned"},
    "properties": {"stringArray": ["a", "b", "c"], "number": 7, "fixed": "2026-01-10T00:00:00Z",
      "objectArray": [{"property": "value1", "nestedArray": [1, 2]}, {"property": "value2", "nestedArray": [3, 4]}]}})");
  const auto refused =
      cloud.define("p", {{"parameters", json(R"({"list": {"type": "Array", "defaultValue": ["a", "b"]}})")},
                         {"policyRule", {{"if", json(condition)}, {"then", {{"effect", "audit"}}}}}});
  if (!refused.empty()) return refused;
  cloud.assign("a", {{"policyDefinitionId", Cloud::definition_id("p")}});
  const auto decision = cloud.decide("Microsoft.Test/resourceType");
  if (decision.findings.empty()) return "no candidate";
  if (decision.findings[0].compliance == Compliance::kError) return decision.findings[0].error;
  return decision.findings[0].compliance == Compliance::kNonCompliant ? "yes" : "no";
}

struct Row {
  std::string condition, expected;
};
void check(const std::vector<Row>& rows) {
  for (const auto& [condition, expected] : rows) EXPECT_EQ(verdict(condition), expected) << condition;
}

TEST(Conditions, Fields) {
  check({
      {R"({"field": "type", "equals": "microsoft.test/RESOURCETYPE"})", "yes"},
      {R"({"field": "name", "equals": "acct"})", "yes"},
      {R"({"field": "fullName", "like": "ac*"})", "yes"},
      {R"({"field": "kind", "in": ["k1", "k2"]})", "yes"},
      {R"({"field": "location", "equals": "westeurope"})", "yes"},
      {R"({"field": "location", "in": ["West Europe"]})", "yes"},
      {R"({"field": "id", "contains": "/RG1/"})", "yes"},
      {R"({"field": "identity.type", "equals": "SystemAssigned"})", "yes"},
      {R"({"field": "tags", "containsKey": "ENV"})", "yes"},
      {R"({"field": "tags.env", "equals": "prod"})", "yes"},
      {R"({"field": "tags['Acct.Cost']", "equals": "1"})", "yes"},
      {R"({"field": "tags[env]", "exists": "true"})", "yes"},
      {R"({"field": "tags['''it''']", "exists": false})", "yes"},
      {R"({"field": "[concat('tags[', 'env', ']')]", "equals": "prod"})", "yes"},
      {R"({"field": "Microsoft.Test/resourceType/number", "greater": 6})", "yes"},
  });
}

TEST(Conditions, Operators) {
  const std::string number = R"({"field": "Microsoft.Test/resourceType/number", )";
  check({
      {number + R"("equals": "7"})", "yes"},
      {number + R"("notEquals": 7})", "no"},
      {number + R"("lessOrEquals": 7})", "yes"},
      {number + R"("less": "7"})", "no"},
      {number + R"("exists": "false"})", "no"},
      {number + R"("less": "tomorrow"})", "The condition 'Less' compares a number with what is none."},
      {R"({"field": "Microsoft.Test/resourceType/nested.inner", "notEquals": "x"})", "yes"},
      {R"({"field": "Microsoft.Test/resourceType/nested.inner", "exists": false})", "yes"},
      {R"({"field": "Microsoft.Test/resourceType/nested.inner", "greater": 1})", "no"},
      {R"({"field": "Microsoft.Test/resourceType/fixed", "less": "2026-01-10T01:30:00+01:00"})", "yes"},
      {R"({"field": "Microsoft.Test/resourceType/fixed", "less": "[addDays(utcNow(), -5)]"})", "yes"},
      {R"({"field": "name", "notLike": "x*"})", "yes"},
      {R"({"field": "name", "match": "??c?"})", "yes"},
      {R"({"field": "name", "match": "ACC?"})", "no"},
      {R"({"field": "name", "matchInsensitively": "ACC."})", "yes"},
      {R"({"field": "name", "notMatch": "####"})", "yes"},
      {R"({"field": "name", "notMatchInsensitively": "ACCT"})", "no"},
      {R"({"field": "name", "notIn": ["a", "b"]})", "yes"},
      {R"({"field": "name", "notContains": "CC"})", "no"},
      {R"({"field": "tags", "notContainsKey": "owner"})", "yes"},
      {R"({"value": "[parameters('list')]", "contains": "B"})", "yes"},
  });
}

// The tables of "Author policies for array properties".
TEST(Conditions, ArraysAsDocumented) {
  const std::string type = "Microsoft.Test/resourceType/";
  check({
      {R"({"field": "Microsoft.Test/resourceType/stringArray[*]", "in": ["a", "b", "c"]})", "yes"},
      {R"({"field": "Microsoft.Test/resourceType/stringArray[*]", "equals": "a"})", "no"},
      {R"({"field": "Microsoft.Test/resourceType/missingArray[*]", "equals": "a"})", "yes"},
      {R"({"field": "Microsoft.Test/resourceType/missingArray", "exists": false})", "yes"},
      {R"({"field": "Microsoft.Test/resourceType/objectArray[*].nestedArray[*]", "less": 5})", "yes"},
      {R"({"value": "[string(field('Microsoft.Test/resourceType/objectArray[*].nestedArray[*]'))]", "equals": "[[1,2,3,4]"})",
       "yes"},
      {R"({"value": "[field('Microsoft.Test/resourceType/missingArray')]", "equals": ""})", "yes"},
      {R"({"value": "[length(field('Microsoft.Test/resourceType/missingArray[*].property'))]", "equals": 0})", "yes"},
  });
}

TEST(Conditions, Counts) {
  check({
      {R"({"count": {"field": "Microsoft.Test/resourceType/stringArray[*]"}, "equals": 3})", "yes"},
      {R"({"count": {"field": "Microsoft.Test/resourceType/objectArray[*].nestedArray[*]"}, "greaterOrEquals": 4})",
       "yes"},
      {R"({"count": {"field": "Microsoft.Test/resourceType/stringArray[*]",
           "where": {"field": "Microsoft.Test/resourceType/stringArray[*]", "equals": "a"}}, "equals": 1})",
       "yes"},
      {R"({"count": {"field": "Microsoft.Test/resourceType/objectArray[*]", "where": {"allOf": [
           {"field": "Microsoft.Test/resourceType/objectArray[*].property", "equals": "value2"},
           {"field": "Microsoft.Test/resourceType/objectArray[*].nestedArray[*]", "greater": 2}]}}, "equals": 1})",
       "yes"},
      {R"({"count": {"field": "Microsoft.Test/resourceType/objectArray[*]", "where": {
           "count": {"field": "Microsoft.Test/resourceType/objectArray[*].nestedArray[*]", "where":
             {"field": "Microsoft.Test/resourceType/objectArray[*].nestedArray[*]", "equals": 3}},
           "greater": 0}}, "equals": 1})",
       "yes"},
      {R"({"count": {"field": "Microsoft.Test/resourceType/stringArray[*]", "where":
           {"value": "[first(field('Microsoft.Test/resourceType/stringArray[*]'))]", "equals": "b"}}, "equals": 1})",
       "yes"},
      {R"({"count": {"field": "Microsoft.Test/resourceType/objectArray[*]", "where":
           {"value": "[current('Microsoft.Test/resourceType/objectArray[*]').property]", "equals": "value1"}}, "equals": 1})",
       "yes"},
      {R"({"count": {"field": "Microsoft.Test/resourceType/objectArray[*]", "where":
           {"value": "[current('Microsoft.Test/resourceType/objectArray[*].property')]", "like": "value*"}}, "equals": 2})",
       "yes"},
      {R"({"count": {"value": ["ac*", "x*"], "where": {"field": "name", "like": "[current()]"}}, "equals": 1})", "yes"},
      {R"({"count": {"value": "[parameters('list')]", "name": "one", "where": {
           "count": {"field": "Microsoft.Test/resourceType/stringArray[*]", "where":
             {"field": "Microsoft.Test/resourceType/stringArray[*]", "equals": "[current('one')]"}}, "equals": 1}},
           "equals": "[length(parameters('list'))]"})",
       "yes"},
  });
}

TEST(Conditions, PolicyFunctions) {
  check({
      {R"({"value": "[requestContext().apiVersion]", "greaterOrEquals": "2022-01-01"})", "yes"},
      {R"({"value": "[tryGet(requestContext().identity, 'idtyp')]", "equals": null})", "yes"},
      {R"({"value": "[last(split(policy().assignmentId, '/'))]", "equals": "a"})", "yes"},
      {R"({"value": "[resourceGroup().tags.costCenter]", "equals": "42"})", "yes"},
      {R"({"value": "[subscription().subscriptionId]", "equals": "6f0a"})", "yes"},
      {R"({"value": "[ipRangeContains('10.0.0.0/24', '10.0.0.7-10.0.0.9')]", "equals": true})", "yes"},
      {R"({"value": "[ipRangeContains('10.0.0.0/24', '2001:db8::')]", "equals": true})",
       "Unable to evaluate policy function 'ipRangeContains': the ranges are of two families."},
      {R"({"value": "[addDays('2026-01-31T00:00:00Z', 1)]", "equals": "2026-02-01T00:00:00.0000000Z"})", "yes"},
      {R"({"not": {"anyOf": [{"field": "name", "equals": "x"}, {"field": "kind", "equals": "y"}]}})", "yes"},
  });
}

// An alias has no value on another type's resources and on foreign ones, and no condition on it is met.
TEST(Conditions, AliasesOfOtherTypesNeverMatch) {
  check({
      {R"({"field": "Microsoft.Compute/virtualMachines/sku.name", "exists": false})", "no candidate"},
      {R"({"anyOf": [{"field": "Microsoft.Compute/virtualMachines/sku.name", "notEquals": "x"}, {"field": "name", "equals": "x"}]})",
       "no"},
      {R"({"anyOf": [{"field": "Microsoft.Storage/storageAccounts/minimumTlsVersion", "notEquals": "x"}, {"field": "name", "equals": "x"}]})",
       "no"},
      {R"({"anyOf": [{"count": {"field": "Microsoft.Compute/virtualMachines/disks[*]"}, "equals": 0}, {"field": "name", "equals": "x"}]})",
       "no"},
  });
}

TEST(Registration, RefusesByName) {
  check({
      {R"({"field": "Microsoft.Storage/storageAccounts/noSuchThing", "equals": 1})",
       "InvalidPolicyAlias: The policy alias 'Microsoft.Storage/storageAccounts/noSuchThing' doesn't exist on its "
       "resource type."},
      {R"({"field": "nickname", "equals": 1})", "InvalidPolicyAlias: The field property 'nickname' is not supported."},
      {R"({"field": "name", "resembles": "x"})",
       "InvalidPolicyRule: The condition has a member 'resembles' that isn't known or one too many."},
      {R"({"field": "name"})",
       "InvalidPolicyRule: A condition needs one of 'field', 'value', 'count' and one operator."},
      {R"({"field": "name", "equals": "[reference('x')]"})",
       "InvalidPolicyRule: The function 'reference' is not valid in a policy rule."},
      {R"({"field": "name", "equals": "[resourceId('x')]"})",
       "InvalidPolicyRule: The function 'resourceId' is not valid in a policy rule."},
      {R"({"field": "name", "equals": "[variables('x')]"})",
       "InvalidPolicyRule: The function 'variables' is not valid in a policy rule."},
      {R"({"value": "[map(createArray(), lambda('x', 1))]", "equals": 1})",
       "InvalidPolicyRule: The function 'lambda' is not valid in a policy rule."},
      {R"({"field": "name", "in": ["[nope()]"]})",
       "InvalidPolicyRule: The function 'nope' is not valid in a policy rule."},
      {R"({"field": "name", "equals": "[parameters('gone')]"})",
       "UndefinedPolicyParameter: The policy rule refers to the parameter 'gone', which isn't defined."},
      {R"({"value": "[field('Microsoft.KeyVault/vaults/nope')]", "equals": 1})",
       "InvalidPolicyAlias: The policy alias 'Microsoft.KeyVault/vaults/nope' doesn't exist on its resource type."},
      {R"({"field": "name", "like": "a*b*"})",
       "InvalidPolicyRule: The condition 'Like' needs a string with one wildcard character at most."},
      {R"({"field": "name", "in": "a"})", "InvalidPolicyRule: The condition 'In' needs an array."},
      {R"({"count": {"field": "Microsoft.Test/resourceType/stringArray"}, "equals": 1})",
       "InvalidPolicyRule: The count field 'Microsoft.Test/resourceType/stringArray' is no array alias ([*])."},
      {R"({"allOf": []})", "InvalidPolicyRule: 'allOf' and 'anyOf' take an array of conditions."},
  });
}

TEST(Registration, BoundsTheRule) {
  std::string deep = R"({"field": "name", "equals": "x"})";
  for (int i = 0; i < 70; ++i) deep = R"({"not": )" + deep + "}";
  EXPECT_EQ(verdict(deep), "InvalidPolicyRule: The conditions are nested deeper than 64.");
  Json many = Json::array();
  for (int i = 0; i < 5'000; ++i) many.push_back({{"field", "name"}, {"equals", "x"}});
  EXPECT_EQ(verdict(Json{{"anyOf", many}}.dump()), "InvalidPolicyRule: The rule has more than 4096 conditions.");
}

// A text of a megabyte against patterns that make backtracking matchers quadratic or worse.
TEST(Registration, PatternsAreLinear) {
  Cloud cloud;
  cloud.resource = storage_account(R"({"minimumTlsVersion": ")" + std::string(1'000'000, 'a') + R"("})");
  for (const auto* op : {"like", "match", "matchInsensitively", "contains"}) {
    cloud.rule(R"({"if": {"field": "Microsoft.Storage/storageAccounts/minimumTlsVersion", ")" + std::string(op) +
               R"(": ")" + std::string(50'000, 'a') + "*b" + R"("}, "then": {"effect": "audit"}})");
  }
  const auto decision = cloud.decide();
  ASSERT_EQ(decision.findings.size(), 4U);
  for (const auto& finding : decision.findings) EXPECT_EQ(finding.compliance, Compliance::kCompliant);
}

TEST(Parameters, AreChecked) {
  Cloud cloud;
  ASSERT_EQ(
      cloud.define(
          "p",
          {{"parameters",
            json(R"({"effect": {"type": "String", "allowedValues": ["Audit", "Deny"], "defaultValue": "Audit"},
                                                       "size": {"type": "Integer"}})")},
           {"policyRule",
            json(
                R"({"if": {"value": "[parameters('size')]", "greater": 1}, "then": {"effect": "[parameters('effect')]"}})")}}),
      "");
  const auto built = [&cloud](std::string_view parameters) -> std::string {
    cloud.assignments.clear();
    cloud.assign("a", {{"policyDefinitionId", Cloud::definition_id("p")}, {"parameters", json(parameters)}});
    const auto set = cloud.build();
    return set ? "" : set.error().code;
  };
  EXPECT_EQ(built(R"({"size": {"value": 2}})"), "");
  EXPECT_EQ(built(R"({"size": {"value": 2}, "effect": {"value": "deny"}})"), "");
  EXPECT_EQ(built(R"({})"), "MissingPolicyParameter");
  EXPECT_EQ(built(R"({"size": {"value": "2"}})"), "InvalidPolicyParameters");
  EXPECT_EQ(built(R"({"size": {"value": 2}, "effect": {"value": "Modify"}})"), "PolicyParameterValueNotAllowed");
  EXPECT_EQ(built(R"({"size": {"value": 2}, "other": {"value": 1}})"), "UndefinedPolicyParameter");
}

}  // namespace
}  // namespace freehold::gate::policy
