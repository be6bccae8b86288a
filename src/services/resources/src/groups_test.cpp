// Resource groups, from the first PUT to the end of a deletion that a crash broke off.
#include "src/test_arm.h"

namespace freehold::resources {
namespace {

using http::Method;

class Groups : public ArmTest {
 protected:
  // Polls as clients do, until the operation has ended.
  Answer end_of(const std::string& location) {
    const std::string path = location.substr(std::string("https://management.cloud.test:8443").size());
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    auto answer = get(path);
    while (answer.status == 202 && std::chrono::steady_clock::now() < deadline) answer = get(path);
    return answer;
  }
};

TEST_F(Groups, AreMadeChangedAndListed) {
  const auto made = put(group("Team-1"), {{"location", "LOCAL"}, {"tags", {{"a", "1"}}}});
  ASSERT_EQ(made.status, 201);
  EXPECT_EQ(made.body["id"], group("Team-1"));
  EXPECT_EQ(made.body["properties"]["provisioningState"], "Succeeded");
  const auto again = put(group("team-1"), {{"location", "local"}, {"tags", {{"b", "2"}}}});
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body["name"], "Team-1");
  EXPECT_EQ(again.body["tags"], Json({{"b", "2"}}));
  EXPECT_EQ(call(Method::kPatch, group("TEAM-1"), {{"managedBy", "me"}}).body["tags"], Json({{"b", "2"}}));
  EXPECT_EQ(call(Method::kHead, group("team-1")).status, 204);
  EXPECT_EQ(call(Method::kHead, group("none")).status, 404);
  EXPECT_EQ(names(get(sub() + "/resourcegroups?$filter=tagName%20eq%20'b'")), std::vector<std::string>{"Team-1"});
  EXPECT_EQ(put(group("x"), {{"location", "mars"}}).said(), "400 LocationNotAvailableForResourceGroup");
  EXPECT_EQ(put(group("x"), {{"location", "local"}, {"tags", {{"A", "1"}, {"a", "2"}}}}).said(), "400 InvalidTags");
  EXPECT_EQ(call(Method::kPatch, group("x"), Json::object()).said(), "404 ResourceGroupNotFound");
  restart();
  EXPECT_EQ(get(group("team-1")).body["managedBy"], "me");
}

TEST_F(Groups, ADeletionEmptiesTheGroupAndForgetsItsRoles) {
  ASSERT_EQ(put(group("g"), here()).status, 201);
  for (const auto name : {"a", "b"}) ASSERT_EQ(put(box("g", name), here()).status, 201);
  ASSERT_EQ(put(box("default", "c"), here()).status, 201);
  assign(stranger_, group("g"), gate::authz::roles::kReader);
  start();
  const auto accepted = remove(group("g"));
  ASSERT_EQ(accepted.status, 202);
  EXPECT_EQ(end_of(std::string(accepted.headers.get("location"))).status, 200);
  EXPECT_EQ(get(group("g")).said(), "404 ResourceGroupNotFound");
  EXPECT_EQ(provider_.size(), 1u);
  // Who had a role on the old one has none on the new one.
  ASSERT_EQ(put(group("g"), here()).status, 201);
  EXPECT_EQ(call_as(stranger_, Method::kGet, group("g")).said(), "403 AuthorizationFailed");
  EXPECT_EQ(remove(group("none")).said(), "404 ResourceGroupNotFound");
}

// A group isn't a way around what denies one the deletion of what is in it.
TEST_F(Groups, WhoMayNotDeleteAResourceMayNotDeleteItsGroup) {
  ASSERT_EQ(put(group("g"), here()).status, 201);
  ASSERT_EQ(put(box("g", "a"), here()).status, 201);
  assign(stranger_, group("g"), gate::authz::roles::kContributor);
  const std::string denial =
      box("g", "a") + "/providers/Microsoft.Authorization/denyAssignments/00000000-0000-4000-8000-000000000001";
  ASSERT_EQ(put(denial, {{"properties",
                          {{"denyAssignmentName", "keep it"},
                           {"permissions", {{{"actions", {"*/delete"}}}}},
                           {"principals", {{{"id", to_string(stranger_)}}}}}}})
                .status,
            201);
  EXPECT_EQ(call_as(stranger_, Method::kDelete, box("g", "a")).said(), "403 AuthorizationFailed");
  const auto refused = call_as(stranger_, Method::kDelete, group("g"));
  EXPECT_EQ(refused.said(), "403 AuthorizationFailed");
  EXPECT_TRUE(refused.body["error"]["message"].get<std::string>().contains("Sample.Boxes/boxes/delete"));
  EXPECT_EQ(get(group("g")).body["properties"]["provisioningState"], "Succeeded");
  ASSERT_EQ(remove(denial).status, 200);
  EXPECT_EQ(call_as(stranger_, Method::kDelete, group("g")).status, 202);
}

TEST_F(Groups, ADeletionThatACrashBrokeOffGoesOn) {
  ASSERT_EQ(put(group("g"), here()).status, 201);
  ASSERT_EQ(put(box("g", "a"), here()).status, 201);
  const auto accepted = remove(group("g"));  // nothing runs in the background yet
  ASSERT_EQ(accepted.status, 202);
  EXPECT_EQ(get(group("g")).body["properties"]["provisioningState"], "Deleting");
  EXPECT_EQ(put(box("g", "b"), here()).said(), "409 ResourceGroupBeingDeleted");
  EXPECT_EQ(put(group("g"), here()).said(), "409 ResourceGroupBeingDeleted");
  restart();
  const auto location = std::string(accepted.headers.get("location"));
  EXPECT_EQ(get(location.substr(std::string("https://management.cloud.test:8443").size())).status, 202);
  EXPECT_EQ(remove(group("g")).headers.get("location"), location);
  start();
  EXPECT_EQ(end_of(location).status, 200);
  EXPECT_EQ(get(group("g")).said(), "404 ResourceGroupNotFound");
  EXPECT_EQ(provider_.size(), 0u);
}

TEST_F(Groups, WhatAProviderRefusesEndsTheDeletionAsFailed) {
  ASSERT_EQ(put(group("g"), here()).status, 201);
  ASSERT_EQ(put(box("g", "a"), here()).status, 201);
  provider_.refuse = gate::ApiError{.status = 409, .code = "BoxIsOpen", .message = "it is open"};
  start();
  const auto accepted = remove(group("g"));
  EXPECT_EQ(end_of(std::string(accepted.headers.get("location"))).said(), "409 ResourceGroupDeletionBlocked");
  EXPECT_EQ(get(group("g")).body["properties"]["provisioningState"], "Succeeded");
  provider_.refuse.reset();
  EXPECT_EQ(put(box("g", "b"), here()).status, 201);
}

// Nobody learns of another's operation.
TEST_F(Groups, AnOperationIsItsCallersAndWhoMayReadTheSubscription) {
  ASSERT_EQ(put(group("g"), here()).status, 201);
  const auto accepted = remove(group("g"));
  const std::string path =
      std::string(accepted.headers.get("location")).substr(std::string("https://management.cloud.test:8443").size());
  EXPECT_EQ(call_as(stranger_, Method::kGet, path).said(), "404 OperationNotFound");
  assign(stranger_, sub(), gate::authz::roles::kReader);
  EXPECT_EQ(call_as(stranger_, Method::kGet, path).status, 202);
}

}  // namespace
}  // namespace freehold::resources
