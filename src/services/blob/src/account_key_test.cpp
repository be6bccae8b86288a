// The key of an account as requests under way have it, while it is taken away, put elsewhere or asked for by many.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "src/test_owners_key.h"

namespace freehold::blob::testing {
namespace {

// A read that has begun: its head is there.
struct UnderWay {
  UnderWay(TestRegion& region, const std::string& path)
      : request(region.make(Method::kGet, path, {}, none)), response(run_blocking(region.pipeline->handle(request))) {
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(goes_on());
  }
  bool goes_on() {
    auto& body = *std::get<http::StreamBody>(response.body).writer;
    return run_blocking(body.next()).has_value();
  }
  BytesBody none{""};
  http::Request request;
  http::Response response;
};

struct AccountKeyTest : CustodyTest {
  AccountStore& accounts() { return service->accounts(); }
  // How many of so many that ask at once get the key.
  int ask(int many) {
    boost::asio::io_context loop(1);
    int good = 0;
    for (int i = 0; i < many; ++i) {
      boost::asio::co_spawn(loop, accounts().account_key(account),
                            [&good](std::exception_ptr, Result<AccountKey> key) { good += key.has_value() ? 1 : 0; });
    }
    loop.run();
    return good;
  }
};

TEST_F(AccountKeyTest, IsOpenedOnceHoweverManyAskAtOnce) {
  EXPECT_EQ(ask(50), 50);
  EXPECT_EQ(owner.unwraps, 1);
}

TEST_F(AccountKeyTest, ARefusalIsToldToWhoeverCameBeforeItWasAskedFor) {
  owner.given = false;
  pass();
  const int looks = owner.looks;
  EXPECT_EQ(ask(50), 0);
  EXPECT_LE(owner.looks, looks + 2);
  owner.given = true;
  EXPECT_EQ(ask(50), 50);
}

TEST_F(AccountKeyTest, AVaultThatThrowsIsAskedAgain) {
  expect_light();
  pass(AccountKeyHold::kRenewBefore);
  owner.throws = true;
  EXPECT_EQ(get("/box/before").status, 500);
  owner.throws = false;
  const int looks = owner.looks;
  EXPECT_EQ(get("/box/before").status, 200);
  EXPECT_EQ(owner.looks, looks + 1);
}

TEST_F(AccountKeyTest, AReadThatBeganUnderTheServicesKeyEndsWithTheCustomers) {
  EXPECT_EQ(told(accounts().set_custody(account, std::nullopt)), "done");
  UnderWay read(*this, "/box/big");
  EXPECT_EQ(told(accounts().set_custody(account, by())), "done");
  EXPECT_TRUE(read.goes_on());
  owner.given = false;
  pass();
  EXPECT_FALSE(read.goes_on());
}

TEST_F(AccountKeyTest, AReadThatBeganUnderAnotherKeyEndsWithTheOneThatIsThereNow) {
  UnderWay read(*this, "/box/big");
  EXPECT_EQ(told(accounts().set_custody(account, by(0, "vau2"))), "done");
  EXPECT_EQ(told(accounts().set_custody(account, by(0, "vau3"))), "done");
  owner.shut = {"vau1", "vau2"};
  pass();
  EXPECT_TRUE(read.goes_on());
  owner.shut = {"vau3"};
  pass();
  EXPECT_FALSE(read.goes_on());
}

TEST_F(AccountKeyTest, AReadThatBeganUnderTheCustomersKeyGoesOnUnderTheServices) {
  UnderWay read(*this, "/box/big");
  EXPECT_EQ(told(accounts().set_custody(account, std::nullopt)), "done");
  owner.given = false;
  pass();
  EXPECT_TRUE(read.goes_on());
}

TEST_F(AccountKeyTest, WhatIsUsedIsOutOfMemoryTooIfItsLeaseCantBeRenewed) {
  expect_light();
  owner.away = true;
  pass();
  accounts().tidy_keys();
  pass(AccountKeyHold::kRenewBefore);
  accounts().tidy_keys();
  owner.away = false;
  expect_light();
  EXPECT_EQ(owner.unwraps, 2);
}

TEST_F(AccountKeyTest, ARotationThatCantBeFollowedIsTriedLessAndLessAndKeepsNothingInMemory) {
  expect_light();
  owner.version = "v2";
  owner.fit = false;
  const int wraps = owner.wraps;
  for (int i = 0; i < 240; ++i) {  // a minute
    pass(std::chrono::milliseconds(250));
    run_blocking(accounts().look_after_keys(i == 0));
  }
  EXPECT_LE(owner.wraps, wraps + 8);
  const int unwraps = owner.unwraps;
  EXPECT_EQ(get("/box/before").status, 200);
  EXPECT_EQ(owner.unwraps, unwraps + 1);
  owner.fit = true;
  pass(std::chrono::minutes(5));
  run_blocking(accounts().look_after_keys(true));
  EXPECT_EQ(version(), "v2");
}

TEST_F(AccountKeyTest, WhereTheIdentityIsGoneAnotherOneLeadsOut) {
  owner.gone.insert(by(0).identity);
  pass();
  expect_dark();
  EXPECT_EQ(told(accounts().set_custody(account, std::nullopt)), "the identity is gone");
  owner.gone.insert(by(7).identity);
  EXPECT_EQ(told(accounts().set_custody(account, by(7))), "the identity is gone");
  EXPECT_EQ(told(accounts().set_custody(account, by(8))), "done");
  expect_light();
  restart();
  expect_light();
  // To another key at once.
  owner.gone.insert(by(8).identity);
  pass();
  EXPECT_EQ(told(accounts().set_custody(account, by(9, "vau2", "other"))), "done");
  expect_light();
  EXPECT_EQ(told(accounts().set_custody(account, std::nullopt)), "done");
  expect_light();
}

TEST_F(AccountKeyTest, AKeyThatWasRestoredElsewhereOpensAndAnotherOneDoesnt) {
  owner.shut = {"vau1"};
  pass();
  EXPECT_NE(told(accounts().set_custody(account, by(1, "vau2"))), "done");
  owner.restored = "vau2";
  EXPECT_EQ(told(accounts().set_custody(account, by(1, "vau2"))), "done");
  expect_light();
}

TEST_F(AccountKeyTest, WhatAnUncertainChangeCameToIsReadBeforeTheKeyIsUsed) {
  EXPECT_EQ(told(accounts().set_custody(account, std::nullopt)), "done");
  UnderWay read(*this, "/box/big");
  UnderWay other(*this, "/box/big");
  bool doubtful = true;
  disk.on_commit = [&](const store::Commit& commit) -> std::optional<store::CommitResult> {
    if (!doubtful) return std::nullopt;
    auto done = run_blocking(engine->partitions().commit(commit));
    EXPECT_EQ(done.outcome, store::CommitOutcome::kOk);
    return store::CommitResult{store::CommitOutcome::kUnknown, {}};
  };
  disk.on_find = [&]() -> std::optional<Result<bool>> {
    if (!doubtful) return std::nullopt;
    return fail(ErrorCode::kInvalidArgument, "too old");
  };
  EXPECT_EQ(told(accounts().set_custody(account, by())), "whether the account was changed can't be known");
  doubtful = false;
  owner.given = false;
  EXPECT_FALSE(read.goes_on());
  EXPECT_EQ(get("/box/before").code(), kWithheld);
  owner.given = true;
  expect_light();
  EXPECT_EQ(version(), "v1");
  EXPECT_TRUE(other.goes_on());
}

}  // namespace
}  // namespace freehold::blob::testing
