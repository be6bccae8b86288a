// How secret data is: the levels, what they forbid, and who may lower them.
#include "src/classification_resources.h"
#include "src/policies_fixture.h"

namespace freehold::policies {
namespace {

// Storage accounts as boxes: what the shipped initiatives look at.
constexpr gate::resource::PropertyAlias kAccountAliases[] = {
    {"Microsoft.Storage/storageAccounts/publicNetworkAccess", "properties.publicNetworkAccess"},
    {"Microsoft.Storage/storageAccounts/allowBlobPublicAccess", "properties.allowBlobPublicAccess"},
    {"Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly", "properties.supportsHttpsTrafficOnly"},
    {"Microsoft.Storage/storageAccounts/minimumTlsVersion", "properties.minimumTlsVersion"},
    {"Microsoft.Storage/storageAccounts/allowSharedKeyAccess", "properties.allowSharedKeyAccess"},
    {"Microsoft.Storage/storageAccounts/encryption.keySource", "properties.encryption.keySource"},
    {"Microsoft.Storage/storageAccounts/encryption.keyvaultproperties.keyvaulturi",
     "properties.encryption.keyvaultproperties.keyvaulturi"},
    {"Microsoft.Storage/storageAccounts/networkAcls.defaultAction", "properties.networkAcls.defaultAction"},
    {"Microsoft.Storage/storageAccounts/networkAcls.bypass", "properties.networkAcls.bypass"},
    {"Microsoft.Storage/storageAccounts/networkAcls.ipRules[*]", "properties.networkAcls.ipRules[*]"},
};

constexpr gate::resource::PropertyAlias kScopeAliases[] = {
    {"Microsoft.Storage/storageAccounts/encryptionScopes/source", "properties.source"},
    {"Microsoft.Storage/storageAccounts/encryptionScopes/keyVaultProperties.keyUri",
     "properties.keyVaultProperties.keyUri"},
};

constexpr gate::resource::PropertyAlias kPoolAliases[] = {
    {"Microsoft.KeyVault/managedHSMs/publicNetworkAccess", "properties.publicNetworkAccess"},
    {"Microsoft.KeyVault/managedHSMs/enablePurgeProtection", "properties.enablePurgeProtection"},
};

constexpr std::string_view kAbsent[] = {"Microsoft.Storage/storageAccounts/blobServices/containers"};

class ClassificationTest : public PoliciesTest {
 protected:
  ClassificationTest() {
    first_.bytes.fill(0x01);
    second_.bytes.fill(0x02);
    who_ = first_;
    add_types = [this](gate::resource::Registry& registry) {
      registry.add({.provider = "Microsoft.Storage",
                    .type = "storageAccounts",
                    .api_versions = {"2022-09-01"},
                    .aliases = kAccountAliases,
                    .absent_types = kAbsent,
                    .behind = &boxes_});
      registry.add({.provider = "Microsoft.Storage",
                    .type = "storageAccounts/encryptionScopes",
                    .api_versions = {"2022-09-01"},
                    .tracked = false,
                    .taggable = false,
                    .aliases = kScopeAliases,
                    .behind = &boxes_});
      registry.add({.provider = "Microsoft.KeyVault",
                    .type = "managedHSMs",
                    .api_versions = {"2022-09-01"},
                    .aliases = kPoolAliases,
                    .behind = &boxes_});
    };
    restart();
  }
  std::string level(const std::string& scope) { return scope + "/providers/Freehold.Classification/levels/default"; }
  Answer classify(const std::string& scope, const std::string& to, Json locations = Json::array()) {
    return put(level(scope), {{"properties", {{"level", to}, {"allowedLocations", std::move(locations)}}}});
  }
  Acted settle(const std::string& scope, const std::string& action, Json body = nullptr) {
    const auto id = *gate::resource::parse_resource_id(level(scope));
    auto answer = run_blocking(
        registry_->find("Freehold.Classification/levels")
            ->behind->act(
                {.action = action, .id = id, .body = std::move(body), .api_version = {}, .caller = caller()}));
    if (!answer) return {.status = answer.error().status, .code = answer.error().code};
    return {.status = answer->status, .body = answer->body};
  }
  std::string account(const std::string& in) { return group(in) + "/providers/Microsoft.Storage/storageAccounts/acct"; }
  static Json good() {
    return {
        {"location", "local"},
        {"properties",
         {{"publicNetworkAccess", "Disabled"},
          {"allowBlobPublicAccess", false},
          {"supportsHttpsTrafficOnly", true},
          {"minimumTlsVersion", "TLS1_2"},
          {"encryption",
           {{"keySource", "Microsoft.Keyvault"}, {"keyvaultproperties", {{"keyvaulturi", "https://v.vault.test"}}}}}}}};
  }
  // The controls that refused it.
  std::vector<std::string> refused_by(const Json& body, const std::string& in = "g") {
    std::vector<std::string> out;
    const auto answer = put(account(in), body);
    if (answer.status < 300) return out;
    for (const auto& one : answer.info) out.push_back(one["info"]["policyDefinitionReferenceId"]);
    std::ranges::sort(out);
    return out;
  }
  PrincipalId first_;
  PrincipalId second_;
};

TEST_F(ClassificationTest, ALevelForbidsAtTheRequest) {
  EXPECT_EQ(refused_by({{"location", "local"}, {"properties", Json::object()}}), std::vector<std::string>{});
  EXPECT_EQ(classify(sub(), "confidential").said(), "201");
  EXPECT_EQ(refused_by({{"location", "local"}, {"properties", Json::object()}}),
            (std::vector<std::string>{"storage-customer-key", "storage-no-public-blobs", "storage-private-network",
                                      "storage-secure-transfer", "storage-tls12"}));
  EXPECT_EQ(refused_by(good()), std::vector<std::string>{});
  auto open = good();
  open["properties"]["allowBlobPublicAccess"] = true;
  EXPECT_EQ(refused_by(open), std::vector<std::string>{"storage-no-public-blobs"});
  restart();
  EXPECT_EQ(refused_by(open), std::vector<std::string>{"storage-no-public-blobs"});
}

// A key that only the service has would go around the account's.
TEST_F(ClassificationTest, EncryptionScopesAreHeldToItToo) {
  const auto scope = [&](const Json& properties) {
    return put(account("g") + "/encryptionScopes/red", {{"properties", properties}}).status;
  };
  const Json by_service = {{"source", "Microsoft.Storage"}};
  const auto by_key = [](const std::string& uri) {
    return Json{{"source", "Microsoft.KeyVault"}, {"keyVaultProperties", {{"keyUri", uri}}}};
  };
  EXPECT_LT(scope(by_service), 300);
  EXPECT_EQ(classify(sub(), "confidential").said(), "201");
  EXPECT_EQ(scope(by_service), 403);
  EXPECT_EQ(scope(Json::object()), 403);
  EXPECT_LT(scope(by_key("https://v.vault.test/keys/k")), 300);
  EXPECT_EQ(classify(sub(), "secret").said(), "200");
  EXPECT_EQ(scope(by_key("https://v.vault.test/keys/k")), 403);
  EXPECT_LT(scope(by_key("https://p.managedhsm.test/keys/k")), 300);
}

// What secret accounts' keys are in is held to what vaults are.
TEST_F(ClassificationTest, ManagedHsmPoolsAreHeldToItToo) {
  EXPECT_EQ(classify(sub(), "confidential").said(), "201");
  const auto pool = [&](const Json& properties) {
    const auto path = group("g") + "/providers/Microsoft.KeyVault/managedHSMs/hsm1";
    return put(path, {{"location", "local"}, {"properties", properties}}).status;
  };
  EXPECT_EQ(pool({{"publicNetworkAccess", "Disabled"}}), 403);
  EXPECT_EQ(pool({{"enablePurgeProtection", true}}), 403);
  EXPECT_LT(pool({{"publicNetworkAccess", "Disabled"}, {"enablePurgeProtection", true}}), 300);
}

TEST_F(ClassificationTest, LevelsAddUpAndReachDown) {
  EXPECT_EQ(classify(managing("dept"), "confidential").said(), "201");
  EXPECT_EQ(classify(group("h"), "secret", Json::array({"Local"})).said(), "201");
  EXPECT_EQ(refused_by(good(), "g"), std::vector<std::string>{});
  EXPECT_EQ(refused_by(good(), "h"), (std::vector<std::string>{"storage-managed-hsm", "storage-no-shared-key"}));
  auto secret = good();
  secret["properties"]["allowSharedKeyAccess"] = false;
  secret["properties"]["encryption"]["keyvaultproperties"]["keyvaulturi"] = "https://p.managedhsm.test";
  EXPECT_EQ(refused_by(secret, "h"), std::vector<std::string>{});
  secret["location"] = "elsewhere";
  EXPECT_EQ(refused_by(secret, "h"), std::vector<std::string>{"allowed-locations"});
  EXPECT_EQ(classify(group("h"), "top-secret", Json::array({"local"})).said(), "200");
  secret["location"] = "local";
  EXPECT_EQ(refused_by(secret, "h"), std::vector<std::string>{"storage-no-firewall-exceptions"});
  secret["properties"]["networkAcls"] = {{"defaultAction", "Deny"}, {"bypass", "None"}, {"ipRules", Json::array()}};
  EXPECT_EQ(refused_by(secret, "h"), std::vector<std::string>{});
}

TEST_F(ClassificationTest, LoweringTakesTwo) {
  EXPECT_EQ(classify(sub(), "secret").said(), "201");
  const auto asked = classify(sub(), "unclassified");
  EXPECT_EQ(asked.said(), "200");
  EXPECT_EQ(asked.resource["properties"]["level"], "secret");
  EXPECT_EQ(asked.resource["properties"]["pendingChange"]["level"], "unclassified");
  EXPECT_FALSE(refused_by(good()).empty());
  EXPECT_EQ(settle(sub(), "approve").said(), "403 SecondPersonRequired");
  who_ = second_;
  restart();
  const auto done = settle(sub(), "approve");
  EXPECT_EQ(done.said(), "200");
  EXPECT_EQ(done.body["properties"]["level"], "unclassified");
  EXPECT_FALSE(done.body["properties"].contains("pendingChange"));
  EXPECT_EQ(refused_by(good()), std::vector<std::string>{});
  EXPECT_EQ(settle(sub(), "approve").said(), "409 NoPendingChange");
}

TEST_F(ClassificationTest, AnApprovalComesInTimeOrNotAtAll) {
  classify(sub(), "secret");
  classify(sub(), "confidential");
  who_ = second_;
  memory_.clock.advance(std::chrono::hours(8 * 24));
  EXPECT_EQ(settle(sub(), "approve").said(), "409 NoPendingChange");
  who_ = first_;
  classify(sub(), "confidential");
  EXPECT_EQ(settle(sub(), "reject").said(), "200");
  who_ = second_;
  EXPECT_EQ(settle(sub(), "approve").said(), "409 NoPendingChange");
  // More locations are less, too.
  EXPECT_EQ(classify(group(), "secret", Json::array({"local"})).said(), "201");
  EXPECT_TRUE(classify(group(), "secret").resource["properties"].contains("pendingChange"));
}

TEST_F(ClassificationTest, NothingGoesAroundIt) {
  classify(sub(), "confidential");
  const auto assignment = policy(sub(), "policyAssignments", "freehold-classification");
  EXPECT_EQ(get(assignment)["managedBy"], level(sub()));
  EXPECT_EQ(remove(assignment).said(), "403 ProtectedByClassification");
  EXPECT_EQ(put(assignment, {{"properties", {{"policyDefinitionId", "x"}}}}).said(), "400 ReservedResourceName");
  EXPECT_EQ(put(policy(group(), "policyExemptions", "e"),
                {{"properties", {{"policyAssignmentId", assignment}, {"exemptionCategory", "Waiver"}}}})
                .said(),
            "403 ProtectedByClassification");
  EXPECT_EQ(remove(policy("", "policyDefinitions", "freehold-storage-tls12")).said(), "403 ProtectedByClassification");
  EXPECT_EQ(remove(level(sub())).said(), "403 ProtectedByClassification");
  EXPECT_EQ(put(level(box()), {{"properties", {{"level", "secret"}}}}).said(), "400 InvalidScope");
  EXPECT_EQ(classify(sub(), "very-secret").said(), "400 InvalidClassification");
  // A subscription can't be moved to where it would be less.
  classify(managing("team"), "secret");
  const auto moved = registry_->checks().approve({.kind = ChangeKind::kMove,
                                                  .id = *gate::resource::parse_resource_id(sub()),
                                                  .destination = *gate::resource::parse_resource_id(managing("other")),
                                                  .caller = caller()});
  ASSERT_FALSE(moved.has_value());
  EXPECT_EQ(moved.error().code, "ClassificationLowered");
}

TEST_F(ClassificationTest, WhatMovesGetsNoMoreLocations) {
  const auto move_to = [&](const std::string& where) -> std::string {
    const auto moved = registry_->checks().approve({.kind = ChangeKind::kMove,
                                                    .id = *gate::resource::parse_resource_id(sub()),
                                                    .destination = *gate::resource::parse_resource_id(managing(where)),
                                                    .caller = caller()});
    return moved ? "" : moved.error().code;
  };
  classify(managing("team"), "secret", Json::array({"local", "near"}));
  classify(managing("wide"), "secret");
  EXPECT_EQ(move_to("wide"), "ClassificationLowered");
  classify(managing("narrow"), "secret", Json::array({"local"}));
  EXPECT_EQ(move_to("narrow"), "");
  classify(sub(), "confidential", Json::array({"near"}));
  EXPECT_EQ(move_to("wide"), "");
}

TEST_F(ClassificationTest, WhoApprovesSaysWhat) {
  classify(sub(), "secret");
  const auto seen = classify(sub(), "confidential").resource["properties"]["pendingChange"];
  classify(sub(), "unclassified");
  who_ = second_;
  EXPECT_EQ(settle(sub(), "approve", {{"level", seen["level"]}}).said(), "409 PendingChangeDiffers");
  EXPECT_EQ(settle(sub(), "approve", seen).said(), "409 PendingChangeDiffers");
  EXPECT_EQ(settle(sub(), "approve", {{"level", "unclassified"}}).said(), "200");
}

}  // namespace
}  // namespace freehold::policies
