#include "directory/directory_store.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "keys/testing/erasable_store.h"
#include "src/client_secret.h"

namespace freehold::directory {
namespace {

using runtime::run_blocking;

class Directory : public ::testing::Test {
 protected:
  Directory() {
    tenant_.bytes.fill(1);
    application_.bytes.fill(2);
  }
  void SetUp() override { open(store_); }
  void open(DirectoryStore& store) {
    const auto opened = run_blocking(store.open(tenant_, {application_, Secret(BytesView("the first secret"))}));
    ASSERT_TRUE(opened) << opened.error().message;
  }
  PrincipalId add(std::uint8_t number) {
    PrincipalId application;
    application.bytes.fill(number);
    const auto made = run_blocking(store_.add_service_principal(tenant_, application, "an application"));
    EXPECT_TRUE(made);
    return made.value_or(PrincipalId{});
  }
  PrincipalId add_group(std::string name) {
    const auto made = run_blocking(store_.add_group(tenant_, std::move(name)));
    EXPECT_TRUE(made);
    return made.value_or(PrincipalId{});
  }
  std::vector<PrincipalId> groups_of(PrincipalId object) {
    const auto identity = store_.find(tenant_, object);
    return identity ? identity->groups : std::vector<PrincipalId>();
  }
  bool is_in(PrincipalId object, PrincipalId group) {
    const auto groups = groups_of(object);
    return std::ranges::find(groups, group) != groups.end();
  }

  keys::testing::ErasableStore memory_;
  TenantId tenant_;
  PrincipalId application_;
  DirectoryStore store_{memory_.sealed(), *memory_.tree};
};

TEST_F(Directory, AFirstStartMakesTheAdministratorAndTheCommandLine) {
  const auto admins = store_.clients(application_);
  ASSERT_EQ(admins.size(), 1u);
  EXPECT_EQ(admins[0].tenant, tenant_);
  ASSERT_EQ(admins[0].principal->secrets.size(), 1u);
  EXPECT_TRUE(is_secret(admins[0].principal->secrets[0], "the first secret"));
  EXPECT_FALSE(is_secret(admins[0].principal->secrets[0], "the first secret."));
  EXPECT_EQ(admins[0].principal->directory_roles.size(), 1u);
  const auto cli = store_.clients(*parse_guid<PrincipalId>(kAzureCli), tenant_);
  ASSERT_EQ(cli.size(), 1u);
  EXPECT_TRUE(cli[0].principal->secrets.empty());
  DirectoryStore again(memory_.sealed(), *memory_.tree);
  open(again);
  EXPECT_EQ(again.clients(application_)[0].principal->object, admins[0].principal->object);
  EXPECT_TRUE(is_secret(again.clients(application_)[0].principal->secrets[0], "the first secret"));
}

TEST_F(Directory, SecretsAreShownOnceAndKeptAsDigests) {
  const auto object = add(7);
  const auto secret = run_blocking(store_.add_secret(tenant_, object, std::nullopt));
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->size(), 40u);
  const auto principal = store_.service_principal(tenant_, object);
  ASSERT_EQ(principal->secrets.size(), 1u);
  EXPECT_TRUE(is_secret(principal->secrets[0], secret->view()));
  EXPECT_FALSE(principal->secrets[0].digest.contains(secret->view()));
  ASSERT_TRUE(run_blocking(store_.remove_secret(tenant_, object, principal->secrets[0].id)));
  EXPECT_TRUE(store_.service_principal(tenant_, object)->secrets.empty());
}

TEST_F(Directory, NoSecretLooksLikeAnOption) {
  const auto object = add(7);
  for (int i = 0; i < 200; ++i) {
    const auto secret = run_blocking(store_.add_secret(tenant_, object, std::nullopt));
    ASSERT_TRUE(secret);
    const char first = secret->view()[0];
    EXPECT_TRUE((first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'f')) << first;
    ASSERT_TRUE(
        run_blocking(store_.remove_secret(tenant_, object, store_.service_principal(tenant_, object)->secrets[0].id)));
  }
}

TEST_F(Directory, GroupsOfGroupsAreFoundHoweverDeepAndInCircles) {
  const auto me = add(7);
  const auto inner = add_group("inner");
  const auto middle = add_group("middle");
  const auto outer = add_group("outer");
  ASSERT_TRUE(run_blocking(store_.add_member(tenant_, inner, me)));
  ASSERT_TRUE(run_blocking(store_.add_member(tenant_, middle, inner)));
  ASSERT_TRUE(run_blocking(store_.add_member(tenant_, outer, middle)));
  EXPECT_EQ(groups_of(me).size(), 3u);
  EXPECT_TRUE(is_in(me, outer));
  ASSERT_TRUE(run_blocking(store_.add_member(tenant_, inner, outer)));
  EXPECT_EQ(groups_of(me).size(), 3u);
  ASSERT_TRUE(run_blocking(store_.remove_member(tenant_, middle, inner)));
  EXPECT_EQ(groups_of(me), std::vector{inner});
  DirectoryStore again(memory_.sealed(), *memory_.tree);
  open(again);
  EXPECT_EQ(again.find(tenant_, me)->groups, std::vector{inner});
}

TEST_F(Directory, WhatIsRemovedLeavesItsGroups) {
  const auto me = add(7);
  const auto inner = add_group("inner");
  const auto outer = add_group("outer");
  ASSERT_TRUE(run_blocking(store_.add_member(tenant_, inner, me)));
  ASSERT_TRUE(run_blocking(store_.add_member(tenant_, outer, inner)));
  ASSERT_TRUE(run_blocking(store_.remove_group(tenant_, inner)));
  EXPECT_TRUE(groups_of(me).empty());
  EXPECT_TRUE(store_.group(tenant_, outer)->members.empty());
  ASSERT_TRUE(run_blocking(store_.remove_service_principal(tenant_, me)));
  EXPECT_EQ(store_.find(tenant_, me), nullptr);
}

TEST_F(Directory, ChangesShowAtOnceAndBadOnesChangeNothing) {
  const auto me = add(7);
  ASSERT_TRUE(run_blocking(store_.set_enabled(tenant_, me, false)));
  EXPECT_FALSE(store_.find(tenant_, me)->enabled);
  EXPECT_EQ(run_blocking(store_.add_service_principal(tenant_, application_, "twice")).error().code,
            ErrorCode::kConflict);
  EXPECT_EQ(run_blocking(store_.add_group(tenant_, "")).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(run_blocking(store_.add_group(tenant_, std::string(257, 'x'))).error().code, ErrorCode::kInvalidArgument);
  const auto group = add_group("group");
  EXPECT_EQ(run_blocking(store_.add_member(tenant_, group, application_)).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(run_blocking(store_.add_member(tenant_, group, me)));
  EXPECT_EQ(run_blocking(store_.add_member(tenant_, group, me)).error().code, ErrorCode::kConflict);
  TenantId other;
  other.bytes.fill(9);
  EXPECT_EQ(run_blocking(store_.add_group(other, "group")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_.find(other, me), nullptr);
}

}  // namespace
}  // namespace freehold::directory
