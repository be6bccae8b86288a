// Keys of Managed HSM pools that hold other services' keys.
#include "authz/vault_roles.h"
#include "src/test_domain.h"

namespace freehold::vault {
namespace {

using http::Method;

class PoolHeldKeys : public DomainTest {
 protected:
  static constexpr std::string_view kCryptoUser = "21dbd100-6940-42c2-9190-5d6cb909625b";
  static constexpr std::string_view kServiceUser = "33413926-3206-4cdd-b39a-83574fe37a17";
  static constexpr std::string_view kAuditor = "2c18b078-7c48-4d3a-af88-5a3a1b3f82b3";
  static constexpr std::string_view kSecret = "thirty-two bytes of an account's";

  PoolHeldKeys() {
    identity_.bytes.fill(0x1d);
    identities_.put({.tenant = tenant_, .object = identity_});
    service_->serve(*pipeline_);
    make("hsm1", {{"enablePurgeProtection", true}});
    give("keys/k1");
  }
  void make(const std::string& name, const Json& more = Json::object()) {
    EXPECT_EQ(make_pool(name, more).status, 200);
    EXPECT_EQ(download(name).status, 202);
    const Json body = {
        {"properties",
         {{"principalId", to_string(owner_)}, {"roleDefinitionId", std::string(kRoles) + std::string(kCryptoUser)}}}};
    const auto path = assignment_path("", "00000000-0000-0000-0000-00000000000f");
    EXPECT_EQ(ask_pool(owner_, Method::kPut, name, path, body).status, 201);
    EXPECT_EQ(post(name, "/keys/k1/create", {{"kty", "RSA-HSM"}}).status, 200);
  }
  Answer post(const std::string& pool, const std::string& path, const Json& body = Json::object()) {
    return ask_pool(owner_, Method::kPost, pool, path, body);
  }
  Answer patch(const std::string& path, const Json& body) {
    return ask_pool(owner_, Method::kPatch, "hsm1", path, body);
  }
  void give(const std::string& scope, std::string_view role = kServiceUser) {
    EXPECT_EQ(assign(owner_, identity_, role, scope, kAssignment).status, 201);
  }
  void take(const std::string& scope) {
    EXPECT_EQ(ask_pool(owner_, Method::kDelete, "hsm1", assignment_path(scope, kAssignment)).status, 200);
  }
  [[nodiscard]] keys::CustomerKey key() const {
    return {
        .tenant = tenant_, .identity = identity_, .vault = "hsm1", .name = "k1", .home = keys::KeyHome::kManagedHsm};
  }
  keys::CustomerKeys& held() { return service_->customer_keys(); }
  std::string try_wrap(const keys::CustomerKey& by) {
    const auto wrapped = run_blocking(held().wrap(by, Secret(BytesView(kSecret)), "context"));
    return wrapped ? std::string("wrapped") : told(wrapped.error());
  }
  keys::WrappedByCustomer wrap() {
    auto wrapped = run_blocking(held().wrap(key(), Secret(BytesView(kSecret)), "context"));
    if (!wrapped) ADD_FAILURE() << wrapped.error().message;
    return wrapped ? *wrapped : keys::WrappedByCustomer();
  }
  std::string open_wrapped(const keys::WrappedByCustomer& wrapped, const std::string& context = "context") {
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
    EXPECT_NE(open_wrapped(wrapped).find("denied: " + why), std::string::npos) << open_wrapped(wrapped);
  }

  const std::string kAssignment = "00000000-0000-0000-0000-000000000001";
  PrincipalId identity_;
};

TEST_F(PoolHeldKeys, WhatIsWrappedOpensForItsContextAlone) {
  const auto wrapped = wrap();
  EXPECT_EQ(open_wrapped(wrapped), kSecret);
  EXPECT_EQ(look(wrapped), "the same");
  EXPECT_TRUE(open_wrapped(wrapped, "another").starts_with("failed"));
  open();
  service_->serve(*pipeline_);
  EXPECT_EQ(open_wrapped(wrapped), kSecret) << "after a restart";
}

TEST_F(PoolHeldKeys, APoolIsNoVaultOfItsName) {
  ASSERT_EQ(make_vault("hsm1", {{"enablePurgeProtection", true}}).status, 200);
  ASSERT_EQ(call_as(owner_, Method::kPost, "hsm1", "/keys/k1/create", {{"kty", "RSA"}}).status, 200);
  auto in_vault = key();
  in_vault.home = keys::KeyHome::kVault;
  EXPECT_TRUE(try_wrap(in_vault).starts_with("denied: the identity may not"));
  roles_.assign(tenant_, identity_, gate::authz::roles::kKeyVaultCryptoServiceEncryptionUser);
  take("keys/k1");
  EXPECT_EQ(try_wrap(in_vault), "wrapped");
  EXPECT_TRUE(try_wrap(key()).starts_with("denied: the identity may not")) << "roles of vaults say nothing in a pool";
}

TEST_F(PoolHeldKeys, EachUseIsOnRecordUnderANameOfItsOwn) {
  static_cast<void>(log_.take_entries());
  const auto wrapped = wrap();
  EXPECT_EQ(open_wrapped(wrapped), kSecret);
  const auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].record.operation, "WrapAccountKeyInPool");
  EXPECT_EQ(entries[1].record.operation, "UnwrapAccountKeyInPool");
  EXPECT_EQ(entries[1].record.tenant, tenant_);
  EXPECT_EQ(entries[1].record.resource, "/hsm1.managedhsm/keys/k1/" + wrapped.version);
}

TEST_F(PoolHeldKeys, ALocalRoleThatIsTakenAwayIsGoneAtOnce) {
  const auto wrapped = wrap();
  take("keys/k1");
  expect_denied(wrapped, "the identity may not use the key");
  give("keys", kAuditor);
  expect_denied(wrapped, "the identity may not use the key");
  take("keys");
  for (const auto* scope : {"keys", ""}) {
    give(scope);
    EXPECT_EQ(open_wrapped(wrapped), kSecret) << scope;
    take(scope);
  }
  give("keys/k2");
  expect_denied(wrapped, "the identity may not use the key");
  take("keys/k2");
  give("keys/k1");
  EXPECT_EQ(open_wrapped(wrapped), kSecret);
  identities_.put({.tenant = tenant_, .object = identity_, .enabled = false});
  expect_denied(wrapped, "the identity is gone");
}

TEST_F(PoolHeldKeys, ADisabledOrDeletedKeyOrAPoolThatIsGoneOpensNothing) {
  const auto wrapped = wrap();
  ASSERT_EQ(patch("/keys/k1", {{"attributes", {{"enabled", false}}}}).status, 200);
  expect_denied(wrapped, "");
  ASSERT_EQ(patch("/keys/k1", {{"attributes", {{"enabled", true}}}}).status, 200);
  EXPECT_EQ(open_wrapped(wrapped), kSecret);
  ASSERT_EQ(ask_pool(owner_, Method::kDelete, "hsm1", "/keys/k1").status, 200);
  expect_denied(wrapped, "there is no such key");
  const Json officer = {{"properties",
                         {{"principalId", to_string(owner_)},
                          {"roleDefinitionId", std::string(kRoles) + "515eb02d-2335-4d2d-92f2-b1cbdf9c3778"}}}};
  ASSERT_EQ(ask_pool(owner_, Method::kPut, "hsm1", assignment_path("", "00000000-0000-0000-0000-00000000000e"), officer)
                .status,
            201);
  ASSERT_EQ(post("hsm1", "/deletedkeys/k1/recover").status, 200);
  EXPECT_EQ(open_wrapped(wrapped), kSecret);
  ASSERT_EQ(write_pool(ChangeKind::kDelete, "hsm1", nullptr).status, 200);
  expect_denied(wrapped, "there is no such managed HSM");
  ASSERT_EQ(write_pool(ChangeKind::kPut, "hsm1", pool_body({{"createMode", "recover"}})).status, 200);
  EXPECT_EQ(open_wrapped(wrapped), kSecret);
}

TEST_F(PoolHeldKeys, AFirewallKeepsServicesOutOnlyWhereItIsToldTo) {
  const auto wrapped = wrap();
  const auto close = [&](const std::string& bypass) {
    const Json acls = {{"defaultAction", "Deny"}, {"bypass", bypass}};
    return write_pool(ChangeKind::kPatch, "hsm1", {{"properties", {{"networkAcls", acls}}}}).status;
  };
  ASSERT_EQ(close("AzureServices"), 200);
  EXPECT_EQ(open_wrapped(wrapped), kSecret);
  ASSERT_EQ(close("None"), 200);
  expect_denied(wrapped, "the vault's firewall");
}

TEST_F(PoolHeldKeys, ARotatedKeyWrapsByItsNewVersionAndOpensWhatTheOldOneWrapped) {
  const auto wrapped = wrap();
  ASSERT_EQ(post("hsm1", "/keys/k1/rotate").status, 200);
  EXPECT_EQ(look(wrapped), "a newer one");
  EXPECT_EQ(open_wrapped(wrapped), kSecret);
  const auto again = wrap();
  EXPECT_NE(again.version, wrapped.version);
  EXPECT_EQ(look(again), "the same");
  ASSERT_EQ(patch("/keys/k1", {{"attributes", {{"enabled", false}}}}).status, 200);
  EXPECT_EQ(look(wrapped), "denied: the key's newest version is disabled");
}

TEST_F(PoolHeldKeys, WhatIsNotFitIsRefused) {
  ASSERT_EQ(post("hsm1", "/keys/ec/create", {{"kty", "EC-HSM"}}).status, 200);
  take("keys/k1");
  give("");
  auto ec = key();
  ec.name = "ec";
  EXPECT_TRUE(try_wrap(ec).starts_with("denied"));
  auto elsewhere = key();
  elsewhere.tenant.bytes.fill(0x11);
  EXPECT_EQ(try_wrap(elsewhere), "denied: there is no such managed HSM");
  make("hsm2");
  const Json body = {
      {"properties",
       {{"principalId", to_string(identity_)}, {"roleDefinitionId", std::string(kRoles) + std::string(kServiceUser)}}}};
  ASSERT_EQ(ask_pool(owner_, Method::kPut, "hsm2", assignment_path("", kAssignment), body).status, 201);
  auto unprotected = key();
  unprotected.vault = "hsm2";
  EXPECT_EQ(try_wrap(unprotected), "failed: The managed HSM has to have purge protection enabled.");
}

}  // namespace
}  // namespace freehold::vault
