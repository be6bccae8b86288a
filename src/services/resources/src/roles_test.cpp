// Roles, deny assignments and permissions by the API, and what they then give.
#include "src/test_arm.h"

namespace freehold::resources {
namespace {

using http::Method;

class Roles : public ArmTest {
 protected:
  static std::string guid(int n) { return "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + n); }
  static std::string at(const std::string& scope, const std::string& kind, int n) {
    return scope + "/providers/Microsoft.Authorization/" + kind + "/" + guid(n);
  }
  Answer give(PrincipalId who, const std::string& scope, std::string_view role, int n) {
    return put(
        at(scope, "roleAssignments", n),
        {{"properties",
          {{"roleDefinitionId", sub() + "/providers/Microsoft.Authorization/roleDefinitions/" + std::string(role)},
           {"principalId", to_string(who)},
           {"principalType", "ServicePrincipal"}}}});
  }
  Answer define(int n, const std::string& name, const std::string& scope, Json actions) {
    return put(at(sub(), "roleDefinitions", n),
               {{"properties",
                 {{"roleName", name},
                  {"description", "d"},
                  {"assignableScopes", {scope}},
                  {"permissions", {{{"actions", std::move(actions)}, {"notActions", Json::array()}}}}}}});
  }
};

TEST_F(Roles, AnAssignmentGivesAtOnceAndItsEndTakesAway) {
  EXPECT_EQ(call_as(stranger_, Method::kGet, group("default")).status, 403);
  const auto given = give(stranger_, group("Default"), gate::authz::roles::kReader, 1);
  ASSERT_EQ(given.status, 201) << given.body;
  EXPECT_EQ(given.body["properties"]["principalId"], to_string(stranger_));
  EXPECT_EQ(call_as(stranger_, Method::kGet, group("default")).status, 200);
  EXPECT_EQ(give(stranger_, group("default"), gate::authz::roles::kReader, 1).status, 200);
  EXPECT_EQ(give(stranger_, group("default"), gate::authz::roles::kReader, 2).said(), "409 RoleAssignmentExists");
  EXPECT_EQ(give(stranger_, group("default"), gate::authz::roles::kOwner, 1).said(),
            "409 RoleAssignmentUpdateNotPermitted");
  EXPECT_EQ(give(stranger_, group("none"), gate::authz::roles::kReader, 3).said(), "404 ResourceGroupNotFound");
  EXPECT_EQ(give(stranger_, sub(), guid(99), 3).said(), "404 RoleDefinitionDoesNotExist");
  // Reading gives no right to give.
  EXPECT_EQ(call_as(stranger_, Method::kPut, at(group("default"), "roleAssignments", 4), Json::object()).said(),
            "403 AuthorizationFailed");
  restart();
  EXPECT_EQ(call_as(stranger_, Method::kGet, group("default")).status, 200);
  EXPECT_EQ(get(at(group("default"), "roleAssignments", 1)).body["name"], guid(1));
  EXPECT_EQ(remove(at(group("default"), "roleAssignments", 1)).status, 200);
  EXPECT_EQ(remove(at(group("default"), "roleAssignments", 1)).status, 204);
  EXPECT_EQ(call_as(stranger_, Method::kGet, group("default")).status, 403);
}

TEST_F(Roles, AConditionIsKeptAndChangedAndRefusedByName) {
  const auto with = [&](Json properties) {
    properties["roleDefinitionId"] = std::string(gate::authz::roles::kStorageBlobDataReader);
    properties["principalId"] = to_string(stranger_);
    return put(at(sub(), "roleAssignments", 1), {{"properties", std::move(properties)}});
  };
  const std::string named =
      "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'box'";
  EXPECT_EQ(with({{"condition", named}}).said(), "400 InvalidConditionVersion");
  const auto refused = with({{"condition", "@Principal[a:b] StringEquals 'x'"}, {"conditionVersion", "2.0"}});
  EXPECT_EQ(refused.said(), "400 InvalidCondition");
  EXPECT_TRUE(refused.body["error"]["message"].get<std::string>().contains("'@Principal[a:b]'"));
  ASSERT_EQ(with({{"condition", named}, {"conditionVersion", "2.0"}}).status, 201);
  restart();
  const auto shown = get(at(sub(), "roleAssignments", 1)).body["properties"];
  EXPECT_EQ(shown["condition"], named);
  EXPECT_EQ(shown["conditionVersion"], "2.0");
  EXPECT_EQ(with({{"condition", "Exists " + named.substr(0, named.find(' '))}, {"conditionVersion", "2.0"}}).status,
            200);
  EXPECT_TRUE(
      get(at(sub(), "roleAssignments", 1)).body["properties"]["condition"].get<std::string>().starts_with("Exists"));
  EXPECT_EQ(with(Json::object()).status, 200);
  EXPECT_TRUE(get(at(sub(), "roleAssignments", 1)).body["properties"]["condition"].is_null());
}

TEST_F(Roles, AssignmentsAreListedByScopeAndPrincipal) {
  ASSERT_EQ(give(stranger_, group("default"), gate::authz::roles::kReader, 1).status, 201);
  const std::string list = "/providers/Microsoft.Authorization/roleAssignments";
  EXPECT_EQ(get(sub() + list).body["value"].size(), 2u);  // the owner's above, the stranger's below
  EXPECT_EQ(get(sub() + list + "?$filter=atScope()").body["value"].size(), 1u);
  EXPECT_EQ(names(get(sub() + list + "?$filter=principalId%20eq%20'" + to_string(stranger_) + "'")),
            std::vector<std::string>{guid(1)});
  EXPECT_EQ(names(get(group("default") + list + "?$filter=assignedTo('" + to_string(stranger_) + "')")),
            std::vector<std::string>{guid(1)});
  EXPECT_EQ(get(list).body["value"].size(), 2u);
}

TEST_F(Roles, ACustomRoleGivesWhatItNamesWhereItReaches) {
  const auto made = define(7, "Box Opener", group("default"), {"Sample.Boxes/boxes/open/action", "*/read"});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.body["properties"]["type"], "CustomRole");
  EXPECT_EQ(define(8, "box opener", sub(), {"*"}).said(), "409 RoleDefinitionWithSameNameExists");
  EXPECT_EQ(give(stranger_, sub(), guid(7), 1).said(), "400 RoleDefinitionNotAssignableAtScope");
  ASSERT_EQ(give(stranger_, group("default"), guid(7), 1).status, 201);
  ASSERT_EQ(put(box("default", "a"), here()).status, 201);
  EXPECT_EQ(call_as(stranger_, Method::kPost, box("default", "a") + "/open").status, 200);
  EXPECT_EQ(call_as(stranger_, Method::kDelete, box("default", "a")).status, 403);
  // Its scopes say where things are: who may read roles elsewhere doesn't see it.
  ASSERT_EQ(put(group("other"), here()).status, 201);
  PrincipalId reader;
  reader.bytes.fill(0x0c);
  identities_.put({.tenant = tenant_, .object = reader});
  assign(reader, group("other"), gate::authz::roles::kReader);
  EXPECT_EQ(call_as(reader, Method::kGet, at(group("other"), "roleDefinitions", 7)).said(),
            "404 RoleDefinitionDoesNotExist");
  EXPECT_EQ(get(at(sub(), "roleDefinitions", 7)).status, 200);
  // A change of the role is a change of everybody who has it.
  ASSERT_EQ(define(7, "Box Opener", group("default"), {"*/read"}).status, 201);
  EXPECT_EQ(call_as(stranger_, Method::kPost, box("default", "a") + "/open").status, 403);
  restart();
  EXPECT_EQ(call_as(stranger_, Method::kGet, box("default", "a")).status, 200);
  EXPECT_EQ(remove(at(sub(), "roleDefinitions", 7)).said(), "409 RoleDefinitionHasAssignments");
  ASSERT_EQ(remove(at(group("default"), "roleAssignments", 1)).status, 200);
  EXPECT_EQ(remove(at(sub(), "roleDefinitions", 7)).status, 200);
  EXPECT_EQ(get(at(sub(), "roleDefinitions", 7)).said(), "404 RoleDefinitionDoesNotExist");
}

TEST_F(Roles, WhoDefinesARoleMustBeAllowedToWhereItCanBeAssigned) {
  assign(stranger_, group("default"), gate::authz::roles::kOwner);
  const auto as_stranger = [&](const std::string& scope) {
    return call_as(
        stranger_, Method::kPut, at(group("default"), "roleDefinitions", 9),
        {{"properties", {{"roleName", "R"}, {"assignableScopes", {scope}}, {"permissions", {{{"actions", {"*"}}}}}}}});
  };
  EXPECT_EQ(as_stranger(sub()).said(), "403 AuthorizationFailed");
  EXPECT_EQ(as_stranger(group("default")).status, 201);
}

TEST_F(Roles, BuiltInRolesAreThereUnderAzuresIds) {
  const std::string owner(gate::authz::roles::kOwner);
  const std::string list = sub() + "/providers/Microsoft.Authorization/roleDefinitions";
  EXPECT_EQ(get(list + "/" + owner).body["properties"]["roleName"], "Owner");
  EXPECT_EQ(names(get(list + "?$filter=roleName%20eq%20'Owner'")), std::vector<std::string>{owner});
  EXPECT_EQ(put(list + "/" + owner,
                {{"properties",
                  {{"roleName", "Mine"}, {"assignableScopes", {sub()}}, {"permissions", {{{"actions", {"*"}}}}}}}})
                .said(),
            "409 RoleDefinitionWithSameNameExists");
}

TEST_F(Roles, ADenyAssignmentForbidsWhatARoleGives) {
  ASSERT_EQ(give(stranger_, sub(), gate::authz::roles::kContributor, 1).status, 201);
  ASSERT_EQ(call_as(stranger_, Method::kPut, group("g"), here()).status, 201);
  const auto denied = put(at(group("g"), "denyAssignments", 2),
                          {{"properties",
                            {{"denyAssignmentName", "keep"},
                             {"permissions", {{{"actions", {"*/write"}}}}},
                             {"principals", {{{"id", to_string(PrincipalId{})}, {"type", "SystemDefined"}}}},
                             {"excludePrincipals", {{{"id", to_string(owner_)}}}}}}});
  ASSERT_EQ(denied.status, 201) << denied.body;
  EXPECT_EQ(call_as(stranger_, Method::kPut, group("g"), here()).said(), "403 AuthorizationFailed");
  EXPECT_EQ(put(group("g"), here()).status, 200);
  EXPECT_EQ(names(get(group("g") + "/providers/Microsoft.Authorization/denyAssignments")),
            std::vector<std::string>{guid(2)});
  // Contributors can't take away what binds them.
  EXPECT_EQ(call_as(stranger_, Method::kDelete, at(group("g"), "denyAssignments", 2)).said(),
            "403 AuthorizationFailed");
  restart();
  EXPECT_EQ(get(at(group("g"), "denyAssignments", 2)).body["properties"]["denyAssignmentName"], "keep");
  EXPECT_EQ(remove(at(group("g"), "denyAssignments", 2)).status, 200);
  EXPECT_EQ(call_as(stranger_, Method::kPut, group("g"), here()).status, 200);
}

TEST_F(Roles, ACallerLearnsItsPermissionsAndWhichOperationsThereAre) {
  const std::string path = group("default") + "/providers/Microsoft.Authorization/permissions";
  EXPECT_EQ(get(path).body["value"][0]["actions"], Json::array({"*"}));
  EXPECT_TRUE(call_as(stranger_, Method::kGet, path).body["value"].empty());
  const auto operations = get("/providers/Microsoft.Authorization/providerOperations/sample.boxes");
  bool found = false;
  for (const auto& type : operations.body["resourceTypes"]) {
    for (const auto& each : type["operations"]) found = found || each["name"] == "Sample.Boxes/boxes/open/action";
  }
  EXPECT_TRUE(found) << operations.body;
}

}  // namespace
}  // namespace freehold::resources
