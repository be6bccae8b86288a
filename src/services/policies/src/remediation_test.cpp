// Remediations: orders, what they come to, and what is done in whose name.
#include "src/remediation.h"
#include "src/remediation_fixture.h"
#include "src/remedy.h"

namespace freehold::policies {
namespace {

TEST_F(RemediationTest, WhatLacksSomethingGetsIt) {
  const auto assignment = assign_acting(sub(), "lids", define("lids", lids()));
  put(box("open"), box_of("blue"));
  put(box("bare", "h"), box_of("red"));
  put(box("shut"), box_of("blue"));
  put(box("shut") + "/lids/l", Json::object());
  const auto id = order_id(sub(), "mend");
  const auto ordered = order(sub(), "mend", assignment);
  ASSERT_EQ(ordered.said(), "201") << ordered.message;
  EXPECT_EQ(ordered.resource["properties"]["provisioningState"], "Accepted");
  EXPECT_EQ(ordered.resource["properties"]["resourceCount"], 500);
  scan();
  EXPECT_EQ(end_of(id), "Succeeded");
  const auto done = properties(id);
  EXPECT_EQ(done["deploymentStatus"],
            Json({{"totalDeployments", 2}, {"successfulDeployments", 2}, {"failedDeployments", 0}}));
  const std::string principal = get(assignment)["identity"]["principalId"];
  for (const auto& write : manager_.writes()) EXPECT_EQ(to_string(write.who), principal);
  const auto listed = act(id, "listDeployments").body["value"];
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0]["remediatedResourceId"], box("open"));
  EXPECT_EQ(listed[0]["status"], "Succeeded");
  EXPECT_EQ(listed[0]["resourceLocation"], "local");
  const std::string deployment = listed[1]["deploymentId"];
  EXPECT_TRUE(deployment.starts_with(group("h") + "/providers/Microsoft.Resources/deployments/PolicyDeployment_"))
      << deployment;
  EXPECT_FALSE(get(box("bare", "h") + "/lids/l").is_null());
  // Once is enough.
  scan();
  EXPECT_EQ(order(sub(), "again", assignment).said(), "201");
  scan();
  EXPECT_EQ(end_of(order_id(sub(), "again")), "Succeeded");
  EXPECT_EQ(properties(order_id(sub(), "again"))["deploymentStatus"]["totalDeployments"], 0);
}

TEST_F(RemediationTest, OnlyWhatIsAskedForIsMended) {
  const auto assignment = assign_acting(managing("dept"), "lids", define("lids", lids(), {}, managing("dept")));
  for (const auto* name : {"a", "b", "c"}) put(box(name), box_of("blue"));
  put(box("d", "h"), box_of("blue"));
  scan();
  const auto count = [&](const std::string& scope, const std::string& name, Json more) {
    EXPECT_EQ(order(scope, name, assignment, std::move(more)).said(), "201");
    scan();
    end_of(order_id(scope, name));
    return properties(order_id(scope, name))["deploymentStatus"]["totalDeployments"].get<int>();
  };
  refuse(404, "NotFound");  // so that nothing is mended
  EXPECT_EQ(count(managing("dept"), "all", {}), 4);
  EXPECT_EQ(count(managing("team"), "all", {}), 4);
  EXPECT_EQ(count(group(), "here", {}), 3);
  EXPECT_EQ(count(box("a"), "one", {}), 1);
  EXPECT_EQ(count(sub(), "two", {{"resourceCount", 2}}), 2);
  EXPECT_EQ(count(sub(), "far", {{"filters", {{"locations", {"else where"}}}}}), 0);
  EXPECT_EQ(count(sub(), "near", {{"filters", {{"locations", {"Local"}}}}}), 4);
  EXPECT_EQ(count(sub(), "named", {{"filters", {{"resourceIds", {box("b")}}}}}), 1);
  EXPECT_EQ(count(group(), "anew", {{"resourceDiscoveryMode", "ReEvaluateCompliance"}}), 3);
}

TEST_F(RemediationTest, OrdersThatCantBeAreRefused) {
  const auto assignment = assign_acting(group(), "lids", define("lids", lids()));
  const auto other = assign(group(), "no-red", define("no-red", deny("red")));
  const auto set = policy(sub(), "policySetDefinitions", "set");
  const Json listed =
      Json::array({{{"policyDefinitionId", define("more", lids())}, {"policyDefinitionReferenceId", "one"}}});
  ASSERT_EQ(put(set, {{"properties", {{"policyDefinitions", listed}}}}).said(), "201");
  const auto initiative = assign_acting(group(), "set", set);
  const auto code = [&](const std::string& scope, const std::string& of, Json more = Json::object()) {
    return order(scope, "r", of, std::move(more)).said();
  };
  const std::string bad = "400 InvalidCreateRemediationRequest";
  EXPECT_EQ(code(group(), policy(group(), "policyAssignments", "none")), bad);
  EXPECT_EQ(code(group("h"), assignment), bad);  // it isn't in force there
  EXPECT_EQ(code(group(), other), bad);
  EXPECT_EQ(code(group(), initiative), bad);
  EXPECT_EQ(code(group(), initiative, {{"policyDefinitionReferenceId", "two"}}), bad);
  EXPECT_EQ(code(group(), assignment, {{"parallelDeployments", 31}}), bad);
  EXPECT_EQ(code(group(), assignment, {{"resourceCount", 0}}), bad);
  EXPECT_EQ(code(group(), assignment, {{"resourceCount", 50'001}}), bad);
  EXPECT_EQ(code(group(), assignment, {{"failureThreshold", {{"percentage", 1.5}}}}), bad);
  EXPECT_EQ(code(group(), assignment, {{"resourceDiscoveryMode", "Guess"}}), bad);
  EXPECT_EQ(code(group(), assignment, {{"filters", {{"locations", "west"}}}}), "400 InvalidRequestContent");
  EXPECT_EQ(code(managing("dept"), assignment, {{"resourceDiscoveryMode", "ReEvaluateCompliance"}}), bad);
  EXPECT_EQ(put(order_id(group(), "r"), Json::object()).said(), "400 InvalidRequestContent");
  EXPECT_EQ(put(order_id("", "r"), {{"properties", {{"policyAssignmentId", assignment}}}}).said(), "400 InvalidScope");
  // One at a time; and what is active isn't altered nor removed.
  EXPECT_EQ(code(group(), initiative, {{"policyDefinitionReferenceId", "ONE"}}), "201");
  EXPECT_EQ(code(group(), assignment), "400 InvalidUpdateRemediationRequest");
  EXPECT_EQ(order(group(), "s", initiative, {{"policyDefinitionReferenceId", "one"}}).said(), bad);
  EXPECT_EQ(remove(order_id(group(), "r")).said(), "400 InvalidDeleteRemediationRequest");
  scan();
  EXPECT_EQ(end_of(order_id(group(), "r")), "Succeeded");
  EXPECT_EQ(act(order_id(group(), "r"), "cancel").said(), "400 InvalidCancelRemediationRequest");
  EXPECT_EQ(code(group(), assignment), "200");  // what has ended is replaced
  scan();
  end_of(order_id(group(), "r"));
  EXPECT_EQ(remove(order_id(group(), "r")).said(), "200");
  EXPECT_EQ(remove(order_id(group(), "r")).said(), "204");
}

TEST_F(RemediationTest, ModifyIsAppliedToWhatIsThere) {
  put(box("a"), box_of("blue"));
  Json has = box_of("blue");
  has["tags"] = {{"cost", "1"}};
  put(box("b"), has);
  const auto assignment = assign_acting(sub(), "tagged", define("tagged", tagged()));
  ASSERT_EQ(order(group(), "tag", assignment).said(), "201");
  scan();
  EXPECT_EQ(end_of(order_id(group(), "tag")), "Succeeded");
  const auto writes = manager_.writes();
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes[0].id, box("a") + "/providers/Microsoft.Resources/tags/default");
  EXPECT_EQ(writes[0].body, Json({{"operation", "Merge"}, {"properties", {{"tags", {{"cost", "7"}}}}}}));
}

TEST_F(RemediationTest, WhoMayNotFailsWithTheReason) {
  const auto assignment = assign_acting(sub(), "lids", define("lids", lids()));
  for (int i = 0; i < 8; ++i) put(box("b" + std::to_string(i)), box_of("blue"));
  refuse(403, "AuthorizationFailed");
  ASSERT_EQ(order(sub(), "all", assignment).said(), "201");
  scan();
  EXPECT_EQ(end_of(order_id(sub(), "all")), "Failed");
  const auto all = properties(order_id(sub(), "all"));
  EXPECT_EQ(all["deploymentStatus"]["failedDeployments"], 8);
  EXPECT_NE(all["statusMessage"].get<std::string>().find("AuthorizationFailed"), std::string::npos);
  EXPECT_EQ(act(order_id(sub(), "all"), "listDeployments").body["value"][0]["error"]["code"], "AuthorizationFailed");
  // Beyond the threshold the rest is left.
  scan();
  ASSERT_EQ(order(sub(), "some", assignment, {{"failureThreshold", {{"percentage", 0.2}}}, {"parallelDeployments", 1}})
                .said(),
            "201");
  scan();
  EXPECT_EQ(end_of(order_id(sub(), "some")), "Failed");
  EXPECT_EQ(properties(order_id(sub(), "some"))["deploymentStatus"]["failedDeployments"], 2);
  const auto page = act(order_id(sub(), "some"), "listDeployments", {{"$top", "3"}}).body;
  ASSERT_EQ(page["value"].size(), 3U);
  EXPECT_EQ(page["value"][2]["status"], "Canceled");
  EXPECT_EQ(act(order_id(sub(), "some"), "listDeployments", {{"$top", "x"}}).said(), "400 InvalidQueryParameter");
}

TEST_F(RemediationTest, WhatIsCancelledBeginsNothingMore) {
  const auto assignment = assign_acting(sub(), "lids", define("lids", lids()));
  for (int i = 0; i < 30; ++i) put(box("b" + std::to_string(i)), box_of("blue"));
  std::atomic<bool> hold = true;
  manager_.answer_by([&](const SampleManager::Asked&) {
    const auto* state = hold ? "Running" : "Succeeded";
    return ManagerAnswer{.status = 200, .body = {{"properties", {{"provisioningState", state}}}}};
  });
  const auto id = order_id(sub(), "all");
  ASSERT_EQ(order(sub(), "all", assignment).said(), "201");
  scan();
  ASSERT_TRUE(comes_true([&] { return !manager_.writes().empty(); }));
  EXPECT_EQ(act(id, "cancel").body["properties"]["provisioningState"], "Cancelling");
  hold = false;
  EXPECT_EQ(end_of(id), "Canceled");
  EXPECT_LE(manager_.writes().size(), 6U);  // as many as may be under way
}

TEST_F(RemediationTest, TheNextProcessGoesOn) {
  const auto assignment = assign_acting(sub(), "lids", define("lids", lids()));
  for (int i = 0; i < 20; ++i) put(box("b" + std::to_string(i)), box_of("blue"));
  std::atomic<int> good = 5;
  manager_.answer_by([&](const SampleManager::Asked& asked) {
    const bool done = asked.method == http::Method::kGet && good.fetch_sub(1) > 0;
    return ManagerAnswer{.status = 200,
                         .body = {{"properties", {{"provisioningState", done ? "Succeeded" : "Running"}}}}};
  });
  const auto id = order_id(sub(), "all");
  ASSERT_EQ(order(sub(), "all", assignment).said(), "201");
  scan();
  const auto mended = [&] { return properties(id)["deploymentStatus"]["successfulDeployments"].get<int>(); };
  ASSERT_TRUE(comes_true([&] { return mended() >= 5; }));
  service_->close_and_wait();
  EXPECT_EQ(properties(id)["provisioningState"], "InProgress");
  succeed();
  restart();
  service_->start(loops_.context(0), manager_);
  EXPECT_EQ(end_of(id), "Succeeded");
  EXPECT_EQ(mended(), 20);
  EXPECT_EQ(act(id, "listDeployments").body["value"].size(), 20U);
}

TEST_F(RemediationTest, AHouseThatIsFullIsAskedAgain) {
  const auto assignment = assign_acting(sub(), "lids", define("lids", lids()));
  put(box("a"), box_of("blue"));
  std::atomic<int> full = 1;
  manager_.answer_by([&](const SampleManager::Asked&) {
    if (full.fetch_sub(1) > 0) return ManagerAnswer{.status = 429};
    return ManagerAnswer{.status = 200, .body = {{"properties", {{"provisioningState", "Succeeded"}}}}};
  });
  ASSERT_EQ(order(sub(), "all", assignment).said(), "201");
  scan();
  EXPECT_EQ(end_of(order_id(sub(), "all")), "Succeeded");
}

TEST(Remedy, PatchesAreWhatDiffers) {
  const Json before = {{"tags", {{"a", "1"}}}, {"properties", {{"x", 1}, {"y", {{"z", 2}, {"w", 3}}}, {"gone", 1}}}};
  const Json after = {{"tags", {{"a", "1"}, {"b", "2"}}}, {"properties", {{"x", 1}, {"y", {{"z", 3}, {"w", 3}}}}}};
  const auto patch = patch_between(before, after);
  EXPECT_EQ(patch, Json({{"tags", {{"a", "1"}, {"b", "2"}}}, {"properties", {{"y", {{"z", 3}}}, {"gone", nullptr}}}}));
  EXPECT_EQ(gate::resource::overlay(before, patch), after);
  EXPECT_TRUE(patch_between(before, before).empty());
}

TEST(Remediation, RowsAreReadAsTheyWereWritten) {
  Remediation order{.id = *gate::resource::parse_resource_id(
                        "/providers/Microsoft.Management/managementGroups/m/providers/Microsoft.PolicyInsights/"
                        "remediations/r"),
                    .assignment_id = "/a",
                    .reference_id = "ref",
                    .locations = {"west"},
                    .threshold = 0.25,
                    .state = RemediationState::kCancelling,
                    .correlation = "c"};
  order.total = 7;
  order.failed = 2;
  const auto again = decode_remediation(encode(order));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(remediation_json(*again), remediation_json(order));
  const Remedy remedy{.number = 3, .resource = "/r", .state = RemedyState::kFailed, .error = {{"code", "x"}}};
  const auto read = decode_remedy(encode(remedy));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(remedy_json(*read), remedy_json(remedy));
  EXPECT_FALSE(decode_remediation("{\"v\":1,\"id\":\"x\"}").has_value());
  EXPECT_EQ(decode_remediation("{\"v\":2}").error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace freehold::policies
