// Resources that move or go, and the roles at them.
#include "src/test_arm.h"

namespace freehold::resources {
namespace {

using http::Method;

class Moves : public ArmTest {
 protected:
  Moves() { EXPECT_EQ(put(group("to"), here()).status, 201); }
  Answer move(PrincipalId who, const std::vector<std::string>& resources, const std::string& to = "to",
              const std::string& verb = "moveResources") {
    return call_as(who, Method::kPost, group("default") + "/" + verb,
                   {{"resources", resources}, {"targetResourceGroup", group(to)}});
  }
  Answer give(PrincipalId who, const std::string& scope, const Json& more = Json::object()) {
    Json properties = {{"roleDefinitionId", std::string(gate::authz::roles::kReader)}, {"principalId", to_string(who)}};
    properties.update(more);
    const auto name = to_string(random_id<gate::authz::RoleAssignmentId>(memory_.random));
    return put(scope + "/providers/Microsoft.Authorization/roleAssignments/" + name, {{"properties", properties}});
  }
};

TEST_F(Moves, AResourceChangesItsGroupWithItsRolesAndWhatIsBelowIt) {
  ASSERT_EQ(put(box("default", "a"), {{"location", "local"}, {"tags", {{"t", "1"}}}}).status, 201);
  ASSERT_EQ(put(box("default", "a") + "/lids/l", Json::object()).status, 201);
  ASSERT_EQ(put(box("default", "b"), here()).status, 201);
  ASSERT_EQ(give(stranger_, box("default", "a")).status, 201);
  EXPECT_EQ(move(owner_, {box("default", "A")}, "to", "validateMoveResources").status, 204);
  EXPECT_EQ(get(box("default", "a")).status, 200);
  EXPECT_EQ(move(owner_, {box("default", "A")}, "TO").status, 204);
  EXPECT_EQ(get(box("default", "a")).status, 404);
  const auto moved = call_as(stranger_, Method::kGet, box("to", "a"));
  EXPECT_EQ(moved.status, 200);
  EXPECT_EQ(moved.body["id"], box("to", "a"));
  EXPECT_EQ(moved.body["tags"], Json({{"t", "1"}}));
  EXPECT_EQ(get(box("to", "a") + "/lids/l").status, 200);
  // What comes there later isn't the stranger's.
  ASSERT_EQ(put(box("default", "a"), here()).status, 201);
  EXPECT_EQ(call_as(stranger_, Method::kGet, box("default", "a")).status, 403);
  EXPECT_EQ(move(owner_, {box("default", "b"), box("default", "a")}).said(), "409 ResourceMoveFailed");
  EXPECT_EQ(get(box("default", "b")).status, 200);
}

TEST_F(Moves, AreRefusedWhereTheyWouldEvadeSomething) {
  ASSERT_EQ(put(box("default", "a"), here()).status, 201);
  ASSERT_EQ(put(box("default", "a") + "/lids/l", Json::object()).status, 201);
  EXPECT_EQ(move(owner_, {box("default", "none")}).said(), "404 ResourceNotFound");
  EXPECT_EQ(move(owner_, {box("default", "a")}, "nowhere").said(), "404 ResourceGroupNotFound");
  EXPECT_EQ(move(owner_, {box("default", "a")}, "default").said(), "409 ResourceMoveFailed");
  EXPECT_EQ(move(owner_, {box("default", "a") + "/lids/l"}).said(), "409 ResourceMoveNotSupported");
  EXPECT_EQ(move(owner_, {box("to", "a")}).said(), "409 ResourceMoveNotSupported");
  EXPECT_EQ(move(owner_, {}).said(), "400 InvalidRequestContent");
  EXPECT_EQ(move(stranger_, {box("default", "a")}).said(), "403 AuthorizationFailed");
  assign(stranger_, group("default"), gate::authz::roles::kContributor);
  EXPECT_EQ(move(stranger_, {box("default", "a")}).said(), "403 AuthorizationFailed");
  const auto lock = group("default") + "/providers/Microsoft.Authorization/locks/l";
  ASSERT_EQ(put(lock, {{"properties", {{"level", "CanNotDelete"}}}}).status, 201);
  EXPECT_EQ(move(owner_, {box("default", "a")}).said(), "409 ScopeLocked");
  ASSERT_EQ(remove(lock).status, 200);
  const auto there = group("to") + "/providers/Microsoft.Authorization/locks/l";
  ASSERT_EQ(put(there, {{"properties", {{"level", "ReadOnly"}}}}).status, 201);
  EXPECT_EQ(move(owner_, {box("default", "a")}).said(), "409 ScopeLocked");
  EXPECT_EQ(get(box("default", "a")).status, 200);
}

TEST_F(Moves, ASubscriptionIsMadeByWhoMay) {
  const std::string alias = "/providers/Microsoft.Subscription/aliases/lab?api-version=2021-10-01";
  const Json wanted = {{"properties", {{"displayName", "The lab"}, {"workload", "Production"}}}};
  EXPECT_EQ(call_as(stranger_, Method::kPut, alias, wanted).said(), "403 AuthorizationFailed");
  const auto made = put(alias, wanted);
  ASSERT_EQ(made.status, 201) << made.body.dump();
  const std::string id = made.body["properties"]["subscriptionId"];
  EXPECT_EQ(put(alias, wanted).body["properties"]["subscriptionId"], id);
  EXPECT_EQ(get("/subscriptions/" + id).body["displayName"], "The lab");
  EXPECT_EQ(get("/subscriptions").body["value"].size(), 2u);
  EXPECT_EQ(put("/subscriptions/" + id + "/resourceGroups/g", here()).status, 201);
  EXPECT_EQ(call(Method::kPost, "/subscriptions/" + id + "/providers/Microsoft.Subscription/rename",
                 {{"subscriptionName", "Another"}})
                .status,
            200);
  restart();
  EXPECT_EQ(get("/subscriptions/" + id).body["displayName"], "Another");
  EXPECT_EQ(remove(alias).status, 200);
  EXPECT_EQ(get(alias).said(), "404 SubscriptionAliasNotFound");
  EXPECT_EQ(get("/subscriptions/" + id).status, 200);
  const Json lost = {{"properties", {{"additionalProperties", {{"managementGroupId", "nowhere"}}}}}};
  EXPECT_EQ(put("/providers/Microsoft.Subscription/aliases/other", lost).status, 404);
}

TEST_F(Moves, AResourceChangesItsSubscription) {
  const auto made = put("/providers/Microsoft.Subscription/aliases/lab", Json::object());
  ASSERT_EQ(made.status, 201) << made.body.dump();
  const std::string other = "/subscriptions/" + made.body["properties"]["subscriptionId"].get<std::string>();
  ASSERT_EQ(put(box("default", "a"), here()).status, 201);
  ASSERT_EQ(put(box("default", "a") + "/lids/l", Json::object()).status, 201);
  ASSERT_EQ(give(stranger_, box("default", "a")).status, 201);
  const auto move_there = [&](PrincipalId who, const std::string& to) {
    return call_as(who, Method::kPost, group("default") + "/moveResources",
                   {{"resources", Json::array({box("default", "a")})}, {"targetResourceGroup", to}});
  };
  EXPECT_EQ(move_there(owner_, other + "/resourceGroups/default").said(), "404 ResourceGroupNotFound");
  ASSERT_EQ(put(other + "/resourceGroups/default", here()).status, 201);
  EXPECT_EQ(move_there(owner_, "/subscriptions/5c5c5c5c-5c5c-5c5c-5c5c-5c5c5c5c5c5c/resourceGroups/default").said(),
            "404 SubscriptionNotFound");
  assign(stranger_, group("default"), gate::authz::roles::kContributor);
  EXPECT_EQ(move_there(stranger_, other + "/resourceGroups/default").said(), "403 AuthorizationFailed");
  const auto lock = other + "/providers/Microsoft.Authorization/locks/l";
  ASSERT_EQ(put(lock, {{"properties", {{"level", "ReadOnly"}}}}).status, 201);
  EXPECT_EQ(move_there(owner_, other + "/resourceGroups/default").said(), "409 ScopeLocked");
  ASSERT_EQ(remove(lock).status, 200);
  ASSERT_EQ(call(Method::kPost, other + "/providers/Sample.Boxes/unregister").status, 200);
  EXPECT_EQ(move_there(owner_, other + "/resourceGroups/default").said(), "409 MissingSubscriptionRegistration");
  ASSERT_EQ(call(Method::kPost, other + "/providers/Sample.Boxes/register").status, 200);
  EXPECT_EQ(move_there(owner_, other + "/resourceGroups/default").status, 204);
  EXPECT_EQ(get(box("default", "a")).status, 404);
  const auto there = other + "/resourceGroups/default/providers/Sample.Boxes/boxes/a";
  EXPECT_EQ(call_as(stranger_, Method::kGet, there).body["id"], there);
  EXPECT_EQ(get(there + "/lids/l").status, 200);
}

// Says no to what a test names, wherever it would be.
class Doorkeeper final : public gate::resource::ChangeCheck {
 public:
  [[nodiscard]] gate::ApiResult<> check(gate::resource::ProposedChange& change) const override {
    if (change.kind != gate::resource::ChangeKind::kMove || change.id.type() != "Sample.Boxes/boxes/lids") return {};
    gate::ApiError error{.status = 403, .code = "RequestDisallowedByPolicy"};
    return std::unexpected(std::move(error));
  }
};

TEST_F(Moves, WhatStandsBelowIsJudgedToo) {
  Doorkeeper no_lids;
  arm_->registry().add_check(no_lids);
  ASSERT_EQ(put(box("default", "a"), here()).status, 201);
  ASSERT_EQ(put(box("default", "b"), here()).status, 201);
  ASSERT_EQ(put(box("default", "a") + "/lids/l", Json::object()).status, 201);
  EXPECT_EQ(move(owner_, {box("default", "b")}).status, 204);
  EXPECT_EQ(move(owner_, {box("default", "a")}).said(), "403 RequestDisallowedByPolicy");
  EXPECT_EQ(get(box("default", "a")).status, 200);
}

TEST_F(Moves, RolesAtAResourceGoWithIt) {
  ASSERT_EQ(put(box("default", "a"), here()).status, 201);
  ASSERT_EQ(give(stranger_, box("default", "a")).status, 201);
  ASSERT_EQ(remove(box("default", "a")).status, 200);
  ASSERT_EQ(put(box("default", "a"), here()).status, 201);
  EXPECT_EQ(call_as(stranger_, Method::kGet, box("default", "a")).status, 403);
}

TEST_F(Moves, RolesAreForWhomTheDirectoryKnows) {
  PrincipalId unknown;
  unknown.bytes.fill(0x33);
  EXPECT_EQ(give(unknown, group("default")).said(), "400 PrincipalNotFound");
  EXPECT_EQ(give(unknown, group("default"), {{"principalType", "User"}}).status, 201);
  identities_.put_group(unknown);
  EXPECT_EQ(give(unknown, sub(), {{"principalType", "User"}}).said(), "400 UnmatchedPrincipalType");
  const auto given = give(unknown, sub());
  EXPECT_EQ(given.status, 201);
  EXPECT_EQ(given.body["properties"]["principalType"], "Group");
}

}  // namespace
}  // namespace freehold::resources
