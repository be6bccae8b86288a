// Deployments through the door: what a client sees of them, and what they leave.
#include "src/test_deployments.h"

namespace freehold::resources {
namespace {

TEST_F(DeploymentsTest, WriteWhatTheTemplateSaysInItsOrder) {
  const auto document = template_of(
      Json::array({box_resource("[concat(parameters('prefix'), '-late')]",
                                {{"properties", {{"of", "[reference(concat(parameters('prefix'), '0')).color]"}}}}),
                   box_resource("[concat(parameters('prefix'), copyIndex())]",
                                {{"copy", {{"name", "boxes"}, {"count", 2}}}, {"properties", {{"color", "red"}}}}),
                   box_resource("no", {{"condition", false}})}),
      {{"parameters", {{"prefix", {{"type", "string"}}}, {"pw", {{"type", "secureString"}}}}},
       {"outputs", {{"color", {{"type", "string"}, {"value", "[reference('a1').color]"}}}}}});
  const auto answer = deploy("d1", document, {{"prefix", {{"value", "a"}}}, {"pw", {{"value", "hunter2"}}}});
  ASSERT_EQ(answer.status, 201) << answer.body.dump();
  EXPECT_EQ(state(answer), "Succeeded") << answer.body.dump();
  EXPECT_EQ(answer.headers.get("retry-after"), "1");
  EXPECT_EQ(answer.body["id"], path("d1"));
  EXPECT_EQ(answer.body["properties"]["outputs"]["color"]["value"], "red");
  EXPECT_EQ(answer.body["properties"]["outputResources"].size(), 3u);
  EXPECT_EQ(get(box("default", "a-late")).body["properties"]["of"], "red");
  EXPECT_EQ(get(box("default", "no")).status, 404);
  const auto kept = get(path("D1"));
  EXPECT_EQ(kept.status, 200);
  EXPECT_EQ(kept.body, answer.body);
  EXPECT_EQ(kept.body.dump().find("hunter2"), std::string::npos);
  // Where clients look how it ended.
  const auto where = std::string(answer.headers.get("azure-asyncoperation"));
  const auto status = get(where.substr(where.find("/subscriptions")));
  EXPECT_EQ(status.body.dump(), R"({"status":"Succeeded"})");
  const auto done = get(path("d1") + "/operations");
  ASSERT_EQ(done.body["value"].size(), 3u);
  EXPECT_EQ(done.body["value"][2]["properties"]["targetResource"]["resourceName"], "a-late");
  const auto one = done.body["value"][0]["operationId"].get<std::string>();
  EXPECT_EQ(get(path("d1") + "/operations/" + one).body["operationId"], one);
  // Again under the same name: it replaces the first.
  EXPECT_EQ(deploy("d1", template_of(Json::array())).status, 200);
  EXPECT_EQ(get(path("d1") + "/operations").body["value"].size(), 0u);
}

TEST_F(DeploymentsTest, SayWhichResourceFailedAndWhy) {
  const auto answer = deploy("bad", template_of(Json::array({
                                        box_resource("good"),
                                        box_resource("bad", {{"location", "elsewhere"}}),
                                        box_resource("after", {{"dependsOn", Json::array({"bad"})}}),
                                    })));
  EXPECT_EQ(state(answer), "Failed");
  const auto& error = answer.body["properties"]["error"];
  EXPECT_EQ(error["code"], "DeploymentFailed");
  ASSERT_EQ(error["details"].size(), 1u);
  EXPECT_EQ(error["details"][0]["code"], "LocationNotAvailableForResourceType");
  EXPECT_EQ(error["details"][0]["target"], box("default", "bad"));
  EXPECT_EQ(get(box("default", "good")).status, 200);
  EXPECT_EQ(get(box("default", "after")).status, 404);
  const auto where = std::string(answer.headers.get("azure-asyncoperation"));
  const auto status = get(where.substr(where.find("/subscriptions")));
  EXPECT_EQ(status.body["status"], "Failed");
  EXPECT_EQ(status.body["error"]["code"], "DeploymentFailed");
  const auto done = get(path("bad") + "/operations").body["value"];
  ASSERT_EQ(done.size(), 2u);
  EXPECT_EQ(done[1]["properties"]["statusMessage"]["error"]["code"], "LocationNotAvailableForResourceType");
}

TEST_F(DeploymentsTest, AreRefusedBeforeAnythingIsWritten) {
  EXPECT_EQ(deploy("x", template_of(Json::array({box_resource("a", {{"dependsOn", Json::array({"b"})}}),
                                                 box_resource("b", {{"dependsOn", Json::array({"a"})}})})))
                .said(),
            "400 InvalidTemplate");
  EXPECT_EQ(deploy("x", template_of(Json::array()), {{"unknown", {{"value", 1}}}}).said(), "400 InvalidTemplate");
  EXPECT_EQ(put(path("x"), "{\"properties\": ").said(), "400 InvalidRequestContent");
  EXPECT_EQ(put(path("bad%20name"), body_of(template_of(Json::array()))).said(), "400 InvalidDeploymentName");
  auto linked = body_of(template_of(Json::array()));
  linked["properties"]["templateLink"] = {{"uri", "https://example.com/t.json"}};
  EXPECT_EQ(put(path("x"), linked).said(), "400 InvalidTemplate");
  EXPECT_EQ(get(path("x")).said(), "404 DeploymentNotFound");
  EXPECT_EQ(put(path("x", "nowhere"), body_of(template_of(Json::array()))).said(), "404 ResourceGroupNotFound");
}

TEST_F(DeploymentsTest, TakeTheBodyAsAzSendsIt) {
  const auto answer = put_deployment(path("az"), R"({"properties": {"mode": "incremental", "parameters": {}, template: {
    // a comment
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0", "resources": []}}})");
  EXPECT_EQ(state(answer), "Succeeded") << answer.body.dump();
}

TEST_F(DeploymentsTest, AreValidatedWithoutBeingMade) {
  const auto validate = [&](PrincipalId who, const Json& document) {
    return call_as(who, http::Method::kPost, path("v") + "/validate", body_of(document));
  };
  const auto good =
      template_of(Json::array({box_resource("a"), box_resource("b", {{"dependsOn", Json::array({"a"})},
                                                                     {"properties", {{"x", "[reference('a').y]"}}}})}));
  const auto answer = validate(owner_, good);
  EXPECT_EQ(state(answer), "Succeeded") << answer.body.dump();
  EXPECT_EQ(answer.body["properties"]["validatedResources"].size(), 2u);
  EXPECT_EQ(answer.body["properties"]["dependencies"][0]["dependsOn"][0]["resourceName"], "a");
  EXPECT_EQ(get(path("v")).status, 404);
  EXPECT_EQ(get(box("default", "a")).status, 404);
  EXPECT_EQ(validate(owner_, template_of(Json::array({box_resource("a", {{"type", "Sample.Boxes/nothing"}})}))).said(),
            "404 InvalidResourceType");
  EXPECT_EQ(
      validate(owner_, template_of(Json::array({box_resource("a", {{"properties", {{"x", "[nonsense()]"}}}})}))).said(),
      "400 InvalidTemplate");
  EXPECT_EQ(validate(stranger_, good).said(), "403 AuthorizationFailed");
}

// Whoever may deploy writes by its own right, resource by resource.
TEST_F(DeploymentsTest, GiveNobodyMoreThanItHas) {
  ASSERT_EQ(put(group("mine"), here()).status, 201);
  assign(stranger_, group("mine"), gate::authz::roles::kContributor);
  const auto outside =
      Json{{"type", "Microsoft.Resources/deployments"},
           {"apiVersion", "2021-04-01"},
           {"name", "inner"},
           {"resourceGroup", "default"},
           {"properties", {{"mode", "Incremental"}, {"template", template_of(Json::array({box_resource("stolen")}))}}}};
  const auto answer =
      end_of(path("d", "mine"), call_as(stranger_, http::Method::kPut, path("d", "mine"),
                                        body_of(template_of(Json::array({box_resource("ok"), outside})))));
  EXPECT_EQ(state(answer), "Failed");
  EXPECT_EQ(answer.body["properties"]["error"]["details"][0]["code"], "AuthorizationFailed");
  EXPECT_EQ(get(box("mine", "ok")).status, 200);
  EXPECT_EQ(get(box("default", "stolen")).status, 404);
  EXPECT_EQ(call_as(stranger_, http::Method::kPut, path("d"), body_of(template_of(Json::array()))).said(),
            "403 AuthorizationFailed");
}

TEST_F(DeploymentsTest, NestInBothScopes) {
  const auto inner =
      Json{{"type", "Microsoft.Resources/deployments"},
           {"apiVersion", "2021-04-01"},
           {"name", "inner"},
           {"resourceGroup", "other"},
           {"dependsOn", Json::array({"outer"})},
           {"properties",
            {{"mode", "Incremental"},
             {"expressionEvaluationOptions", {{"scope", "inner"}}},
             {"parameters", {{"name", {{"value", "[concat(variables('v'), '-in')]"}}}}},
             {"template",
              template_of(Json::array({box_resource("[parameters('name')]")}),
                          {{"parameters", {{"name", {{"type", "string"}}}}},
                           {"outputs", {{"in", {{"type", "string"}, {"value", "[resourceGroup().name]"}}}}}})}}}};
  const auto outer =
      Json{{"type", "Microsoft.Resources/deployments"},
           {"apiVersion", "2021-04-01"},
           {"name", "outer"},
           {"properties",
            {{"mode", "Incremental"},
             {"template", template_of(Json::array({box_resource("[concat(variables('v'), '-out')]")}))}}}};
  ASSERT_EQ(put(group("other"), here()).status, 201);
  const auto answer = deploy(
      "root",
      template_of(Json::array({inner, outer}),
                  {{"variables", {{"v", "x"}}},
                   {"outputs", {{"o", {{"type", "string"}, {"value", "[reference('inner').outputs.in.value]"}}}}}}));
  EXPECT_EQ(state(answer), "Succeeded") << answer.body.dump();
  EXPECT_EQ(answer.body["properties"]["outputs"]["o"]["value"], "other");
  EXPECT_EQ(get(box("other", "x-in")).status, 200);
  EXPECT_EQ(get(box("default", "x-out")).status, 200);
  EXPECT_EQ(state(get(path("inner", "other"))), "Succeeded");
  EXPECT_EQ(names(get(group("default") + "/providers/Microsoft.Resources/deployments")),
            (std::vector<std::string>{"outer", "root"}));
}

TEST_F(DeploymentsTest, OfASubscriptionMakeGroups) {
  const std::string at = sub() + "/providers/Microsoft.Resources/deployments/s1";
  auto body = body_of(template_of(Json::array(
      {Json{{"type", "Microsoft.Resources/resourceGroups"},
            {"apiVersion", "2021-04-01"},
            {"name", "made"},
            {"location", "local"}},
       Json{{"type", "Microsoft.Resources/deployments"},
            {"apiVersion", "2021-04-01"},
            {"name", "in"},
            {"resourceGroup", "made"},
            {"dependsOn", Json::array({"made"})},
            {"properties", {{"mode", "Incremental"}, {"template", template_of(Json::array({box_resource("b")}))}}}}})));
  EXPECT_EQ(put(at, body).said(), "400 LocationRequired");
  body["location"] = "local";
  EXPECT_EQ(state(put_deployment(at, body)), "Succeeded");
  EXPECT_EQ(get(box("made", "b")).status, 200);
  EXPECT_EQ(state(get(at)), "Succeeded");
}

TEST_F(DeploymentsTest, AreListedFilteredAndRemoved) {
  EXPECT_EQ(state(deploy("one", template_of(Json::array()))), "Succeeded");
  EXPECT_EQ(state(deploy("two", template_of(Json::array({box_resource("x", {{"location", "elsewhere"}})})))), "Failed");
  const std::string all = group("default") + "/providers/Microsoft.Resources/deployments";
  EXPECT_EQ(names(get(all)), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(names(get(all + "?$filter=provisioningState%20eq%20'Failed'")), (std::vector<std::string>{"two"}));
  EXPECT_EQ(names(get(all + "?$top=1")), (std::vector<std::string>{"one"}));
  EXPECT_EQ(call(http::Method::kHead, path("one")).status, 204);
  EXPECT_EQ(call(http::Method::kPost, path("one") + "/cancel").said(), "409 DeploymentCannotBeCancelled");
  EXPECT_EQ(remove(path("two")).status, 204);
  EXPECT_EQ(get(path("two")).said(), "404 DeploymentNotFound");
  restart();
  EXPECT_EQ(state(get(path("one"))), "Succeeded");
}

}  // namespace
}  // namespace freehold::resources
