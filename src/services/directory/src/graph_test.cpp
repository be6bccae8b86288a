// Graph as its clients see it: the directory behind a real pipeline.
#include "crypto/one_time_code.h"
#include "src/graph_fixture.h"
#include "src/odata_filter.h"

namespace freehold::directory {
namespace {

TEST_F(Graph, AUserFromTheFirstDayToTheLast) {
  const auto id = add_user("ada");
  const auto shown = get("/users/ada@freehold.test");
  EXPECT_EQ(shown.id(), id);
  EXPECT_EQ(shown.body["displayName"], "ada of the house");
  EXPECT_TRUE(shown.body["jobTitle"].is_null());
  EXPECT_FALSE(shown.body.dump().contains("a long password"));
  EXPECT_EQ(get("/me", token_of("ada@freehold.test")).id(), id);
  EXPECT_EQ(call(Method::kPatch, "/users/" + id, {{"jobTitle", "Countess"}, {"businessPhones", {"1", "2"}}}).status,
            204);
  EXPECT_EQ(get("/users/" + id + "?$select=jobTitle,id").body["jobTitle"], "Countess");
  EXPECT_EQ(call(Method::kPatch, "/users/" + id, {{"jobTitle", nullptr}}).status, 204);
  EXPECT_TRUE(get("/users/" + id).body["jobTitle"].is_null());
  EXPECT_EQ(call(Method::kDelete, "/users/" + id).status, 204);
  EXPECT_EQ(get("/users/" + id).error(), "404 Request_ResourceNotFound");
  EXPECT_EQ(token_of("ada@freehold.test"), "");
  EXPECT_EQ(names("/directory/deletedItems/microsoft.graph.user"), std::vector<std::string>{"ada of the house"});
  EXPECT_EQ(call(Method::kPost, "/directory/deletedItems/" + id + "/restore").status, 200);
  EXPECT_NE(token_of("ada@freehold.test"), "");
  EXPECT_EQ(call(Method::kDelete, "/users/" + id).status, 204);
  EXPECT_EQ(call(Method::kDelete, "/directory/deletedItems/" + id).status, 204);
  EXPECT_EQ(call(Method::kPost, "/directory/deletedItems/" + id + "/restore").status, 404);
}

TEST_F(Graph, WhatAUserMustHaveAndMayNot) {
  const auto without = [](const char* name) {
    auto body = user_body("ada");
    body.erase(name);
    return body;
  };
  for (const auto* name : {"accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile"}) {
    EXPECT_EQ(call(Method::kPost, "/users", without(name)).error(), "400 Request_BadRequest") << name;
  }
  const auto with = [](const char* name, const json& value) {
    auto body = user_body("ada");
    body[name] = value;
    return body;
  };
  EXPECT_EQ(call(Method::kPost, "/users", with("userPrincipalName", "ada@elsewhere.test")).error(),
            "400 Request_BadRequest");
  EXPECT_EQ(call(Method::kPost, "/users", with("passwordProfile", {{"password", "short"}})).error(),
            "400 Request_BadRequest");
  EXPECT_EQ(call(Method::kPost, "/users", with("surname", 7)).error(), "400 Request_BadRequest");
  EXPECT_EQ(call(Method::kPost, "/users", with("unheardOf", "x")).error(), "400 Request_BadRequest");
  EXPECT_EQ(call(Method::kPost, "/users", with("passwordPolicies", "DisableStrongPassword")).error(),
            "501 NotImplemented");
  add_user("ada");
  EXPECT_EQ(call(Method::kPost, "/users", user_body("ADA")).error(), "400 Request_BadRequest");
  EXPECT_EQ(call(Method::kPost, "/users", "text").error(), "400 Request_BadRequest");
}

TEST_F(Graph, MembersReadAndOnlyRolesChange) {
  const auto ada = add_user("ada");
  const auto bea = add_user("bea");
  const auto mine = token_of("ada@freehold.test");
  EXPECT_EQ(get("/users", mine).status, 200);
  EXPECT_EQ(call(Method::kPost, "/users", user_body("eve"), mine).error(), "403 Authorization_RequestDenied");
  EXPECT_EQ(call(Method::kPatch, "/users/" + bea, {{"jobTitle", "x"}}, mine).error(),
            "403 Authorization_RequestDenied");
  EXPECT_EQ(call(Method::kPost, "/directoryRoles/" + std::string(kGlobalAdministrator) + "/members/$ref",
                 reference(ada), mine)
                .error(),
            "403 Authorization_RequestDenied");
  give_role(kUserAdministrator, ada);
  EXPECT_EQ(call(Method::kPatch, "/users/" + bea, {{"jobTitle", "x"}}, mine).status, 204);  // at once
  const json reset = {{"passwordProfile", {{"password", "another password"}}}};
  EXPECT_EQ(call(Method::kPatch, "/users/" + bea, reset, mine).status, 204);
  give_role(kGlobalAdministrator, bea);
  // Who could make himself more by it may not.
  EXPECT_EQ(call(Method::kPatch, "/users/" + bea, reset, mine).error(), "403 Authorization_RequestDenied");
  EXPECT_EQ(call(Method::kDelete, "/users/" + bea, nullptr, mine).error(), "403 Authorization_RequestDenied");
  EXPECT_EQ(call(Method::kPatch, "/users/" + bea, {{"accountEnabled", false}}, mine).status, 403);
  const auto application = call(Method::kPost, "/applications", {{"displayName", "app"}}).id();
  EXPECT_EQ(call(Method::kDelete, "/applications/" + application).status, 204);
  EXPECT_EQ(call(Method::kPost, "/directory/deletedItems/" + application + "/restore", nullptr, mine).status, 403);
  EXPECT_EQ(call(Method::kDelete, "/directory/deletedItems/" + application, nullptr, mine).status, 403);
}

TEST_F(Graph, AResetPasswordEndsSessions) {
  const auto ada = add_user("ada");
  const auto answer = body_json(send(Method::kPost, "https://login.freehold.test:8443/adfs/oauth2/token",
                                     "grant_type=password&client_id=" + std::string(kAzureCli) +
                                         "&username=ada%40freehold.test&password=a+long+password",
                                     {}));
  const auto renew = [&] {
    return send(Method::kPost, "https://login.freehold.test:8443/adfs/oauth2/token",
                "grant_type=refresh_token&client_id=" + std::string(kAzureCli) +
                    "&refresh_token=" + answer.value("refresh_token", ""),
                {})
        .status;
  };
  EXPECT_EQ(call(Method::kPost, "/users/" + ada + "/revokeSignInSessions").status, 200);
  EXPECT_EQ(renew(), 400);
  EXPECT_NE(token_of("ada@freehold.test"), "");
  const auto mine = token_of("ada@freehold.test");
  EXPECT_EQ(call(Method::kPost, "/me/changePassword",
                 {{"currentPassword", "wrong"}, {"newPassword", "another password"}}, mine)
                .status,
            400);
  EXPECT_EQ(call(Method::kPost, "/me/changePassword",
                 {{"currentPassword", "a long password"}, {"newPassword", "another password"}}, mine)
                .status,
            204);
  EXPECT_EQ(token_of("ada@freehold.test"), "");
  EXPECT_NE(token_of("ada@freehold.test", "another password"), "");
}

TEST_F(Graph, GroupsInGroups) {
  const auto ada = add_user("ada");
  const auto group = [this](const std::string& name) {
    return call(Method::kPost, "/groups",
                {{"displayName", name}, {"mailNickname", name}, {"mailEnabled", false}, {"securityEnabled", true}})
        .id();
  };
  const auto inner = group("inner");
  const auto outer = group("outer");
  EXPECT_EQ(call(Method::kPost, "/groups/" + inner + "/members/$ref", reference(ada)).status, 204);
  EXPECT_EQ(call(Method::kPost, "/groups/" + inner + "/members/$ref", reference(ada)).error(),
            "400 Request_BadRequest");
  EXPECT_EQ(call(Method::kPost, "/groups/" + outer + "/members/$ref", reference(inner)).status, 204);
  EXPECT_EQ(names("/groups/" + outer + "/members"), std::vector<std::string>{"inner"});
  EXPECT_EQ(names("/groups/" + outer + "/transitiveMembers"), (std::vector<std::string>{"ada of the house", "inner"}));
  EXPECT_EQ(names("/users/" + ada + "/memberOf"), std::vector<std::string>{"inner"});
  EXPECT_EQ(names("/users/" + ada + "/transitiveMemberOf"), (std::vector<std::string>{"inner", "outer"}));
  const auto checked =
      call(Method::kPost, "/directoryObjects/" + ada + "/checkMemberGroups", {{"groupIds", {outer, ada}}});
  EXPECT_EQ(checked.body["value"], json::array({outer}));
  EXPECT_EQ(
      call(Method::kPost, "/users/" + ada + "/getMemberGroups", {{"securityEnabledOnly", true}}).body["value"].size(),
      2u);
  EXPECT_EQ(call(Method::kDelete, "/groups/" + inner + "/members/" + ada + "/$ref").status, 204);
  EXPECT_EQ(call(Method::kDelete, "/groups/" + inner).status, 204);
  EXPECT_TRUE(names("/groups/" + outer + "/members").empty());
  EXPECT_EQ(call(Method::kPost, "/groups", {{"displayName", "m"}, {"mailEnabled", true}}).error(),
            "501 NotImplemented");
}

TEST_F(Graph, AnApplicationGetsASecretAndSignsIn) {
  const auto application = call(Method::kPost, "/applications",
                                {{"displayName", "app"},
                                 {"identifierUris", {"api://app"}},
                                 {"web", {{"redirectUris", {"https://app.test/back"}}}},
                                 {"requiredResourceAccess", json::array()}});
  ASSERT_EQ(application.status, 201) << application.body.dump();
  const std::string client = application.body["appId"];
  const auto principal = call(Method::kPost, "/servicePrincipals", {{"appId", client}});
  ASSERT_EQ(principal.status, 201);
  const auto added = call(Method::kPost, "/applications/" + application.id() + "/addPassword",
                          {{"passwordCredential", {{"displayName", "rbac"}, {"endDateTime", "2026-07-01T00:00:00Z"}}}});
  ASSERT_EQ(added.status, 200);
  const std::string grant = "grant_type=client_credentials&client_id=" + client +
                            "&client_secret=" + added.body["secretText"].get<std::string>();
  const auto theirs = token(grant);
  EXPECT_NE(theirs, "");
  EXPECT_EQ(get("/users", theirs).error(), "403 Authorization_RequestDenied");
  EXPECT_EQ(get("/me", theirs).error(), "400 Request_BadRequest");
  EXPECT_TRUE(get("/applications/" + application.id()).body["passwordCredentials"][0]["secretText"].is_null());
  EXPECT_EQ(names("/servicePrincipals?$filter=servicePrincipalNames/any(c:c%20eq%20'api://app')"),
            std::vector<std::string>{"app"});
  EXPECT_EQ(names("/servicePrincipals?$filter=appId%20eq%20'" + client + "'"), std::vector<std::string>{"app"});
  EXPECT_EQ(
      call(Method::kPost, "/applications/" + application.id() + "/removePassword", {{"keyId", added.body["keyId"]}})
          .status,
      204);
  EXPECT_EQ(token(grant), "");
  EXPECT_EQ(call(Method::kDelete, "/applications/" + application.id()).status, 204);
  EXPECT_EQ(get("/servicePrincipals/" + principal.id()).status, 404);
  EXPECT_EQ(call(Method::kPost, "/directory/deletedItems/" + application.id() + "/restore").status, 200);
  EXPECT_EQ(get("/servicePrincipals/" + principal.id()).status, 200);
  EXPECT_EQ(call(Method::kPost, "/applications",
                 {{"displayName", "bad"}, {"web", {{"redirectUris", {"http://elsewhere.test"}}}}})
                .error(),
            "400 Request_BadRequest");
  EXPECT_EQ(call(Method::kPost, "/servicePrincipals", {{"appId", to_string(tenant_)}}).error(),
            "400 Request_BadRequest");
}

TEST_F(Graph, WhatActsForAResourceIsntAnybodysToUse) {
  auto& store = service_.store();
  const auto made = run_blocking(store.add_managed_identity(
      tenant_, "boxes", {"isExplicit=False", "/a/resource", std::string(300, 'x')}, memory_.clock.now()));
  ASSERT_TRUE(made);
  const std::string path = "/servicePrincipals/" + to_string(made->object);
  const auto shown = get(path).body;
  EXPECT_EQ(shown["servicePrincipalType"], "ManagedIdentity");
  EXPECT_EQ(shown["displayName"], "boxes");
  EXPECT_EQ(shown["alternativeNames"], json({"isExplicit=False", "/a/resource"}));  // not what is too long
  EXPECT_EQ(get("/servicePrincipals?$filter=servicePrincipalType eq 'ManagedIdentity'").body["value"].size(), 1U);
  EXPECT_EQ(call(Method::kPost, path + "/addPassword", {{"passwordCredential", {{"displayName", "x"}}}}).error(),
            "400 Request_BadRequest");
  EXPECT_EQ(call(Method::kDelete, path).error(), "400 Request_BadRequest");
  EXPECT_EQ(call(Method::kPatch, path, {{"servicePrincipalType", "Application"}}).status, 204);
  EXPECT_EQ(get(path).body["servicePrincipalType"], "ManagedIdentity");
  EXPECT_EQ(call(Method::kPatch, path, {{"alternativeNames", {"/another/resource"}}}).error(),
            "400 Request_BadRequest");
  EXPECT_EQ(call(Method::kPatch, path, {{"alternativeNames", nullptr}}).error(), "400 Request_BadRequest");
  EXPECT_EQ(call(Method::kPatch, path, {{"notes", "ours"}}).status, 204);
  EXPECT_FALSE(get(path).body.contains("actsFor"));
  EXPECT_EQ(store.managed_identities(tenant_), std::vector{made->object});
  EXPECT_FALSE(run_blocking(store.remove_managed_identity(tenant_, store.clients(application_)[0].principal->object)));
  EXPECT_TRUE(run_blocking(store.remove_managed_identity(tenant_, made->object)));
  EXPECT_TRUE(run_blocking(store.remove_managed_identity(tenant_, made->object)));
  EXPECT_EQ(get(path).status, 404);
  EXPECT_TRUE(get("/directory/deletedItems/microsoft.graph.servicePrincipal").body["value"].empty());
}

TEST_F(Graph, ApplicationAdministratorsDontReachThoseWithRoles) {
  const auto ada = add_user("ada");
  give_role("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", ada);
  const auto mine = token_of("ada@freehold.test");
  EXPECT_EQ(call(Method::kPost, "/applications", {{"displayName", "app"}}, mine).status, 201);
  const auto admin = service_.store().clients(application_)[0].principal->object;
  EXPECT_EQ(
      call(Method::kPost, "/servicePrincipals/" + to_string(admin) + "/addPassword", json::object(), mine).error(),
      "403 Authorization_RequestDenied");
  EXPECT_EQ(call(Method::kDelete, "/servicePrincipals/" + to_string(admin), nullptr, mine).error(),
            "403 Authorization_RequestDenied");
  EXPECT_EQ(call(Method::kDelete,
                 "/directoryRoles/" + std::string(kGlobalAdministrator) + "/members/" + to_string(admin) + "/$ref")
                .error(),
            "400 Request_BadRequest");  // the last one
}

TEST_F(Graph, ListsAreFilteredSearchedSortedAndPaged) {
  for (int i = 0; i < 5; ++i) add_user("user" + std::to_string(i));
  EXPECT_EQ(names("/users?$filter=userPrincipalName%20eq%20'USER3@freehold.test'", "mailNickname"),
            std::vector<std::string>{"user3"});
  EXPECT_EQ(
      names("/users?$filter=mailNickname%20in%20('user1','user2')%20and%20accountEnabled%20eq%20true", "mailNickname")
          .size(),
      2u);
  EXPECT_EQ(names("/users?$search=%22displayName:house%22%20AND%20%22mailNickname:user4%22", "mailNickname"),
            std::vector<std::string>{"user4"});
  auto page = get("/users?$top=2&$count=true&$orderby=mailNickname%20desc");
  EXPECT_EQ(page.body["@odata.count"], 5);
  std::vector<std::string> all;
  while (true) {
    for (const auto& item : page.body["value"]) all.push_back(item["mailNickname"]);
    if (!page.body.contains("@odata.nextLink")) break;
    const std::string next = page.body["@odata.nextLink"];
    ASSERT_TRUE(next.starts_with("https://graph.freehold.test:8443/v1.0/users?"));
    page = get(next.substr(std::string("https://graph.freehold.test:8443/v1.0").size()));
    ASSERT_EQ(page.status, 200);
  }
  EXPECT_EQ(all, (std::vector<std::string>{"user4", "user3", "user2", "user1", "user0"}));
  for (const std::string bad : {"$filter=displayName", "$filter=a%20eq%20'", "$top=0", "$top=1000", "$search=x"}) {
    EXPECT_EQ(get("/users?" + bad).status, 400) << bad;
  }
  EXPECT_EQ(get("/users?$expand=manager").error(), "501 NotImplemented");
  EXPECT_EQ(get("/unheardOf").status, 404);
}

TEST_F(Graph, ObjectsOrganizationRolesAndSecondFactors) {
  const auto ada = add_user("ada");
  const auto some = call(Method::kPost, "/directoryObjects/getByIds",
                         {{"ids", {ada, to_string(tenant_)}}, {"types", {"user", "group"}}});
  ASSERT_EQ(some.body["value"].size(), 1u);
  EXPECT_EQ(some.body["value"][0]["@odata.type"], "#microsoft.graph.user");
  EXPECT_EQ(names("/organization", "id"), std::vector<std::string>{to_string(tenant_)});
  EXPECT_EQ(names("/domains", "id"), std::vector<std::string>{"freehold.test"});
  const auto assigned =
      call(Method::kPost, "/roleManagement/directory/roleAssignments",
           {{"roleDefinitionId", kUserAdministrator}, {"principalId", ada}, {"directoryScopeId", "/"}});
  ASSERT_EQ(assigned.status, 201);
  EXPECT_EQ(names("/directoryRoles/" + std::string(kUserAdministrator) + "/members").size(), 1u);
  EXPECT_EQ(call(Method::kDelete, "/roleManagement/directory/roleAssignments/" + assigned.id()).status, 204);
  const auto method = call(Method::kPost, "/users/" + ada + "/authentication/softwareOathMethods",
                           {{"secretKey", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}});
  ASSERT_EQ(method.status, 201);
  EXPECT_EQ(token_of("ada@freehold.test"), "");  // a password alone isn't enough
  EXPECT_EQ(call(Method::kDelete, "/users/" + ada + "/authentication/softwareOathMethods/" + method.id()).status, 204);
  EXPECT_NE(token_of("ada@freehold.test"), "");
}

TEST_F(Graph, RecordsHoldNoNames) {
  static_cast<void>(log_.take_entries());
  const auto id = add_user("ada");
  const auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 2u);  // the intent and the outcome
  EXPECT_EQ(entries[1].record.operation, "Graph.CreateUser");
  EXPECT_EQ(entries[1].record.status, 201);
  static_cast<void>(get("/users/" + id));
  EXPECT_EQ(log_.take_entries().back().record.resource, "/v1.0/users/" + id);
  static_cast<void>(get("/users/ada%40freehold.test/memberOf"));
  EXPECT_EQ(log_.take_entries().back().record.resource, "/v1.0/users/" + id + "/memberOf");
  static_cast<void>(get("/users/eve@freehold.test"));
  EXPECT_EQ(log_.take_entries().back().record.resource, "/v1.0/users/(nobody)");
}

TEST_F(Graph, NobodyGetsInWhoMustNot) {
  gate::testing::TokenMatrix matrix(
      service_.graph(), {.host = "graph.freehold.test", .audience = "https://graph.freehold.test", .query = ""});
  for (const auto& fault : matrix.run()) ADD_FAILURE() << fault;
  EXPECT_GT(matrix.cases(), 500u);
}

TEST(ODataFilter, SaysWhatItTakesAndWhatNot) {
  const json object = {{"a", "Ada"}, {"n", nullptr}, {"f", true}, {"l", {"x", "y"}}, {"w", {{"r", {"u"}}}}};
  const auto holds = [&object](std::string_view text) {
    const auto filter = ODataFilter::parse(text);
    EXPECT_TRUE(filter) << text << (filter ? "" : filter.error().message);
    std::uint64_t steps = kMaxFilterSteps;
    return filter && filter->matches(object, steps).value_or(false);
  };
  for (const auto* yes : {"a eq 'ada'", "n eq null", "absent eq null", "f eq true", "startswith(a,'AD')",
                          "endswith(a, 'da')", "l/any(i:i eq 'y')", "w/r/any(x:startswith(x,'u'))", "a in ('b','ada')",
                          "not (a eq 'b')", "a ne 'b' and (f eq false or a ge 'ada')", "a eq 'b' or f eq true"}) {
    EXPECT_TRUE(holds(yes)) << yes;
  }
  for (const auto* no : {"a eq 'b'", "n ne null", "f eq false", "l/any(i:i eq 'z')",
                         "a eq 'b' or a eq 'c' and f eq true", "a gt 'b'", "l eq 'x'"}) {
    EXPECT_FALSE(holds(no)) << no;
  }
  // In any() a name stands for an item, wherever it is used; a list has so many steps in all.
  EXPECT_TRUE(holds("l/any(a:a eq 'y') and a eq 'ada'"));
  EXPECT_TRUE(holds("l/any(i:i eq 'y' and a eq 'ada')"));
  std::uint64_t few = 3;
  EXPECT_EQ(ODataFilter::parse("l/any(i:i eq 'z') or a eq 'ada'")->matches(object, few).error().code,
            ErrorCode::kInvalidArgument);
  for (const auto* bad : {"", "a", "a eq", "eq 'a'", "a eq 'b", "(a eq 'b'", "a eq 'b')", "a in ()", "startswith(a)",
                          "l/any(1:x eq 'y')", "a eq 'b' and", "a has 'b'"}) {
    EXPECT_FALSE(ODataFilter::parse(bad)) << bad;
  }
  std::string deep(100, '(');
  EXPECT_FALSE(ODataFilter::parse(deep + "a eq 'b'" + std::string(100, ')')));
  EXPECT_FALSE(ODataFilter::parse(std::string(kMaxFilterBytes + 1, ' ')));
}

}  // namespace
}  // namespace freehold::directory
