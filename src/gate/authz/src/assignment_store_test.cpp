#include "authz/assignment_store.h"

#include <gtest/gtest.h>

#include "keys/testing/sealed_table.h"

namespace freehold::gate::authz {
namespace {

using runtime::run_blocking;

class Assignments : public ::testing::Test {
 protected:
  Assignments() {
    tenant_.bytes.fill(1);
    me_.bytes.fill(2);
  }
  void SetUp() override { ASSERT_TRUE(run_blocking(store_.load(tenant_))); }

  RoleAssignment reader(std::uint8_t number, std::string scope = "/") {
    RoleAssignment out{{}, tenant_, std::move(scope), me_, role_id(roles::kStorageBlobDataReader)};
    out.id.bytes.fill(number);
    return out;
  }
  bool may_read(const AssignmentStore& store) {
    return store.snapshot(tenant_)
        ->decide({tenant_, me_}, "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
                 ActionKind::kData, tenant_chain(tenant_))
        .allowed();
  }

  keys::testing::MemoryStore memory_;
  TenantId tenant_;
  PrincipalId me_;
  AssignmentStore store_{memory_.sealed()};
};

TEST_F(Assignments, AreInEffectAtOnceAndAfterARestart) {
  EXPECT_FALSE(may_read(store_));
  const auto epoch = store_.snapshot(tenant_)->epoch();
  ASSERT_TRUE(run_blocking(store_.assign(reader(1))));
  EXPECT_TRUE(may_read(store_));
  EXPECT_GT(store_.snapshot(tenant_)->epoch(), epoch);
  AssignmentStore again(memory_.sealed());
  EXPECT_FALSE(may_read(again));  // a tenant that isn't loaded gives nothing
  ASSERT_TRUE(run_blocking(again.load(tenant_)));
  EXPECT_TRUE(may_read(again));
  ASSERT_TRUE(run_blocking(again.unassign(tenant_, reader(1).id)));
  EXPECT_FALSE(may_read(again));
  AssignmentStore third(memory_.sealed());
  ASSERT_TRUE(run_blocking(third.load(tenant_)));
  EXPECT_FALSE(may_read(third));
}

TEST_F(Assignments, ARequestKeepsTheStateItBeganUnder) {
  const auto before = store_.snapshot(tenant_);
  ASSERT_TRUE(run_blocking(store_.assign(reader(1))));
  EXPECT_NE(before, store_.snapshot(tenant_));
}

TEST_F(Assignments, TwiceTheSameIsAConflict) {
  ASSERT_TRUE(run_blocking(store_.assign(reader(1, "/subscriptions/A"))));
  EXPECT_EQ(run_blocking(store_.assign(reader(1))).error().code, ErrorCode::kConflict);
  EXPECT_EQ(run_blocking(store_.assign(reader(2, "/Subscriptions/a/"))).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(run_blocking(store_.assign(reader(2))));
  EXPECT_EQ(run_blocking(store_.unassign(tenant_, reader(9).id)).error().code, ErrorCode::kNotFound);
}

TEST_F(Assignments, WhatCanNotBeMeantIsRefused) {
  auto assignment = reader(1, "no scope");
  EXPECT_EQ(run_blocking(store_.assign(assignment)).error().code, ErrorCode::kInvalidArgument);
  assignment = reader(1);
  assignment.role.bytes.fill(7);
  EXPECT_EQ(run_blocking(store_.assign(assignment)).error().code, ErrorCode::kInvalidArgument);
  assignment = reader(1);
  assignment.principal = kEveryPrincipal;
  EXPECT_EQ(run_blocking(store_.assign(assignment)).error().code, ErrorCode::kInvalidArgument);
  assignment = reader(1);
  assignment.tenant.bytes.fill(9);
  EXPECT_EQ(run_blocking(store_.assign(assignment)).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(store_.assignments(tenant_).empty());
}

TEST_F(Assignments, AFirstStartAssignsOnceAndForAll) {
  ASSERT_TRUE(run_blocking(store_.begin(tenant_, {reader(1)})));
  EXPECT_TRUE(may_read(store_));
  ASSERT_TRUE(run_blocking(store_.unassign(tenant_, reader(1).id)));
  ASSERT_TRUE(run_blocking(store_.begin(tenant_, {reader(1)})));
  EXPECT_FALSE(may_read(store_));
}

TEST_F(Assignments, DenialsAreKeptToo) {
  ASSERT_TRUE(run_blocking(store_.assign(reader(1))));
  DenyAssignment denial{{}, tenant_, "/", {kEveryPrincipal}};
  denial.id.bytes.fill(5);
  denial.permissions.data_actions = {"*"};
  ASSERT_TRUE(run_blocking(store_.deny(denial)));
  EXPECT_FALSE(may_read(store_));
  AssignmentStore again(memory_.sealed());
  ASSERT_TRUE(run_blocking(again.load(tenant_)));
  EXPECT_FALSE(may_read(again));
  ASSERT_EQ(again.denials(tenant_).size(), 1u);
  EXPECT_EQ(again.denials(tenant_)[0].permissions.data_actions, denial.permissions.data_actions);
  ASSERT_TRUE(run_blocking(again.undeny(tenant_, denial.id)));
  EXPECT_TRUE(may_read(again));
}

// Every decision reads them: one tenant's must not hold up the region.
TEST_F(Assignments, WhatRolesAndDenialsSayTogetherIsBounded) {
  DenyAssignment denial{{}, tenant_, "/", {kEveryPrincipal}};
  denial.permissions.actions = {std::string(kMaxPatternBytes + 1, 'a')};
  EXPECT_EQ(run_blocking(store_.deny(denial)).error().code, ErrorCode::kInvalidArgument);
  denial.permissions.actions = {"Some.Provider/*"};
  denial.principals.assign(1'600, me_);
  EXPECT_EQ(run_blocking(store_.deny(denial)).error().code, ErrorCode::kInvalidArgument);  // outgrows its row
  denial.principals = {me_};
  denial.permissions.actions.assign(2'000, "Some.Provider/*");
  const auto deny = [&](std::uint8_t number) {
    denial.id.bytes.fill(number);
    return run_blocking(store_.deny(denial));
  };
  for (std::uint8_t i = 1; i <= 10; ++i) ASSERT_TRUE(deny(i)) << int(i);
  EXPECT_EQ(deny(11).error().code, ErrorCode::kExhausted);
  CustomRole role{.role = {.id = {}, .name = "mine", .permissions = {.actions = {"a/read"}}}};
  role.role.id.bytes.fill(1);
  role.assignable_scopes = {"/"};
  EXPECT_EQ(run_blocking(store_.define(tenant_, role)).error().code, ErrorCode::kExhausted);
  ASSERT_TRUE(run_blocking(store_.undeny(tenant_, store_.denials(tenant_).front().id)));
  EXPECT_TRUE(run_blocking(store_.define(tenant_, role)));
  EXPECT_TRUE(run_blocking(store_.define(tenant_, role)));  // takes its own place
}

TEST_F(Assignments, TheAuditRowRidesInTheCommit) {
  const auto audit = [](const store::PartitionId&) {
    return store::KeyValue{
        "\x01"
        "audit/1",
        "record"};
  };
  ASSERT_TRUE(run_blocking(store_.assign(reader(1), audit)));
  ASSERT_EQ(store_.partitions().size(), 1u);
  const auto row = run_blocking(memory_.engine->partitions().get(store_.partitions()[0],
                                                                 "\x01"
                                                                 "audit/1"));
  ASSERT_TRUE(row && *row);
}

}  // namespace
}  // namespace freehold::gate::authz
