// The resource manager as clients see it: who gets in, subscriptions, providers, resources of any type.
#include "src/test_arm.h"

namespace freehold::resources {
namespace {

using http::Method;

TEST_F(ArmTest, NobodyGetsInWhoMustNotAndEveryoneWhoMay) {
  gate::testing::TokenMatrix matrix(arm_->gate(), {.host = "management.cloud.test",
                                                   .audience = "https://management.azure.com",
                                                   .query = "api-version=2021-04-01",
                                                   .segments = {}});
  for (const auto& fault : matrix.run()) ADD_FAILURE() << fault;
  EXPECT_GT(matrix.cases(), 16u * 20u);
}

TEST_F(ArmTest, AFirstStartsSubscriptionAndGroupAreThere) {
  const auto subscriptions = get("/subscriptions?api-version=2019-11-01");
  ASSERT_EQ(subscriptions.status, 200);
  ASSERT_EQ(subscriptions.body["value"].size(), 1u);
  EXPECT_EQ(subscriptions.body["value"][0]["subscriptionId"], to_string(subscription_));
  EXPECT_EQ(subscriptions.body["value"][0]["tenantId"], to_string(tenant_));
  EXPECT_EQ(subscriptions.body["value"][0]["state"], "Enabled");
  EXPECT_EQ(get(sub()).body["displayName"], "default");
  EXPECT_EQ(names(get(sub() + "/resourcegroups")), std::vector<std::string>{"default"});
  EXPECT_EQ(get("/tenants").body["value"][0]["tenantId"], to_string(tenant_));
  EXPECT_EQ(get(sub() + "/locations").body["value"][0]["name"], "local");
}

TEST_F(ArmTest, SaysWhatIsWrongInItsOwnWords) {
  EXPECT_EQ(send(Method::kGet, "/subscriptions").said(), "401 AuthenticationFailed");
  EXPECT_TRUE(send(Method::kGet, sub()).headers.get("www-authenticate").contains("/" + to_string(tenant_) + "\""));
  EXPECT_EQ(call(Method::kGet, sub() + "?api-version=").said(), "400 InvalidApiVersionParameter");
  EXPECT_EQ(call(Method::kGet, sub() + "?x-api-version=1").said(), "400 MissingApiVersionParameter");
  EXPECT_EQ(get("/subscriptions/none").said(), "400 InvalidSubscriptionId");
  EXPECT_EQ(get("/subscriptions/11111111-2222-3333-4444-555555555555").said(), "404 SubscriptionNotFound");
  EXPECT_EQ(get(group("none")).said(), "404 ResourceGroupNotFound");
  EXPECT_EQ(get(group("none")).body["error"]["message"], "Resource group 'none' could not be found.");
  EXPECT_EQ(get(group("a.")).said(), "400 InvalidResourceGroup");
  EXPECT_EQ(get(group("default") + "/providers/Sample.Other/x/y").said(), "404 InvalidResourceNamespace");
  EXPECT_EQ(get(group("default") + "/providers/Sample.Boxes/cans/y").said(), "404 InvalidResourceType");
  EXPECT_EQ(call(Method::kPatch, sub() + "/providers/Microsoft.Resources/tenants").said(), "405 MethodNotAllowed");
  EXPECT_EQ(get(box("default", "none")).said(), "404 ResourceNotFound");
  EXPECT_EQ(call(Method::kGet, box("default", "none") + "?api-version=2017-01-01").said(),
            "400 NoRegisteredProviderFound");
  EXPECT_EQ(put(group("g"), "{").said(), "400 InvalidRequestContent");
  EXPECT_EQ(put(group("g"), std::string(100'000, '[')).said(), "400 InvalidRequestContent");
}

TEST_F(ArmTest, OnePathInTheWaysThatClientsWriteIt) {
  ASSERT_EQ(put(box("default", "b"), here()).status, 201);
  const std::string front = group("default") + "/providers/Sample.Boxes";
  const std::string encoded = "%2Fsubscriptions%2f" + to_string(subscription_) + "%2FresourceGroups%2Fdefault";
  for (const std::string& path : {"/" + box("default", "b"), front + "//boxes/b", box("default", "b") + "/",
                                  "/" + encoded + "/providers/Sample.Boxes/boxes/b",
                                  "/" + encoded.substr(3) + "/providers/Sample.Boxes/boxes/b"}) {
    EXPECT_EQ(get(path).body["id"], box("default", "b")) << path;
  }
  // Elsewhere an encoded slash is no slash, and a name has none.
  EXPECT_EQ(get(front + "%2Fboxes/b").status, 404);
  EXPECT_EQ(get(front + "/boxes/b%2Fc").status, 400);
  EXPECT_EQ(call_as(stranger_, Method::kGet, "/" + box("default", "b")).status, 403);
}

TEST_F(ArmTest, ACallerSeesAndDoesWhatItsRolesGive) {
  EXPECT_EQ(call_as(stranger_, Method::kGet, "/subscriptions").body["value"].size(), 0u);
  const auto refused = call_as(stranger_, Method::kPut, group("g"), here());
  EXPECT_EQ(refused.said(), "403 AuthorizationFailed");
  EXPECT_TRUE(refused.body["error"]["message"].get<std::string>().contains(
      "does not have authorization to perform action 'Microsoft.Resources/subscriptions/resourceGroups/write' over "
      "scope '" +
      group("g") + "'"));
  ASSERT_EQ(put(group("a"), here()).status, 201);
  ASSERT_EQ(put(group("b"), here()).status, 201);
  ASSERT_EQ(put(box("a", "x"), here()).status, 201);
  ASSERT_EQ(put(box("b", "y"), here()).status, 201);
  assign(stranger_, group("a"), gate::authz::roles::kReader);
  EXPECT_EQ(call_as(stranger_, Method::kGet, "/subscriptions").body["value"].size(), 1u);
  EXPECT_EQ(names(call_as(stranger_, Method::kGet, sub() + "/resourceGroups")), std::vector<std::string>{"a"});
  EXPECT_EQ(names(call_as(stranger_, Method::kGet, sub() + "/resources")), std::vector<std::string>{"x"});
  EXPECT_EQ(names(call_as(stranger_, Method::kGet, sub() + "/providers/Sample.Boxes/boxes")),
            std::vector<std::string>{"x"});
  EXPECT_EQ(call_as(stranger_, Method::kGet, box("a", "x")).status, 200);
  EXPECT_EQ(call_as(stranger_, Method::kDelete, box("a", "x")).said(), "403 AuthorizationFailed");
  EXPECT_EQ(call_as(stranger_, Method::kGet, box("b", "y")).said(), "403 AuthorizationFailed");
  // What he may not see he isn't told to be there or not.
  for (const auto& path : {group("b") + "/resources", group("none") + "/resources", box("b", "y") + "/lids",
                           box("b", "none") + "/lids", group("none") + "/providers/Sample.Boxes/boxes"}) {
    EXPECT_EQ(call_as(stranger_, Method::kGet, path).said(), "403 AuthorizationFailed") << path;
  }
}

TEST_F(ArmTest, AResourceFromPutToDelete) {
  EXPECT_EQ(put(box("default", "Blue"), Json::object()).said(), "400 LocationRequired");
  EXPECT_EQ(put(box("default", "Blue"), {{"location", "mars"}}).said(), "400 LocationNotAvailableForResourceType");
  EXPECT_EQ(put(box("none", "Blue"), here()).said(), "404 ResourceGroupNotFound");
  const auto made =
      put(box("default", "Blue"), {{"location", "Local"}, {"tags", {{"a", "1"}}}, {"properties", {{"p", 1}}}});
  ASSERT_EQ(made.status, 201);
  EXPECT_EQ(made.body["location"], "local");
  const std::string other =
      "/SUBSCRIPTIONS/" + to_string(subscription_) + "/RESOURCEGROUPS/DEFAULT/PROVIDERS/sample.boxes/BOXES/blue";
  EXPECT_EQ(get(other).body["properties"]["p"], 1);
  const auto patched = call(Method::kPatch, other, {{"tags", {{"b", "2"}}}, {"properties", {{"q", 2}}}});
  EXPECT_EQ(patched.status, 200);
  EXPECT_EQ(patched.body["tags"], Json({{"b", "2"}}));
  EXPECT_EQ(patched.body["properties"]["p"], 1);
  EXPECT_EQ(call(Method::kHead, other).status, 204);
  EXPECT_EQ(call(Method::kPost, other + "/open", {{"wide", true}}).body["sent"]["wide"], true);
  EXPECT_EQ(call(Method::kPost, sub() + "/providers/Sample.Boxes/checkNameAvailability").body["on"], sub());
  EXPECT_EQ(get("/providers/Sample.Boxes/operations").body["action"], "operations");
  EXPECT_EQ(put(other + "/lids/top", Json::object()).status, 201);
  EXPECT_EQ(put(box("default", "none") + "/lids/top", Json::object()).said(), "404 ParentResourceNotFound");
  EXPECT_EQ(names(get(other + "/lids?api-version=2022-09-01")), std::vector<std::string>{"top"});
  EXPECT_EQ(remove(other).status, 200);
  EXPECT_EQ(remove(other).status, 204);
}

TEST_F(ArmTest, ResourcesAreFilteredAndPaged) {
  for (const auto name : {"c", "a", "b"}) {
    ASSERT_EQ(put(box("default", name), {{"location", "local"}, {"tags", {{"n", name}}}}).status, 201);
  }
  const auto first = get(sub() + "/resources?$top=2");
  EXPECT_EQ(names(first), (std::vector<std::string>{"a", "b"}));
  const auto next = first.body.value("nextLink", "");
  ASSERT_TRUE(next.starts_with("https://management.cloud.test:8443/"));
  EXPECT_EQ(names(get(next.substr(std::string("https://management.cloud.test:8443").size()))),
            std::vector<std::string>{"c"});
  EXPECT_EQ(names(get(sub() + "/resources?$filter=tagName%20eq%20'n'%20and%20tagValue%20eq%20'b'")),
            std::vector<std::string>{"b"});
  EXPECT_EQ(names(get(sub() + "/resources?$filter=resourceType%20eq%20'Sample.Boxes/lids'")).size(), 0u);
  EXPECT_EQ(get(sub() + "/resources?$filter=color%20eq%20'b'").said(), "400 InvalidFilterInQueryString");
  EXPECT_EQ(get(sub() + "/resources?$top=0").said(), "400 InvalidTopInQueryString");
  EXPECT_EQ(get(sub() + "/resources?$skiptoken=!").said(), "400 InvalidSkipToken");
}

TEST_F(ArmTest, AProviderThatIsNotWantedTakesNothing) {
  const auto provider = get(sub() + "/providers/sample.boxes");
  EXPECT_EQ(provider.body["registrationState"], "Registered");
  EXPECT_EQ(provider.body["resourceTypes"][0]["apiVersions"][0], "2022-09-01");
  ASSERT_EQ(put(box("default", "a"), here()).status, 201);
  EXPECT_EQ(call(Method::kPost, sub() + "/providers/Sample.Boxes/unregister").said(),
            "409 CannotUnregisterProviderWithResources");
  ASSERT_EQ(remove(box("default", "a")).status, 200);
  EXPECT_EQ(call(Method::kPost, sub() + "/providers/Sample.Boxes/unregister").body["registrationState"],
            "NotRegistered");
  EXPECT_EQ(put(box("default", "a"), here()).said(), "409 MissingSubscriptionRegistration");
  EXPECT_EQ(call(Method::kPost, sub() + "/providers/sample.boxes/register").body["registrationState"], "Registered");
  EXPECT_EQ(put(box("default", "a"), here()).status, 201);
}

TEST_F(ArmTest, RecordsNameAzuresActions) {
  static_cast<void>(log_.take_entries());
  ASSERT_EQ(put(box("default", "a"), here()).status, 201);
  const auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 2u);  // durable before it ran, and its outcome
  EXPECT_EQ(entries[0].way, gate::testing::FakeLog::Way::kDurable);
  EXPECT_EQ(entries[0].record.operation, "Sample.Boxes/boxes/write");
  EXPECT_EQ(entries[1].record.status, 201);
  EXPECT_EQ(entries[1].record.tenant, tenant_);
  EXPECT_EQ(entries[1].record.resource, box("default", "a"));
}

// Names are told apart without regard to case, and what providers and policies get is spelled one way.
TEST_F(ArmTest, MembersAreSpelledAsTheTypeHasThem) {
  const auto made = put(box("default", "b"), {{"Location", "local"},
                                              {"TAGS", {{"Env", "test"}}},
                                              {"Properties", {{"Colour", "red"}, {"other", {{"Colour", 1}}}}}});
  ASSERT_EQ(made.status, 201);
  EXPECT_EQ(made.body["tags"], Json({{"Env", "test"}}));
  EXPECT_EQ(made.body["properties"]["colour"], "red");
  EXPECT_EQ(made.body["properties"]["other"], Json({{"Colour", 1}}));
  EXPECT_FALSE(made.body.contains("Properties"));
  EXPECT_EQ(
      call(Method::kPatch, box("default", "b"), {{"properties", {{"COLOUR", "blue"}}}}).body["properties"]["colour"],
      "blue");
  EXPECT_EQ(
      put(box("default", "c"), {{"location", "local"}, {"properties", {{"colour", "red"}, {"Colour", "blue"}}}}).said(),
      "400 InvalidRequestContent");
}

}  // namespace
}  // namespace freehold::resources
