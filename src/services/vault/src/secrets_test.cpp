// Secrets as clients of a vault see them, and who may do what.
#include "authz/vault_roles.h"
#include "base/encoding.h"
#include "pipeline/testing/token_matrix.h"
#include "src/test_vault.h"

namespace freehold::vault {
namespace {

using http::Method;

class Secrets : public VaultTest {
 protected:
  Secrets() {
    if (make_vault("vau1").status != 200) ADD_FAILURE() << "no vault";
  }
  Answer set(const std::string& name, const std::string& value, Json more = Json::object()) {
    more["value"] = value;
    return put("/secrets/" + name, more);
  }
  static std::string version_of(const Answer& answer) {
    const auto id = answer.body.value("id", "");
    return id.substr(id.rfind('/') + 1);
  }
  // Goes through all pages of a list and gives the names at the end of its items' ids.
  std::vector<std::string> listed(std::string path, std::size_t* pages = nullptr) {
    std::vector<std::string> out;
    while (!path.empty()) {
      const auto page = get(path);
      EXPECT_EQ(page.status, 200) << page.body;
      if (pages != nullptr) ++*pages;
      for (const auto& item : page.body["value"]) {
        const auto id = item.value("id", item.value("kid", ""));
        out.push_back(id.substr(id.rfind('/') + 1));
      }
      const auto& next = page.body["nextLink"];
      path = next.is_string()
                 ? next.get<std::string>().substr(std::string_view("https://vau1.vault.cloud.test:8443").size())
                 : std::string();
    }
    return out;
  }
};

TEST_F(Secrets, EveryVersionKeepsItsValue) {
  const auto first = set("Mail-1", "one", {{"contentType", "text"}, {"tags", {{"a", "b"}}}});
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(first.body["value"], "one");
  EXPECT_EQ(first.body["tags"], Json({{"a", "b"}}));
  EXPECT_EQ(first.body["attributes"]["recoveryLevel"], "Recoverable+Purgeable");
  EXPECT_TRUE(first.body.value("id", "").starts_with("https://vau1.vault.cloud.test:8443/secrets/Mail-1/"));
  const auto second = set("mail-1", "two");
  EXPECT_EQ(get("/secrets/mail-1").body["value"], "two");
  EXPECT_EQ(get("/secrets/mail-1/").body["value"], "two");
  EXPECT_EQ(get("/secrets/MAIL-1/" + version_of(first)).body["value"], "one");
  EXPECT_EQ(listed("/secrets/mail-1/versions").size(), 2u);
  EXPECT_EQ(get("/secrets/mail-1/" + std::string(32, '0')).said(), "404 SecretNotFound");
  EXPECT_EQ(get("/secrets/other").said(), "404 SecretNotFound");
  open();
  EXPECT_EQ(get("/secrets/mail-1/" + version_of(second)).body["value"], "two");
}

TEST_F(Secrets, WhatIsNoSecretIsRefused) {
  EXPECT_EQ(put("/secrets/s1", Json::object()).said(), "400 BadParameter");
  EXPECT_EQ(put("/secrets/s1", "{\"value\":\"a\",\"value\":\"b\"}").said(), "400 BadParameter");
  EXPECT_EQ(put("/secrets/s_1", {{"value", "x"}}).said(), "400 BadParameter");
  EXPECT_EQ(put("/secrets/s%31", {{"value", "x"}}).said(), "400 BadParameter");
  EXPECT_EQ(set("s1", std::string(25 * 1'024 + 1, 'x')).said(), "400 BadParameter");
  EXPECT_EQ(set("s1", std::string(25 * 1'024, 'x')).status, 200);
  EXPECT_EQ(set("s1", "x", {{"attributes", {{"nbf", 20}, {"exp", 10}}}}).said(), "400 BadParameter");
  Json tags = Json::object();
  for (int i = 0; i < 16; ++i) tags["t" + std::to_string(i)] = "x";
  EXPECT_EQ(set("s1", "x", {{"tags", tags}}).said(), "400 BadParameter");
  EXPECT_EQ(get("/secrets?maxresults=26").said(), "400 BadParameter");
  EXPECT_EQ(get("/secrets?api-version=6.0").said(), "400 BadParameter");
  EXPECT_EQ(get("/nothing").said(), "404 NotFound");
  EXPECT_EQ(call_as(owner_, Method::kGet, "nobody", "/secrets").said(), "404 VaultNotFound");
}

TEST_F(Secrets, ADisabledOneIsNotTold) {
  const auto made = set("s1", "x");
  const auto changed = patch("/secrets/s1/" + version_of(made),
                             {{"attributes", {{"enabled", false}}}, {"contentType", "t"}, {"tags", {{"k", "v"}}}});
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_FALSE(changed.body.contains("value"));
  EXPECT_EQ(changed.body["contentType"], "t");
  const auto refused = get("/secrets/s1");
  EXPECT_EQ(refused.said(), "403 Forbidden");
  EXPECT_EQ(refused.inner(), "SecretDisabled");
  EXPECT_EQ(get("/secrets").body["value"][0]["attributes"]["enabled"], false);
  EXPECT_EQ(patch("/secrets/s1", {{"attributes", {{"enabled", true}}}}).status, 200);
  EXPECT_EQ(get("/secrets/s1").body["value"], "x");
  EXPECT_EQ(get("/secrets/s1").body["tags"], Json({{"k", "v"}}));
}

TEST_F(Secrets, OneThatIsOverIsToldAsInAzure) {
  ASSERT_EQ(set("s1", "x", {{"attributes", {{"nbf", 1}, {"exp", 2}}}}).status, 200);
  EXPECT_EQ(get("/secrets/s1").body["value"], "x");
}

TEST_F(Secrets, ListsComeInPages) {
  for (int i = 0; i < 60; ++i) ASSERT_EQ(set("s" + std::to_string(100 + i), "x").status, 200);
  std::size_t pages = 0;
  const auto names = listed("/secrets", &pages);
  EXPECT_EQ(names.size(), 60u);
  EXPECT_EQ(pages, 3u);
  EXPECT_TRUE(std::ranges::is_sorted(names));
  EXPECT_EQ(listed("/secrets?maxresults=7"), names);
  EXPECT_FALSE(get("/secrets").body["value"][0].contains("value"));
  EXPECT_EQ(get("/secrets?$skiptoken=%20").said(), "400 BadParameter");
}

TEST_F(Secrets, WhatWasDeletedComesBackOrIsPurged) {
  set("s1", "one");
  set("s1", "two");
  const auto gone = remove("/secrets/s1");
  ASSERT_EQ(gone.status, 200) << gone.body;
  EXPECT_EQ(gone.body["recoveryId"], "https://vau1.vault.cloud.test:8443/deletedsecrets/s1");
  EXPECT_EQ(gone.body["scheduledPurgeDate"].get<std::int64_t>() - gone.body["deletedDate"].get<std::int64_t>(),
            90 * 86'400);
  EXPECT_EQ(get("/secrets/s1").said(), "404 SecretNotFound");
  EXPECT_EQ(set("s1", "x").said(), "409 Conflict");
  EXPECT_EQ(set("s1", "x").inner(), "ObjectIsDeletedButRecoverable");
  EXPECT_EQ(listed("/deletedsecrets"), std::vector<std::string>{"s1"});
  EXPECT_EQ(get("/deletedsecrets/s1").status, 200);
  ASSERT_EQ(post("/deletedsecrets/s1/recover").status, 200);
  EXPECT_EQ(get("/secrets/s1").body["value"], "two");
  EXPECT_EQ(listed("/secrets/s1/versions").size(), 2u);
  remove("/secrets/s1");
  EXPECT_EQ(remove("/deletedsecrets/s1").status, 204);
  EXPECT_EQ(get("/deletedsecrets/s1").said(), "404 SecretNotFound");
  EXPECT_EQ(remove("/deletedsecrets/s1").said(), "404 SecretNotFound");
  EXPECT_EQ(set("s1", "new").status, 200);
  EXPECT_EQ(listed("/secrets/s1/versions").size(), 1u);
}

TEST_F(Secrets, PurgeProtectionHolds) {
  ASSERT_EQ(make_vault("vau1", {{"enablePurgeProtection", true}}).status, 200);
  set("s1", "one");
  remove("/secrets/s1");
  EXPECT_EQ(remove("/deletedsecrets/s1").said(), "403 Forbidden");
  EXPECT_EQ(get("/deletedsecrets/s1").body["attributes"]["recoveryLevel"], "Recoverable");
}

TEST_F(Secrets, ABackupGoesIntoAnotherVaultOfTheSubscription) {
  set("s1", "one");
  set("s1", "two");
  const auto backup = post("/secrets/s1/backup");
  ASSERT_EQ(backup.status, 200) << backup.body;
  EXPECT_EQ(post("/secrets/restore", backup.body).said(), "409 Conflict");
  ASSERT_EQ(make_vault("vau2").status, 200);
  const auto restored = call_as(owner_, Method::kPost, "vau2", "/secrets/restore", backup.body);
  ASSERT_EQ(restored.status, 200) << restored.body;
  EXPECT_EQ(call_as(owner_, Method::kGet, "vau2", "/secrets/s1").body["value"], "two");
  EXPECT_EQ(call_as(owner_, Method::kGet, "vau2", "/secrets/s1/versions").body["value"].size(), 2u);
  auto bytes = *from_base64url(backup.body["value"].get<std::string>());
  bytes[bytes.size() / 2] ^= 1;
  EXPECT_EQ(call_as(owner_, Method::kPost, "vau2", "/secrets/restore", {{"value", to_base64url(bytes)}}).said(),
            "400 BadParameter");
}

TEST_F(Secrets, NothingRestsInTheClear) {
  set("canary-name", "canary-value", {{"tags", {{"canary-tag", "canary"}}}});
  for (const auto& partition : service_->partitions()) {
    const auto page = run_blocking(memory_.engine->partitions().scan(partition, "a", "z", 100));
    ASSERT_TRUE(page);
    EXPECT_FALSE(page->rows.empty());
    for (const auto& row : page->rows) EXPECT_FALSE(row.value.contains("canary"));
  }
}

TEST_F(Secrets, ARowOfAnotherVaultDoesNotOpen) {
  ASSERT_EQ(make_vault("vau2").status, 200);
  set("s1", "x");
  const auto partitions = service_->partitions();
  const auto rows = run_blocking(memory_.engine->partitions().scan(partitions[0], "s", "t", 100));
  store::Commit commit{.partition = partitions[1],
                       .epoch = store::Epoch{1},
                       .transaction = memory_.hybrid.next_transaction(),
                       .expect = {},
                       .puts = rows->rows,
                       .deletes = {}};
  ASSERT_EQ(run_blocking(store::commit_settled(memory_.engine->partitions(), std::move(commit))).outcome,
            store::CommitOutcome::kOk);
  EXPECT_EQ(call_as(owner_, Method::kGet, "vau2", "/secrets/s1").status, 500);
}

TEST_F(Secrets, RolesReachTheVaultAndSingleSecrets) {
  set("s1", "x");
  set("s2", "y");
  const auto refused = call_as(friend_, Method::kGet, "vau1", "/secrets/s1");
  EXPECT_EQ(refused.said(), "403 Forbidden");
  EXPECT_EQ(refused.inner(), "ForbiddenByRbac");
  roles_.assign(tenant_, group_, gate::authz::roles::kKeyVaultSecretsUser,
                "/subscriptions/" + to_string(subscription_) +
                    "/resourcegroups/g/providers/microsoft.keyvault/vaults/vau1/secrets/s1");
  EXPECT_EQ(call_as(friend_, Method::kGet, "vau1", "/secrets/s1").body["value"], "x");
  EXPECT_EQ(call_as(friend_, Method::kGet, "vau1", "/secrets/s2").status, 403);
  EXPECT_EQ(call_as(friend_, Method::kGet, "vau1", "/secrets").status, 403);
  EXPECT_EQ(call_as(friend_, Method::kPut, "vau1", "/secrets/s1", {{"value", "z"}}).status, 403);
}

TEST_F(Secrets, AccessPoliciesSayWhatRolesDoNot) {
  const Json policies = {{{"tenantId", to_string(tenant_)},
                          {"objectId", to_string(group_)},
                          {"permissions", {{"secrets", {"get", "list"}}}}}};
  ASSERT_EQ(make_vault("vau1", {{"accessPolicies", policies}}).status, 200);
  set("s1", "x");
  ASSERT_EQ(make_vault("vau1", {{"enableRbacAuthorization", false}}).status, 200);
  EXPECT_EQ(call_as(friend_, Method::kGet, "vau1", "/secrets/s1").body["value"], "x");
  EXPECT_EQ(call_as(friend_, Method::kGet, "vau1", "/secrets").status, 200);
  const auto refused = call_as(friend_, Method::kPut, "vau1", "/secrets/s1", {{"value", "z"}});
  EXPECT_EQ(refused.inner(), "ForbiddenByPolicy");
  EXPECT_EQ(get("/secrets/s1").said(), "403 Forbidden");  // the role of the owner says nothing now
}

TEST_F(Secrets, AllIsNotToPurge) {
  const auto policies = [&](Json secrets) -> Json {
    return {{{"tenantId", to_string(tenant_)},
             {"objectId", to_string(owner_)},
             {"permissions", {{"secrets", std::move(secrets)}}}}};
  };
  ASSERT_EQ(make_vault("vau1", {{"accessPolicies", policies({"all"})}, {"enableRbacAuthorization", false}}).status,
            200);
  set("s1", "x");
  ASSERT_EQ(remove("/secrets/s1").status, 200);
  EXPECT_EQ(remove("/deletedsecrets/s1").inner(), "ForbiddenByPolicy");
  ASSERT_EQ(make_vault("vau1", {{"accessPolicies", policies({"all", "purge"})}}).status, 200);
  EXPECT_EQ(remove("/deletedsecrets/s1").status, 204);
}

TEST_F(Secrets, TheFirewallHoldsForWhoeverItIs) {
  set("s1", "x");
  const Json acls = {{"defaultAction", "Deny"}, {"ipRules", {{{"value", "10.1.0.0/16"}}}}};
  ASSERT_EQ(make_vault("vau1", {{"networkAcls", acls}}).status, 200);
  EXPECT_EQ(get("/secrets/s1").inner(), "ForbiddenByFirewall");
  address_ = "10.1.2.3";
  EXPECT_EQ(get("/secrets/s1").status, 200);
  ASSERT_EQ(make_vault("vau1", {{"publicNetworkAccess", "Disabled"}}).status, 200);
  EXPECT_EQ(get("/secrets/s1").inner(), "ForbiddenByConnection");
}

TEST_F(Secrets, WhoHasNoTokenIsToldWhereToGetOne) {
  const auto refused = send(Method::kGet, "vau1", "/secrets");
  EXPECT_EQ(refused.said(), "401 Unauthorized");
  EXPECT_EQ(refused.headers.get("www-authenticate"), "Bearer authorization=\"https://login.test:8443/" +
                                                         to_string(tenant_) +
                                                         "\", resource=\"https://vault.cloud.test:8443\"");
}

TEST_F(Secrets, EveryUseIsRecorded) {
  set("s1", "x");
  static_cast<void>(log_.take_entries());
  get("/secrets/s1");
  auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].record.operation, "GetSecret");
  EXPECT_EQ(entries[0].record.resource, "/vau1/secrets/s1");
  set("s1", "y");
  entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].way, gate::testing::FakeLog::Way::kSettled);
}

TEST_F(Secrets, EveryRowWantsATokenOfItsOwn) {
  gate::testing::TokenMatrix matrix(
      service_->gate(),
      {.host = "vau1.vault.cloud.test", .audience = "https://vault.azure.net", .query = "api-version=7.4"});
  for (const auto& fault : matrix.run()) ADD_FAILURE() << fault;
  EXPECT_GE(matrix.cases(), service_->gate().rows().size() * 15);
}

}  // namespace
}  // namespace freehold::vault
