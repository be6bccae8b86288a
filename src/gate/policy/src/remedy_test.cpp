// What a remediation needs of the language: one policy at a time, what is awaited after a write, changes made.
#include "src/sample_policies.h"

namespace freehold::gate::policy {
namespace {

using namespace testing;

class NothingThere final : public RelatedResources {
 public:
  Result<std::vector<Json>> find(const Query&) override { return std::vector<Json>(); }
};

constexpr std::string_view kDeploys = R"({
  "if": {"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
  "then": {"effect": "[parameters('effect')]", "details": {
    "type": "Microsoft.Storage/storageAccounts/blobServices", "evaluationDelay": "[parameters('delay')]",
    "resourceGroupName": "[concat(resourceGroup().name, '-logs')]", "deploymentScope": "subscription",
    "roleDefinitionIds": ["r"],
    "deployment": {"location": "westeurope", "properties": {"mode": "incremental", "template": {},
      "parameters": {"name": {"value": "[field('name')]"}}}}}}})";
constexpr std::string_view kParameters = R"({
  "effect": {"type": "String", "defaultValue": "DeployIfNotExists",
             "allowedValues": ["DeployIfNotExists", "AuditIfNotExists"]},
  "delay": {"type": "String", "defaultValue": "PT1H30M"}})";

TEST(Remedy, OnePolicyIsScannedAlone) {
  Cloud cloud;
  cloud.resource = storage_account();
  cloud.rule(kDeploys, "All", kParameters);
  cloud.rule(R"({"if": {"field": "kind", "equals": "StorageV2"}, "then": {"effect": "audit"}})");
  const auto set = *cloud.build();
  NothingThere nothing;
  const auto id = to_lower(std::string(kGroup)) + "/providers/microsoft.authorization/policyassignments/p0";
  const auto decision = set->scan_one(cloud.target(), &nothing, id, "");
  ASSERT_EQ(decision.findings.size(), 1U);
  const auto& finding = decision.findings[0];
  EXPECT_EQ(finding.compliance, Compliance::kNonCompliant);
  EXPECT_EQ(finding.deployment["properties"]["parameters"]["name"]["value"], "acct");
  EXPECT_TRUE(finding.deploys_at_subscription);
  EXPECT_EQ(finding.deployment_group, "rg1-logs");
  EXPECT_TRUE(set->scan_one(cloud.target(), &nothing, id, "another").findings.empty());
  EXPECT_TRUE(set->scan_one(cloud.target(), &nothing, "/another", "").findings.empty());
}

TEST(Remedy, WhatIsAwaitedAfterAWrite) {
  Cloud cloud;
  cloud.resource = storage_account();
  cloud.rule(kDeploys, "All", kParameters);
  const auto awaited = [&] { return (*cloud.build())->awaits(cloud.target()); };
  const auto delay = [&](std::string_view text) {
    cloud.assignments[0].parameters = {{"delay", {{"value", text}}}};
    const auto set = *cloud.build();
    const auto all = set->awaits(cloud.target());
    return all.empty() ? std::chrono::seconds(-1) : all[0].delay;
  };
  EXPECT_EQ(delay("PT1H30M"), std::chrono::minutes(90));
  EXPECT_EQ(delay("AfterProvisioning"), std::chrono::seconds(0));
  EXPECT_EQ(delay("afterprovisioningsuccess"), std::chrono::seconds(0));
  EXPECT_EQ(delay("AfterProvisioningFailure"), std::chrono::seconds(-1));  // never
  EXPECT_EQ(delay("in a while"), std::chrono::minutes(10));                // no duration: Azure's own
  EXPECT_EQ(delay("PT7H"), std::chrono::minutes(10));
  cloud.assignments[0].parameters = {{"effect", {{"value", "AuditIfNotExists"}}}};
  EXPECT_TRUE(awaited().empty());
  cloud.assignments[0].parameters = Json::object();
  EXPECT_EQ(awaited().size(), 1U);
  cloud.assignments[0].enforced = false;
  EXPECT_TRUE(awaited().empty());
}

TEST(Remedy, ChangesAreMadeOfWhatIsStored) {
  const auto& aliases = sample_aliases();
  const Json resource = storage_account(R"({"minimumTlsVersion": "TLS1_0"})", R"({"a": "1", "b": "2"})");
  const auto changed = with_changes(resource,
                                    {{Operation::kAddOrReplace, "tags.a", "9"},
                                     {Operation::kRemove, "tags['b']", nullptr},
                                     {Operation::kAdd, "tags.c", "3"}},
                                    aliases);
  ASSERT_TRUE(changed.has_value()) << changed.error().message;
  EXPECT_EQ((*changed)["tags"], json(R"({"a": "9", "c": "3"})"));
  EXPECT_FALSE(with_changes(resource, {{Operation::kAppend, "tags.a", "9"}}, aliases).has_value());
  EXPECT_FALSE(with_changes(resource, {{Operation::kAdd, "Microsoft.Storage/storageAccounts/none", "9"}}, aliases));
}

TEST(Remedy, WhatADefinitionCanDo) {
  Cloud cloud;
  ASSERT_EQ(cloud.define("deploys", {{"parameters", json(kParameters)}, {"policyRule", json(kDeploys)}}), "");
  ASSERT_EQ(cloud.define("modifies", {{"policyRule", json(R"({"if": {"field": "name", "exists": true}, "then": {
    "effect": "modify", "details": {"roleDefinitionIds": ["r"],
    "operations": [{"operation": "add", "field": "tags.a", "value": "b"}]}}})")}}),
            "");
  ASSERT_EQ(cloud.define("appends", {{"policyRule", json(R"({"if": {"field": "name", "exists": true}, "then": {
    "effect": "append", "details": [{"field": "tags.a", "value": "b"}]}})")}}),
            "");
  const auto at = [&](std::string_view name) { return cloud.definitions[to_lower(Cloud::definition_id(name))]; };
  EXPECT_TRUE(at("deploys")->deploys() && !at("deploys")->modifies());
  EXPECT_TRUE(!at("modifies")->deploys() && at("modifies")->modifies());
  EXPECT_TRUE(!at("appends")->deploys() && !at("appends")->modifies());
}

}  // namespace
}  // namespace freehold::gate::policy
