// What policies say of what is there: states, sums, scans, and of what isn't there yet.
#include "src/policies_fixture.h"

namespace freehold::policies {
namespace {

TEST_F(PoliciesTest, WhatIsWrittenIsJudgedAtOnce) {
  put(box("before"), box_of("red"));
  auto audit = deny("red");
  audit["then"]["effect"] = "audit";
  const auto assignment = assign(group(), "paint", define("no-red", audit, {{"metadata", {{"category", "Paint"}}}}));
  put(box("red"), box_of("red"));
  put(box("blue"), box_of("blue"));
  put(box("away", "h"), box_of("red"));
  auto states = query(group());
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(states[1]["resourceId"], box("red"));
  EXPECT_EQ(states[1]["complianceState"], "NonCompliant");
  EXPECT_EQ(states[1]["isCompliant"], false);
  EXPECT_EQ(states[1]["policyAssignmentId"], assignment);
  EXPECT_EQ(states[1]["policyDefinitionAction"], "audit");
  EXPECT_EQ(states[1]["policyDefinitionCategory"], "Paint");
  EXPECT_EQ(states[0]["complianceState"], "Compliant");
  // A scan finds what was there before.
  scan();
  EXPECT_EQ(query(group(), {{"$filter", "complianceState eq 'NonCompliant'"}}).size(), 2U);
  EXPECT_EQ(query(sub(), {{"$filter", "resourceId eq '" + box("red") + "'"}, {"$select", "resourceId"}})[0].size(), 3U);
  EXPECT_EQ(query(sub(), {{"$top", "1"}, {"$orderby", "resourceId desc"}})[0]["resourceId"], box("red"));
  const auto details = query(box("red"), {{"$expand", "PolicyEvaluationDetails"}});
  ASSERT_EQ(details.size(), 1U);
  EXPECT_EQ(details[0]["policyEvaluationDetails"]["evaluatedExpressions"][0]["expressionValue"], "red");
  remove(box("red"));
  EXPECT_EQ(query(box("red")).size(), 0U);
  remove(assignment);
  EXPECT_EQ(query(sub()).size(), 0U);
}

TEST_F(PoliciesTest, StatesAreSummedUp) {
  auto audit = deny("red");
  audit["then"]["effect"] = "audit";
  assign(sub(), "paint", define("no-red", audit));
  put(box("red"), box_of("red"));
  put(box("blue"), box_of("blue"));
  put(box("red", "h"), box_of("red"));
  const auto sum = ask(sub(), "summarize").body["value"][0];
  EXPECT_EQ(sum["results"]["nonCompliantResources"], 2);
  EXPECT_EQ(sum["results"]["nonCompliantPolicies"], 1);
  ASSERT_EQ(sum["policyAssignments"].size(), 1U);
  EXPECT_EQ(sum["policyAssignments"][0]["policyDefinitions"][0]["effect"], "audit");
  EXPECT_EQ(ask(managing("dept"), "summarize").body["value"][0]["results"]["nonCompliantResources"], 2);
  EXPECT_EQ(ask(managing("other"), "summarize").body["value"][0]["results"]["nonCompliantResources"], 0);
}

TEST_F(PoliciesTest, AScanLooksForWhatBelongsToAResource) {
  const Json lids = {{"if", {{"field", "type"}, {"equals", "Sample.Boxes/boxes"}}},
                     {"then", {{"effect", "auditIfNotExists"}, {"details", {{"type", "Sample.Boxes/boxes/lids"}}}}}};
  assign(sub(), "lids", define("lids", lids));
  put(box("shut"), box_of("blue"));
  put(box("shut") + "/lids/l", Json::object());
  put(box("open"), box_of("blue"));
  EXPECT_EQ(query(sub()).size(), 0U);
  scan();
  const auto states = query(sub(), {{"$orderby", "resourceId"}});
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(states[0]["complianceState"], "NonCompliant");
  EXPECT_EQ(states[1]["complianceState"], "Compliant");
}

constexpr gate::resource::PropertyAlias kNoteAliases[] = {{"Sample.Notes/notes/pinned", "properties.pinned"}};

// What extends a resource belongs to that resource, not to its neighbours, and isn't judged itself.
TEST_F(PoliciesTest, AScanLooksForWhatExtendsAResource) {
  add_types = [this](gate::resource::Registry& registry) {
    registry.add({.provider = "Sample.Notes",
                  .type = "notes",
                  .api_versions = {"2021-04-01"},
                  .at = gate::resource::ScopeKind::kResource,
                  .verbs = gate::resource::kGet | gate::resource::kPut | gate::resource::kListInGroup,
                  .tracked = false,
                  .aliases = kNoteAliases,
                  .behind = &boxes_});
  };
  restart();
  const Json details = {{"type", "Sample.Notes/notes"},
                        {"existenceCondition", {{"field", "Sample.Notes/notes/pinned"}, {"equals", true}}}};
  const Json noted = {{"if", {{"field", "type"}, {"equals", "Sample.Boxes/boxes"}}},
                      {"then", {{"effect", "auditIfNotExists"}, {"details", details}}}};
  assign(sub(), "noted", define("noted", noted));
  for (const auto* name : {"a", "b", "c"}) put(box(name), box_of("blue"));
  put(box("a") + "/providers/Sample.Notes/notes/n", {{"properties", {{"pinned", true}}}});
  put(box("b") + "/providers/Sample.Notes/notes/n", {{"properties", {{"pinned", false}}}});
  scan();
  const auto states = query(sub(), {{"$orderby", "resourceId"}});
  ASSERT_EQ(states.size(), 3U);
  EXPECT_EQ(states[0]["complianceState"], "Compliant");
  EXPECT_EQ(states[1]["complianceState"], "NonCompliant");
  EXPECT_EQ(states[2]["complianceState"], "NonCompliant");
}

TEST_F(PoliciesTest, QueriesThatArentUnderstoodAreRefused) {
  EXPECT_EQ(ask(sub(), "queryResults", {{"$filter", "complianceState is 'x'"}}).said(), "400 InvalidQueryParameter");
  EXPECT_EQ(ask(sub(), "queryResults", {{"$apply", "groupby((x))"}}).said(), "501 NotImplemented");
  EXPECT_EQ(ask(sub(), "queryResults", {{"$orderby", "a b c"}}).said(), "400 InvalidQueryParameter");
  EXPECT_EQ(ask(sub(), "queryResults", {{"$from", "yesterday"}}).said(), "400 InvalidQueryParameter");
  EXPECT_EQ(ask(sub(), "queryResults", {{"$filter", std::string(5'000, '(')}}).said(), "400 InvalidQueryParameter");
}

TEST_F(PoliciesTest, RestrictionsTellBeforehand) {
  assign(group(), "paint", define("no-red", deny("red")));
  const Json body = {
      {"resourceDetails",
       {{"resourceContent", {{"type", "Sample.Boxes/boxes"}, {"name", "n"}, {"properties", {{"colour", "red"}}}}}}},
      {"pendingFields",
       Json::array({{{"field", "Sample.Boxes/boxes/colour"}, {"values", Json::array({"red", "blue"})}}})}};
  const auto answer = ask(group(), "checkPolicyRestrictions", {}, body);
  ASSERT_EQ(answer.said(), "200");
  EXPECT_EQ(answer.body["contentEvaluationResult"]["policyEvaluations"][0]["evaluationResult"], "NonCompliant");
  EXPECT_EQ(answer.body["fieldRestrictions"][0]["restrictions"][0]["values"], Json::array({"red"}));
  EXPECT_EQ(ask(group(), "checkPolicyRestrictions", {}, {{"x", 1}}).said(), "400 InvalidRequestContent");
}

TEST_F(PoliciesTest, WhatIsAskedBeforehandIsBounded) {
  assign(group(), "paint", define("no-red", deny("red")));
  Json content = {{"type", "Sample.Boxes/boxes"}, {"name", "n"}, {"tags", "none"}, {"properties", {{"colour", "red"}}}};
  Json body = {{"resourceDetails", {{"resourceContent", content}}},
               {"pendingFields", Json::array({{{"field", "tags.a"}, {"values", Json::array({"x"})}}})}};
  EXPECT_EQ(ask(group(), "checkPolicyRestrictions", {}, body).said(), "200");
  for (int i = 0; i < 3; ++i) body["pendingFields"].push_back({{"field", "tags.b"}, {"values", Json(100, "x")}});
  EXPECT_EQ(ask(group(), "checkPolicyRestrictions", {}, body).said(), "400 InvalidRequestContent");
  body.erase("pendingFields");
  content["properties"]["long"] = std::string(100'000, 'x');
  body["resourceDetails"]["resourceContent"] = content;
  EXPECT_EQ(ask(group(), "checkPolicyRestrictions", {}, body).said(), "413 RequestContentTooLarge");
}

TEST_F(PoliciesTest, LongAnswersComeInPages) {
  auto audit = deny("red");
  audit["then"]["effect"] = "audit";
  assign(sub(), "paint", define("no-red", audit));
  for (int i = 0; i < 5; ++i) put(box("b" + std::to_string(i)), box_of(i % 2 == 0 ? "red" : "blue"));
  EXPECT_EQ(query(sub(), {{"$skiptoken", "3"}}).size(), 2U);
  EXPECT_EQ(query(sub(), {{"$top", "2"}})[1]["resourceId"], box("b1"));
  const auto sorted = query(sub(), {{"$orderby", "complianceState desc,resourceId desc"}, {"$skiptoken", "2"}});
  ASSERT_EQ(sorted.size(), 3U);
  EXPECT_EQ(sorted[0]["resourceId"], box("b0"));
  EXPECT_EQ(sorted[1]["resourceId"], box("b3"));
}

}  // namespace
}  // namespace freehold::policies
