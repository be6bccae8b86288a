// Effects, assignments, initiatives, exemptions: what happens to a request and what a scan says.
#include "src/sample_policies.h"

namespace freehold::gate::policy {
namespace {

using testing::Cloud;
using testing::json;
using testing::kGroup;
using testing::storage_account;

constexpr std::string_view kDenyHttp =
    R"({"if": {"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
  {"field": "Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly", "notEquals": true}]}, "then": {"effect": "deny"}})";

Cloud http_cloud() {
  Cloud cloud;
  cloud.resource = storage_account(R"({"supportsHttpsTrafficOnly": false})");
  cloud.rule(kDenyHttp);
  return cloud;
}

TEST(Deny, SaysWhatAzureSays) {
  Cloud cloud = http_cloud();
  cloud.assignments[0].display_name = "Secure transfer";
  cloud.assignments[0].messages.push_back({"Use https.", ""});
  const auto decision = cloud.decide();
  ASSERT_TRUE(decision.denied());
  const Json info = policy_violation(decision.findings[0]);
  EXPECT_EQ(info["type"], "PolicyViolation");
  EXPECT_EQ(info["info"]["policyDefinitionEffect"], "Deny");
  EXPECT_EQ(info["info"]["policyAssignmentScope"], kGroup);
  EXPECT_EQ(info["info"]["policyDefinitionName"], "p0");
  EXPECT_EQ(
      info["info"]["evaluationDetails"]["evaluatedExpressions"].dump(),
      R"([{"result":"True","expressionKind":"Field","expression":"type","path":"type","expressionValue":"Microsoft.Storage/storageAccounts","targetValue":"Microsoft.Storage/storageAccounts","operator":"Equals"},)"
      R"({"result":"True","expressionKind":"Field","expression":"Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly","path":"properties.supportsHttpsTrafficOnly","expressionValue":false,"targetValue":true,"operator":"NotEquals"}])");
  const auto message = disallowed_message("acct", decision);
  EXPECT_TRUE(
      message.starts_with("Resource 'acct' was disallowed by policy. Reasons: 'Use https.'. Policy identifiers: "
                          "'[{\"policyAssignment\":{\"name\":\"Secure transfer\","))
      << message;
  cloud.resource = storage_account(R"({"supportsHttpsTrafficOnly": true})");
  EXPECT_FALSE(cloud.decide().denied());
}

TEST(Deny, FollowsScopesSelectorsAndEnforcement) {
  Cloud cloud = http_cloud();
  Assignment& assignment = cloud.assignments[0];
  assignment.scope = "/subscriptions/6F0A";
  EXPECT_TRUE(cloud.decide().denied());
  assignment.scope = "/providers/Microsoft.Management/managementGroups/ROOT";
  EXPECT_TRUE(cloud.decide().denied());
  assignment.scope = "/subscriptions/6f0";
  EXPECT_TRUE(cloud.decide().findings.empty());
  assignment.scope = kGroup;
  assignment.not_scopes = {std::string(kGroup) + "/providers/Microsoft.Storage/storageAccounts/acct"};
  EXPECT_TRUE(cloud.decide().findings.empty());
  assignment.not_scopes.clear();
  assignment.enforced = false;
  EXPECT_FALSE(cloud.decide().denied());
  EXPECT_EQ(cloud.decide().findings[0].compliance, Compliance::kNonCompliant);
  assignment.enforced = true;
  assignment.selectors = {{{{Selector::Kind::kLocation, {"northeurope"}, {}}}}};
  EXPECT_TRUE(cloud.decide().findings.empty());
  assignment.selectors.push_back({{{Selector::Kind::kType, {}, {"Microsoft.KeyVault/vaults"}}}});
  EXPECT_TRUE(cloud.decide().denied());
  assignment.overrides = {{Effect::kAudit, {{Selector::Kind::kLocation, {"westeurope"}, {}}}}};
  EXPECT_FALSE(cloud.decide().denied());
  EXPECT_EQ(cloud.decide().with(Effect::kAudit).size(), 1U);
  assignment.overrides = {{Effect::kDisabled, {}}};
  EXPECT_TRUE(cloud.decide().findings.empty());
  assignment.overrides = {{Effect::kModify, {}}};  // the rule has no operations
  EXPECT_FALSE(cloud.build().has_value());
}

TEST(Deny, IsLiftedByAnExemptionUntilItExpires) {
  Cloud cloud = http_cloud();
  const auto exempt = [&cloud](std::string_view expires) {
    auto made = Exemption::parse(
        std::string(kGroup) + "/providers/Microsoft.Authorization/policyExemptions/e",
        {{"policyAssignmentId", cloud.assignments[0].id}, {"exemptionCategory", "Waiver"}, {"expiresOn", expires}});
    ASSERT_TRUE(made.has_value());
    cloud.exemptions = {*made};
  };
  exempt("2026-02-01T00:00:00Z");
  EXPECT_FALSE(cloud.decide().denied());
  EXPECT_EQ(cloud.decide().findings[0].compliance, Compliance::kExempt);
  EXPECT_TRUE(cloud.decide().findings[0].exemption_id.ends_with("/e"));
  exempt("2026-01-15T12:00:00Z");
  EXPECT_TRUE(cloud.decide().denied());
}

// "If the result of a template function is an error, policy evaluation fails. A failed evaluation is an implicit deny."
TEST(Deny, FollowsFromAFailedEvaluation) {
  Cloud cloud;
  cloud.resource = storage_account();
  cloud.rule(R"({"if": {"value": "[substring(field('name'), 0, 30)]", "equals": "x"}, "then": {"effect": "audit"}})");
  const auto decision = cloud.decide();
  EXPECT_TRUE(decision.denied());
  EXPECT_EQ(decision.findings[0].compliance, Compliance::kError);
  cloud.assignments[0].enforced = false;
  EXPECT_FALSE(cloud.decide().denied());
}

// Microsoft's "inherit a tag" reads the group's tag like this, whether the group has it or not.
TEST(Deny, DoesNotFollowFromAnAbsentTagOfTheGroup) {
  Cloud cloud;
  cloud.resource = storage_account();
  cloud.rule(R"({"if": {"value": "[resourceGroup().tags['absent']]", "notEquals": ""}, "then": {"effect": "deny"}})");
  cloud.rule(R"({"if": {"value": "[resourceGroup().managedBy.tenant]", "equals": "x"}, "then": {"effect": "audit"}})");
  const auto decision = cloud.decide();
  EXPECT_EQ(decision.findings[0].compliance, Compliance::kCompliant);
  EXPECT_EQ(decision.findings[1].compliance, Compliance::kError);  // a member of a text is none
}

TEST(Modes, IndexedAndDataPlaneSeeTheirOwn) {
  Cloud cloud;
  cloud.resource = json(R"({"properties": {"keyType": "RSA", "keySize": 1024}})");
  cloud.rule(R"({"if": {"field": "name", "exists": true}, "then": {"effect": "deny"}})", "Indexed");
  cloud.rule(
      R"({"if": {"field": "Microsoft.KeyVault.Data/vaults/keys/keySize", "less": 2048}, "then": {"effect": "deny"}})",
      "Microsoft.KeyVault.Data");
  const auto set = *cloud.build();
  Target target = cloud.target("Microsoft.KeyVault.Data/vaults/keys");
  target.indexed = false;
  EXPECT_TRUE(set->decide(target).findings.empty());
  target.data_plane_mode = "Microsoft.KeyVault.Data";
  const auto decision = set->decide(target);
  ASSERT_EQ(decision.findings.size(), 1U);
  EXPECT_TRUE(decision.denied());
}

TEST(Modify, ChangesTagsAndAliases) {
  Cloud cloud;
  cloud.resource = storage_account(R"({"allowBlobPublicAccess": true})", R"({"old": "1", "env": "dev"})");
  cloud.rule(
      R"({"if": {"field": "type", "equals": "Microsoft.Storage/storageAccounts"}, "then": {"effect": "modify", "details": {
    "roleDefinitionIds": ["/providers/Microsoft.Authorization/roleDefinitions/r"], "operations": [
      {"operation": "addOrReplace", "field": "tags['env']", "value": "prod"},
      {"operation": "add", "field": "tags['env']", "value": "never"},
      {"operation": "Remove", "field": "tags['old']"},
      {"operation": "addOrReplace", "field": "Microsoft.Storage/storageAccounts/allowBlobPublicAccess", "value": false,
       "condition": "[greaterOrEquals(requestContext().apiVersion, '2019-04-01')]"},
      {"operation": "addOrReplace", "field": "Microsoft.Storage/storageAccounts/minimumTlsVersion", "value": "TLS1_2",
       "condition": "[less(requestContext().apiVersion, '2019-04-01')]"},
      {"operation": "add", "field": "Microsoft.Storage/storageAccounts/networkAcls.defaultAction", "value": "Deny"}]}}})");
  const auto decision = cloud.decide();
  EXPECT_FALSE(decision.denied());
  EXPECT_TRUE(decision.changed);
  // networkAcls isn't in the request: what is left out on purpose stays out.
  EXPECT_EQ(decision.resource["properties"].dump(), R"({"allowBlobPublicAccess":false})");
  EXPECT_EQ(decision.resource["tags"].dump(), R"({"env":"prod"})");
  EXPECT_EQ(decision.findings[0].changes.size(), 3U);
  cloud.assignments[0].enforced = false;
  EXPECT_FALSE(cloud.decide().changed);
}

TEST(Modify, IsJudgedByDenyAfterwards) {
  Cloud cloud = http_cloud();
  cloud.rule(
      R"({"if": {"field": "type", "equals": "Microsoft.Storage/storageAccounts"}, "then": {"effect": "modify", "details": {
    "roleDefinitionIds": ["r"], "operations": [{"operation": "addOrReplace",
      "field": "Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly", "value": true}]}}})");
  EXPECT_FALSE(cloud.decide().denied());
}

TEST(Modify, FallsBackToTheConflictEffect) {
  const auto tag = [](std::string_view value, std::string_view conflict) {
    return R"({"if": {"field": "name", "exists": true}, "then": {"effect": "modify", "details": {"conflictEffect": ")" +
           std::string(conflict) +
           R"(", "roleDefinitionIds": ["r"], "operations": [{"operation": "addOrReplace", "field": "tags.t", "value": ")" +
           std::string(value) + R"("}]}}})";
  };
  Cloud both;
  both.resource = storage_account();
  both.rule(tag("a", "deny"));
  both.rule(tag("b", "deny"));
  EXPECT_TRUE(both.decide().denied());
  EXPECT_EQ(both.decide().findings[0].compliance, Compliance::kConflict);
  Cloud one;
  one.resource = storage_account();
  one.rule(tag("a", "deny"));
  one.rule(tag("b", "audit"));
  EXPECT_FALSE(one.decide().denied());
  EXPECT_EQ(one.decide().resource["tags"].dump(), R"({"t":"a"})");
  Cloud none;
  none.resource = storage_account();
  none.rule(tag("a", "audit"));
  none.rule(tag("b", "audit"));
  EXPECT_FALSE(none.decide().denied());
  EXPECT_EQ(none.decide().resource["tags"].dump(), "{}");
  Cloud fixed;
  fixed.resource = json(R"({"properties": {"fixed": "x"}})");
  fixed.rule(
      R"({"if": {"field": "Microsoft.Test/resourceType/fixed", "exists": true}, "then": {"effect": "modify", "details": {
    "roleDefinitionIds": ["r"], "operations": [{"operation": "addOrReplace", "field": "Microsoft.Test/resourceType/fixed", "value": "y"}]}}})");
  EXPECT_TRUE(fixed.decide("Microsoft.Test/resourceType").denied());
}

// The table of "Author policies for array properties", Modifying arrays.
TEST(Append, AddsMembersAndRefusesOtherValues) {
  const auto append = [](std::string_view field, std::string_view value) {
    return R"({"if": {"field": "type", "equals": "Microsoft.Storage/storageAccounts"}, "then": {"effect": "append", "details": [{"field": ")" +
           std::string(field) + R"(", "value": )" + std::string(value) + "}]}}";
  };
  Cloud cloud;
  cloud.resource = storage_account(R"({"networkAcls": {"ipRules": [{"value": "1.1.1.1"}]}})");
  cloud.rule(append("Microsoft.Storage/storageAccounts/networkAcls.ipRules[*]", R"({"value": "2.2.2.2"})"));
  cloud.rule(append("tags.owner", R"("[resourceGroup().name]")"));
  const auto decision = cloud.decide();
  EXPECT_FALSE(decision.denied());
  EXPECT_EQ(decision.resource["properties"]["networkAcls"]["ipRules"].dump(),
            R"([{"value":"1.1.1.1"},{"value":"2.2.2.2"}])");
  EXPECT_EQ(decision.resource["tags"].dump(), R"({"owner":"rg1"})");
  cloud.resource = storage_account("{}", R"({"owner": "someone"})");
  EXPECT_TRUE(cloud.decide().denied());
}

TEST(DenyAction, HoldsForItsActionsOnly) {
  Cloud cloud;
  cloud.resource = storage_account();
  cloud.rule(R"({"if": {"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
    "then": {"effect": "denyAction", "details": {"actionNames": ["delete"]}}})");
  const auto set = *cloud.build();
  EXPECT_TRUE(set->decide_action(cloud.target(), "Delete").denied());
  EXPECT_FALSE(set->decide_action(cloud.target(), "restart").denied());
  EXPECT_FALSE(set->decide(cloud.target()).denied());
}

class Related final : public RelatedResources {
 public:
  explicit Related(std::vector<Json> resources) : resources_(std::move(resources)) {}
  Result<std::vector<Json>> find(const Query& query) override {
    asked = query;
    return resources_;
  }
  Query asked;

 private:
  std::vector<Json> resources_;
};

TEST(IfNotExists, LooksForRelatedResources) {
  Cloud cloud;
  cloud.resource = storage_account();
  cloud.rule(
      R"({"if": {"field": "type", "equals": "Microsoft.Storage/storageAccounts"}, "then": {"effect": "deployIfNotExists", "details": {
    "type": "Microsoft.Storage/storageAccounts/blobServices", "name": "[concat(field('name'), '/default')]",
    "roleDefinitionIds": ["r"],
    "existenceCondition": {"field": "Microsoft.Storage/storageAccounts/blobServices/isVersioningEnabled", "equals": true},
    "deployment": {"properties": {"mode": "incremental", "template": {"x": "[parameters('account')]"},
      "parameters": {"account": {"value": "[field('name')]"}}}}}}})");
  const auto set = *cloud.build();
  EXPECT_TRUE(set->decide(cloud.target()).findings.empty());
  Related off({json(
      R"({"id": "/x/providers/Microsoft.Storage/storageAccounts/acct/blobServices/default", "properties": {"isVersioningEnabled": false}})")});
  const auto missing = set->scan(cloud.target(), &off);
  EXPECT_EQ(off.asked.name, "acct/default");
  ASSERT_EQ(missing.findings.size(), 1U);
  EXPECT_EQ(missing.findings[0].compliance, Compliance::kNonCompliant);
  EXPECT_EQ(missing.findings[0].deployment["properties"]["parameters"]["account"]["value"], "acct");
  EXPECT_EQ(missing.findings[0].deployment["properties"]["template"]["x"], "[parameters('account')]");
  Related on({json(
      R"({"id": "/x/providers/Microsoft.Storage/storageAccounts/acct/blobServices/default", "properties": {"isVersioningEnabled": true}})")});
  EXPECT_EQ(set->scan(cloud.target(), &on).findings[0].compliance, Compliance::kCompliant);
  EXPECT_EQ(set->scan(cloud.target(), nullptr).findings[0].compliance, Compliance::kUnknown);
}

TEST(Scan, ChangesNothingAndTellsWhatModifyWould) {
  Cloud cloud;
  cloud.resource = storage_account();
  cloud.rule(
      R"({"if": {"field": "tags.t", "exists": false}, "then": {"effect": "modify", "details": {"roleDefinitionIds": ["r"],
    "operations": [{"operation": "add", "field": "tags.t", "value": "v"}]}}})");
  const auto decision = (*cloud.build())->scan(cloud.target(), nullptr);
  EXPECT_EQ(decision.findings[0].compliance, Compliance::kNonCompliant);
  EXPECT_EQ(decision.findings[0].changes.size(), 1U);
  EXPECT_FALSE(decision.changed);
  EXPECT_FALSE(decision.denied());
}

TEST(Initiatives, PassParametersToTheirDefinitions) {
  Cloud cloud;
  cloud.resource = storage_account();
  ASSERT_EQ(
      cloud.define(
          "loc",
          {{"parameters", json(R"({"where": {"type": "Array"}, "effect": {"type": "String"}})")},
           {"policyRule",
            json(
                R"({"if": {"not": {"field": "location", "in": "[parameters('where')]"}}, "then": {"effect": "[parameters('effect')]"}})")}}),
      "");
  const std::string id = "/providers/Microsoft.Authorization/policySetDefinitions/set";
  auto initiative =
      Initiative::parse(id, json(R"({"displayName": "Sovereign", "parameters": {"allowed": {"type": "Array"}},
    "policyDefinitions": [
      {"policyDefinitionReferenceId": "one", "policyDefinitionId": ")" +
                                 Cloud::definition_id("loc") + R"(",
       "parameters": {"where": {"value": "[parameters('allowed')]"}, "effect": {"value": "deny"}}, "groupNames": ["g"]},
      {"policyDefinitionReferenceId": "two", "policyDefinitionId": ")" +
                                 Cloud::definition_id("loc") + R"(",
       "parameters": {"where": {"value": ["[concat('west', 'europe')]"]}, "effect": {"value": "deny"}}}]})"));
  ASSERT_TRUE(initiative.has_value());
  cloud.initiatives[to_lower(id)] = *initiative;
  cloud.assign("a", {{"policyDefinitionId", id}, {"parameters", json(R"({"allowed": {"value": ["northeurope"]}})")}});
  const auto decision = cloud.decide();
  ASSERT_EQ(decision.findings.size(), 2U);
  EXPECT_TRUE(decision.findings[0].denies);
  EXPECT_EQ(decision.findings[0].reference_id, "one");
  EXPECT_EQ(decision.findings[0].groups, std::vector<std::string>{"g"});
  EXPECT_FALSE(decision.findings[1].denies);
  EXPECT_EQ(policy_violation(decision.findings[0])["info"]["policySetDefinitionDisplayName"], "Sovereign");
  cloud.assignments[0].overrides = {{Effect::kAudit, {{Selector::Kind::kReference, {"ONE"}, {}}}}};
  EXPECT_FALSE(cloud.decide().denied());
}

// 10,000 definitions in one scope: only those are looked at that can concern the resource's type.
TEST(Index, LeavesOutWhatCannotConcernTheType) {
  Cloud cloud;
  cloud.resource = storage_account();
  ASSERT_EQ(
      cloud.define(
          "p",
          {{"parameters", json(R"({"type": {"type": "String"}})")},
           {"policyRule",
            json(
                R"({"if": {"allOf": [{"field": "type", "in": ["[parameters('type')]"]}, {"field": "name", "equals": "x"}]}, "then": {"effect": "deny"}})")}}),
      "");
  for (int i = 0; i < 10'000; ++i) {
    cloud.assign("a" + std::to_string(i),
                 {{"policyDefinitionId", Cloud::definition_id("p")},
                  {"parameters", {{"type", {{"value", "Microsoft.Storage/type" + std::to_string(i)}}}}}});
  }
  cloud.rule(kDenyHttp);
  const auto set = *cloud.build();
  EXPECT_EQ(set->size(), 10'001U);
  EXPECT_EQ(set->candidates("microsoft.storage/STORAGEACCOUNTS"), 1U);
  EXPECT_TRUE(set->decide(cloud.target()).denied());
}

}  // namespace
}  // namespace freehold::gate::policy
