#include "src/throttle.h"

#include <gtest/gtest.h>

#include "src/test_vault.h"

namespace freehold::vault {
namespace {

VaultId vault_of(std::uint8_t number) {
  VaultId id;
  id.bytes.fill(number);
  return id;
}

// How many of `asked` it gives now.
int given(Throttle& throttle, VaultId vault, Transaction what, int asked) {
  int out = 0;
  for (int i = 0; i < asked; ++i) out += throttle.take(vault, what) ? 1 : 0;
  return out;
}

std::string wait_of(Throttle& throttle, Transaction what) {
  const auto taken = throttle.take(vault_of(1), what);
  return taken ? "" : taken.error().headers.at(0).second;
}

TEST(ThrottleTest, AVaultHasSoManyTransactionsInTenSeconds) {
  FakeClock clock;
  Throttle throttle(clock, {.transactions = 20, .hsm_transactions = 0, .key_creations = 5, .hsm_key_creations = 1});
  EXPECT_EQ(given(throttle, vault_of(1), Transaction::kAny, 100), 20);
  EXPECT_EQ(given(throttle, vault_of(1), Transaction::kKeyCreation, 100), 5);
  EXPECT_EQ(given(throttle, vault_of(1), Transaction::kHsmUse, 100), 100);  // no limit
  EXPECT_EQ(given(throttle, vault_of(2), Transaction::kAny, 100), 20);      // another vault
  clock.advance(std::chrono::seconds(3));                                   // what was used comes back evenly
  EXPECT_EQ(given(throttle, vault_of(1), Transaction::kAny, 100), 6);
  clock.advance(std::chrono::hours(1));  // and never more than that
  EXPECT_EQ(given(throttle, vault_of(1), Transaction::kAny, 100), 20);
}

TEST(ThrottleTest, ARefusalSaysWhenToComeAgain) {
  FakeClock clock;
  Throttle throttle(clock, {.transactions = 20, .hsm_transactions = 1, .key_creations = 5, .hsm_key_creations = 1});
  EXPECT_EQ(wait_of(throttle, Transaction::kHsmKeyCreation), "");
  EXPECT_EQ(wait_of(throttle, Transaction::kHsmKeyCreation), "10");
  clock.advance(std::chrono::milliseconds(5'500));
  EXPECT_EQ(wait_of(throttle, Transaction::kHsmKeyCreation), "5");
  clock.advance(std::chrono::milliseconds(4'500));
  EXPECT_EQ(wait_of(throttle, Transaction::kHsmKeyCreation), "");
}

TEST(ThrottleTest, VaultsThatHaveAllOfTheirsAreForgotten) {
  FakeClock clock;
  Throttle throttle(clock, {});
  for (std::uint32_t round = 0; round < 20; ++round) {
    for (std::uint32_t i = 0; i < 1'000; ++i) {
      VaultId id;
      id.bytes[0] = static_cast<std::uint8_t>(round);
      id.bytes[1] = static_cast<std::uint8_t>(i & 0xff);
      id.bytes[2] = static_cast<std::uint8_t>(i >> 8);
      EXPECT_TRUE(throttle.take(id, Transaction::kAny));
    }
    clock.advance(Throttle::kWindow);
  }
  EXPECT_LE(throttle.remembered(), 2'048u);
}

class ThrottledVaultTest : public VaultTest {
 protected:
  ThrottledVaultTest() {
    limits_ = {.transactions = 20, .key_creations = 3};
    open();
    EXPECT_EQ(make_vault("vau1").status, 200);
  }
};

TEST_F(ThrottledVaultTest, WhoAsksTooOftenIsToldToComeAgain) {
  const Json key = {{"kty", "EC"}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post("/keys/k1/create", key).status, 200);
  const auto refused = post("/keys/k1/create", key);
  EXPECT_EQ(refused.said(), "429 Throttled");
  EXPECT_EQ(refused.headers.get("retry-after"), "4");
  EXPECT_EQ(get("/keys/k1").status, 200);  // another kind
  EXPECT_EQ(post("/keys/k1/rotate").said(), "429 Throttled");
  const Json policy = {{"issuer", {{"name", "Self"}}}, {"x509_props", {{"subject", "CN=a"}}}};
  EXPECT_EQ(post("/certificates/c1/create", {{"policy", policy}}).said(), "429 Throttled");
  EXPECT_EQ(get("/secrets/c1").status, 404);
  memory_.clock.advance(std::chrono::seconds(4));
  EXPECT_EQ(post("/keys/k1/create", key).status, 200);

  int served = 0;
  while (served < 100 && get("/keys").status == 200) ++served;
  EXPECT_GT(served, 5);
  EXPECT_LT(served, 20);
  EXPECT_EQ(get("/keys").said(), "429 Throttled");
  // Strangers use nothing up, and are told what they were told before.
  EXPECT_EQ(call_as(friend_, http::Method::kGet, "vau1", "/keys").status, 403);
}

// Nobody keeps a vault's keys from rotating by asking for others.
TEST_F(ThrottledVaultTest, WhatAVaultDoesByItselfIsntCounted) {
  ASSERT_EQ(post("/keys/k1/create", {{"kty", "EC"}}).status, 200);
  const Json rotates = {
      {"lifetimeActions", {{{"trigger", {{"timeAfterCreate", "P30D"}}}, {"action", {{"type", "Rotate"}}}}}}};
  ASSERT_EQ(put("/keys/k1/rotationpolicy", rotates).status, 200);
  const Json policy = {{"issuer", {{"name", "Self"}}},
                       {"key_props", {{"kty", "EC"}}},
                       {"x509_props", {{"subject", "CN=a"}, {"validity_months", 1}}}};
  ASSERT_EQ(post("/certificates/c1/create", {{"policy", policy}}).status, 202);
  memory_.clock.advance(std::chrono::hours(24 * 31));
  for (int i = 0; i < 4; ++i) (void)post("/keys/k2/create", {{"kty", "EC"}});
  ASSERT_EQ(post("/keys/k2/create", {{"kty", "EC"}}).said(), "429 Throttled");
  run_blocking(service_->look_after(*pipeline_));
  memory_.clock.advance(std::chrono::seconds(10));
  EXPECT_EQ(get("/keys/k1/versions").body["value"].size(), 2u);
  EXPECT_EQ(get("/certificates/c1/versions").body["value"].size(), 2u);
}

// By way of the resource manager there would be no limit.
TEST_F(ThrottledVaultTest, KeysOfTemplatesAreCountedToo) {
  auto& children = *registry_->find("Microsoft.KeyVault/vaults/keys")->behind;
  const auto put_key = [&](const std::string& name) {
    gate::resource::ProposedChange change{.kind = ChangeKind::kPut,
                                          .id = id_of("vaults/vau1/keys/" + name),
                                          .api_version = "2022-07-01",
                                          .after = {{"properties", {{"kty", "EC"}}}},
                                          .caller = caller()};
    return managed(run_blocking(children.put(std::move(*registry_->checks().approve(std::move(change))))));
  };
  for (const auto* name : {"k1", "k2", "k3"}) EXPECT_EQ(put_key(name).status, 200);
  EXPECT_EQ(put_key("k4").said(), "429 TooManyRequests");
  EXPECT_EQ(put_key("k1").status, 200);  // nothing is made
  EXPECT_EQ(get("/keys/k4").status, 404);
}

}  // namespace
}  // namespace freehold::vault
