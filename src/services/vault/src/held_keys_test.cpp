// Keys of vaults that hold other services' keys.
#include "authz/vault_roles.h"
#include "src/test_vault.h"

namespace freehold::vault {
namespace {

class HeldKeysTest : public VaultTest {
 protected:
  HeldKeysTest() {
    identity_.bytes.fill(0x1d);
    identities_.put({.tenant = tenant_, .object = identity_});
    EXPECT_EQ(make_vault("vau1", {{"enablePurgeProtection", true}}).status, 200);
    EXPECT_EQ(post("/keys/k1/create", {{"kty", "RSA"}}).status, 200);
    service_->serve(*pipeline_);
    give();
  }
  void give(std::string_view role = gate::authz::roles::kKeyVaultCryptoServiceEncryptionUser) {
    roles_.assign(tenant_, identity_, role);
  }
  void take_roles() {
    roles_.clear();
    roles_.assign(tenant_, owner_, gate::authz::roles::kKeyVaultAdministrator);
    roles_.assign(tenant_, owner_, gate::authz::roles::kOwner);
  }
  [[nodiscard]] keys::CustomerKey key(std::string name = "k1") const {
    return {.tenant = tenant_, .identity = identity_, .vault = "vau1", .name = std::move(name)};
  }
  keys::CustomerKeys& held() { return service_->customer_keys(); }
  keys::WrappedByCustomer wrap(const keys::CustomerKey& by) {
    auto wrapped = run_blocking(held().wrap(by, Secret(BytesView(kSecret)), "context"));
    if (!wrapped) ADD_FAILURE() << wrapped.error().message;
    return wrapped ? *wrapped : keys::WrappedByCustomer();
  }
  // What comes out, or the error's code and message.
  std::string open(const keys::WrappedByCustomer& wrapped, const std::string& context = "context") {
    const auto opened = run_blocking(held().unwrap(key(), wrapped, context));
    return opened ? std::string(opened->view()) : told(opened.error());
  }
  std::string look(const keys::WrappedByCustomer& wrapped) {
    const auto found = run_blocking(held().look(key(), wrapped.version));
    return found ? (*found == wrapped.version ? "the same" : "a newer one") : told(found.error());
  }
  static std::string told(const Error& error) {
    return (error.code == ErrorCode::kDenied ? "denied: " : "failed: ") + error.message;
  }
  void expect_denied(const keys::WrappedByCustomer& wrapped, const std::string& why) {
    EXPECT_NE(look(wrapped).find("denied: " + why), std::string::npos) << look(wrapped);
    EXPECT_NE(open(wrapped).find("denied: " + why), std::string::npos) << open(wrapped);
  }

  static constexpr std::string_view kSecret = "thirty-two bytes of an account's";
  PrincipalId identity_;
};

TEST_F(HeldKeysTest, WhatIsWrappedOpensForItsContextAlone) {
  const auto wrapped = wrap(key());
  EXPECT_EQ(open(wrapped), kSecret);
  EXPECT_EQ(look(wrapped), "the same");
  EXPECT_TRUE(open(wrapped, "another").starts_with("failed"));
  auto altered = wrapped;
  altered.wrapped.back() ^= 1;
  EXPECT_TRUE(open(altered).starts_with("failed"));
  altered.wrapped.resize(40);
  EXPECT_TRUE(open(altered).starts_with("failed"));
}

TEST_F(HeldKeysTest, EachUseIsOnRecord) {
  static_cast<void>(log_.take_entries());
  const auto wrapped = wrap(key());
  EXPECT_EQ(open(wrapped), kSecret);
  const auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].record.operation, "WrapAccountKey");
  EXPECT_EQ(entries[1].record.operation, "UnwrapAccountKey");
  EXPECT_EQ(entries[1].record.tenant, tenant_);
  EXPECT_EQ(entries[1].record.resource, "/vau1/keys/k1/" + wrapped.version);
}

TEST_F(HeldKeysTest, ADisabledKeyOpensNothingUntilItIsEnabledAgain) {
  const auto wrapped = wrap(key());
  ASSERT_EQ(patch("/keys/k1", {{"attributes", {{"enabled", false}}}}).status, 200);
  expect_denied(wrapped, "");
  ASSERT_EQ(patch("/keys/k1", {{"attributes", {{"enabled", true}}}}).status, 200);
  EXPECT_EQ(open(wrapped), kSecret);
  // Its time may be over: as in Azure, that alone takes nothing away.
  ASSERT_EQ(patch("/keys/k1", {{"attributes", {{"exp", 1}}}}).status, 200);
  EXPECT_EQ(look(wrapped), "the same");
  EXPECT_EQ(open(wrapped), kSecret);
}

TEST_F(HeldKeysTest, ADeletedKeyOrVaultOpensNothingUntilItIsBack) {
  const auto wrapped = wrap(key());
  ASSERT_EQ(remove("/keys/k1").status, 200);
  expect_denied(wrapped, "there is no such key");
  ASSERT_EQ(post("/deletedkeys/k1/recover").status, 200);
  EXPECT_EQ(open(wrapped), kSecret);
  ASSERT_EQ(write(ChangeKind::kDelete, "vaults/vau1", nullptr).status, 200);
  expect_denied(wrapped, "there is no such key vault");
  ASSERT_EQ(write(ChangeKind::kPut, "vaults/vau1", vault_body({{"createMode", "recover"}})).status, 200);
  EXPECT_EQ(open(wrapped), kSecret);
}

TEST_F(HeldKeysTest, ARightThatIsTakenAwayIsGoneAtOnce) {
  const auto wrapped = wrap(key());
  take_roles();
  expect_denied(wrapped, "the identity may not use the key");
  give(gate::authz::roles::kKeyVaultReader);
  expect_denied(wrapped, "the identity may not use the key");
  give();
  EXPECT_EQ(open(wrapped), kSecret);
  identities_.put({.tenant = tenant_, .object = identity_, .enabled = false});
  expect_denied(wrapped, "the identity is gone");
}

TEST_F(HeldKeysTest, AccessPoliciesDecideWhereRolesDoNot) {
  const auto with = [&](Json permissions) {
    const Json policy = {{"tenantId", to_string(tenant_)},
                         {"objectId", to_string(identity_)},
                         {"permissions", {{"keys", std::move(permissions)}}}};
    return write(ChangeKind::kPatch, "vaults/vau1",
                 {{"properties", {{"enableRbacAuthorization", false}, {"accessPolicies", Json::array({policy})}}}})
        .status;
  };
  const auto wrapped = wrap(key());
  ASSERT_EQ(with({"get", "wrapKey"}), 200);
  expect_denied(wrapped, "the identity may not use the key");
  ASSERT_EQ(with({"get", "wrapKey", "unwrapKey"}), 200);
  EXPECT_EQ(open(wrapped), kSecret);
}

TEST_F(HeldKeysTest, AFirewallKeepsServicesOutOnlyWhereItIsToldTo) {
  const auto wrapped = wrap(key());
  const auto close = [&](const std::string& bypass) {
    const Json acls = {{"defaultAction", "Deny"}, {"bypass", bypass}};
    return write(ChangeKind::kPatch, "vaults/vau1", {{"properties", {{"networkAcls", acls}}}}).status;
  };
  ASSERT_EQ(close("AzureServices"), 200);
  EXPECT_EQ(open(wrapped), kSecret);
  ASSERT_EQ(close("None"), 200);
  expect_denied(wrapped, "the vault's firewall");
}

TEST_F(HeldKeysTest, ARotatedKeyWrapsByItsNewVersionAndOpensWhatTheOldOneWrapped) {
  const auto wrapped = wrap(key());
  ASSERT_EQ(post("/keys/k1/rotate").status, 200);
  EXPECT_EQ(look(wrapped), "a newer one");
  EXPECT_EQ(open(wrapped), kSecret);
  const auto again = wrap(key());
  EXPECT_NE(again.version, wrapped.version);
  EXPECT_EQ(look(again), "the same");
  auto pinned = key();
  pinned.version = wrapped.version;
  EXPECT_EQ(wrap(pinned).version, wrapped.version);
  ASSERT_EQ(patch("/keys/k1/" + wrapped.version, {{"attributes", {{"enabled", false}}}}).status, 200);
  expect_denied(wrapped, "");
  EXPECT_EQ(open(again), kSecret);
}

TEST_F(HeldKeysTest, AKeyWhoseNewestVersionIsDisabledIsDisabledForWhoeverHasntFollowed) {
  const auto wrapped = wrap(key());
  ASSERT_EQ(post("/keys/k1/rotate").status, 200);
  ASSERT_EQ(patch("/keys/k1", {{"attributes", {{"enabled", false}}}}).status, 200);
  EXPECT_EQ(look(wrapped), "denied: the key's newest version is disabled");
  auto pinned = key();
  pinned.version = wrapped.version;
  EXPECT_TRUE(run_blocking(held().look(pinned, wrapped.version)));
  ASSERT_EQ(patch("/keys/k1", {{"attributes", {{"enabled", true}}}}).status, 200);
  EXPECT_EQ(look(wrapped), "a newer one");
}

TEST_F(HeldKeysTest, ANewestVersionThatCantWrapIsNobodysToFollow) {
  const auto wrapped = wrap(key());
  ASSERT_EQ(post("/keys/k1/create", {{"kty", "oct"}}).status, 200);
  EXPECT_EQ(look(wrapped), "the same");
  ASSERT_EQ(post("/keys/k1/create", {{"kty", "RSA"}, {"key_ops", {"sign"}}}).status, 200);
  EXPECT_EQ(look(wrapped), "the same");
  EXPECT_EQ(open(wrapped), kSecret);
}

TEST_F(HeldKeysTest, WhatIsNotFitIsRefused) {
  ASSERT_EQ(post("/keys/ec/create", {{"kty", "EC"}}).status, 200);
  ASSERT_EQ(post("/keys/signs/create", {{"kty", "RSA"}, {"key_ops", {"sign", "verify"}}}).status, 200);
  const auto said = [&](const keys::CustomerKey& by) {
    const auto wrapped = run_blocking(held().wrap(by, Secret(BytesView(kSecret)), "context"));
    return wrapped ? std::string("wrapped") : told(wrapped.error());
  };
  EXPECT_TRUE(said(key("ec")).starts_with("denied"));  // an EC key wraps nothing
  EXPECT_TRUE(said(key("signs")).starts_with("denied"));
  EXPECT_TRUE(said(key("none")).starts_with("denied"));
  auto elsewhere = key();
  elsewhere.tenant.bytes.fill(0x11);
  EXPECT_TRUE(said(elsewhere).starts_with("denied"));
  ASSERT_EQ(make_vault("vau2").status, 200);
  ASSERT_EQ(call_as(owner_, http::Method::kPost, "vau2", "/keys/k1/create", {{"kty", "RSA"}}).status, 200);
  auto unprotected = key();
  unprotected.vault = "vau2";
  EXPECT_EQ(said(unprotected), "failed: The key vault has to have purge protection enabled.");
}

}  // namespace
}  // namespace freehold::vault
