// Who acts for assignments.
#include "src/remediation_fixture.h"

namespace freehold::policies {
namespace {

Json acting(Json properties, const std::string& type = "SystemAssigned") {
  return {{"location", "local"}, {"identity", {{"type", type}}}, {"properties", std::move(properties)}};
}

TEST_F(RemediationTest, AnIdentityComesAndGoesWithItsAssignment) {
  const auto definition = define("lids", lids());
  const auto id = policy(group(), "policyAssignments", "a");
  const Json properties = {{"policyDefinitionId", definition}};
  const auto made = put(id, acting(properties));
  ASSERT_EQ(made.said(), "201") << made.message;
  EXPECT_EQ(made.resource["identity"]["type"], "SystemAssigned");
  EXPECT_EQ(made.resource["identity"]["tenantId"], to_string(tenant_));
  const std::string principal = made.resource["identity"]["principalId"];
  ASSERT_EQ(managed_.names.size(), 1U);
  EXPECT_EQ(to_string(managed_.names.begin()->first), principal);
  EXPECT_EQ(managed_.names.begin()->second, std::pair(std::string("a"), id));
  // It stays the same, whatever the author says that it is.
  Json again = acting(properties);
  again["identity"]["principalId"] = to_string(who_);
  EXPECT_EQ(put(id, again).resource["identity"]["principalId"], principal);
  EXPECT_EQ(
      change(ChangeKind::kPatch, id, {{"identity", {{"type", "SystemAssigned"}}}}).resource["identity"]["principalId"],
      principal);
  EXPECT_EQ(get(id)["identity"]["principalId"], principal);
  start_again();
  EXPECT_EQ(get(id)["identity"]["principalId"], principal);
  EXPECT_EQ(remove(id).said(), "200");
  EXPECT_TRUE(managed_.names.empty());
}

TEST_F(RemediationTest, WhatDeploysOrModifiesNeedsAnIdentity) {
  const auto id = policy(group(), "policyAssignments", "a");
  const auto deploys = define("lids", lids());
  const auto modifies = define("tagged", tagged());
  Json chosen = lids();
  chosen["then"]["effect"] = "[parameters('effect')]";
  const Json effect = {{"effect",
                        {{"type", "String"},
                         {"allowedValues", {"AuditIfNotExists", "DeployIfNotExists"}},
                         {"defaultValue", "AuditIfNotExists"}}}};
  const auto chooses = define("chosen", chosen, {{"parameters", effect}});
  const auto set = policy(sub(), "policySetDefinitions", "set");
  const Json listed = Json::array({{{"policyDefinitionId", modifies}, {"policyDefinitionReferenceId", "one"}}});
  ASSERT_EQ(put(set, {{"properties", {{"policyDefinitions", listed}}}}).said(), "201");
  for (const auto& definition : {deploys, modifies, chooses, set}) {
    const auto done = put(id, {{"properties", {{"policyDefinitionId", definition}}}});
    EXPECT_EQ(done.said(), "400 ResourceIdentityRequired") << definition;
    EXPECT_EQ(put(id, acting({{"policyDefinitionId", definition}}, "None")).said(), "400 ResourceIdentityRequired");
    EXPECT_EQ(put(id, acting({{"policyDefinitionId", definition}})).said(), "201") << done.message;
    EXPECT_EQ(remove(id).said(), "200");
  }
  EXPECT_TRUE(managed_.names.empty());
}

TEST_F(RemediationTest, IdentitiesThatCantBeAreRefused) {
  const auto id = policy(group(), "policyAssignments", "a");
  const Json properties = {{"policyDefinitionId", define("no-red", deny("red"))}};
  EXPECT_EQ(put(id, acting(properties, "UserAssigned")).said(), "400 InvalidRequestContent");
  EXPECT_EQ(put(id, acting(properties, "SystemAssigned, UserAssigned")).said(), "400 InvalidRequestContent");
  EXPECT_EQ(put(id, acting(properties, "Somebody")).said(), "400 InvalidRequestContent");
  EXPECT_EQ(put(id, {{"identity", "x"}, {"properties", properties}}).said(), "400 InvalidRequestContent");
  EXPECT_EQ(put(id, {{"identity", {{"type", "SystemAssigned"}}}, {"properties", properties}}).said(),
            "400 LocationRequired");
  EXPECT_EQ(put(id, acting({{"policyDefinitionId", policy(sub(), "policyDefinitions", "none")}})).said(),
            "404 PolicyDefinitionNotFound");
  EXPECT_TRUE(managed_.names.empty());
  managed_.refuse = true;
  EXPECT_EQ(put(id, acting(properties)).status, 429);
  EXPECT_TRUE(get(id).is_null());
  managed_.refuse = false;
  // One that isn't needed may go.
  EXPECT_EQ(put(id, acting(properties)).said(), "201");
  EXPECT_EQ(managed_.names.size(), 1U);
  EXPECT_EQ(put(id, acting(properties, "None")).resource["identity"], Json({{"type", "None"}}));
  EXPECT_TRUE(managed_.names.empty());
}

TEST_F(RemediationTest, AnIdentityOfItsOwnActsForAnAssignment) {
  const auto id = policy(group(), "policyAssignments", "a");
  const Json properties = {{"policyDefinitionId", define("lids", lids())}};
  const auto by = [&](const std::string& identity) {
    Json out = acting(properties, "UserAssigned");
    out["identity"]["userAssignedIdentities"] = {{identity, Json::object()}};
    return out;
  };
  const auto& one = user_identities_.one;
  Json two = by(one.id);
  two["identity"]["userAssignedIdentities"]["/another"] = Json::object();
  EXPECT_EQ(put(id, two).said(), "400 InvalidRequestContent");
  EXPECT_EQ(put(id, by("/nowhere")).said(), "400 InvalidRequestContent");
  user_identities_.denied = true;
  EXPECT_EQ(put(id, by(one.id)).said(), "403 LinkedAuthorizationFailed");
  user_identities_.denied = false;
  const auto made = put(id, by(one.id));
  ASSERT_EQ(made.said(), "201") << made.message;
  EXPECT_EQ(made.resource["identity"]["type"], "UserAssigned");
  EXPECT_EQ(made.resource["identity"]["userAssignedIdentities"][one.id]["principalId"],
            to_string(one.principal.object));
  EXPECT_TRUE(managed_.names.empty());
  // Who may write the assignment needn't be allowed to assign what it has.
  user_identities_.denied = true;
  EXPECT_EQ(put(id, made.resource).said(), "201");
  EXPECT_EQ(change(ChangeKind::kPatch, id, {{"location", "local"}}).said(), "200");
  user_identities_.denied = false;
  start_again();
  EXPECT_EQ(get(id)["identity"], made.resource["identity"]);
  // From one kind to the other and back: what was made for the assignment goes, what is a resource stays.
  EXPECT_EQ(put(id, acting(properties)).resource["identity"]["type"], "SystemAssigned");
  EXPECT_EQ(managed_.names.size(), 1U);
  EXPECT_EQ(put(id, by(one.id)).said(), "201");
  EXPECT_TRUE(managed_.names.empty());
  EXPECT_TRUE(managed_.removed.empty() || managed_.removed.back() != one.principal.object);
  EXPECT_EQ(remove(id).said(), "200");
}

TEST_F(RemediationTest, WhatAnEarlierProcessLeftBehindGoes) {
  const auto kept = assign_acting(group(), "a", define("lids", lids()));
  ASSERT_TRUE(run_blocking(managed_.make(tenant_, "orphan", "/nowhere", {})).has_value());
  EXPECT_EQ(managed_.names.size(), 2U);
  start_again();
  ASSERT_EQ(managed_.names.size(), 1U);
  EXPECT_EQ(managed_.names.begin()->second.second, kept);
}

}  // namespace
}  // namespace freehold::policies
