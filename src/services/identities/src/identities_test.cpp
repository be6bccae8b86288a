// User-assigned identities as resources.
#include <gtest/gtest.h>

#include "authn/testing/test_tokens.h"
#include "authz/testing/fixed_roles.h"
#include "authz/testing/flat_tree.h"
#include "identities/identities_service.h"
#include "keys/testing/sealed_table.h"
#include "resource/registry.h"

namespace freehold::identities {
namespace {

using gate::resource::ChangeKind;
using gate::resource::Json;
using gate::resource::ResourceId;
using runtime::run_blocking;
using runtime::Task;

// Counts who is there.
class Principals final : public gate::resource::ManagedIdentities {
 public:
  Task<Result<gate::resource::ManagedIdentity>> make(TenantId, std::string, std::string, WallTime) override {
    if (full) co_return fail(ErrorCode::kExhausted, "full");
    gate::resource::ManagedIdentity made;
    made.object.bytes.fill(static_cast<std::uint8_t>(++made_));
    made.application.bytes.fill(static_cast<std::uint8_t>(made_ + 100));
    living.push_back(made.object);
    co_return made;
  }
  Task<Result<>> remove(TenantId, PrincipalId object) override {
    std::erase(living, object);
    co_return Result<>();
  }
  std::vector<PrincipalId> living;
  bool full = false;

 private:
  int made_ = 0;
};

class Identities : public ::testing::Test {
 protected:
  Identities() {
    tenant_.bytes.fill(0x7e);
    subscription_.bytes.fill(0x5b);
    me_.bytes.fill(0x0a);
    directory_.put({.tenant = tenant_, .object = me_});
    open();
  }
  void open() {
    service_ = std::make_unique<IdentitiesService>(IdentitiesServiceOptions{.store = memory_.sealed(),
                                                                            .principals = principals_,
                                                                            .directory = directory_,
                                                                            .assignments = roles_,
                                                                            .tree = tree_});
    const auto loaded = run_blocking(service_->load(tenant_));
    if (!loaded) ADD_FAILURE() << loaded.error().message;
    registry_ = std::make_unique<gate::resource::Registry>();
    service_->add_resource_types(*registry_);
  }
  [[nodiscard]] std::string path(const std::string& name, const std::string& group = "g") const {
    return "/subscriptions/" + to_string(subscription_) + "/resourceGroups/" + group +
           "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + name;
  }
  [[nodiscard]] gate::resource::Caller caller() const { return {.tenant = tenant_, .object = me_, .now = {}}; }
  [[nodiscard]] gate::resource::ResourceProvider& provider() {
    return *registry_->find("Microsoft.ManagedIdentity/userAssignedIdentities")->behind;
  }
  Json get(const std::string& name) {
    return *run_blocking(provider().get(*gate::resource::parse_resource_id(path(name)),
                                        {.api_version = "2023-01-31", .caller = caller()}));
  }
  // The resource, or {"error": code}.
  Json write(const std::string& name, Json after, ChangeKind kind = ChangeKind::kPut) {
    gate::resource::ProposedChange change{.kind = kind,
                                          .id = *gate::resource::parse_resource_id(path(name)),
                                          .after = std::move(after),
                                          .caller = caller()};
    auto approved = *registry_->checks().approve(std::move(change));
    auto done = kind == ChangeKind::kDelete ? run_blocking(provider().remove(std::move(approved)))
                                            : run_blocking(provider().put(std::move(approved)));
    if (!done) return {{"error", done.error().code}};
    status_ = done->status;
    return done->resource;
  }
  std::string assigned(const std::string& id) {
    const auto found = service_->identities().assign(caller(), id);
    if (found) return to_string(found->principal.object);
    return found.error().code == ErrorCode::kDenied ? "denied" : "none";
  }
  const Json body_ = {{"location", "local"}, {"tags", {{"a", "b"}}}};

  keys::testing::MemoryStore memory_;
  Principals principals_;
  TenantId tenant_;
  SubscriptionId subscription_;
  PrincipalId me_;
  gate::testing::TestIdentities directory_;
  gate::authz::testing::FixedRoles roles_;
  gate::authz::FlatTree tree_;
  std::unique_ptr<IdentitiesService> service_;
  std::unique_ptr<gate::resource::Registry> registry_;
  int status_ = 0;
};

TEST_F(Identities, OneKeepsItsPrincipalAsLongAsItIsThere) {
  const auto made = write("one", body_);
  EXPECT_EQ(status_, 201);
  EXPECT_EQ(made["properties"]["principalId"], to_string(principals_.living.at(0)));
  EXPECT_EQ(made["properties"]["tenantId"], to_string(tenant_));
  EXPECT_EQ(made["tags"]["a"], "b");
  auto again = made;
  again["tags"] = {{"c", "d"}};
  EXPECT_EQ(write("ONE", again)["properties"], made["properties"]);
  EXPECT_EQ(status_, 200);
  open();
  EXPECT_EQ(get("One")["properties"], made["properties"]);
  EXPECT_EQ(get("one")["tags"], Json({{"c", "d"}}));
  write("one", nullptr, ChangeKind::kDelete);
  EXPECT_TRUE(principals_.living.empty());
  EXPECT_EQ(get("one"), nullptr);
  write("one", nullptr, ChangeKind::kDelete);
  EXPECT_EQ(status_, 204);
  open();
  EXPECT_EQ(get("one"), nullptr);
}

TEST_F(Identities, OneThatIsNeededStays) {
  const auto made = write("one", body_);
  bool needed = true;
  service_->keep_while([&](TenantId tenant, PrincipalId principal) {
    return needed && tenant == tenant_ && to_string(principal) == made["properties"]["principalId"].get<std::string>();
  });
  EXPECT_EQ(write("one", nullptr, ChangeKind::kDelete)["error"], "IdentityInUse");
  EXPECT_EQ(principals_.living.size(), 1u);
  needed = false;
  write("one", nullptr, ChangeKind::kDelete);
  EXPECT_EQ(get("one"), nullptr);
}

TEST_F(Identities, AreListedByGroupAndSubscription) {
  write("one", body_);
  write("two", body_);
  const auto list = [&](TenantId tenant, const std::string& group) {
    const auto& type = *registry_->find("Microsoft.ManagedIdentity/userAssignedIdentities");
    gate::resource::ListScope scope{.tenant = tenant, .subscription = subscription_, .group = group};
    return run_blocking(provider().list(type, scope, {.api_version = "2023-01-31", .caller = caller()}))->size();
  };
  EXPECT_EQ(list(tenant_, ""), 2u);
  EXPECT_EQ(list(tenant_, "G"), 2u);
  EXPECT_EQ(list(tenant_, "h"), 0u);
  EXPECT_EQ(list({}, ""), 0u);
}

TEST_F(Identities, WhatIsntOneIsRefused) {
  EXPECT_EQ(write("a", body_)["error"], "InvalidResourceName");
  EXPECT_EQ(write("-abc", body_)["error"], "InvalidResourceName");
  auto body = body_;
  body["properties"] = {{"isolationScope", "Regional"}};
  EXPECT_EQ(write("one", body)["error"], "InvalidRequestContent");
  body = body_;
  body["sku"] = {{"name", "x"}};
  EXPECT_EQ(write("one", body)["error"], "InvalidRequestContent");
  principals_.full = true;
  EXPECT_EQ(write("one", body_)["error"], "QuotaExceeded");
  EXPECT_TRUE(principals_.living.empty());
}

// Whoever writes a resource lends it the identity's rights.
TEST_F(Identities, AreAssignedByWhoMay) {
  const auto made = write("one", body_);
  EXPECT_EQ(assigned(path("one")), "denied");
  EXPECT_EQ(assigned(path("none")), "denied");
  roles_.assign(tenant_, me_, "f1a07417-d97a-45cb-824c-7a7467783830");  // Managed Identity Operator
  EXPECT_EQ(Json(assigned(path("ONE"))), made["properties"]["principalId"]);
  EXPECT_EQ(assigned(path("none")), "none");
  EXPECT_EQ(assigned("one"), "none");
  roles_.clear();
  roles_.assign(tenant_, me_, "acdd72a7-3385-48ef-bd42-f606fba81ae7");  // Reader
  EXPECT_EQ(assigned(path("one")), "denied");
}

}  // namespace
}  // namespace freehold::identities
