// Management groups: the tree, and what standing in it gives.
#include "src/management_group_rules.h"
#include "src/test_arm.h"

namespace freehold::resources {
namespace {

using http::Method;

class ManagementGroups : public ArmTest {
 protected:
  static std::string of(const std::string& name) { return "/providers/Microsoft.Management/managementGroups/" + name; }
  Answer make(const std::string& name, const std::string& parent = "") {
    Json properties = {{"displayName", "The " + name}};
    if (!parent.empty()) properties["details"] = {{"parent", {{"id", of(parent)}}}};
    return put(of(name), {{"properties", properties}});
  }
};

TEST_F(ManagementGroups, WhatIsAssignedAboveReachesWhatIsMovedBelow) {
  ASSERT_EQ(make("Outer").status, 200);
  ASSERT_EQ(make("inner", "outer").body["properties"]["details"]["parent"]["name"], "Outer");
  assign(stranger_, of("outer"), gate::authz::roles::kReader);
  EXPECT_EQ(call_as(stranger_, Method::kGet, group("default")).status, 403);
  ASSERT_EQ(put(of("inner") + "/subscriptions/" + to_string(subscription_), Json(nullptr)).status, 200);
  EXPECT_EQ(call_as(stranger_, Method::kGet, group("default")).status, 200);
  EXPECT_EQ(names(call_as(stranger_, Method::kGet, of("").substr(0, of("").size() - 1))),
            (std::vector<std::string>{"inner", "Outer"}));
  const auto tree = get(of("outer") + "?$expand=children&$recurse=true");
  EXPECT_EQ(tree.body["properties"]["children"][0]["children"][0]["name"], to_string(subscription_));
  EXPECT_EQ(get(of("outer") + "/descendants").body["value"].size(), 2u);
  EXPECT_EQ(names(get(of("inner") + "/subscriptions")), std::vector<std::string>{to_string(subscription_)});
  restart();
  EXPECT_EQ(call_as(stranger_, Method::kGet, group("default")).status, 200);
  EXPECT_EQ(remove(of("inner") + "/subscriptions/" + to_string(subscription_)).status, 204);
  EXPECT_EQ(call_as(stranger_, Method::kGet, group("default")).status, 403);
}

TEST_F(ManagementGroups, OneThatIsBeingDeletedTakesNoChildren) {
  TenantState state;
  state.management_groups["gone"] = std::make_shared<const ManagementGroup>(
      ManagementGroup{.name = "Gone", .display_name = "Gone", .deleting = true});
  EXPECT_EQ(check_parent(state, "child", "gone").error().code, "ManagementGroupBeingDeleted");
  EXPECT_TRUE(check_parent(state, "child", "").has_value());
  // Of what is deleted nothing is left for the next of that name.
  ASSERT_EQ(make("gone").status, 200);
  assign(stranger_, of("gone"), gate::authz::roles::kReader);
  EXPECT_EQ(remove(of("gone")).status, 204);
  ASSERT_EQ(make("gone").status, 200);
  EXPECT_EQ(call_as(stranger_, Method::kGet, of("gone")).status, 403);
  ASSERT_EQ(make("child", "gone").status, 200);
  EXPECT_EQ(remove(of("gone")).said(), "400 ManagementGroupNotEmpty");
  EXPECT_EQ(make("second", "gone").status, 200);  // the refusal left it as it was
}

// Who owns a group must not draw a subscription under it that is another's.
TEST_F(ManagementGroups, MovingASubscriptionNeedsRightsOnIt) {
  ASSERT_EQ(make("mine").status, 200);
  assign(stranger_, of("mine"), gate::authz::roles::kOwner);
  const std::string path = of("mine") + "/subscriptions/" + to_string(subscription_);
  EXPECT_EQ(call_as(stranger_, Method::kPut, path).said(), "403 AuthorizationFailed");
  EXPECT_EQ(call_as(stranger_, Method::kPut, of("sub-of-root"), Json::object()).said(), "403 AuthorizationFailed");
  EXPECT_EQ(call_as(stranger_, Method::kGet, of("mine")).status, 200);
}

TEST_F(ManagementGroups, TheTreeHasSixLevelsAndNoCircles) {
  std::string above;
  for (const auto name : {"a", "b", "c", "d", "e", "f"}) {
    ASSERT_EQ(make(name, above).status, 200) << name;
    above = name;
  }
  EXPECT_EQ(make("g", "f").said(), "400 ManagementGroupTreeTooDeep");
  EXPECT_EQ(make("a", "f").said(), "400 InvalidParent");
  EXPECT_EQ(make("x").status, 200);
  EXPECT_EQ(make("a", "x").said(), "400 ManagementGroupTreeTooDeep");
  EXPECT_EQ(call(Method::kPatch, of("f"), {{"parentGroupId", of("x")}}).status, 200);
  EXPECT_EQ(make("y", "none").said(), "404 ParentManagementGroupNotFound");
  EXPECT_EQ(make("bad.").said(), "400 InvalidManagementGroupName");
  EXPECT_EQ(remove(of("a")).said(), "400 ManagementGroupNotEmpty");
  EXPECT_EQ(remove(of(to_string(tenant_))).said(), "400 ManagementGroupNotEmpty");
  EXPECT_EQ(get(of("none")).said(), "404 NotFound");
}

TEST_F(ManagementGroups, AGroupOfADeletedOnesNameHasNoneOfItsRoles) {
  ASSERT_EQ(make("m").status, 200);
  assign(stranger_, of("m"), gate::authz::roles::kReader);
  EXPECT_EQ(remove(of("m")).status, 204);
  ASSERT_EQ(make("m").status, 200);
  EXPECT_EQ(call_as(stranger_, Method::kGet, of("m")).said(), "403 AuthorizationFailed");
}

TEST_F(ManagementGroups, TheTreeAsAWhole) {
  ASSERT_EQ(make("dept").status, 200);
  ASSERT_EQ(make("team", "dept").status, 200);
  const auto shown = get(of("team") + "?$expand=path,ancestors").body["properties"]["details"];
  EXPECT_EQ(shown["path"].size(), 3u);
  EXPECT_EQ(shown["path"][2]["name"], "team");
  EXPECT_EQ(shown["managementGroupAncestors"], Json::array({"dept", to_string(tenant_)}));
  const auto entities = call(Method::kPost, "/providers/Microsoft.Management/getEntities");
  std::map<std::string, Json> by_name;
  for (const auto& item : entities.body["value"]) by_name[item["name"]] = item["properties"];
  EXPECT_EQ(by_name.size(), 4u);
  EXPECT_EQ(by_name["team"]["parentNameChain"], Json::array({to_string(tenant_), "dept"}));
  EXPECT_EQ(by_name["dept"]["numberOfDescendants"], 1);
  EXPECT_EQ(by_name[to_string(tenant_)]["numberOfChildren"], 2);
  EXPECT_EQ(by_name[to_string(tenant_)]["numberOfDescendants"], 3);
  EXPECT_EQ(call_as(stranger_, Method::kPost, "/providers/Microsoft.Management/getEntities").body["value"].size(), 0u);
  const auto available = [&](const std::string& name) {
    return call(Method::kPost, "/providers/Microsoft.Management/checkNameAvailability",
                {{"name", name}, {"type", "Microsoft.Management/managementGroups"}})
        .body["nameAvailable"]
        .get<bool>();
  };
  EXPECT_FALSE(available("Dept"));
  EXPECT_FALSE(available("a b"));
  EXPECT_TRUE(available("other"));
}

}  // namespace
}  // namespace freehold::resources
