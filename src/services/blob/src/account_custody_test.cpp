// Accounts whose keys are under keys of their customers (E2b, E4).
#include "src/account_row.h"
#include "src/test_owners_key.h"

namespace freehold::blob::testing {
namespace {

using AccountCustody = CustodyTest;

TEST_F(AccountCustody, AKeyThatIsTakenAwayDarkensTheDataWithinItsLeaseAndComesBack) {
  expect_light();
  owner.given = false;
  pass();
  expect_dark();
  owner.given = true;
  expect_light();
  EXPECT_EQ(put("/box/new", pattern(10)).status, 201);
}

// A blob whose tags nobody may read is deleted with its rows of the index all the same.
TEST_F(AccountCustody, WhatIsWithheldCanBeDeleted) {
  owner.given = false;
  pass();
  EXPECT_EQ(run(Method::kDelete, "/box/before").status, 202);
  EXPECT_EQ(run(Method::kDelete, "/noted?restype=container").status, 202);
  for (const auto& row : rows()) EXPECT_NE(row.key.front(), 'i');
  owner.given = true;
  EXPECT_EQ(get("/?comp=blobs&where=t%3D%271%27").status, 200);
}

TEST_F(AccountCustody, TheVaultIsAskedOncePerHalfALeaseAndNotPerRequest) {
  expect_light();
  const int looks = owner.looks;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get("/box/before").status, 200);
  EXPECT_EQ(owner.looks, looks);
  pass(AccountKeyHold::kRenewBefore);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get("/box/before").status, 200);
  EXPECT_EQ(owner.looks, looks + 1);
  EXPECT_EQ(owner.unwraps, 1);
}

TEST_F(AccountCustody, ARestartFindsTheKeyAsItsOwnerHasItThen) {
  owner.given = false;
  restart();
  expect_dark();
  owner.given = true;
  expect_light();
  restart();
  expect_light();
}

TEST_F(AccountCustody, AReadUnderWayEndsWithTheLease) {
  BytesBody none("");
  auto request = make(Method::kGet, "/box/big", {}, none);
  auto response = run_blocking(pipeline->handle(request));
  ASSERT_EQ(response.status, 200);
  auto& body = *std::get<http::StreamBody>(response.body).writer;
  EXPECT_TRUE(run_blocking(body.next()).has_value());
  owner.given = false;
  pass();
  EXPECT_FALSE(run_blocking(body.next()).has_value());
}

TEST_F(AccountCustody, AVaultThatCantBeAskedIsNoRefusal) {
  expect_light();
  owner.away = true;
  pass(AccountKeyHold::kRenewBefore);
  EXPECT_EQ(get("/box/before").status, 200);  // the lease isn't over
  pass();
  EXPECT_EQ(get("/box/before").code(), "ServerBusy");
  owner.away = false;
  expect_light();
}

TEST_F(AccountCustody, WhatNobodyUsesIsOutOfMemory) {
  expect_light();
  pass(AccountKeyHold::kLease * 2);
  expect_light();
  EXPECT_EQ(owner.unwraps, 1);
  // Now and then a use: it stays, for as long as its owner gives it.
  for (int i = 0; i < 10; ++i) {
    pass();
    run_blocking(service->accounts().look_after_keys(false));
  }
  EXPECT_EQ(get("/box/before").status, 200);
  EXPECT_EQ(owner.unwraps, 1);
  pass(AccountKeyHold::kUsed);
  run_blocking(service->accounts().look_after_keys(true));
  EXPECT_EQ(owner.unwraps, 1);
  expect_light();
  EXPECT_EQ(owner.unwraps, 2);
}

TEST_F(AccountCustody, ARotationIsFollowedByUseOrByTheRound) {
  EXPECT_EQ(version(), "v1");
  owner.version = "v2";
  expect_light();
  run_blocking(service->accounts().look_after_keys(false));
  EXPECT_EQ(version(), "v2");
  expect_light();
  owner.version = "v3";
  run_blocking(service->accounts().look_after_keys(false));
  EXPECT_EQ(version(), "v2");  // nobody has used it
  pass();
  run_blocking(service->accounts().look_after_keys(true));
  EXPECT_EQ(version(), "v3");
  restart();
  expect_light();
}

TEST_F(AccountCustody, APinnedVersionStays) {
  auto pinned = by();
  pinned.version = "v1";
  EXPECT_EQ(told(service->accounts().set_custody(account, pinned)), "done");
  owner.version = "v2";
  pass();
  run_blocking(service->accounts().look_after_keys(true));
  EXPECT_EQ(version(), "v1");
}

TEST_F(AccountCustody, OnlyWhoHoldsTheKeyTakesTheAccountFromUnderIt) {
  owner.given = false;
  pass();
  EXPECT_EQ(told(service->accounts().set_custody(account, std::nullopt)), "disabled");
  expect_dark();
  owner.given = true;
  EXPECT_EQ(told(service->accounts().set_custody(account, std::nullopt)), "done");
  owner.given = false;
  pass();
  expect_light();
  restart();
  expect_light();
}

// A successor of the same name, after a purge: it opens nothing, and nothing is broken.
TEST_F(AccountCustody, AnotherKeyOfTheSameNameOpensNothing) {
  auto other = by();
  other.vault = "vau2";
  EXPECT_EQ(told(service->accounts().set_custody(account, other)), "done");
  expect_light();
  struct Purged final : keys::CustomerKeys {
    Task<Result<std::string>> look(keys::CustomerKey, std::string used) override { co_return used; }
    Task<Result<keys::WrappedByCustomer>> wrap(keys::CustomerKey, Secret, Bytes) override {
      co_return fail(ErrorCode::kDenied, "no");
    }
    Task<Result<Secret>> unwrap(keys::CustomerKey, keys::WrappedByCustomer, Bytes) override {
      co_return fail(ErrorCode::kCorrupt, "it isn't what this key wrapped");
    }
  } purged;
  customer_keys = &purged;
  restart();
  EXPECT_EQ(get("/box/before").code(), kWithheld);
  customer_keys = &owner;
  restart();
  expect_light();
}

TEST_F(AccountCustody, TheRowKeepsTheKeyInOnePlaceAlone) {
  AccountRow row{.keys = {Secret(Bytes(64, '1')), Secret(Bytes(64, '2'))}};
  row.custody.emplace();
  row.custody->by = by();
  row.custody->by.identity.bytes.fill(7);
  row.custody->wrapped = {"v1", "wrapped"};
  row.custody->wrapped_delegation = "other";
  row.identity.own.bytes.fill(7);
  row.identity.assigned.push_back({"/subscriptions/x", {}});
  const auto again = decode_account_row(encode_account_row(row));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->custody->by, row.custody->by);
  EXPECT_EQ(again->custody->wrapped, row.custody->wrapped);
  EXPECT_EQ(again->custody->wrapped_delegation, "other");
  EXPECT_EQ(again->identity, row.identity);
  row.custody->by.home = keys::KeyHome::kManagedHsm;
  EXPECT_EQ(decode_account_row(encode_account_row(row))->custody->by, row.custody->by);
  row.wrapped_key = "as well";
  EXPECT_FALSE(decode_account_row(encode_account_row(row)));
  row.wrapped_key.clear();
  row.custody.reset();
  EXPECT_FALSE(decode_account_row(encode_account_row(row)));
}

}  // namespace
}  // namespace freehold::blob::testing
