// What the service had of a key is gone from every copy of the rows once the key is a customer's, or its account is
// gone.
#include "src/account_row.h"
#include "src/account_secrets.h"
#include "src/encryption_scopes.h"
#include "src/row_keys.h"
#include "src/row_sealer.h"
#include "src/service_keys.h"
#include "src/test_owners_key.h"

namespace freehold::blob::testing {
namespace {

using keys::ErasureId;

struct AccountErasure : ::testing::Test, TestRegion {
  AccountErasure() {
    customer_keys = &owner;
    restart();
    account = service->accounts().find("acct1")->id;
    tenant = service->accounts().find("acct1")->tenant;
    make_container("box");
    EXPECT_EQ(put("/box/b", pattern(1'000)).status, 201);
  }
  static std::string told(Task<Result<>> task) {
    const auto done = run_blocking(std::move(task));
    return done ? "done" : done.error().message;
  }
  [[nodiscard]] store::PartitionId partition() const { return row_keys::account_partition(tenant, account); }
  Bytes stored_row() { return **run_blocking(engine->partitions().get(partition(), "p")); }
  AccountRow row_of(const Bytes& stored) {
    return std::move(*decode_account_row(*RowSealer(row_keys, random).open(partition(), "p", stored)));
  }
  AccountRow row() { return row_of(stored_row()); }
  void put_row(Bytes stored) {
    store::Commit commit{partition(), {1}, hybrid.next_transaction(), {}, {}, {}};
    commit.puts.push_back({"p", std::move(stored)});
    ASSERT_EQ(run_blocking(engine->partitions().commit(std::move(commit))).outcome, store::CommitOutcome::kOk);
  }
  std::string set_custody(bool customers) {
    keys::CustomerKey by{.tenant = tenant, .identity = {}, .vault = "vau1", .name = "k1"};
    return told(service->accounts().set_custody(account, customers ? std::optional(by) : std::nullopt));
  }
  bool is_there(ErasureId id) { return run_blocking(tree->find(id)).has_value(); }
  std::string read() {
    const auto got = get("/box/b");
    return got.status == 200 && got.body == pattern(1'000) ? "light" : got.code();
  }

  OwnersKey owner{random};
  AccountId account;
  TenantId tenant;
};

TEST_F(AccountErasure, ADamagedWrappingCostsItsAccountAndNotTheStart) {
  wrapper.on_unwrap = [&](BytesView context) -> Result<> {
    if (context == wrap_context(account)) return fail(ErrorCode::kCorrupt, "damaged");
    return {};
  };
  restart();
  EXPECT_EQ(read(), "KeyVaultEncryptionKeyNotFound");
  EXPECT_TRUE(service->accounts().is_taken("acct1"));
  wrapper.on_unwrap = {};
  restart();
  EXPECT_EQ(read(), "light");
}

TEST_F(AccountErasure, ACopyOfTheRowOpensNothingOnceTheKeyIsACustomers) {
  const auto before = stored_row();
  const auto id = row_of(before).erasure;
  EXPECT_NE(id, ErasureId{});
  EXPECT_TRUE(is_there(id));
  ASSERT_EQ(set_custody(true), "done");
  EXPECT_FALSE(is_there(id));
  EXPECT_EQ(row().erasure, ErasureId{});
  EXPECT_TRUE(row().to_erase.empty());
  EXPECT_EQ(read(), "light");
  // Whoever has all that is left, and puts the old row back.
  const auto old = row_of(before);
  ServiceKeys service_keys(wrapper, tree.get(), random, clock);
  const auto opened = run_blocking(service_keys.unwrap(tenant, {old.wrapped_key, old.erasure}, wrap_context(account)));
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kDenied);
  const auto by_wrapper = run_blocking(wrapper.unwrap(tenant, old.wrapped_key, wrap_context(account)));
  EXPECT_FALSE(by_wrapper.has_value()) << "the KeyWrapper alone opens it";
  put_row(before);
  restart();
  EXPECT_EQ(read(), "KeyVaultEncryptionKeyNotFound");
}

TEST_F(AccountErasure, ACopyOfAllRowsOpensNothingWithTheTokenOfNow) {
  const auto erasure = store::make_partition_id(TenantId{}, "erasure");
  const auto page = run_blocking(engine->partitions().scan(erasure, "a", "", 1000));
  ASSERT_TRUE(page.has_value());
  ASSERT_FALSE(page->rows.empty());
  ASSERT_EQ(set_custody(true), "done");
  store::Commit commit{erasure, {1}, hybrid.next_transaction(), {}, {}, {}};
  for (const auto& row : page->rows) commit.puts.push_back(row);
  ASSERT_EQ(run_blocking(engine->partitions().commit(std::move(commit))).outcome, store::CommitOutcome::kOk);
  keys::ErasureTree of_then(
      hsm, keys::SealedStore{
               .rows = engine->partitions(), .epoch = {1}, .hybrid = hybrid, .row_keys = row_keys, .random = random});
  EXPECT_EQ(run_blocking(of_then.open()).error().code, ErrorCode::kCorrupt);
}

TEST_F(AccountErasure, ThereAndBackAndThereAgain) {
  const auto first = row().erasure;
  ASSERT_EQ(set_custody(true), "done");
  ASSERT_EQ(set_custody(false), "done");
  const auto second = row().erasure;
  EXPECT_NE(second, ErasureId{});
  EXPECT_NE(second, first);
  restart();
  EXPECT_EQ(read(), "light");
  ASSERT_EQ(set_custody(false), "done");  // wrapped anew
  EXPECT_FALSE(is_there(second));
  const auto third = row().erasure;
  ASSERT_EQ(set_custody(true), "done");
  EXPECT_FALSE(is_there(third));
  EXPECT_EQ(read(), "light");
}

// Rows of earlier programs have the KeyWrapper's form alone.
TEST_F(AccountErasure, ARowOfBeforeOpensAndIsMovedWhenItIsWrappedAnew) {
  const auto key = run_blocking(service->accounts().account_key(account))->secret;
  auto old = row();
  old.erasure = {};
  old.wrapped_key = *run_blocking(wrapper.wrap(tenant, key->clone(), wrap_context(account)));
  put_row(*RowSealer(row_keys, random).seal(partition(), "p", encode_account_row(old)));
  restart();
  EXPECT_EQ(read(), "light");
  AccountSettings settings = service->accounts().find_record("acct1")->settings;
  settings.tags["a"] = "b";
  EXPECT_EQ(told(service->accounts().change_settings(account, settings)), "done");
  EXPECT_EQ(row().erasure, ErasureId{}) << "no other change touches the key";
  ASSERT_EQ(set_custody(false), "done");
  EXPECT_NE(row().erasure, ErasureId{});
  restart();
  EXPECT_EQ(read(), "light");
}

TEST_F(AccountErasure, WhatTheTokenCouldNotDestroyIsDestroyedLater) {
  const auto id = row().erasure;
  hsm.failing = true;
  ASSERT_EQ(set_custody(true), "done") << "the key is the customer's already";
  EXPECT_EQ(row().to_erase, std::vector<ErasureId>{id});
  EXPECT_EQ(read(), "light");
  run_blocking(service->accounts().look_after_keys(false));
  EXPECT_EQ(row().to_erase.size(), 1u) << "not so soon";
  hsm.failing = false;
  clock.advance(ServiceKeys::kPause);
  EXPECT_EQ(service->accounts().tenants_to_look_after(false), std::vector<TenantId>{tenant});
  run_blocking(service->accounts().look_after_keys(false));
  EXPECT_TRUE(row().to_erase.empty());
  EXPECT_FALSE(is_there(id));
  EXPECT_EQ(read(), "light");
}

TEST_F(AccountErasure, ACrashBetweenTheStepsLosesNoKeyAndLeavesNone) {
  // Before the commit: nothing has happened.
  const auto id = row().erasure;
  disk.on_commit = [](const store::Commit&) {
    return store::CommitResult{store::CommitOutcome::kUnavailable, {ErrorCode::kUnavailable, "crash", {}}};
  };
  EXPECT_NE(set_custody(true), "done");
  disk.on_commit = nullptr;
  restart();
  EXPECT_TRUE(is_there(id));
  EXPECT_EQ(row().erasure, id);
  EXPECT_EQ(read(), "light");
  // Between the commit and the erasure: the next start goes on.
  hsm.failing = true;
  ASSERT_EQ(set_custody(true), "done");
  hsm.failing = false;
  restart();
  EXPECT_EQ(read(), "light");
  run_blocking(service->accounts().look_after_keys(false));
  EXPECT_FALSE(is_there(id));
  EXPECT_TRUE(row().to_erase.empty());
  // Between the erasure and the commit that takes it off the row: the same again.
  auto named = row();
  named.to_erase = {id};
  put_row(*RowSealer(row_keys, random).seal(partition(), "p", encode_account_row(named)));
  restart();
  run_blocking(service->accounts().look_after_keys(false));
  EXPECT_TRUE(row().to_erase.empty());
  EXPECT_EQ(read(), "light");
}

TEST_F(AccountErasure, AScopesKeyAndADeletedAccountsAllGo) {
  auto& scopes = service->accounts().scopes();
  const auto change = [&](ScopeChange::Source source) {
    keys::CustomerKey by{.tenant = tenant, .identity = {}, .vault = "vau1", .name = "k1"};
    ScopeChange wanted{.enabled = {}, .source = source};
    if (source == ScopeChange::Source::kCustomer) wanted.by = by;
    return run_blocking(service->accounts().scopes().change(tenant, account, "red", wanted)).has_value();
  };
  const auto erasable = [&] { return *run_blocking(scopes.erasable(tenant, account)); };
  ASSERT_TRUE(change(ScopeChange::Source::kService));
  ASSERT_EQ(put("/box/red", "words", {{"x-ms-encryption-scope", "red"}}).status, 201);
  const auto first = erasable().at(0);
  EXPECT_TRUE(is_there(first));
  ASSERT_TRUE(change(ScopeChange::Source::kCustomer));
  EXPECT_FALSE(is_there(first));
  EXPECT_TRUE(erasable().empty());
  ASSERT_TRUE(change(ScopeChange::Source::kService));
  EXPECT_EQ(get("/box/red").body, "words");
  const auto second = erasable().at(0);
  const auto own = row().erasure;
  EXPECT_EQ(told(service->accounts().begin_deletion(account)), "done");
  EXPECT_TRUE(is_there(own)) << "what is left to be removed needs it";
  EXPECT_EQ(told(service->accounts().finish_deletion(account)), "done");
  EXPECT_FALSE(is_there(own));
  EXPECT_FALSE(is_there(second));
}

}  // namespace
}  // namespace freehold::blob::testing
