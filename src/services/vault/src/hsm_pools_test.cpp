// Managed HSM pools: as resources, their door, and what nobody may do before they are activated.
#include "src/hsm_roles.h"
#include "src/test_pool.h"

namespace freehold::vault {
namespace {

using http::Method;

class Pools : public PoolTest {};

TEST_F(Pools, APoolIsShownAsItWasMade) {
  const auto made = make_pool("hsm1", {{"softDeleteRetentionInDays", 7}});
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.body["type"], "Microsoft.KeyVault/managedHSMs");
  EXPECT_EQ(made.body["sku"], Json({{"family", "B"}, {"name", "Standard_B1"}}));
  const auto& properties = made.body["properties"];
  EXPECT_EQ(properties["hsmUri"], "https://hsm1.managedhsm.cloud.test:8443/");
  EXPECT_EQ(properties["provisioningState"], "Succeeded");
  EXPECT_EQ(properties["initialAdminObjectIds"], Json({to_string(owner_)}));
  EXPECT_EQ(properties["securityDomainProperties"]["activationStatus"], "NotActivated");
  open();
  const auto again = make_pool("hsm1", {{"softDeleteRetentionInDays", 7}, {"publicNetworkAccess", "Disabled"}});
  EXPECT_EQ(again.body["properties"]["publicNetworkAccess"], "Disabled");
}

TEST_F(Pools, WhatCannotBeKeptIsRefused) {
  EXPECT_EQ(make_pool("x--y").said(), "400 ManagedHsmNameNotValid");
  EXPECT_EQ(make_pool("hsm1", {{"initialAdminObjectIds", Json::array()}}).said(), "400 BadRequest");
  EXPECT_EQ(make_pool("hsm1", {{"tenantId", to_string(TenantId{})}}).said(), "400 BadRequest");
  EXPECT_EQ(make_pool("hsm1", {{"unheardOf", 1}}).said(), "400 BadRequest");
  auto body = pool_body();
  body["sku"]["name"] = "premium";
  EXPECT_EQ(write_pool(ChangeKind::kPut, "hsm1", body).said(), "400 BadRequest");
  ASSERT_EQ(make_pool("hsm1").status, 200);
  EXPECT_EQ(make_pool("hsm1", {{"initialAdminObjectIds", {to_string(friend_)}}}).said(), "400 BadRequest");
  for (const char* name : {"hsm2", "hsm3", "hsm4", "hsm5"}) ASSERT_EQ(make_pool(name).status, 200);
  EXPECT_EQ(make_pool("hsm6").said(), "409 QuotaExceeded");
}

TEST_F(Pools, ADeletedPoolKeepsItsNameAndComesBackWithItsRoles) {
  ASSERT_EQ(make_pool("hsm1").status, 200);
  ASSERT_EQ(make_vault("hsm1").status, 200) << "names of vaults are others";
  ASSERT_EQ(write_pool(ChangeKind::kDelete, "hsm1", nullptr).status, 200);
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", "/keys").said(), "404 ResourceNotFound");
  EXPECT_EQ(make_pool("hsm1").said(), "409 ConflictError");
  EXPECT_EQ(act_on_pools("checkMhsmNameAvailability", {}, {{"name", "HSM1"}}).body["nameAvailable"], false);
  EXPECT_EQ(act_on_pools("deletedManagedHSMs", id_of("x/y")).body["value"].size(), 1u);
  open();
  EXPECT_EQ(write_pool(ChangeKind::kPut, "hsm1", pool_body({{"createMode", "Recover"}})).status, 200);
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", "/keys").said(), "403 Forbidden");
  ASSERT_EQ(write_pool(ChangeKind::kDelete, "hsm1", nullptr).status, 200);
  EXPECT_EQ(act_on_pools("locations/{location}/deletedManagedHSMs/{name}/purge", deleted_pool("hsm1")).status, 202);
  EXPECT_EQ(act_on_pools("checkMhsmNameAvailability", {}, {{"name", "hsm1"}}).body["nameAvailable"], true);
  EXPECT_EQ(make_pool("hsm1").status, 200);
}

TEST_F(Pools, RolesOfTheResourceManagerAndTokensForVaultsSayNothing) {
  ASSERT_EQ(make_pool("hsm1", {{"initialAdminObjectIds", {to_string(friend_)}}}).status, 200);
  // The owner of the subscription and Key Vault Administrator.
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", "/settings").said(), "403 Forbidden");
  const auto foreign = ask_pool(friend_, Method::kGet, "hsm1", "/keys", nullptr, "https://vault.cloud.test");
  EXPECT_EQ(foreign.said(), "401 Unauthorized");
}

// Who reads a vault's log finds nothing in it that was done in a pool of the same name.
TEST_F(Pools, RecordsTellAPoolFromAVault) {
  ASSERT_EQ(make_pool("hsm1").status, 200);
  ASSERT_EQ(make_vault("hsm1").status, 200);
  static_cast<void>(log_.take_entries());
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", "/keys/k1").status, 403);
  EXPECT_EQ(call_as(owner_, Method::kGet, "hsm1", "/keys/k1").status, 404);
  const auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].record.resource, "/hsm1.managedhsm/keys/k1");
  EXPECT_EQ(entries[1].record.resource, "/hsm1/keys/k1");
}

TEST_F(Pools, NothingIsDoneBeforeActivation) {
  ASSERT_EQ(make_pool("hsm1").status, 200);
  for (const char* path : {"/settings", "//providers/Microsoft.Authorization/roleDefinitions"}) {
    const auto answer = ask_pool(owner_, Method::kGet, "hsm1", path);
    EXPECT_EQ(answer.said(), "403 Forbidden") << path;
    EXPECT_EQ(answer.body["error"]["innererror"]["code"], "HsmNotActivated") << path;
  }
}

TEST_F(Pools, EachRowIsDecidedByADataActionOfPools) {
  for (const auto& row : service_->pool_gate().rows()) {
    EXPECT_FALSE(pool_data_action(row.data_action).empty()) << row.operation << " " << row.data_action;
  }
}

TEST(PoolScopes, AreThePoolAllKeysOrOne) {
  EXPECT_EQ(pool_scope(""), "/");
  EXPECT_EQ(pool_scope("//"), "/");
  EXPECT_EQ(pool_scope("/keys/"), "/keys");
  EXPECT_EQ(pool_scope("keys/K-1"), "/keys/k-1");
  EXPECT_EQ(pool_scope("/secrets"), std::nullopt);
  EXPECT_EQ(pool_scope("/keys/k/1"), std::nullopt);
}

}  // namespace
}  // namespace freehold::vault
