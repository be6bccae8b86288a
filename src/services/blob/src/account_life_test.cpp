// Storage accounts from their making to their end: what an owner changes holds at once, and what is deleted is gone.
#include "src/account_row.h"
#include "src/container_store.h"
#include "src/row_keys.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

using runtime::run_blocking;

struct AccountLifeTest : ::testing::Test, TestRegion {
  AccountStore& accounts() { return service->accounts(); }
  AccountId id() { return accounts().find("acct1")->id; }
  AccountSettings settings() { return accounts().find_record("acct1")->settings; }
  Result<AccountId> create(const std::string& name) {
    return run_blocking(accounts().create_account(
        {.tenant = random_id<TenantId>(random), .name = name, .keys = {Secret(key), Secret(key)}}));
  }
  // As the background work goes on by and by, until nothing of a deleted account is left.
  void purge() {
    for (int round = 0; round < 20 && !accounts().deleted().empty(); ++round) {
      static_cast<void>(run_blocking(service->collect_garbage(*pipeline)));
      take_audit_rows();
    }
  }
};

TEST_F(AccountLifeTest, WhatIsSetIsKeptAndHoldsAtOnce) {
  make_container("box");
  auto wanted = settings();
  wanted.sku = "Standard_LRS";
  wanted.kind = "BlobStorage";
  wanted.location = "here";
  wanted.access_tier = "Cool";
  wanted.tags = {{"cost center", "42"}, {"empty", ""}};
  wanted.kept = R"({"keySource":"Microsoft.Storage"})";
  wanted.minimum_tls = kTls10;
  wanted.admits_all = false;
  wanted.ip_rules = {"198.51.100.0/24", "203.0.113.7"};
  ASSERT_TRUE(run_blocking(accounts().change_settings(id(), wanted)).has_value());
  EXPECT_EQ(get("/box?restype=container").code(), "AuthorizationFailure");
  restart();
  EXPECT_EQ(settings(), wanted);
  EXPECT_EQ(get("/box?restype=container").code(), "AuthorizationFailure");
  wanted.ip_rules.emplace_back("127.0.0.0/8");
  ASSERT_TRUE(run_blocking(accounts().change_settings(id(), wanted)).has_value());
  EXPECT_EQ(get("/box?restype=container").status, 200);
  EXPECT_EQ(get("/?restype=account&comp=properties").header("x-ms-account-kind"), "BlobStorage");
  wanted.allow_shared_key = false;
  ASSERT_TRUE(run_blocking(accounts().change_settings(id(), wanted)).has_value());
  EXPECT_EQ(get("/box?restype=container").code(), "KeyBasedAuthenticationNotPermitted");
}

TEST_F(AccountLifeTest, AReplacedKeyOpensNothing) {
  make_container("box");
  ASSERT_TRUE(run_blocking(accounts().replace_key(id(), 0, Secret(Bytes(64, 'n')))).has_value());
  EXPECT_EQ(get("/box?restype=container").status, 200);  // the second key is the same as the first was
  ASSERT_TRUE(run_blocking(accounts().replace_key(id(), 1, Secret(Bytes(64, 'm')))).has_value());
  EXPECT_EQ(get("/box?restype=container").code(), "AuthenticationFailed");
  key = Bytes(64, 'm');
  EXPECT_EQ(get("/box?restype=container").status, 200);
  restart();
  EXPECT_EQ(get("/box?restype=container").status, 200);
}

TEST_F(AccountLifeTest, ADeletedAccountIsGoneAtOnceAndItsNameIsFreeOnceItsDataIsGone) {
  make_container("box");
  make_container("other");
  ASSERT_EQ(put("/box/b", pattern(300'000)).status, 201);
  EXPECT_GT(chunk_count(), 0u);
  const auto before = accounts().find("acct1");
  const auto& account = *before;
  ASSERT_TRUE(run_blocking(accounts().begin_deletion(account.id)).has_value());
  EXPECT_EQ(get("/box/b").code(), "ResourceNotFound");
  EXPECT_EQ(create("acct1").error().code, ErrorCode::kConflict);
  EXPECT_EQ(run_blocking(accounts().change_settings(account.id, {})).error().code, ErrorCode::kNotFound);
  purge();
  EXPECT_TRUE(accounts().deleted().empty());
  EXPECT_EQ(chunk_count(), 0u);
  const auto left = run_blocking(
      engine->partitions().scan(row_keys::account_partition(account.tenant, account.id), Bytes(1, '\0'), "", 10));
  ASSERT_TRUE(left.has_value());
  ASSERT_EQ(left->rows.size(), 1u);
  EXPECT_EQ(left->rows[0].key, row_keys::kClosedAccount);
  ASSERT_TRUE(create("acct1").has_value());
  EXPECT_EQ(get("/box/b").code(), "ContainerNotFound");
  restart();
  EXPECT_EQ(get("/box/b").code(), "ContainerNotFound");
}

TEST_F(AccountLifeTest, ADeletionThatWasCutOffGoesOnAfterTheRestart) {
  make_container("box");
  ASSERT_EQ(put("/box/b", pattern(300'000)).status, 201);
  ASSERT_TRUE(run_blocking(accounts().begin_deletion(id())).has_value());
  restart();
  EXPECT_EQ(get("/box/b").code(), "ResourceNotFound");
  EXPECT_EQ(create("acct1").error().code, ErrorCode::kConflict);
  static_cast<void>(run_blocking(service->collect_garbage(*pipeline)));  // the names are gone, the content isn't
  restart();
  ASSERT_TRUE(run_blocking(service->find_left_over(*pipeline)).has_value());
  purge();
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_TRUE(create("acct1").has_value());
}

TEST_F(AccountLifeTest, ALateRequestMakesNothingInADeletedAccount) {
  const auto account = accounts().find("acct1");
  ASSERT_TRUE(run_blocking(accounts().begin_deletion(account->id)).has_value());
  purge();
  ContainerRow row;
  row.id = random_id<ContainerId>(random);
  const NoteSealer notes(accounts(), clock, random);
  ContainerStore containers(disk, {1}, hybrid, RowSealer(row_keys, random), notes);
  const auto done = run_blocking(containers.create(ref_of(*account), "late", row, std::nullopt));
  ASSERT_TRUE(done.has_value());
  EXPECT_FALSE(done->applied);
}

// As the first release wrote it: without rules, times and settings.
TEST(AccountRowTest, OldRowsAreRead) {
  FieldWriter old;
  old.bytes(130, Bytes(64, 'a'));
  old.bytes(131, Bytes(64, 'b'));
  old.bytes(132, "wrapped");
  old.bytes(1, SubscriptionId{}.view());
  old.text(2, "default");
  old.bytes(133, Bytes{'\x05'});
  const auto row = decode_account_row(old.finish());
  ASSERT_TRUE(row.has_value());
  EXPECT_TRUE(row->settings.secure_transfer_required);
  EXPECT_TRUE(row->settings.allow_public_access);
  EXPECT_TRUE(row->settings.allow_shared_key);
  EXPECT_TRUE(row->settings.public_network);
  EXPECT_TRUE(row->settings.admits_all);
  EXPECT_EQ(row->resource_group, "default");
}

TEST(AccountRowTest, UnknownFieldsAreKeptAndCriticalOnesRefused) {
  AccountRow row{.keys = {Secret(Bytes(64, 'a')), Secret(Bytes(64, 'b'))}, .wrapped_key = "wrapped"};
  row.unknown.emplace_back(std::uint8_t{77}, "later");
  const auto again = decode_account_row(encode_account_row(row));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->unknown, row.unknown);
  row.unknown[0].first = 199;
  EXPECT_EQ(decode_account_row(encode_account_row(row)).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace freehold::blob::testing
