// What a purge leaves in the rows, old and new: nothing that opens.
#include "src/item_store.h"
#include "src/test_vault.h"

namespace freehold::vault {
namespace {

class Shredding : public VaultTest {
 protected:
  void SetUp() override { ASSERT_EQ(make_vault("vau1").status, 200); }

  void set(const std::string& name, const std::string& value) {
    ASSERT_EQ(put("/secrets/" + name, {{"value", value}}).status, 200);
  }
  void purge(const std::string& what, const std::string& name) {
    ASSERT_EQ(remove("/" + what + "/" + name).status, 200);
    ASSERT_EQ(remove("/deleted" + what + "/" + name).status, 204);
  }

  // Every row of the service's partitions.
  using Rows = std::map<store::PartitionId, std::vector<store::KeyValue>>;
  [[nodiscard]] std::vector<store::KeyValue> rows_of(const store::PartitionId& partition) {
    std::vector<store::KeyValue> out;
    Bytes from(1, '\x01');
    while (true) {
      auto page = run_blocking(memory_.engine->partitions().scan(partition, from, Bytes(1, '\x7f'), 1'000)).value();
      for (auto& row : page.rows) out.push_back(std::move(row));
      if (!page.more) return out;
      from = out.back().key + '\0';
    }
  }
  [[nodiscard]] std::vector<store::PartitionId> partitions() {
    auto out = service_->partitions();
    out.push_back(store::make_partition_id(TenantId{}, "vaults"));
    return out;
  }
  [[nodiscard]] Rows copy_rows() {
    Rows out;
    for (const auto& partition : partitions()) out[partition] = rows_of(partition);
    return out;
  }
  void put_back(const Rows& rows) {
    for (const auto& [partition, were] : rows) {
      store::Commit commit{.partition = partition,
                           .epoch = store::Epoch{1},
                           .transaction = memory_.hybrid.next_transaction(),
                           .expect = {},
                           .puts = were,
                           .deletes = {}};
      for (auto& row : rows_of(partition)) {
        const bool stays = std::ranges::any_of(were, [&](const auto& each) { return each.key == row.key; });
        if (!stays) commit.deletes.push_back(row.key);
      }
      ASSERT_EQ(run_blocking(memory_.engine->partitions().commit(std::move(commit))).outcome,
                store::CommitOutcome::kOk);
    }
  }
};

TEST_F(Shredding, APurgedSecretIsNotInTheRowsOfBefore) {
  set("gone", "purged");
  set("stays", "kept");
  const auto before = copy_rows();
  purge("secrets", "gone");
  put_back(before);
  open();
  EXPECT_EQ(get("/secrets/gone").status, 404) << "its row is there again, and doesn't open";
  EXPECT_EQ(get("/secrets/stays").body["value"], "kept");
}

TEST_F(Shredding, APurgedKeyIsNotInTheRowsOfBefore) {
  const auto made = post("/keys/gone/create", {{"kty", "EC"}});
  ASSERT_EQ(made.status, 200);
  const std::string kid = made.body["key"]["kid"];
  const std::string path = kid.substr(kid.find("/keys/"));
  const Json digest = {{"alg", "ES256"}, {"value", std::string(43, 'A')}};
  EXPECT_EQ(post(path + "/sign", digest).status, 200);
  const auto before = copy_rows();
  purge("keys", "gone");
  put_back(before);
  open();
  EXPECT_NE(post(path + "/sign", digest).status, 200);
}

// Each version has a secret of its own, and all of them go.
TEST_F(Shredding, EveryVersionGoes) {
  std::vector<std::string> versions;
  for (int i = 0; i < 5; ++i) {
    const std::string id = put("/secrets/gone", {{"value", std::to_string(i)}}).body["id"];
    versions.push_back(id.substr(id.find("/secrets/")));
  }
  const auto before = copy_rows();
  const unsigned made = memory_.hsm.made;
  purge("secrets", "gone");
  EXPECT_EQ(memory_.hsm.made, made + 1) << "in one go";
  put_back(before);
  open();
  for (const auto& version : versions) EXPECT_EQ(get(version).status, 404);
}

TEST_F(Shredding, WhatIsChangedStaysUnderItsSecret) {
  set("s1", "value");
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(patch("/secrets/s1", {{"tags", {{"n", std::to_string(i)}}}}).status, 200);
    EXPECT_EQ(get("/secrets/s1").body["value"], "value");
  }
  open();
  EXPECT_EQ(get("/secrets/s1").body["value"], "value");
  const auto before = copy_rows();
  purge("secrets", "s1");
  put_back(before);
  open();
  EXPECT_EQ(get("/secrets/s1").status, 404);
}

TEST_F(Shredding, ABackupOutlivesThePurge) {
  set("s1", "value");
  const auto backup = post("/secrets/s1/backup").body;
  purge("secrets", "s1");
  ASSERT_EQ(post("/secrets/restore", backup).status, 200);
  EXPECT_EQ(get("/secrets/s1").body["value"], "value");
  purge("secrets", "s1");
}

TEST_F(Shredding, APurgedVaultIsNotInTheRowsOfBefore) {
  ASSERT_EQ(make_vault("vau2").status, 200);
  set("s1", "value");
  const auto before = copy_rows();
  ASSERT_LT(write(ChangeKind::kDelete, "vaults/vau1", nullptr).status, 300);
  ASSERT_LT(act("locations/{location}/deletedVaults/{vault}/purge",
                *gate::resource::parse_resource_id("/subscriptions/" + to_string(subscription_) +
                                                   "/providers/Microsoft.KeyVault/locations/local/deletedVaults/vau1"))
                .status,
            300);
  EXPECT_EQ(memory_.hsm.made, 2u);
  pipeline_.reset();
  service_.reset();
  put_back(before);
  VaultStore vaults(memory_.sealed(), wrapper_, *memory_.tree);
  ASSERT_TRUE(run_blocking(vaults.load()));  // the others are served
  EXPECT_FALSE(vaults.find("vau1"));
  EXPECT_TRUE(vaults.is_taken("vau1"));
  EXPECT_TRUE(vaults.find("vau2"));
}

TEST_F(Shredding, ATenantHasSoManyObjectsAndNoMore) {
  memory_.per_tenant = 64;
  open();
  int made = 0;
  auto last = put("/secrets/s0", {{"value", "x"}});
  for (; last.status == 200 && made < 100; last = put("/secrets/s" + std::to_string(made), {{"value", "x"}})) ++made;
  EXPECT_EQ(last.said(), "409 Conflict");
  EXPECT_GE(made, 32);
  EXPECT_LT(made, 64);
  EXPECT_EQ(put("/secrets/s0", {{"value", "y"}}).said(), "409 Conflict") << "versions count";
  EXPECT_EQ(patch("/secrets/s0", {{"tags", {{"a", "b"}}}}).status, 200) << "a change is none";
  EXPECT_EQ(get("/secrets/s0").body["value"], "x");
  for (int i = 0; i < made; ++i) purge("secrets", "s" + std::to_string(i));
  EXPECT_EQ(put("/secrets/s0", {{"value", "y"}}).status, 200);
}

// The token fails: the purge isn't said to be done, and goes on when it is asked again.
TEST_F(Shredding, APurgeThatTheTokenFailsIsNotDone) {
  set("s1", "value");
  ASSERT_EQ(remove("/secrets/s1").status, 200);
  memory_.hsm.failing = true;
  EXPECT_EQ(remove("/deletedsecrets/s1").status, 503);
  EXPECT_EQ(post("/deletedsecrets/s1/recover").status, 409);
  memory_.hsm.failing = false;
  EXPECT_EQ(remove("/deletedsecrets/s1").status, 204);
  EXPECT_EQ(memory_.hsm.copy().size(), 1u);
}

// Written before there were erasable secrets: read as ever, and under one from the next change on.
TEST_F(Shredding, RowsOfTheFirstFormatAreReadAndRenewed) {
  ItemContent old{.shown = {.version = std::string(kVersionDigits, 'a')}, .material = Secret(BytesView("as it was"))};
  const auto row = encode_content(old);
  EXPECT_EQ(row.view()[0], 1);
  const auto read = decode_content(row.view());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->erasure, keys::ErasureId{});
  EXPECT_EQ(read->material.view(), "as it was");

  const auto under = run_blocking(memory_.tree->make(TenantId{})).value();
  const auto sealed = seal_material(*read, under, memory_.random);
  const auto renewed = encode_content(sealed);
  EXPECT_EQ(renewed.view()[0], 2);
  EXPECT_FALSE(renewed.view().contains("as it was"));
  auto again = decode_content(renewed.view()).value();
  EXPECT_EQ(again.erasure, under.id);
  ASSERT_TRUE(open_material(again, under.secret));
  EXPECT_EQ(again.material.view(), "as it was");
}

}  // namespace
}  // namespace freehold::vault
