// What policies say of objects inside of resources.
#include "src/policies_fixture.h"

namespace freehold::policies {
namespace {

using gate::resource::DataObject;

constexpr gate::resource::PropertyAlias kPearls[] = {{"Sample.Boxes.Data/boxes/pearls/size", "properties.size"},
                                                     {"Sample.Boxes.Data/boxes/pearls/until", "properties.until"}};
constexpr gate::resource::DataType kTypes[] = {{"Sample.Boxes.Data/boxes/pearls", kPearls}};

// Two a page.
class SamplePearls final : public gate::resource::DataObjects {
 public:
  std::string_view container_type() const override { return "Sample.Boxes/boxes"; }
  std::string_view mode() const override { return "Microsoft.KeyVault.Data"; }
  runtime::Task<Result<gate::resource::DataPage>> page(ResourceId container, std::string type, std::string from,
                                                       gate::resource::Caller caller) override {
    ++asked;
    if (broken) co_return fail(ErrorCode::kUnavailable, "not now");
    gate::resource::DataPage out;
    const auto& mine = pearls[container.text()];
    std::size_t place = from.empty() ? 0 : std::stoul(from);
    for (const auto end = std::min(place + 2, mine.size()); place < end; ++place) {
      out.objects.push_back({.container = container,
                             .mode = mode(),
                             .type = "Sample.Boxes.Data/boxes/pearls",
                             .name = "pearls/" + mine[place].first,
                             .resource = {{"properties", {{"size", mine[place].second}}}},
                             .caller = caller});
    }
    EXPECT_EQ(type, "Sample.Boxes.Data/boxes/pearls");
    if (place < mine.size()) out.next = std::to_string(place);
    co_return out;
  }
  std::map<std::string, std::vector<std::pair<std::string, int>>> pearls;
  int asked = 0;
  bool broken = false;
};

class DataCheckTest : public PoliciesTest {
 protected:
  DataCheckTest() {
    data_types_ = kTypes;
    data_objects_ = &objects_;
    restart();
  }
  // "allowed", or whose policies say no.
  std::string says(const Json& properties, const std::string& in = "g",
                   std::string_view mode = "Microsoft.KeyVault.Data") {
    const auto done = service_->data_policy().check({.container = *gate::resource::parse_resource_id(box("b", in)),
                                                     .mode = mode,
                                                     .type = "Sample.Boxes.Data/boxes/pearls",
                                                     .name = "pearls/p",
                                                     .resource = {{"properties", properties}},
                                                     .caller = caller()});
    return done ? "allowed" : done.error().policies.front();
  }
  std::string define_small(const std::string& effect = "deny") {
    return define("no-small",
                  {{"if",
                    {{"allOf",
                      {{{"field", "type"}, {"equals", "Sample.Boxes.Data/boxes/pearls"}},
                       {{"field", "Sample.Boxes.Data/boxes/pearls/size"}, {"less", 8}}}}}},
                   {"then", {{"effect", effect}}}},
                  {{"mode", "Microsoft.KeyVault.Data"}, {"displayName", "No small pearls"}});
  }
  // Of each component, in order: "p1 NonCompliant".
  std::vector<std::string> components(const std::string& at, const std::string& expand = "components") {
    std::vector<std::string> out;
    const auto states = query(at, {{"$expand", expand}});
    if (states.size() != 1 || !states[0].contains("components")) return {"none"};
    for (const auto& one : states[0]["components"]) {
      EXPECT_EQ(one["type"], "Sample.Boxes.Data/boxes/pearls");
      EXPECT_EQ(one["id"], at + "/pearls/" + one["name"].get<std::string>());
      out.push_back(one["name"].get<std::string>() + " " + one["complianceState"].get<std::string>());
    }
    return out;
  }
  SamplePearls objects_;
};

TEST_F(DataCheckTest, WhatIsDeniedNamesItsPolicies) {
  EXPECT_EQ(says({{"size", 3}}), "allowed");
  const auto assignment =
      assign(group(), "a", define_small(), {{"nonComplianceMessages", {{{"message", "Larger ones, please."}}}}});
  EXPECT_EQ(says({{"size", 3}}), "No small pearls (" + assignment + "): Larger ones, please.");
  EXPECT_EQ(says({{"size", 8}}), "allowed");
  EXPECT_EQ(says({{"size", 3}}, "h"), "allowed");
  // Another mode's object, and a change of a resource, are none of its business.
  EXPECT_EQ(says({{"size", 3}}, "g", "Other.Data"), "allowed");
  EXPECT_EQ(put(box(), box_of("blue")).said(), "201");
  restart();
  EXPECT_NE(says({{"size", 3}}), "allowed");
  EXPECT_EQ(remove(assignment).said(), "200");
  EXPECT_EQ(says({{"size", 3}}), "allowed");
}

TEST_F(DataCheckTest, ScopesModesOfEnforcementAndExemptionsHold) {
  const auto definition = define_small();
  const auto assignment = assign(sub(), "a", definition, {{"notScopes", {group("h")}}});
  EXPECT_NE(says({{"size", 3}}), "allowed");
  EXPECT_EQ(says({{"size", 3}}, "h"), "allowed");
  const auto exempted = [&](const std::string& scope) {
    const auto id = policy(scope, "policyExemptions", "e");
    EXPECT_EQ(put(id, {{"properties", {{"policyAssignmentId", assignment}, {"exemptionCategory", "Waiver"}}}}).said(),
              "201");
    const bool allowed = says({{"size", 3}}) == "allowed";
    EXPECT_EQ(remove(id).said(), "200");
    return allowed;
  };
  EXPECT_TRUE(exempted(group()));
  EXPECT_TRUE(exempted(box()));
  EXPECT_FALSE(exempted(group("h")));
  assign(sub(), "a", definition, {{"enforcementMode", "DoNotEnforce"}});
  EXPECT_EQ(says({{"size", 3}}), "allowed");
  assign(
      managing("dept"), "above",
      define("all-small",
             {{"if", {{"field", "Sample.Boxes.Data/boxes/pearls/size"}, {"less", 8}}}, {"then", {{"effect", "deny"}}}},
             {{"mode", "Microsoft.KeyVault.Data"}}, managing("dept")));
  EXPECT_NE(says({{"size", 3}}), "allowed");
}

TEST_F(DataCheckTest, AuditsDontDenyAndErrorsDo) {
  assign(group(), "a", define_small("audit"));
  EXPECT_EQ(says({{"size", 3}}), "allowed");
  assign(group(), "b",
         define("until",
                {{"if",
                  {{"value", "[addDays(field('Sample.Boxes.Data/boxes/pearls/until'), 1)]"}, {"less", "[utcNow()]"}}},
                 {"then", {{"effect", "deny"}}}},
                {{"mode", "Microsoft.KeyVault.Data"}}));
  EXPECT_EQ(says({{"size", 9}, {"until", rfc3339(memory_.clock.now())}}), "allowed");
  EXPECT_NE(says({{"size", 9}, {"until", rfc3339(memory_.clock.now() - std::chrono::hours(48))}}), "allowed");
  EXPECT_NE(says({{"size", 9}, {"until", "never"}}), "allowed");
}

TEST_F(DataCheckTest, AliasesOfItsTypesAreKnown) {
  const auto rule = [](const char* field) {
    return Json{{"mode", "Microsoft.KeyVault.Data"},
                {"policyRule",
                 {{"if", {{"field", std::string("Sample.Boxes.Data/boxes/pearls/") + field}, {"exists", true}}},
                  {"then", {{"effect", "deny"}}}}}};
  };
  EXPECT_EQ(put(policy(sub(), "policyDefinitions", "d"), {{"properties", rule("size")}}).said(), "201");
  EXPECT_EQ(put(policy(sub(), "policyDefinitions", "e"), {{"properties", rule("weight")}}).said(),
            "400 InvalidPolicyAlias");
}

using Strings = std::vector<std::string>;

TEST_F(DataCheckTest, ScansLookInside) {
  put(box("a"), box_of("blue"));
  put(box("b"), box_of("blue"));
  put(box("empty"), box_of("blue"));
  put(box("away", "h"), box_of("blue"));
  for (const auto& id : {box("a"), box("away", "h")}) objects_.pearls[id] = {{"p1", 9}, {"p2", 3}, {"p3", 8}};
  objects_.pearls[box("b")] = {{"p1", 9}};
  scan();
  EXPECT_EQ(objects_.asked, 0) << "nothing says anything of them";
  const auto assignment = assign(group(), "a", define_small("audit"));
  scan();
  EXPECT_EQ(objects_.asked, 4) << "two pages of one box, one of each other, and none where it isn't assigned";
  const auto states = query(group());
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(states[0]["resourceId"], box("a"));
  EXPECT_EQ(states[0]["resourceType"], "Sample.Boxes/boxes");
  EXPECT_EQ(states[0]["complianceState"], "NonCompliant");
  EXPECT_EQ(states[0]["policyAssignmentId"], assignment);
  EXPECT_EQ(states[0]["policyDefinitionAction"], "audit");
  EXPECT_FALSE(states[0].contains("components"));
  EXPECT_EQ(states[1]["complianceState"], "Compliant");
  EXPECT_EQ(components(box("a")), (Strings{"p2 NonCompliant", "p1 Compliant", "p3 Compliant"}));
  EXPECT_EQ(components(box("a"), "components($filter=ComplianceState eq 'NonCompliant'),PolicyEvaluationDetails"),
            (Strings{"p2 NonCompliant"}));
  const auto details = query(box("a"), {{"$expand", "PolicyEvaluationDetails, components($filter=name eq 'p3')"}});
  EXPECT_EQ(details[0]["policyEvaluationDetails"]["evaluatedExpressions"][1]["expressionValue"], 3);
  EXPECT_EQ(details[0]["components"][0]["name"], "p3");
  const auto sum = ask(group(), "summarize").body["value"][0];
  EXPECT_EQ(sum["results"]["nonCompliantResources"], 1);
  // A change of the box is judged at once, and what is inside with the next scan.
  objects_.pearls[box("a")] = {{"p1", 9}};
  put(box("a"), box_of("red"));
  EXPECT_EQ(query(box("a"))[0]["complianceState"], "NonCompliant");
  scan();
  EXPECT_EQ(query(box("a"))[0]["complianceState"], "Compliant");
  remove(box("a"));
  EXPECT_EQ(query(box("a")).size(), 0U);
}

TEST_F(DataCheckTest, ScansInsideTakeExemptionsAndDenials) {
  put(box(), box_of("blue"));
  objects_.pearls[box()] = {{"p1", 9}, {"p2", 3}};
  const auto assignment = assign(sub(), "a", define_small("deny"));
  scan();
  EXPECT_EQ(components(box()), (Strings{"p2 NonCompliant", "p1 Compliant"})) << "was there before";
  put(policy(box(), "policyExemptions", "e"),
      {{"properties", {{"policyAssignmentId", assignment}, {"exemptionCategory", "Waiver"}}}});
  scan();
  EXPECT_EQ(query(box())[0]["complianceState"], "Exempt");
  objects_.broken = true;
  scan();
  EXPECT_EQ(query(box()).size(), 0U) << "nothing is known of what can't be read";
}

TEST_F(DataCheckTest, ExpandsThatArentUnderstoodAreRefused) {
  const auto said = [this](const std::string& expand) {
    return ask(group(), "queryResults", {{"$expand", expand}}).said();
  };
  EXPECT_EQ(said("components"), "200");
  EXPECT_EQ(said("components($filter=name eq 'p'"), "400 InvalidQueryParameter");
  EXPECT_EQ(said("components($filter=name zz 'p')"), "400 InvalidQueryParameter");
  EXPECT_EQ(said("componentsPolicyEvaluationDetails"), "400 InvalidQueryParameter");
  EXPECT_EQ(said("everything").substr(0, 3), "501");
}

// Whoever altered the policies is answered when nothing is still to be written that was decided before.
TEST_F(DataCheckTest, WhatWasDecidedBeforeIsWaitedFor) {
  const auto held = service_->data_policy().check({.container = *gate::resource::parse_resource_id(box()),
                                                   .mode = "Microsoft.KeyVault.Data",
                                                   .type = "Sample.Boxes.Data/boxes/pearls",
                                                   .name = "pearls/p",
                                                   .resource = Json::object(),
                                                   .caller = caller()});
  ASSERT_TRUE(held.has_value());
  EXPECT_NE(*held, nullptr);
}

}  // namespace
}  // namespace freehold::policies
