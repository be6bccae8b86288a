// Definitions, initiatives, assignments and exemptions as resources.
#include "src/policies_fixture.h"
#include "src/policy_rules.h"

namespace freehold::policies {
namespace {

TEST_F(PoliciesTest, ADefinitionIsKeptAndShown) {
  const auto id = define("no-red", deny("red"), {{"displayName", "No red"}, {"metadata", {{"category", "Paint"}}}});
  restart();
  const auto shown = get(id);
  EXPECT_EQ(shown["id"], id);
  EXPECT_EQ(shown["name"], "no-red");
  EXPECT_EQ(shown["type"], "Microsoft.Authorization/policyDefinitions");
  EXPECT_EQ(shown["properties"]["displayName"], "No red");
  EXPECT_EQ(shown["properties"]["policyType"], "Custom");
  EXPECT_EQ(shown["properties"]["mode"], "All");
  EXPECT_EQ(shown["properties"]["policyRule"], deny("red"));
  EXPECT_TRUE(shown["properties"]["metadata"].contains("createdOn"));
  EXPECT_EQ(get(policy(sub(), "POLICYDEFINITIONS", "No-Red"))["name"], "no-red");
  EXPECT_EQ(remove(id).said(), "200");
  EXPECT_EQ(remove(id).said(), "204");
  restart();
  EXPECT_TRUE(get(id).is_null());
}

TEST_F(PoliciesTest, ALongDefinitionIsKeptInParts) {
  const std::string text(200'000, 'x');
  const auto id = define("long", deny("red"), {{"description", text}});
  restart();
  EXPECT_EQ(get(id)["properties"]["description"], text);
  define("long", deny("red"), {{"description", "short"}});
  restart();
  EXPECT_EQ(get(id)["properties"]["description"], "short");
  EXPECT_EQ(put(id, {{"properties", {{"policyRule", deny("red")}, {"description", std::string(600'000, 'x')}}}}).said(),
            "413 RequestContentTooLarge");
}

TEST_F(PoliciesTest, WhatIsWrongIsNamed) {
  const auto at = policy(sub(), "policyDefinitions", "d");
  const auto said = [&](const Json& properties) { return put(at, {{"properties", properties}}).said(); };
  EXPECT_EQ(
      said({{"policyRule", {{"if", {{"field", "location"}, {"resembles", "x"}}}, {"then", {{"effect", "deny"}}}}}}),
      "400 InvalidPolicyRule");
  EXPECT_EQ(
      said({{"policyRule",
             {{"if", {{"field", "Sample.Boxes/boxes/weight"}, {"equals", "x"}}}, {"then", {{"effect", "deny"}}}}}}),
      "400 InvalidPolicyAlias");
  EXPECT_EQ(said({{"policyRule", deny("red")}, {"colour", 1}}), "400 InvalidRequestContent");
  EXPECT_EQ(put(at, {{"nothing", 1}}).said(), "400 InvalidRequestContent");
  EXPECT_EQ(put(policy(group(), "policyDefinitions", "d"), {{"properties", {{"policyRule", deny("red")}}}}).said(),
            "400 InvalidScope");
  EXPECT_EQ(put(policy(sub(), "policyAssignments", "a"),
                {{"properties", {{"policyDefinitionId", policy(sub(), "policyDefinitions", "none")}}}})
                .said(),
            "404 PolicyDefinitionNotFound");
  const auto id = define("d", deny("red"));
  EXPECT_EQ(put(policy(sub(), "policyAssignments", "a"),
                {{"properties", {{"policyDefinitionId", id}}}, {"identity", {{"type", "SystemAssigned"}}}})
                .said(),
            "400 LocationRequired");
  EXPECT_EQ(put(policy(sub(), "policyAssignments", "a"),
                {{"properties", {{"policyDefinitionId", id}, {"parameters", {{"x", {{"value", 1}}}}}}}})
                .said(),
            "400 UndefinedPolicyParameter");
  // A definition of one management group can't be used in another.
  EXPECT_EQ(
      put(policy(managing("dept"), "policyAssignments", "a"), {{"properties", {{"policyDefinitionId", id}}}}).said(),
      "400 InvalidCreatePolicyAssignmentRequest");
  EXPECT_EQ(put(policy(managing("dept"), "policyAssignments", std::string(25, 'n')),
                {{"properties", {{"policyDefinitionId", id}}}})
                .said(),
            "400 InvalidResourceName");
}

TEST_F(PoliciesTest, WhatIsUsedStays) {
  const auto definition = define("no-red", deny("red"));
  const auto set = policy(sub(), "policySetDefinitions", "paint");
  const Json body = {{"properties", {{"policyDefinitions", Json::array({{{"policyDefinitionId", definition}}})}}}};
  EXPECT_EQ(put(set, body).said(), "201");
  EXPECT_EQ(put(set, body).said(), "200");
  const auto assignment = assign(group(), "a", set);
  EXPECT_EQ(remove(definition).said(), "400 InvalidDeletePolicyDefinitionRequest");
  EXPECT_EQ(remove(set).said(), "400 InvalidDeletePolicySetDefinitionRequest");
  // What is assigned can't be altered so that the assignment no longer fits.
  EXPECT_EQ(
      put(definition,
          {{"properties", {{"policyRule", deny("[parameters('c')]")}, {"parameters", {{"c", {{"type", "String"}}}}}}}})
          .said(),
      "400 MissingPolicyParameter");
  EXPECT_EQ(remove(assignment).said(), "200");
  EXPECT_EQ(remove(set).said(), "200");
  EXPECT_EQ(remove(definition).said(), "200");
  EXPECT_EQ(put(set, body).said(), "404 PolicyDefinitionNotFound");
}

TEST_F(PoliciesTest, ListsShowWhatIsInForceAtAScope) {
  const auto top = define("top", deny("red"), Json::object(), managing("dept"));
  define("own", deny("blue"));
  assign(managing("dept"), "far", top);
  assign(sub(), "near", top);
  assign(group("g"), "here", top);
  assign(box("b", "h"), "below", top);
  EXPECT_EQ(names(sub(), "policyDefinitions"), (std::vector<std::string>{"own", "top"}));
  EXPECT_EQ(names(sub(), "policyDefinitions", "atExactScope()"), std::vector<std::string>{"own"});
  EXPECT_EQ(names(sub(), "policyAssignments"), (std::vector<std::string>{"below", "far", "here", "near"}));
  EXPECT_EQ(names(sub(), "policyAssignments", "atScope()"), (std::vector<std::string>{"far", "near"}));
  EXPECT_EQ(names(group("g"), "policyAssignments"), (std::vector<std::string>{"far", "here", "near"}));
  EXPECT_EQ(names(managing("dept"), "policyAssignments", "atScope()"), std::vector<std::string>{"far"});
  EXPECT_EQ(names(sub(), "policyAssignments", "policyDefinitionId eq '" + top + "' and atExactScope()"),
            std::vector<std::string>{"near"});
  EXPECT_EQ(names(sub(), "policyDefinitions", "policyType eq 'BuiltIn'"), std::vector<std::string>{});
  EXPECT_EQ(names(sub(), "policyAssignments", "name eq 'x'"), std::vector<std::string>{"InvalidFilterInQueryString"});
}

TEST_F(PoliciesTest, AListGoesOnBehindWhatAPageEndedWith) {
  for (const auto* name : {"c", "A", "b"}) define(name, deny("red"));
  const auto& row = *registry_->find("Microsoft.Authorization/policyDefinitions");
  const ResourceId at = *gate::resource::parse_resource_id(sub());
  gate::resource::Reading reading{.api_version = {}, .caller = caller(), .filter = "atExactScope()"};
  reading.most = 2;
  std::vector<std::string> seen;
  for (std::size_t page = 0; page < 2; ++page) {
    const auto found = run_blocking(row.behind->list(row, {.tenant = tenant_, .subscription = {}, .at = at}, reading));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->size(), page == 0 ? 2u : 1u);
    for (const auto& item : *found) seen.push_back(item["name"]);
    reading.behind = to_lower(found->back()["id"].get<std::string>());
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"A", "b", "c"}));
}

TEST_F(PoliciesTest, PublishedDefinitionsStandAtTheTenantUnderTheirOwnIds) {
  const auto published = policy("", "policyDefinitions", "published");
  EXPECT_EQ(put(published, {{"properties", {{"policyRule", deny("red")}, {"version", "2.1.0"}}}}).said(), "201");
  EXPECT_EQ(get(published)["properties"]["policyType"], "BuiltIn");
  EXPECT_EQ(names("/", "policyDefinitions"), std::vector<std::string>{"published"});
  const auto set = [&](std::string version) {
    return put(policy("", "policySetDefinitions", "set"),
               {{"properties",
                 {{"policyDefinitions",
                   Json::array({{{"policyDefinitionId", published}, {"definitionVersion", std::move(version)}}})}}}})
        .said();
  };
  EXPECT_EQ(set("2.*.*"), "201");
  EXPECT_EQ(set("3.*.*"), "400 InvalidRequestContent");
}

TEST(PolicyRules, VersionsOfDefinitions) {
  EXPECT_TRUE(takes_definition_version("1.*.*", "1.2.3"));
  EXPECT_TRUE(takes_definition_version("1.*.*", ""));
  EXPECT_TRUE(takes_definition_version("1.*.*-preview", "1.0.0-preview"));
  EXPECT_TRUE(takes_definition_version("1.2.*", "1.2.9"));
  EXPECT_FALSE(takes_definition_version("1.3.*", "1.2.9"));
  EXPECT_FALSE(takes_definition_version("2.*.*", "1.2.9"));
}

}  // namespace
}  // namespace freehold::policies
