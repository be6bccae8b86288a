// Local roles of pools: who may what at which scope, and who may give it.
#include "pipeline/testing/token_matrix.h"
#include "src/test_domain.h"

namespace freehold::vault {
namespace {

using http::Method;

constexpr std::string_view kCryptoUser = "21dbd100-6940-42c2-9190-5d6cb909625b";
constexpr std::string_view kCryptoOfficer = "515eb02d-2335-4d2d-92f2-b1cbdf9c3778";
constexpr std::string_view kAuditor = "2c18b078-7c48-4d3a-af88-5a3a1b3f82b3";
constexpr std::string_view kAdministrator = "a290e904-7015-4bba-90c8-60543313cdb4";
const std::string kFirst = "00000000-0000-0000-0000-000000000001";
const std::string kSecond = "00000000-0000-0000-0000-000000000002";

class PoolRoleRequests : public DomainTest {
 protected:
  PoolRoleRequests() {
    if (make_pool("hsm1").status != 200 || download("hsm1").status != 202) ADD_FAILURE() << "no active pool";
  }
  Answer list(const std::string& path) { return ask_pool(owner_, Method::kGet, "hsm1", path); }
  static std::string definition_path(const std::string& name = {}) {
    return "///providers/Microsoft.Authorization/roleDefinitions" + (name.empty() ? name : "/" + name);
  }
  [[nodiscard]] std::string first_assignment() {
    return list("//providers/Microsoft.Authorization/roleAssignments").body["value"][0]["name"];
  }
};

TEST_F(PoolRoleRequests, TheBuiltInOnesHaveAzuresIds) {
  const auto all = list(definition_path()).body["value"];
  ASSERT_EQ(all.size(), 9u);
  const auto user = list(definition_path(std::string(kCryptoUser))).body;
  EXPECT_EQ(user["id"], std::string(kRoles) + std::string(kCryptoUser));
  EXPECT_EQ(user["properties"]["roleName"], "Managed HSM Crypto User");
  EXPECT_EQ(user["properties"]["type"], "AKVBuiltInRole");
  EXPECT_EQ(ask_pool(owner_, Method::kDelete, "hsm1", definition_path(std::string(kCryptoUser))).said(),
            "400 BadParameter");
}

TEST_F(PoolRoleRequests, ARoleHoldsAtItsScopeAndBelow) {
  EXPECT_EQ(ask_pool(friend_, Method::kGet, "hsm1", "/keys/k1").said(), "403 Forbidden");
  ASSERT_EQ(assign(owner_, friend_, kAuditor, "/keys/K1", kFirst).status, 201);
  EXPECT_EQ(ask_pool(friend_, Method::kGet, "hsm1", "/keys/k1").said(), "404 KeyNotFound");
  EXPECT_EQ(ask_pool(friend_, Method::kGet, "hsm1", "/keys/k2").said(), "403 Forbidden");
  EXPECT_EQ(ask_pool(friend_, Method::kGet, "hsm1", "/keys").said(), "403 Forbidden");
  ASSERT_EQ(assign(owner_, group_, kAuditor, "/keys", kSecond).status, 201);
  EXPECT_EQ(ask_pool(friend_, Method::kGet, "hsm1", "/keys/k2").said(), "404 KeyNotFound");
  EXPECT_EQ(ask_pool(friend_, Method::kGet, "hsm1", "/keys").status, 200);
  open();
  EXPECT_EQ(ask_pool(friend_, Method::kGet, "hsm1", "/keys").status, 200);
  ASSERT_EQ(ask_pool(owner_, Method::kDelete, "hsm1", assignment_path("/keys", kSecond)).status, 200);
  EXPECT_EQ(ask_pool(friend_, Method::kGet, "hsm1", "/keys").said(), "403 Forbidden");
}

TEST_F(PoolRoleRequests, AssignmentsAreListedByScopeAndPrincipal) {
  ASSERT_EQ(assign(owner_, friend_, kAuditor, "/keys/k1", kFirst).status, 201);
  ASSERT_EQ(assign(owner_, friend_, kCryptoUser, "/keys", kSecond).status, 201);
  const std::string below = "/providers/Microsoft.Authorization/roleAssignments";
  EXPECT_EQ(list("//" + below).body["value"].size(), 3u);
  EXPECT_EQ(list("//keys" + below + "?$filter=atScope()").body["value"].size(), 2u);
  EXPECT_EQ(list("//keys/k2" + below).body["value"].size(), 2u);
  EXPECT_EQ(list(below + "?$filter=principalId%20eq%20'" + to_string(friend_) + "'").body["value"].size(), 2u);
  EXPECT_EQ(list(below + "?$filter=nonsense").said(), "400 BadParameter");
  EXPECT_EQ(list("/secrets" + below).said(), "400 BadParameter");
  EXPECT_EQ(list(assignment_path("/keys/k1", kFirst)).body["properties"]["scope"], "/keys/k1");
  EXPECT_EQ(list(assignment_path("/keys", kFirst)).said(), "404 RoleAssignmentNotFound");
}

TEST_F(PoolRoleRequests, WhatCannotBeGivenIsRefused) {
  EXPECT_EQ(assign(owner_, friend_, kAuditor, "/", "not-a-guid").said(), "400 BadParameter");
  EXPECT_EQ(assign(owner_, friend_, "00000000-0000-0000-0000-0000000000ff", "/", kFirst).said(), "400 BadParameter");
  ASSERT_EQ(assign(owner_, friend_, kAuditor, "/", kFirst).status, 201);
  EXPECT_EQ(assign(owner_, friend_, kCryptoUser, "/", kFirst).said(), "409 RoleAssignmentExists");
  EXPECT_EQ(assign(owner_, friend_, kAuditor, "/", kSecond).said(), "409 RoleAssignmentExists");
  EXPECT_EQ(assign(friend_, friend_, kAdministrator, "/", kSecond).said(), "403 Forbidden");
}

TEST_F(PoolRoleRequests, TheLastAdministratorStays) {
  const auto first = assignment_path("", first_assignment());
  EXPECT_EQ(ask_pool(owner_, Method::kDelete, "hsm1", first).said(), "409 LastAdministrator");
  ASSERT_EQ(assign(owner_, friend_, kAdministrator, "/", kFirst).status, 201);
  EXPECT_EQ(ask_pool(friend_, Method::kDelete, "hsm1", first).status, 200);
  EXPECT_EQ(list("/settings").said(), "403 Forbidden");
  EXPECT_EQ(ask_pool(friend_, Method::kDelete, "hsm1", assignment_path("", kFirst)).said(), "409 LastAdministrator");
}

TEST_F(PoolRoleRequests, ARoleOfOnesOwnHasDataActionsThatAreKnown) {
  const auto put = [&](Json permission, const std::string& name = "Readers") {
    return ask_pool(
        owner_, Method::kPut, "hsm1", definition_path(kFirst),
        {{"properties",
          {{"roleName", name}, {"permissions", Json::array({std::move(permission)})}, {"type", "CustomRole"}}}});
  };
  EXPECT_EQ(put({{"dataActions", {"Microsoft.KeyVault/managedHsm/*"}}}).said(), "400 BadParameter");
  EXPECT_EQ(put({{"actions", {"*"}}}).said(), "400 BadParameter");
  EXPECT_EQ(put({{"dataActions", Json::array()}}, "Managed HSM Crypto User").said(), "400 BadParameter");
  ASSERT_EQ(put({{"dataActions", {"microsoft.keyvault/managedhsm/keys/read/action"}}}).status, 201);
  ASSERT_EQ(assign(owner_, friend_, kFirst, "/keys", kSecond).status, 201);
  EXPECT_EQ(ask_pool(friend_, Method::kGet, "hsm1", "/keys").status, 200);
  ASSERT_EQ(put({{"dataActions", {"Microsoft.KeyVault/managedHsm/rng/action"}}}).status, 201);
  EXPECT_EQ(ask_pool(friend_, Method::kGet, "hsm1", "/keys").said(), "403 Forbidden");
  EXPECT_EQ(ask_pool(owner_, Method::kDelete, "hsm1", definition_path(kFirst)).said(),
            "409 RoleDefinitionHasAssignments");
  EXPECT_EQ(list(definition_path() + "?$filter=type%20eq%20'CustomRole'").body["value"].size(), 1u);
  ASSERT_EQ(ask_pool(owner_, Method::kDelete, "hsm1", assignment_path("keys", kSecond)).status, 200);
  EXPECT_EQ(ask_pool(owner_, Method::kDelete, "hsm1", definition_path(kFirst)).status, 200);
}

TEST_F(PoolRoleRequests, EveryRowWantsATokenAndARoleOfItsOwn) {
  ASSERT_EQ(assign(owner_, owner_, kCryptoUser, "/", kFirst).status, 201);
  ASSERT_EQ(assign(owner_, owner_, kCryptoOfficer, "/", kSecond).status, 201);
  gate::testing::TokenMatrix matrix(
      service_->pool_gate(),
      {.host = "hsm1.managedhsm.cloud.test", .audience = "https://managedhsm.azure.net", .query = "api-version=7.4"});
  for (const auto& fault : matrix.run()) ADD_FAILURE() << fault;
  EXPECT_GE(matrix.cases(), service_->pool_gate().rows().size() * 15);
}

}  // namespace
}  // namespace freehold::vault
