// What policies say of objects inside of resources.
#include "src/policies_fixture.h"

namespace freehold::policies {
namespace {

using gate::resource::DataObject;

constexpr gate::resource::PropertyAlias kPearls[] = {{"Sample.Boxes.Data/boxes/pearls/size", "properties.size"},
                                                     {"Sample.Boxes.Data/boxes/pearls/until", "properties.until"}};
constexpr gate::resource::DataType kTypes[] = {{"Sample.Boxes.Data/boxes/pearls", kPearls}};

class DataCheckTest : public PoliciesTest {
 protected:
  DataCheckTest() {
    data_types_ = kTypes;
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
