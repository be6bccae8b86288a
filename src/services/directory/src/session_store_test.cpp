#include "src/session_store.h"

#include <gtest/gtest.h>

#include "keys/testing/sealed_table.h"

namespace freehold::directory {
namespace {

using runtime::run_blocking;

class Sessions : public ::testing::Test {
 protected:
  void SetUp() override {
    tenant_.bytes.fill(1);
    user_.bytes.fill(7);
    ASSERT_TRUE(run_blocking(store_.open(tenant_)));
  }
  std::string begin() {
    const auto now = memory_.clock.now();
    auto begun = run_blocking(store_.begin(
        tenant_, {.user = user_, .application = {}, .methods = {"pwd"}, .audience = "a", .created = now}, now));
    EXPECT_TRUE(begun);
    return begun ? begun->token : std::string();
  }
  // The next token, or empty.
  std::string renew(const std::string& token) {
    auto renewed = run_blocking(store_.renew(token, {}, memory_.clock.now()));
    return renewed ? renewed->token : std::string();
  }

  keys::testing::MemoryStore memory_;
  TenantId tenant_;
  PrincipalId user_;
  SessionStore store_{memory_.sealed()};
};

TEST_F(Sessions, ManyProcessesMayRefreshAtOnce) {
  const auto first = begin();
  std::vector<std::string> given;
  for (std::size_t i = 0; i < SessionStore::kMaxSuperseded; ++i) given.push_back(renew(first));
  for (const auto& token : given) EXPECT_FALSE(token.empty());
  EXPECT_FALSE(renew(given.back()).empty());
  EXPECT_EQ(renew(first), "");  // more than any client's processes
  EXPECT_EQ(renew(given.back()), "");
  EXPECT_EQ(store_.count(tenant_), 0u);
}

TEST_F(Sessions, AClientThatGoesOnIsntCountedAgainstItself) {
  auto token = begin();
  for (std::size_t i = 0; i < 2 * SessionStore::kMaxSuperseded; ++i) token = renew(token);
  EXPECT_FALSE(token.empty());
}

// Whoever holds a replaced token doesn't make it good for longer by using it.
TEST_F(Sessions, TheGraceOfAReplacedTokenDoesntGrow) {
  const auto first = begin();
  EXPECT_FALSE(renew(first).empty());
  memory_.clock.advance(std::chrono::seconds(40));
  EXPECT_FALSE(renew(first).empty());
  memory_.clock.advance(std::chrono::seconds(40));
  EXPECT_EQ(renew(first), "");
  EXPECT_EQ(store_.count(tenant_), 0u);
}

TEST_F(Sessions, ARestartKnowsWhatWasReplaced) {
  const auto first = begin();
  const auto second = renew(first);
  SessionStore again(memory_.sealed());
  ASSERT_TRUE(run_blocking(again.open(tenant_)));
  EXPECT_EQ(again.look(second)->audience, "a");
  EXPECT_TRUE(run_blocking(again.renew(first, {}, memory_.clock.now())));
  EXPECT_TRUE(run_blocking(again.renew(second, {}, memory_.clock.now())));
}

TEST_F(Sessions, TheOneUsedLongestAgoMakesRoom) {
  auto used = begin();
  memory_.clock.advance(std::chrono::seconds(1));
  const auto idle = begin();
  for (std::size_t i = 2; i < SessionStore::kMaxSessionsOfUser; ++i) begin();
  memory_.clock.advance(std::chrono::seconds(1));
  used = renew(used);
  begin();
  EXPECT_EQ(store_.count(tenant_), SessionStore::kMaxSessionsOfUser);
  EXPECT_EQ(renew(idle), "");
  EXPECT_FALSE(renew(used).empty());
}

TEST_F(Sessions, WhatIsOverIsForgotten) {
  static_cast<void>(begin());
  memory_.clock.advance(SessionStore::kLife);
  const auto fresh = begin();
  ASSERT_TRUE(run_blocking(store_.forget_old(tenant_, memory_.clock.now())));
  EXPECT_EQ(store_.count(tenant_), 1u);
  EXPECT_FALSE(renew(fresh).empty());
}

}  // namespace
}  // namespace freehold::directory
