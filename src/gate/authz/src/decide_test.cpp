#include "authz/decide.h"

#include <gtest/gtest.h>

#include "authz/storage_access.h"
#include "authz/testing/flat_tree.h"

namespace freehold::gate::authz {
namespace {

template <class Id>
Id id(std::uint8_t byte) {
  Id out;
  out.bytes.fill(byte);
  return out;
}

const auto kTenant = id<TenantId>(1);
const auto kSubscription = id<SubscriptionId>(2);
const auto kMe = id<PrincipalId>(3);
const auto kTeam = id<PrincipalId>(4);
const std::string kBlobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/";
const std::string kContainers = "Microsoft.Storage/storageAccounts/blobServices/containers/";

const FlatTree kTree;
ScopeChain account() { return storage_account_chain(kTenant, kSubscription, "Group", "acct1", kTree); }
ScopeChain box() { return with_container(account(), "box"); }

class Decide : public ::testing::Test {
 protected:
  void assign(std::string_view role, const std::string& scope, PrincipalId who = kMe, std::string condition = {}) {
    assignments_.push_back({id<RoleAssignmentId>(++count_), kTenant, scope, who, role_id(role), std::move(condition)});
  }
  Verdict decide(const std::string& action, ActionKind kind, const ScopeChain& where,
                 std::vector<PrincipalId> groups = {}, TenantId tenant = kTenant) {
    const Snapshot snapshot(1, built_in_roles(), assignments_, denials_);
    return snapshot.decide({tenant, kMe, groups}, action, kind, where).verdict;
  }
  bool data(const std::string& action, const ScopeChain& where, std::vector<PrincipalId> groups = {}) {
    return decide(kBlobs + action, ActionKind::kData, where, std::move(groups)) == Verdict::kAllowed;
  }
  bool control(const std::string& action, const ScopeChain& where) {
    return decide(action, ActionKind::kControl, where) == Verdict::kAllowed;
  }

  std::vector<RoleAssignment> assignments_;
  std::vector<DenyAssignment> denials_;
  std::uint8_t count_ = 100;
};

// Denials are found by whom they name: the principal, a group of it, everybody; and spare whom they exclude so.
TEST_F(Decide, ADenialNamesAndExcludesByGroupsToo) {
  const auto other = id<PrincipalId>(9);
  const auto denied = [&](std::vector<PrincipalId> principals, std::vector<PrincipalId> excluded) {
    assignments_.clear();
    assign(roles::kStorageBlobDataReader, "/");
    denials_ = {{id<RoleAssignmentId>(1), kTenant, "/", {other}, {}, {.data_actions = {"*"}}},
                {id<RoleAssignmentId>(2),
                 kTenant,
                 "/",
                 std::move(principals),
                 std::move(excluded),
                 {.data_actions = {"*/read"}}}};
    return decide(kBlobs + "read", ActionKind::kData, box(), {kTeam}) == Verdict::kDenied;
  };
  EXPECT_FALSE(denied({id<PrincipalId>(8)}, {}));
  EXPECT_TRUE(denied({kMe}, {}));
  EXPECT_TRUE(denied({kTeam}, {}));
  EXPECT_TRUE(denied({kEveryPrincipal}, {other}));
  EXPECT_FALSE(denied({kEveryPrincipal}, {other, kMe}));
  EXPECT_FALSE(denied({kMe}, {kTeam, id<PrincipalId>(1)}));
  EXPECT_FALSE(denied({kEveryPrincipal}, {kEveryPrincipal}));
}

TEST_F(Decide, NothingAssignedNothingAllowed) {
  EXPECT_FALSE(data("read", box()));
  EXPECT_FALSE(control("Microsoft.Storage/storageAccounts/read", account()));
}

TEST_F(Decide, AnAssignmentReachesWhatStandsBelowItAndNothingElse) {
  for (const std::string& scope : box().scopes) {
    assignments_.clear();
    assign(roles::kStorageBlobDataReader, scope);
    EXPECT_TRUE(data("read", box())) << scope;
  }
  assignments_.clear();
  assign(roles::kStorageBlobDataReader, box().innermost());
  EXPECT_FALSE(data("read", account()));
  EXPECT_FALSE(data("read", with_container(account(), "box2")));
  EXPECT_FALSE(
      data("read", with_container(storage_account_chain(kTenant, kSubscription, "group", "acct2", kTree), "box")));
  EXPECT_TRUE(
      data("read", with_container(storage_account_chain(kTenant, kSubscription, "GROUP", "acct1", kTree), "box")));
}

TEST_F(Decide, BlobRolesGiveWhatAzureGivesThem) {
  const std::string delegate = "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action";
  struct Row {
    std::string_view role;
    std::string_view data;     // of read, write, delete, add/action, tags/read, modifyPermissions/action
    std::string_view control;  // of containers read, write, delete, setAcl/action, the delegation key
  };
  const std::string data_actions[] = {"read", "write", "delete", "add/action", "tags/read", "modifyPermissions/action"};
  const std::string control_actions[] = {kContainers + "read", kContainers + "write", kContainers + "delete",
                                         kContainers + "setAcl/action", delegate};
  for (const Row& row :
       {Row{roles::kStorageBlobDataOwner, "yyyyyy", "yyyyy"},
        Row{roles::kStorageBlobDataContributor, "yyyy--", "yyy-y"},
        Row{roles::kStorageBlobDataReader, "y-----", "y---y"}, Row{roles::kStorageBlobDelegator, "------", "----y"},
        Row{roles::kOwner, "------", "yyyyy"}, Row{roles::kContributor, "------", "yyyyy"},
        Row{roles::kReader, "------", "y----"}, Row{roles::kStorageAccountContributor, "------", "yyyyy"},
        Row{roles::kStorageAccountKeyOperator, "------", "-----"}}) {
    assignments_.clear();
    assign(row.role, account().innermost());
    std::string got_data;
    std::string got_control;
    for (const auto& action : data_actions) got_data += data(action, box()) ? 'y' : '-';
    for (const auto& action : control_actions) got_control += control(action, box()) ? 'y' : '-';
    EXPECT_EQ(got_data, row.data) << row.role;
    EXPECT_EQ(got_control, row.control) << row.role;
  }
}

TEST_F(Decide, NotActionsTakeAwayFromTheirOwnRoleOnly) {
  const std::string write = "Microsoft.Authorization/roleAssignments/write";
  assign(roles::kContributor, "/");
  EXPECT_FALSE(control(write, account()));
  EXPECT_TRUE(control("microsoft.storage/STORAGEACCOUNTS/write", account()));
  assign(roles::kUserAccessAdministrator, "/");
  EXPECT_TRUE(control(write, account()));
}

TEST_F(Decide, GroupsGiveWhatTheyHave) {
  assign(roles::kStorageBlobDataReader, account().innermost(), kTeam);
  EXPECT_FALSE(data("read", box()));
  EXPECT_TRUE(data("read", box(), {id<PrincipalId>(9), kTeam}));
}

TEST_F(Decide, AnAssignmentWhoseConditionIsntMetGrantsNothingAndSaysSo) {
  assign(roles::kStorageBlobDataReader, account().innermost(), kMe, "(@Resource[x] StringEquals 'y')");
  EXPECT_EQ(decide(kBlobs + "read", ActionKind::kData, box()), Verdict::kConditionNotMet);
  assignments_.clear();
  assign(roles::kStorageBlobDataReader, account().innermost(), kMe, "@Environment[isPrivateLink] BoolEquals false");
  EXPECT_EQ(decide(kBlobs + "read", ActionKind::kData, box()), Verdict::kConditionNotMet);
  EXPECT_EQ(decide(kBlobs + "write", ActionKind::kData, box()), Verdict::kNothingAssigned);
  assign(roles::kStorageBlobDataReader, box().innermost());
  EXPECT_TRUE(data("read", box()));
}

TEST_F(Decide, AConditionOnOneActionLeavesTheOthersAlone) {
  assign(roles::kStorageBlobDataOwner, account().innermost(), kMe,
         "!(ActionMatches{'" + kBlobs + "read'}) OR @Resource[" + kContainers.substr(0, kContainers.size() - 1) +
             ":name] StringEquals 'other'");
  EXPECT_FALSE(data("read", box()));
  EXPECT_TRUE(data("write", box()));
  EXPECT_TRUE(control(kContainers + "read", box()));
}

TEST_F(Decide, AnotherTenantsAssignmentsAreNobodysElse) {
  assign(roles::kStorageBlobDataOwner, "/");
  EXPECT_EQ(decide(kBlobs + "read", ActionKind::kData, box(), {}, id<TenantId>(8)), Verdict::kNothingAssigned);
}

TEST_F(Decide, ADenialWinsWhereverItStands) {
  assign(roles::kStorageBlobDataOwner, box().innermost());
  DenyAssignment denial{id<RoleAssignmentId>(1), kTenant, "/subscriptions/" + to_string(kSubscription), {kTeam}};
  denial.permissions.data_actions = {kBlobs + "*"};
  denial.permissions.not_data_actions = {kBlobs + "read"};
  denials_.push_back(denial);
  EXPECT_TRUE(data("delete", box()));
  EXPECT_FALSE(data("delete", box(), {kTeam}));
  EXPECT_TRUE(data("read", box(), {kTeam}));
  denials_[0].principals = {kEveryPrincipal};
  EXPECT_EQ(decide(kBlobs + "write", ActionKind::kData, box()), Verdict::kDenied);
  denials_[0].excluded = {kMe};
  EXPECT_TRUE(data("write", box()));
  denials_[0].excluded = {};
  denials_[0].not_below = true;
  EXPECT_TRUE(data("write", box()));
  denials_[0].scope = box().innermost();
  EXPECT_FALSE(data("write", box()));
}

TEST(Actions, PatternsMatchAsAzuresDo) {
  const auto yes = [](std::string_view pattern, std::string_view action) { return matches_action(pattern, action); };
  EXPECT_TRUE(yes("*", "a/b/c"));
  EXPECT_TRUE(yes("*/read", "a/b/read"));
  EXPECT_FALSE(yes("*/read", "a/b/reader"));
  EXPECT_TRUE(yes("a/*/read", "a/b/c/read"));
  EXPECT_FALSE(yes("a/*/read", "a/read"));
  EXPECT_TRUE(yes("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(yes("", "a"));
  EXPECT_TRUE(yes("a**", "a"));
  EXPECT_FALSE(yes(std::string(40, '*') + "b", std::string(4'000, 'a')));
}

TEST(Actions, OnlyWhatIsDoneToBlobsIsADataAction) {
  EXPECT_EQ(kind_of(kBlobs + "read"), ActionKind::kData);
  EXPECT_EQ(kind_of(kBlobs + "tags/write"), ActionKind::kData);
  EXPECT_EQ(kind_of(kContainers + "read"), ActionKind::kControl);
  EXPECT_EQ(kind_of("Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"),
            ActionKind::kControl);
}

TEST(Scopes, AreComparedInOneForm) {
  EXPECT_EQ(normal_scope("/Subscriptions/A/"), "/subscriptions/a");
  EXPECT_EQ(normal_scope("/"), "/");
  for (const std::string_view bad : {"", "a", "//a", "/a//b", "/a b", "/a?b", "/a*"})
    EXPECT_FALSE(normal_scope(bad)) << bad;
  EXPECT_FALSE(normal_scope("/" + std::string(2'000, 'a')));
  for (const auto& scope : box().scopes) EXPECT_EQ(normal_scope(scope), scope);
}

}  // namespace
}  // namespace freehold::gate::authz
