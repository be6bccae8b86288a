// Deployments as work behind their requests: in whose name, how long, how many, and how they end.
#include "src/test_deployments.h"

namespace freehold::resources {
namespace {

TEST_F(DeploymentsTest, GoOnBehindTheirRequestUntilCancelled) {
  provider_.hold("a");
  const auto document =
      template_of(Json::array({box_resource("a"), box_resource("b", {{"dependsOn", Json::array({"a"})}})}));
  const auto begun = put(path("d"), body_of(document));
  EXPECT_EQ(begun.status, 201);
  EXPECT_EQ(state(begun), "Accepted");
  const auto where = std::string(begun.headers.get("azure-asyncoperation"));
  ASSERT_TRUE(eventually([&] { return provider_.waiting_at("a") == 1; }));
  const auto status = get(where.substr(where.find("/subscriptions")));
  EXPECT_EQ(status.body["status"], "Running");
  EXPECT_EQ(status.headers.get("retry-after"), "1");
  EXPECT_EQ(operations("d"), (std::map<std::string, std::string>{{"a", "Running"}}));
  EXPECT_EQ(put(path("d"), body_of(document)).said(), "409 DeploymentActive");
  EXPECT_EQ(remove(path("d")).said(), "409 DeploymentActive");
  EXPECT_EQ(call(http::Method::kPost, path("d") + "/cancel").status, 204);
  provider_.let_go("a");
  const auto ended = end_of(path("d"), begun);
  EXPECT_EQ(state(ended), "Canceled");
  EXPECT_EQ(ended.body["properties"]["error"]["code"], "DeploymentCanceled");
  EXPECT_TRUE(is_written("a"));
  EXPECT_FALSE(is_written("b"));
}

TEST_F(DeploymentsTest, WriteAtOnceWhatWaitsForNothing) {
  provider_.hold("a");
  ASSERT_EQ(put(group("other"), here()).status, 201);
  const auto elsewhere =
      Json{{"type", "Microsoft.Resources/deployments"},
           {"apiVersion", "2021-04-01"},
           {"name", "inner"},
           {"resourceGroup", "other"},
           {"properties", {{"mode", "Incremental"}, {"template", template_of(Json::array({box_resource("free")}))}}}};
  const auto begun =
      put(path("d"), body_of(template_of(Json::array(
                         {box_resource("a"), elsewhere, box_resource("c", {{"dependsOn", Json::array({"a"})}})}))));
  EXPECT_TRUE(eventually([&] { return operations("d")["inner"] == "Succeeded"; }));
  EXPECT_EQ(operations("d"), (std::map<std::string, std::string>{{"a", "Running"}, {"inner", "Succeeded"}}));
  provider_.let_go("a");
  EXPECT_EQ(state(end_of(path("d"), begun)), "Succeeded");
  EXPECT_TRUE(is_written("c"));
}

TEST_F(DeploymentsTest, GoNoFurtherThanTheirCallerMay) {
  ASSERT_EQ(put(group("mine"), here()).status, 201);
  const auto role = assignment(stranger_, group("mine"), gate::authz::roles::kContributor);
  const auto deploy_halfway = [&](const auto& take_away) {
    provider_.hold("a");
    const auto begun = call_as(
        stranger_, http::Method::kPut, path("d", "mine"),
        body_of(template_of(Json::array({box_resource("a"), box_resource("b", {{"dependsOn", Json::array({"a"})}})}))));
    EXPECT_TRUE(eventually([&] { return provider_.waiting_at("a") == 1; }));
    take_away();
    provider_.let_go("a");
    return end_of(path("d", "mine"), begun).body["properties"]["error"]["details"][0]["code"];
  };
  ASSERT_TRUE(run_blocking(assignments_->assign(role)));
  EXPECT_EQ(deploy_halfway([&] { EXPECT_TRUE(run_blocking(assignments_->unassign(tenant_, role.id))); }),
            "AuthorizationFailed");
  ASSERT_TRUE(run_blocking(assignments_->assign(role)));
  EXPECT_EQ(deploy_halfway([&] { identities_.put({.tenant = tenant_, .object = stranger_, .enabled = false}); }),
            "AuthorizationFailed");
  EXPECT_EQ(get(box("mine", "b")).status, 404);
}

TEST_F(DeploymentsTest, AreBoundedForATenant) {
  provider_.hold("a");
  const auto body = body_of(template_of(Json::array({box_resource("a")})));
  std::vector<std::pair<std::string, Answer>> begun;
  for (int i = 0; i < 50; ++i) {
    const auto where = path("d" + std::to_string(i));
    begun.emplace_back(where, put(where, body));
  }
  const auto refused = put(path("more"), body);
  EXPECT_EQ(refused.said(), "429 DeploymentQuotaExceeded");
  EXPECT_TRUE(refused.headers.has("retry-after"));
  provider_.let_go("a");
  for (auto& [where, one] : begun) EXPECT_EQ(state(end_of(where, one)), "Succeeded");
}

TEST_F(DeploymentsTest, EndWithTheirProcess) {
  provider_.hold("a");
  const auto body =
      body_of(template_of(Json::array({box_resource("a"), box_resource("b", {{"dependsOn", Json::array({"a"})}})})));
  ASSERT_EQ(put(path("d"), body).status, 201);
  ASSERT_TRUE(eventually([&] { return provider_.waiting_at("a") == 1; }));
  std::thread closing([this] { arm_->close_and_wait(); });
  EXPECT_TRUE(eventually([&] { return put(path("late"), body_of(template_of(Json::array()))).status == 503; }));
  provider_.let_go("a");
  closing.join();
  restart();
  const auto ended = get(path("d"));
  EXPECT_EQ(state(ended), "Failed");
  EXPECT_TRUE(std::string(ended.body["properties"]["error"]["message"]).contains("interrupted"));
  EXPECT_EQ(operations("d"), (std::map<std::string, std::string>{{"a", "Succeeded"}}));
  start();
  EXPECT_EQ(state(end_of(path("d"), put(path("d"), body))), "Succeeded");
}

TEST_F(DeploymentsTest, KeepNoSecretInAnError) {
  const auto document = template_of(
      Json::array({box_resource("a", {{"properties", {{"n", "[dateTimeAdd(parameters('pw'), 'P1D')]"}}}}),
                   box_resource("b", {{"properties", {{"n", "[dateTimeAdd(base64(parameters('pw')), 'P1D')]"}}}})}),
      {{"parameters", {{"pw", {{"type", "secureString"}}}}}});
  const auto answer = deploy("d", document, {{"pw", {{"value", "hunter2-hunter2"}}}});
  EXPECT_EQ(state(answer), "Failed");
  const auto all = answer.body.dump() + get(path("d") + "/operations").body.dump();
  EXPECT_TRUE(all.contains("******")) << all;
  EXPECT_FALSE(all.contains("hunter2"));
  EXPECT_FALSE(all.contains("aHVudGVyMi1odW50ZXIy"));
}

TEST_F(DeploymentsTest, OfTheModeCompleteTakeAwayWhatTheyDoNotName) {
  ASSERT_EQ(put(box("default", "old"), here()).status, 201);
  ASSERT_EQ(put(box("default", "stays"), here()).status, 201);
  auto body = body_of(template_of(
      Json::array({box_resource("new"), box_resource("stays"), box_resource("off", {{"condition", false}})})));
  body["properties"]["mode"] = "Complete";
  const auto answer = put_deployment(path("d"), body);
  EXPECT_EQ(state(answer), "Succeeded") << answer.body.dump();
  EXPECT_EQ(answer.body["properties"]["mode"], "Complete");
  EXPECT_FALSE(is_written("old"));
  EXPECT_TRUE(is_written("stays") && is_written("new"));
  EXPECT_EQ(get(path("d") + "/operations").body["value"][2]["properties"]["provisioningOperation"], "Delete");
  // A lock keeps what it keeps.
  ASSERT_EQ(put(box("default", "stays") + "/providers/Microsoft.Authorization/locks/l",
                {{"properties", {{"level", "CanNotDelete"}}}})
                .status,
            201);
  body["properties"]["template"]["resources"] = Json::array();
  const auto locked = put_deployment(path("d"), body);
  EXPECT_EQ(state(locked), "Failed");
  EXPECT_EQ(locked.body["properties"]["error"]["details"][0]["code"], "ScopeLocked");
  EXPECT_TRUE(is_written("stays"));
  EXPECT_FALSE(is_written("new"));
  body["location"] = "local";
  EXPECT_EQ(put(sub() + "/providers/Microsoft.Resources/deployments/s", body).said(), "400 InvalidRequestContent");
}

TEST_F(DeploymentsTest, GoWithTheirGroup) {
  ASSERT_EQ(put(group("g"), here()).status, 201);
  provider_.hold("a");
  const auto body =
      body_of(template_of(Json::array({box_resource("a"), box_resource("b", {{"dependsOn", Json::array({"a"})}})})));
  ASSERT_EQ(put(path("d", "g"), body).status, 201);
  ASSERT_TRUE(eventually([&] { return provider_.waiting_at("a") == 1; }));
  ASSERT_EQ(remove(group("g")).status, 202);
  provider_.let_go("a");
  ASSERT_TRUE(eventually([&] { return get(group("g")).status == 404; }));
  EXPECT_EQ(provider_.size(), 0u);
  ASSERT_EQ(put(group("g"), here()).status, 201);
  EXPECT_EQ(get(path("d", "g")).said(), "404 DeploymentNotFound");
  EXPECT_EQ(names(get(group("g") + "/providers/Microsoft.Resources/deployments/")), std::vector<std::string>{});
}

}  // namespace
}  // namespace freehold::resources
