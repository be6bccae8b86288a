#include "resource/resource_id.h"

#include <gtest/gtest.h>

#include "authz/testing/flat_tree.h"

namespace freehold::gate::resource {
namespace {

const std::string kSub = "/subscriptions/11111111-2222-3333-4444-555555555555";
const std::string kAccount = kSub + "/resourceGroups/Group-1/providers/Microsoft.Storage/storageAccounts/acct1";

TEST(ResourceId, SaysWhatItNames) {
  const auto id = parse_resource_id(kAccount + "/blobServices/default");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->kind(), ScopeKind::kResource);
  EXPECT_EQ(id->type(), "Microsoft.Storage/storageAccounts/blobServices");
  EXPECT_EQ(id->name(), "default");
  EXPECT_EQ(id->full_name(), "acct1/default");
  EXPECT_EQ(id->group, "Group-1");
  EXPECT_EQ(id->parent().text(), kAccount);
  EXPECT_EQ(id->parent().parent().text(), kSub + "/resourceGroups/Group-1");
  EXPECT_EQ(id->scope().text(), kSub + "/resourceGroups/Group-1");
  EXPECT_EQ(parse_resource_id(kSub)->kind(), ScopeKind::kSubscription);
  EXPECT_EQ(parse_resource_id(kSub + "/resourcegroups/g")->kind(), ScopeKind::kResourceGroup);
  EXPECT_EQ(parse_resource_id("/")->kind(), ScopeKind::kTenant);
  const auto group = parse_resource_id("/providers/Microsoft.Management/managementGroups/m");
  EXPECT_EQ(group->kind(), ScopeKind::kManagementGroup);
  EXPECT_EQ(group->management_group(), "m");
}

TEST(ResourceId, ExtensionsStandOnWhateverComesBefore) {
  const auto lock = parse_resource_id(kAccount + "/providers/Microsoft.Authorization/locks/keep");
  ASSERT_TRUE(lock);
  EXPECT_EQ(lock->type(), "Microsoft.Authorization/locks");
  EXPECT_EQ(lock->scope().text(), kAccount);
  EXPECT_EQ(lock->parent().text(), kAccount);
}

TEST(ResourceId, IsReadWithoutRegardToCase) {
  const auto id = parse_resource_id("/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/G/");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), kSub + "/resourceGroups/G");
  EXPECT_EQ(key_of(*id), key_of(*parse_resource_id(kSub + "/resourceGroups/g")));
}

TEST(ResourceId, RefusesWhatIsNone) {
  for (const auto& text : {std::string(), std::string("x"), "/" + kSub, kSub + "/", kSub + "//resourceGroups/g"}) {
    EXPECT_EQ(parse_resource_id(text).has_value(), text == kSub + "/") << text;
  }
  for (const auto& text :
       {std::string("/subscriptions"), std::string("/subscriptions/none"), kSub + "/resourceGroups",
        kSub + "/resourceGroups/a.", kSub + "/resourceGroups/" + std::string(91, 'a'), kSub + "/other/x",
        kAccount + "/blobServices", kAccount + "/a%20b/c", kAccount + "/b/..", kAccount + "/b/ c", kAccount + "/b/a?c",
        kSub + "/providers", kSub + "/providers/Microsoft.Storage", std::string("/resourceGroups/g"),
        kAccount + "/b/" + std::string(1'024, 'a')}) {
    EXPECT_FALSE(parse_resource_id(text)) << text;
  }
}

// A route takes what stands before the last "/providers/" for a scope. No path may read otherwise as an id: rights
// would be asked at one place and something done at another.
TEST(ResourcePath, NamesNothingBesideWhatARouteTakesForItsScope) {
  const std::string lock = "/providers/Microsoft.Authorization/locks/x";
  for (const auto& path :
       {kAccount + "/foo" + lock, kAccount + "/a/b/foo" + lock,
        kAccount + "/foo/Providers/Microsoft.Resources/tags/default",
        kAccount + "/foo/%70roviders/Microsoft.Authorization/locks/x", kSub + "/resourceGroups/g/foo" + lock,
        kSub + "/foo" + lock, "/foo" + lock, kSub + "/resourceGroups/g/foo/bar" + lock}) {
    EXPECT_FALSE(parse_resource_path(path)) << path;
  }
  const auto container = parse_resource_path(kAccount + "/blobServices/default/containers/providers");
  ASSERT_TRUE(container);
  EXPECT_EQ(container->id.name(), "providers");
  EXPECT_EQ(parse_resource_path(kAccount + lock)->id.scope().text(), kAccount);
}

TEST(ResourcePath, TakesTheLongestIdAndLeavesTheRest) {
  const auto split = [](const std::string& path) {
    const auto found = parse_resource_path(path);
    return found ? found->id.text() + " + " + std::string(found->rest) : std::string("nothing");
  };
  EXPECT_EQ(split(kAccount + "/listKeys"), kAccount + " + /listKeys");
  EXPECT_EQ(split(kSub + "/resourcegroups"), kSub + " + /resourcegroups");
  EXPECT_EQ(split(kSub + "/resourceGroups/g/resources"), kSub + "/resourceGroups/g + /resources");
  EXPECT_EQ(split(kSub + "/providers/Microsoft.Storage/storageAccounts"),
            kSub + " + /providers/Microsoft.Storage/storageAccounts");
  EXPECT_EQ(split(kSub + "/providers"), kSub + " + /providers");
  EXPECT_EQ(split("/subscriptions"), "/ + /subscriptions");
  EXPECT_EQ(split("/subscriptions/"), "/ + /subscriptions");
  EXPECT_EQ(split("/metadata/endpoints"), "/ + /metadata/endpoints");
  EXPECT_EQ(split(kSub + "/resourceGroups/a%28b%29"), kSub + "/resourceGroups/a(b) + ");
  EXPECT_EQ(split(kAccount + "/providers/Microsoft.Authorization/roleAssignments"),
            kAccount + " + /providers/Microsoft.Authorization/roleAssignments");
  EXPECT_EQ(split(kSub + "/resourceGroups/a%2Fb"), "nothing");
  EXPECT_EQ(split(kSub + "/resourceGroups/a%zz"), "nothing");
  EXPECT_EQ(split("/subscriptions/none"), "nothing");
  EXPECT_EQ(split(kSub + "/resourceGroups/providers/resources"), kSub + "/resourceGroups/providers + /resources");
  EXPECT_EQ(split(kSub + "/tagNames/providers/tagValues/x"), kSub + " + /tagNames/providers/tagValues/x");
}

TEST(ScopeChain, HasEveryScopeFromTheRootDown) {
  TenantId tenant;
  tenant.bytes.fill(7);
  const auto chain = chain_of(*parse_resource_id(kAccount + "/blobServices/default"), tenant, authz::FlatTree());
  ASSERT_EQ(chain.scopes.size(), 6u);
  EXPECT_EQ(chain.scopes[0], "/");
  EXPECT_EQ(chain.scopes[2], kSub);
  EXPECT_EQ(chain.scopes[3], kSub + "/resourcegroups/group-1");
  EXPECT_EQ(chain.scopes[4],
            authz::storage_account_chain(tenant, *parse_guid<SubscriptionId>("11111111-2222-3333-4444-555555555555"),
                                         "group-1", "acct1", authz::FlatTree())
                .innermost());
  EXPECT_EQ(chain.scopes[5], chain.scopes[4] + "/blobservices/default");
  const auto group =
      chain_of(*parse_resource_id("/providers/Microsoft.Management/managementGroups/M"), tenant, authz::FlatTree());
  EXPECT_EQ(group.innermost(), "/providers/microsoft.management/managementgroups/m");
}

}  // namespace
}  // namespace freehold::gate::resource
