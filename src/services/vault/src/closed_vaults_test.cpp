// Vaults whose key can't be opened when the server starts: they are there, say what is wrong, and come back.
#include "authz/vault_roles.h"
#include "src/test_vault.h"

namespace freehold::vault {
namespace {

using http::Method;

class ClosedVaults : public VaultTest {
 protected:
  ClosedVaults() {
    identity_.bytes.fill(0x1d);
    identities_.put({.tenant = tenant_, .object = identity_});
    roles_.assign(tenant_, identity_, gate::authz::roles::kKeyVaultCryptoServiceEncryptionUser);
    for (const auto* name : {"vau1", "vau2", "vau3"}) {
      if (make_vault(name, {{"enablePurgeProtection", name == std::string("vau1")}}).status != 200)
        ADD_FAILURE() << "no vault";
    }
    EXPECT_EQ(put("/secrets/s1", {{"value", "a"}}).status, 200);
    EXPECT_EQ(post("/keys/k1/create", {{"kty", "RSA"}}).status, 200);
    EXPECT_EQ(write(ChangeKind::kDelete, "vaults/vau3", nullptr).status, 200);
    EXPECT_EQ(call_as(owner_, Method::kPut, "vau2", "/secrets/s1", {{"value", "b"}}).status, 200);
  }
  // Of all but vau2.
  void close() {
    const auto second = id_in_context("vau2");
    wrapper_.fails_for = [second](const Bytes& context) { return context.starts_with(kOf) && context != second; };
    open();
    service_->serve(*pipeline_);
  }
  void mend() {
    wrapper_.fails_for = [](const Bytes&) { return false; };
  }
  // Told by a start at which each key is opened, in the order of the names.
  Bytes id_in_context(const std::string& name) {
    std::vector<Bytes> seen;
    wrapper_.fails_for = [&seen](const Bytes& context) {
      if (context.starts_with(kOf)) seen.push_back(context);
      return false;
    };
    open();
    wrapper_.fails_for = [](const Bytes&) { return false; };
    EXPECT_EQ(seen.size(), 3u);
    return seen.at(static_cast<std::size_t>(name.back() - '1'));
  }
  std::size_t listed() {
    const auto all =
        run_blocking(provider().list(*registry_->find("Microsoft.KeyVault/vaults"),
                                     {.tenant = tenant_, .subscription = subscription_}, {"2022-07-01", caller()}));
    return all ? all->size() : 0;
  }
  Managed shown(const std::string& below) {
    auto found = run_blocking(provider().get(id_of(below), {"2022-07-01", caller()}));
    return found ? Managed{found->is_null() ? 404 : 200, "", *found} : managed(std::move(found));
  }
  static void expect_closed(const Answer& answer) {
    EXPECT_EQ(answer.said(), "503 ServiceUnavailable") << answer.body;
    EXPECT_EQ(answer.headers.get("retry-after"), "10");
    EXPECT_NE(answer.body["error"].value("message", "").find("The key of this vault can't be opened"),
              std::string::npos);
  }

  static constexpr std::string_view kOf = "freehold vault key ";
  PrincipalId identity_;
};

TEST_F(ClosedVaults, OneSaysThatItIsClosedAndComesBack) {
  const auto before = shown("vaults/vau1").body;
  close();
  expect_closed(get("/secrets/s1"));
  expect_closed(put("/secrets/s2", {{"value", "b"}}));
  expect_closed(get("/keys"));
  EXPECT_EQ(call_as(owner_, Method::kGet, "vau2", "/secrets/s1").body["value"], "b");
  run_blocking(service_->look_after(*pipeline_));
  expect_closed(get("/secrets/s1"));
  mend();
  EXPECT_EQ(get("/secrets/s1").body["value"], "a");
  EXPECT_EQ(get("/secrets/s2").status, 404);
  EXPECT_EQ(shown("vaults/vau1").body, before);
}

TEST_F(ClosedVaults, StrangersAreToldNothingOfIt) {
  close();
  EXPECT_EQ(send(Method::kGet, "vau1", "/secrets/s1").status, 401);
  EXPECT_EQ(call_as(friend_, Method::kGet, "vau1", "/secrets/s1").status, 403);
  EXPECT_EQ(send(Method::kGet, "nobody", "/secrets/s1").status, 404);
  address_ = "203.0.113.7";
  ASSERT_EQ(write(ChangeKind::kPatch, "vaults/vau1", {{"properties", {{"publicNetworkAccess", "Disabled"}}}}).status,
            200);
  EXPECT_EQ(get("/secrets/s1").inner(), "ForbiddenByConnection");
  open();
  EXPECT_EQ(get("/secrets/s1").inner(), "ForbiddenByConnection");
}

TEST_F(ClosedVaults, TheResourceManagerHasItAsItIs) {
  close();
  EXPECT_EQ(listed(), 2u);
  EXPECT_EQ(shown("vaults/vau1").status, 200);
  EXPECT_EQ(make_vault("vau1", {{"enablePurgeProtection", true}}).status, 200);
  ASSERT_EQ(write(ChangeKind::kPatch, "vaults/vau1", {{"tags", {{"a", "b"}}}}).status, 200);
  auto& children = *registry_->find("Microsoft.KeyVault/vaults/secrets")->behind;
  EXPECT_EQ(managed(run_blocking(children.get(id_of("vaults/vau1/secrets/s1"), {"2022-07-01", caller()}))).said(),
            "503 ServiceUnavailable");
  // A deleted one can be recovered, and purged.
  EXPECT_EQ(act("deletedVaults", *gate::resource::parse_resource_id("/subscriptions/" + to_string(subscription_)))
                .body["value"]
                .size(),
            1u);
  mend();
  EXPECT_EQ(get("/secrets/s1").body["value"], "a");
  EXPECT_EQ(shown("vaults/vau1").body["tags"], Json({{"a", "b"}}));
}

// Else what it protects would be taken for what its owner took away.
TEST_F(ClosedVaults, WhatItsKeysProtectIsAwayForNowAlone) {
  service_->serve(*pipeline_);
  const keys::CustomerKey key{.tenant = tenant_, .identity = identity_, .vault = "vau1", .name = "k1"};
  const auto wrapped = run_blocking(service_->customer_keys().wrap(key, Secret(BytesView("secret")), "context"));
  ASSERT_TRUE(wrapped) << wrapped.error().message;
  close();
  EXPECT_EQ(run_blocking(service_->customer_keys().look(key, wrapped->version)).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(run_blocking(service_->customer_keys().unwrap(key, *wrapped, "context")).error().code,
            ErrorCode::kUnavailable);
  mend();
  EXPECT_EQ(run_blocking(service_->customer_keys().unwrap(key, *wrapped, "context"))->view(), "secret");
}

TEST_F(ClosedVaults, ADeletedOneIsPurgedInTime) {
  close();
  memory_.clock.advance(std::chrono::hours(24 * 91));
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(make_vault("vau3").status, 200);
  EXPECT_EQ(call_as(owner_, Method::kGet, "vau3", "/secrets").status, 200);
}

}  // namespace
}  // namespace freehold::vault
