// What-if, and what else is known of a template without deploying it; where templates may come from.
#include "src/deployment_changes.h"
#include "src/deployment_links.h"
#include "src/test_deployments.h"

namespace freehold::resources {
namespace {

class PreviewTest : public DeploymentsTest {
 protected:
  Answer preview(const Json& body, const std::string& where = {}) {
    return call(http::Method::kPost, (where.empty() ? path("p") : where) + "/whatIf", body);
  }
  // "Create a": of each resource what would become of it.
  static std::vector<std::string> told(const Answer& answer) {
    std::vector<std::string> out;
    if (!answer.body.contains("properties")) return {answer.said()};
    for (const auto& change : answer.body["properties"]["changes"]) {
      const auto id = change["resourceId"].get<std::string>();
      out.push_back(change["changeType"].get<std::string>() + " " + id.substr(id.rfind('/') + 1));
    }
    return out;
  }
};

TEST_F(PreviewTest, TellsWhatWouldChangeAndChangesNothing) {
  const auto red = Json{{"properties", {{"color", "red"}}}, {"tags", {{"a", "1"}}}};
  ASSERT_EQ(state(deploy("d", template_of(Json::array({box_resource("same", red), box_resource("other", red)})))),
            "Succeeded");
  ASSERT_EQ(put(box("default", "else"), here()).status, 201);
  const auto blue = Json{{"properties", {{"color", "blue"}, {"list", Json::array({1})}}}, {"tags", {{"b", "2"}}}};
  auto body = body_of(template_of(Json::array(
      {box_resource("new", {{"properties", {{"of", "[reference('new2').x]"}}}}), box_resource("new2"),
       box_resource("same", {{"properties", {{"color", "[reference('other').color]"}}}, {"tags", {{"a", "1"}}}}),
       box_resource("other", blue)})));
  const auto answer = preview(body);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body["status"], "Succeeded");
  EXPECT_EQ(told(answer),
            (std::vector<std::string>{"Create new", "Create new2", "NoChange same", "Modify other", "Ignore else"}));
  const auto& changes = answer.body["properties"]["changes"];
  EXPECT_EQ(changes[0]["after"]["properties"]["of"], "[reference('new2').x]");
  std::vector<std::string> delta;
  for (const auto& one : changes[3]["delta"]) {
    delta.push_back(one["propertyChangeType"].get<std::string>() + " " + one["path"].get<std::string>());
  }
  EXPECT_EQ(delta, (std::vector<std::string>{"Modify properties.color", "Create properties.list", "Create tags.b",
                                             "Delete tags.a"}));
  EXPECT_EQ(get(box("default", "new")).status, 404);
  EXPECT_EQ(get(path("p")).status, 404);
  body["properties"]["mode"] = "Complete";
  body["properties"]["whatIfSettings"] = {{"resultFormat", "ResourceIdOnly"}};
  const auto short_answer = preview(body);
  EXPECT_EQ(told(short_answer),
            (std::vector<std::string>{"Create new", "Create new2", "Deploy same", "Deploy other", "Delete else"}));
  EXPECT_FALSE(short_answer.body["properties"]["changes"][2].contains("before"));
}

TEST_F(PreviewTest, LooksIntoNestedTemplatesInTheirOwnGroup) {
  ASSERT_EQ(put(group("other"), here()).status, 201);
  ASSERT_EQ(put(box("other", "there"), here()).status, 201);
  const auto inner =
      Json{{"type", "Microsoft.Resources/deployments"},
           {"apiVersion", "2021-04-01"},
           {"name", "inner"},
           {"resourceGroup", "other"},
           {"properties",
            {{"mode", "Incremental"},
             {"template", template_of(Json::array({box_resource("there"), box_resource("[variables('n')]")}))}}}};
  const auto body = body_of(template_of(Json::array({inner}), {{"variables", {{"n", "fresh"}}}}));
  EXPECT_EQ(told(preview(body)), (std::vector<std::string>{"NoChange there", "Create fresh"}));
  auto at_subscription = body;
  at_subscription["location"] = "local";
  EXPECT_EQ(told(preview(at_subscription, sub() + "/providers/Microsoft.Resources/deployments/s")),
            (std::vector<std::string>{"NoChange there", "Create fresh"}));
}

// Who may deploy and not read learns no property by it.
TEST_F(PreviewTest, ShowsNobodyWhatItMayNotRead) {
  const auto body = body_of(template_of(Json::array({box_resource("b")})));
  EXPECT_EQ(call_as(stranger_, http::Method::kPost, path("p") + "/whatIf", body).said(), "403 AuthorizationFailed");
  ASSERT_EQ(put(box("default", "b"), {{"location", "local"}, {"properties", {{"secret", "of b"}}}}).status, 201);
  gate::authz::CustomRole writer;
  writer.role.id = random_id<gate::authz::RoleId>(memory_.random);
  writer.role.name = "writer";
  writer.role.permissions.actions = {"Microsoft.Resources/deployments/*", "Sample.Boxes/boxes/write"};
  writer.assignable_scopes = {"/"};
  ASSERT_TRUE(run_blocking(assignments_->define(tenant_, writer)));
  auto role = assignment(stranger_, group("default"), gate::authz::roles::kContributor);
  role.role = writer.role.id;
  ASSERT_TRUE(run_blocking(assignments_->assign(role)));
  const auto answer = call_as(stranger_, http::Method::kPost, path("p") + "/whatIf", body);
  EXPECT_EQ(told(answer), std::vector<std::string>{"Unsupported b"});
  EXPECT_FALSE(answer.body.dump().contains("of b"));
}

TEST_F(PreviewTest, TemplatesAreGivenBackAndDeployedAgain) {
  const auto document =
      template_of(Json::array({box_resource("[parameters('n')]")}), {{"parameters", {{"n", {{"type", "string"}}}}}});
  ASSERT_EQ(state(deploy("good", document, {{"n", {{"value", "kept"}}}})), "Succeeded");
  EXPECT_EQ(call(http::Method::kPost, path("good") + "/exportTemplate").body["template"], document);
  EXPECT_EQ(call(http::Method::kPost, path("none") + "/exportTemplate").said(), "404 DeploymentNotFound");
  ASSERT_EQ(remove(box("default", "kept")).status, 200);
  auto bad = body_of(template_of(Json::array({box_resource("x", {{"location", "elsewhere"}})})));
  bad["properties"]["onErrorDeployment"] = {{"type", "LastSuccessful"}};
  EXPECT_EQ(state(put_deployment(path("bad"), bad)), "Failed");
  EXPECT_TRUE(eventually([&] { return is_written("kept"); }));
  EXPECT_TRUE(eventually([&] { return get(path("bad")).body["properties"].contains("onErrorDeployment"); }));
  EXPECT_EQ(get(path("bad")).body["properties"]["onErrorDeployment"],
            (Json{{"type", "LastSuccessful"}, {"deploymentName", "good"}, {"provisioningState", "Succeeded"}}));
}

TEST_F(PreviewTest, DeploymentsStandAboveSubscriptionsToo) {
  ASSERT_EQ(put("/providers/Microsoft.Management/managementGroups/mg", Json::object()).status, 200);
  auto body = body_of(template_of(
      Json::array({Json{
          {"type", "Microsoft.Resources/deployments"},
          {"apiVersion", "2021-04-01"},
          {"name", "inner"},
          {"subscriptionId", to_string(subscription_)},
          {"resourceGroup", "default"},
          {"properties", {{"mode", "Incremental"}, {"template", template_of(Json::array({box_resource("b")}))}}}}}),
      {{"outputs", {{"t", {{"type", "string"}, {"value", "[tenant().tenantId]"}}}}}}));
  body["location"] = "local";
  for (const std::string front : {"", "/providers/Microsoft.Management/managementGroups/mg"}) {
    const auto where = front + "/providers/Microsoft.Resources/deployments/top";
    const auto answer = put_deployment(where, body);
    EXPECT_EQ(state(answer), "Succeeded") << answer.body.dump();
    EXPECT_EQ(answer.body["id"], where);
    EXPECT_EQ(answer.body["properties"]["outputs"]["t"]["value"], to_string(tenant_));
    EXPECT_EQ(names(get(front + "/providers/Microsoft.Resources/deployments")), std::vector<std::string>{"top"});
    EXPECT_EQ(call(http::Method::kPost, where + "/validate", body).body["properties"]["provisioningState"],
              "Succeeded");
    EXPECT_EQ(call_as(stranger_, http::Method::kPut, where, body).said(), "403 AuthorizationFailed");
  }
  EXPECT_TRUE(is_written("b"));
  EXPECT_EQ(
      put("/providers/Microsoft.Management/managementGroups/none/providers/Microsoft.Resources/deployments/d", body)
          .status,
      404);
}

TEST_F(PreviewTest, LinksLeadToBlobsOfThisCloudAlone) {
  auto body = body_of(template_of(Json::array()));
  body["properties"].erase("template");
  for (const std::string uri :
       {"https://example.com/t.json", "http://acct1.blob.core.cloud.test/b/t.json", "https://management.cloud.test/x",
        "https://acct1.blob.core.cloud.test.evil.test/t", "https://blob.cloud.test/x",
        "https://u:p@acct1.blob.core.cloud.test/b/t", "file:///etc/passwd"}) {
    body["properties"]["templateLink"] = {{"uri", uri}};
    EXPECT_EQ(put(path("x"), body).said(), "400 InvalidTemplate") << uri;
  }
  body["properties"]["templateLink"] = {{"uri", "https://acct1.blob.core.cloud.test/b/t.json?sig=hidden"}};
  const auto absent = put(path("x"), body);
  EXPECT_EQ(absent.said(), "400 InvalidContentLink");
  EXPECT_FALSE(absent.body.dump().contains("hidden"));
  body["properties"]["templateLink"] = {{"id", "/subscriptions/x"}};
  EXPECT_EQ(put(path("x"), body).said(), "501 NotImplemented");
  body["properties"]["templateLink"] = {{"relativePath", "t.json"}};
  EXPECT_EQ(put(path("x"), body).said(), "400 InvalidTemplate");
  const TemplateLink outer{.uri = "https://acct1.blob.core.cloud.test/b/main.json", .query = "sv=1&sig=x"};
  EXPECT_EQ(link_address({.relative = "parts/one.json"}, outer, "cloud.test").value(),
            "https://acct1.blob.core.cloud.test/b/parts/one.json?sv=1&sig=x");
  for (const std::string bad : {"../up.json", "/root.json", "a//b", "https://x", "a?b", "a#b", "a%2e"}) {
    EXPECT_FALSE(link_address({.relative = bad}, outer, "cloud.test")) << bad;
  }
}

TEST(PropertyChanges, GoThroughListsOneByOne) {
  const auto before = OrderedJson::parse(R"({"location": "West US", "l": [1, {"a": 1}, 3], "same": {"x": 1.0}})");
  const auto after = OrderedJson::parse(R"({"location": "westus", "L": [1, {"a": 2}], "same": {"X": 1}})");
  const auto changes = property_changes(before, after);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0]["propertyChangeType"], "Array");
  ASSERT_EQ(changes[0]["children"].size(), 2u);
  EXPECT_EQ(changes[0]["children"][0]["children"][0]["path"], "a");
  EXPECT_EQ(changes[0]["children"][1]["propertyChangeType"], "Delete");
}

}  // namespace
}  // namespace freehold::resources
