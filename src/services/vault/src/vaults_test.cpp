// Vaults as resources.
#include "src/item_store.h"
#include "src/test_vault.h"
#include "src/vault_row.h"

namespace freehold::vault {
namespace {

class Vaults : public VaultTest {
 protected:
  [[nodiscard]] bool is_there(const std::string& name) {
    const auto found = run_blocking(provider().get(id_of("vaults/" + name), {"2022-07-01", caller()}));
    return found && !found->is_null();
  }
  [[nodiscard]] ResourceId deleted(const std::string& name) const {
    return *gate::resource::parse_resource_id("/subscriptions/" + to_string(subscription_) +
                                              "/providers/Microsoft.KeyVault/locations/local/deletedVaults/" + name);
  }
  Managed purge(const std::string& name) {
    return act("locations/{location}/deletedVaults/{vault}/purge", deleted(name));
  }
  [[nodiscard]] Json policy(PrincipalId who, Json secrets) const {
    return {{"tenantId", to_string(tenant_)},
            {"objectId", to_string(who)},
            {"permissions", {{"secrets", std::move(secrets)}}}};
  }
};

TEST_F(Vaults, AVaultIsShownAsItWasMade) {
  const auto made = make_vault("vau1", {{"softDeleteRetentionInDays", 7}, {"enabledForDeployment", true}});
  ASSERT_EQ(made.status, 200) << made.body;
  const auto& properties = made.body["properties"];
  EXPECT_EQ(properties["vaultUri"], "https://vau1.vault.cloud.test:8443/");
  EXPECT_EQ(properties["provisioningState"], "Succeeded");
  EXPECT_EQ(properties["softDeleteRetentionInDays"], 7);
  EXPECT_EQ(properties["enabledForDeployment"], true);
  EXPECT_EQ(properties["enableSoftDelete"], true);
  EXPECT_FALSE(properties.contains("enablePurgeProtection"));
  open();
  EXPECT_TRUE(is_there("VAU1"));
}

TEST_F(Vaults, ANameIsOneInTheCloudAndFreeOnlyAfterAPurge) {
  ASSERT_EQ(make_vault("vau1").status, 200);
  EXPECT_EQ(write(ChangeKind::kPut, "vaults/x--y", vault_body()).said(), "400 VaultNameNotValid");
  EXPECT_EQ(act("checkNameAvailability", {}, {{"name", "VAU1"}}).body["nameAvailable"], false);
  EXPECT_EQ(act("checkNameAvailability", {}, {{"name", "vau2"}}).body["nameAvailable"], true);
  ASSERT_EQ(write(ChangeKind::kDelete, "vaults/vau1", nullptr).status, 200);
  EXPECT_FALSE(is_there("vau1"));
  EXPECT_EQ(make_vault("vau1").said(), "409 ConflictError");
  EXPECT_EQ(act("checkNameAvailability", {}, {{"name", "vau1"}}).body["nameAvailable"], false);
  EXPECT_EQ(act("deletedVaults", id_of("x/y")).body["value"].size(), 1u);
  EXPECT_EQ(purge("vau1").status, 200);
  EXPECT_EQ(purge("vau1").said(), "404 DeletedVaultNotFound");
  EXPECT_EQ(make_vault("vau1").status, 200);
}

TEST_F(Vaults, ADeletedVaultComesBackWithAllThatWasInIt) {
  ASSERT_EQ(make_vault("vau1").status, 200);
  ASSERT_EQ(put("/secrets/s1", {{"value", "hidden"}}).status, 200);
  ASSERT_EQ(write(ChangeKind::kDelete, "vaults/vau1", nullptr).status, 200);
  EXPECT_EQ(get("/secrets/s1").said(), "404 VaultNotFound");
  open();
  EXPECT_EQ(act("locations/{location}/deletedVaults/{vault}", deleted("vau1")).status, 200);
  const auto back = write(ChangeKind::kPut, "vaults/vau1", vault_body({{"createMode", "recover"}}));
  ASSERT_EQ(back.status, 200) << back.body;
  EXPECT_EQ(get("/secrets/s1").body["value"], "hidden");
  EXPECT_EQ(write(ChangeKind::kPut, "vaults/vau2", vault_body({{"createMode", "recover"}})).said(),
            "404 DeletedVaultNotFound");
}

// Settings that policies and classifications judge.
TEST_F(Vaults, ARecoveryIsJudgedByWhatComesBackAndNotByItsRequest) {
  struct Judge final : gate::resource::ChangeCheck {
    [[nodiscard]] ApiResult<> check(gate::resource::ProposedChange& change) const override {
      const auto properties = change.after.is_object() ? change.after.value("properties", Json()) : Json();
      if (properties.value("publicNetworkAccess", "") == "Enabled") {
        return std::unexpected(gate::ApiError{403, "RequestDisallowedByPolicy", ""});
      }
      if (properties.contains("softDeleteRetentionInDays")) change.after["tags"] = {{"seen", "yes"}};
      return {};
    }
  };
  ASSERT_EQ(make_vault("vau1", {{"publicNetworkAccess", "Enabled"}}).status, 200);
  ASSERT_EQ(make_vault("vau2", {{"publicNetworkAccess", "Disabled"}}).status, 200);
  ASSERT_EQ(write(ChangeKind::kDelete, "vaults/vau1", nullptr).status, 200);
  ASSERT_EQ(write(ChangeKind::kDelete, "vaults/vau2", nullptr).status, 200);
  const Judge judge;
  registry_->add_check(judge);
  const auto recover = [&](const std::string& name) {
    const Json asked = {{"createMode", "recover"}, {"publicNetworkAccess", "Disabled"}};
    return write(ChangeKind::kPut, "vaults/" + name, vault_body(asked));
  };
  EXPECT_EQ(recover("vau1").said(), "403 RequestDisallowedByPolicy");
  EXPECT_FALSE(is_there("vau1"));
  const auto back = recover("vau2");
  ASSERT_EQ(back.status, 200) << back.body;
  EXPECT_EQ(back.body["tags"]["seen"], "yes");
  EXPECT_EQ(write(ChangeKind::kPut, "vaults/vau1", vault_body({{"createMode", 1}})).said(), "400 BadRequest");
}

TEST_F(Vaults, AVaultThatWasPurgedLeavesNothingToItsSuccessor) {
  ASSERT_EQ(make_vault("vau1").status, 200);
  ASSERT_EQ(put("/secrets/s1", {{"value", "hidden"}}).status, 200);
  ASSERT_EQ(write(ChangeKind::kDelete, "vaults/vau1", nullptr).status, 200);
  ASSERT_EQ(purge("vau1").status, 200);
  ASSERT_EQ(make_vault("vau1").status, 200);
  EXPECT_EQ(get("/secrets/s1").said(), "404 SecretNotFound");
}

TEST_F(Vaults, ProtectionCannotBeTakenBack) {
  ASSERT_EQ(make_vault("vau1", {{"enablePurgeProtection", true}}).status, 200);
  EXPECT_EQ(make_vault("vau1", {{"enablePurgeProtection", false}}).said(), "400 BadRequest");
  EXPECT_EQ(make_vault("vau1", {{"enableSoftDelete", false}}).said(), "400 BadRequest");
  EXPECT_EQ(make_vault("vau1", {{"softDeleteRetentionInDays", 30}}).said(), "400 BadRequest");
  EXPECT_EQ(make_vault("vau2", {{"softDeleteRetentionInDays", 6}}).said(), "400 BadRequest");
  ASSERT_EQ(write(ChangeKind::kDelete, "vaults/vau1", nullptr).status, 200);
  EXPECT_EQ(purge("vau1").said(), "405 MethodNotAllowed");
}

TEST_F(Vaults, WhatCannotBeKeptIsRefused) {
  EXPECT_EQ(make_vault("vau1", {{"unheardOf", 1}}).said(), "400 BadRequest");
  EXPECT_EQ(make_vault("vau1", {{"tenantId", to_string(TenantId{})}}).said(), "400 BadRequest");
  EXPECT_EQ(make_vault("vau1", {{"networkAcls", {{"virtualNetworkRules", {{{"id", "x"}}}}}}}).said(),
            "400 FeatureNotSupported");
  EXPECT_EQ(make_vault("vau1", {{"networkAcls", {{"ipRules", {{{"value", "10.0.0.1/8"}}}}}}}).said(), "400 BadRequest");
  EXPECT_EQ(make_vault("vau1", {{"accessPolicies", {policy(friend_, {"fly"})}}}).said(), "400 BadRequest");
}

TEST_F(Vaults, AccessPoliciesAreAddedReplacedAndRemoved) {
  ASSERT_EQ(make_vault("vau1", {{"accessPolicies", {policy(owner_, {"all"})}}}).status, 200);
  const auto change = [&](const std::string& how, Json secrets) {
    return write(ChangeKind::kPut, "vaults/vau1/accessPolicies/" + how,
                 {{"properties", {{"accessPolicies", {policy(friend_, std::move(secrets))}}}}});
  };
  const auto secrets_of_friend = [](const Managed& said) -> Json {
    for (const auto& each : said.body["properties"]["accessPolicies"]) {
      if (each["objectId"].get<std::string>().starts_with("0b0b")) return each["permissions"]["secrets"];
    }
    return nullptr;
  };
  EXPECT_EQ(secrets_of_friend(change("add", {"Get"})), Json({"get"}));
  EXPECT_EQ(secrets_of_friend(change("add", {"list"})), Json({"get", "list"}));
  EXPECT_EQ(secrets_of_friend(change("replace", {"set"})), Json({"set"}));
  EXPECT_EQ(secrets_of_friend(change("remove", {"set"})), Json(nullptr));
  EXPECT_EQ(change("shuffle", {"set"}).said(), "400 BadRequest");
  const auto listed =
      run_blocking(provider().list(*registry_->find("Microsoft.KeyVault/vaults"),
                                   {.tenant = tenant_, .subscription = subscription_}, {"2022-07-01", caller()}));
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ((*listed)[0]["properties"]["accessPolicies"].size(), 1u);
}

// What templates deploy.
TEST_F(Vaults, SecretsAndKeysAreResourcesToo) {
  ASSERT_EQ(make_vault("vau1").status, 200);
  auto& children = *registry_->find("Microsoft.KeyVault/vaults/secrets")->behind;
  const auto put_child = [&](ChangeKind kind, const std::string& below, Json after) {
    gate::resource::ProposedChange change{.kind = kind,
                                          .id = id_of("vaults/vau1/" + below),
                                          .api_version = "2022-07-01",
                                          .after = std::move(after),
                                          .caller = caller()};
    gate::resource::ChangeChecks checks;
    return managed(run_blocking(children.put(*checks.approve(std::move(change)))));
  };
  const auto secret = put_child(ChangeKind::kPut, "secrets/s1",
                                {{"tags", {{"a", "b"}}}, {"properties", {{"value", "hidden"}, {"contentType", "t"}}}});
  ASSERT_EQ(secret.status, 200) << secret.body;
  EXPECT_EQ(secret.body["properties"]["secretUri"], "https://vau1.vault.cloud.test:8443/secrets/s1");
  EXPECT_FALSE(secret.body.dump().contains("hidden"));
  EXPECT_EQ(get("/secrets/s1").body["value"], "hidden");
  EXPECT_EQ(
      put_child(ChangeKind::kPatch, "secrets/s1", {{"properties", {{"attributes", {{"enabled", false}}}}}}).status,
      200);
  EXPECT_EQ(get("/secrets/s1").inner(), "SecretDisabled");
  EXPECT_EQ(put_child(ChangeKind::kPut, "secrets/s2", {{"properties", Json::object()}}).said(), "400 BadRequest");
  const Json ec = {{"properties", {{"kty", "EC"}, {"curveName", "P-384"}, {"keyOps", {"sign"}}}}};
  const auto key = put_child(ChangeKind::kPut, "keys/k1", ec);
  ASSERT_EQ(key.status, 200) << key.body;
  EXPECT_EQ(key.body["properties"]["curveName"], "P-384");
  EXPECT_EQ(get("/keys/k1").body["key"]["key_ops"], Json({"sign"}));
  EXPECT_EQ(put_child(ChangeKind::kPut, "keys/k1", ec).body, key.body);
  EXPECT_EQ(put_child(ChangeKind::kPut, "keys/k2", {{"properties", {{"kty", "RSA-HSM"}}}}).status, 400);
  const auto listed = run_blocking(
      children.list(*registry_->find("Microsoft.KeyVault/vaults/keys"),
                    {.tenant = tenant_, .subscription = subscription_, .group = "g", .parent = id_of("vaults/vau1")},
                    {"2022-07-01", caller()}));
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->size(), 1u);
}

TEST_F(Vaults, SecretsAreListedByPages) {
  ASSERT_EQ(make_vault("vau1").status, 200);
  for (const auto* name : {"b", "A", "a-b", "c9", "d"}) {
    ASSERT_EQ(put("/secrets/" + std::string(name), {{"value", "x"}}).status, 200);
  }
  const auto& type = *registry_->find("Microsoft.KeyVault/vaults/secrets");
  EXPECT_TRUE(type.pages);
  EXPECT_TRUE(registry_->find("Microsoft.KeyVault/vaults/keys")->pages);
  const auto page = [&](const std::string& behind, std::size_t most) {
    gate::resource::Reading reading{"2022-07-01", caller()};
    reading.behind = behind;
    reading.most = most;
    std::string names;
    const auto found = run_blocking(type.behind->list(
        type, {.tenant = tenant_, .subscription = subscription_, .group = "g", .parent = id_of("vaults/vau1")},
        reading));
    for (const auto& each : found.value()) names += each["name"].get<std::string>() + " ";
    return names;
  };
  const auto id = [&](const std::string& name) { return to_lower(id_of("vaults/vau1/secrets/" + name).text()); };
  EXPECT_EQ(page("", 2), "A a-b ");
  EXPECT_EQ(page(id("A"), 2), "a-b b ");
  EXPECT_EQ(page(id("b"), 2), "c9 d ");
  EXPECT_EQ(page(id("b"), 100), "c9 d ");
  EXPECT_EQ(page(id("d"), 2), "");
  EXPECT_EQ(page("", 100), "A a-b b c9 d ");
}

// Or else whoever writes vaults, and has no role on what is in them, would give it to itself.
TEST_F(Vaults, WhoMayNotGiveRolesDoesNotSwitchThemOff) {
  ASSERT_EQ(make_vault("vau1").status, 200);
  roles_.assign(tenant_, group_, gate::authz::roles::kContributor);
  manager_ = friend_;
  const Json mine = Json::array({policy(friend_, {"get"})});
  const auto refused = make_vault("vau1", {{"enableRbacAuthorization", false}, {"accessPolicies", mine}});
  EXPECT_EQ(refused.said(), "403 InsufficientPermissions");
  EXPECT_EQ(make_vault("vau1", {{"accessPolicies", mine}}).status, 200);
  ASSERT_EQ(make_vault("vau2", {{"enableRbacAuthorization", false}, {"accessPolicies", mine}}).status, 200);
  EXPECT_EQ(make_vault("vau2", {{"enableRbacAuthorization", true}}).said(), "403 InsufficientPermissions");
  roles_.assign(tenant_, group_, gate::authz::roles::kUserAccessAdministrator,
                "/subscriptions/" + to_string(subscription_) + "/resourcegroups/g");
  EXPECT_EQ(make_vault("vau1", {{"enableRbacAuthorization", false}}).status, 200);
}

TEST_F(Vaults, DeletedOnesCountUntilTheyArePurged) {
  for (std::size_t i = 0; i < kDeletedPerSubscription; ++i) {
    const auto name = "gone" + std::to_string(i);
    ASSERT_EQ(make_vault(name).status, 200);
    ASSERT_EQ(write(ChangeKind::kDelete, "vaults/" + name, nullptr).status, 200);
  }
  EXPECT_EQ(make_vault("vau1").said(), "409 QuotaExceeded");
  EXPECT_EQ(purge("gone0").status, 200);
  EXPECT_EQ(make_vault("vau1").status, 200);
}

class PurgedLate : public VaultTest {
 protected:
  PurgedLate() {
    Vault vault{.id = {},
                .tenant = tenant_,
                .name = "late",
                .subscription = subscription_,
                .resource_group = "g",
                .settings = {.location = "local"}};
    EXPECT_TRUE(run_blocking(store_.create(vault)));
  }
  void to(VaultState state) {
    EXPECT_TRUE(run_blocking(store_.change(store_.find("late"), [state](Vault& vault) { vault.state = state; })));
  }

  VaultStore store_{memory_.sealed(), wrapper_, *memory_.tree};
  ItemStore items_{memory_.sealed(), *memory_.tree};
};

TEST_F(PurgedLate, AVaultOfTheSameNameIsLeftAlone) {
  Vault successor = *store_.find("late");
  to(VaultState::kPurging);
  const auto going = store_.vaults(VaultState::kPurging).front();
  ASSERT_TRUE(run_blocking(store_.purge(going)));
  ASSERT_TRUE(run_blocking(store_.create(successor)));
  EXPECT_TRUE(run_blocking(store_.purge(going)));
  EXPECT_TRUE(store_.find("late"));
}

TEST_F(PurgedLate, AVaultThatWasRecoveredMeanwhileStays) {
  const auto edit = [](Vault& vault) { vault.state = VaultState::kDeleted; };
  ASSERT_TRUE(run_blocking(store_.change(store_.find("late"), edit)));
  const auto seen = store_.find_deleted("late");
  ASSERT_TRUE(run_blocking(store_.change(seen, [](Vault& vault) { vault.state = VaultState::kActive; })));
  ASSERT_TRUE(run_blocking(store_.change(store_.find("late"), edit)));
  EXPECT_EQ(run_blocking(store_.purge(seen)).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(store_.find_deleted("late"));
}

TEST_F(PurgedLate, AnObjectOfTheSameNameIsLeftAlone) {
  const auto vault = store_.find("late");
  const auto content = std::make_shared<ItemContent>();
  content->shown.version = std::string(kVersionDigits, 'a');
  const auto edit = [content](const ItemState&) -> ApiResult<ItemChange> {
    return ItemChange{.live = ItemHead{.name = "s1", .current = content->shown}, .versions = {content}};
  };
  ASSERT_TRUE(run_blocking(items_.change(vault, ItemKind::kSecret, "s1", {}, edit, {})));
  EXPECT_TRUE(run_blocking(items_.purge(vault, ItemKind::kSecret, "s1")));
  const auto found = run_blocking(items_.find(vault, ItemKind::kSecret, "s1", ""));
  ASSERT_TRUE(found);
  EXPECT_NE(*found, nullptr);
}

TEST(VaultRow, ARowLeavesRoomForWhatIsWrittenLater) {
  Vault pool;
  pool.name = "hsm1";
  pool.pool = PoolSettings{};
  pool.settings.tags["t"] = std::string(62 * 1'024, 't');
  EXPECT_TRUE(fits_row(pool));
  EXPECT_FALSE(leaves_room(pool));
  pool.settings.tags["t"].resize(61 * 1'024);
  EXPECT_TRUE(leaves_room(pool));
  pool.pool->wrapped_secrets = Bytes(600, 's');
  EXPECT_TRUE(leaves_room(pool)) << "what is the system's own doesn't count";
}

}  // namespace
}  // namespace freehold::vault
