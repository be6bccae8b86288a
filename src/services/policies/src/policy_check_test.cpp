// What policies forbid and alter, at the moment of the change.
#include "src/policies_fixture.h"
#include "src/tenant_policies.h"

namespace freehold::policies {
namespace {

using gate::resource::ApprovedChange;

TEST_F(PoliciesTest, WhatIsDeniedNamesItsPolicy) {
  const auto definition = define("no-red", deny("red"), {{"displayName", "No red boxes"}});
  const auto assignment = assign(group(), "paint", definition, {{"displayName", "Paint of g"}});
  EXPECT_EQ(put(box(), box_of("blue")).said(), "201");
  const auto refused = put(box("other"), box_of("red"));
  EXPECT_EQ(refused.said(), "403 RequestDisallowedByPolicy");
  ASSERT_EQ(refused.info.size(), 1U);
  EXPECT_EQ(refused.info[0]["type"], "PolicyViolation");
  EXPECT_EQ(refused.info[0]["info"]["policyAssignmentId"], assignment);
  EXPECT_EQ(refused.info[0]["info"]["policyDefinitionId"], definition);
  EXPECT_EQ(refused.info[0]["info"]["policyDefinitionEffect"], "Deny");
  EXPECT_NE(refused.message.find("'other' was disallowed by policy"), std::string::npos) << refused.message;
  EXPECT_TRUE(get(box("other")).is_null());
  EXPECT_EQ(change(ChangeKind::kPatch, box(), {{"properties", {{"colour", "red"}}}}).said(),
            "403 RequestDisallowedByPolicy");
  EXPECT_EQ(put(box("b", "h"), box_of("red")).said(), "201");
  restart();
  EXPECT_EQ(put(box("other"), box_of("red")).said(), "403 RequestDisallowedByPolicy");
  EXPECT_EQ(remove(assignment).said(), "200");
  EXPECT_EQ(put(box("other"), box_of("red")).said(), "201");
}

TEST_F(PoliciesTest, ScopesInheritAndExclude) {
  const auto definition = define("no-red", deny("red"), Json::object(), managing("dept"));
  assign(managing("dept"), "a", definition, {{"notScopes", Json::array({group("h")})}});
  EXPECT_EQ(put(box("b", "g"), box_of("red")).said(), "403 RequestDisallowedByPolicy");
  EXPECT_EQ(put(box("b", "h"), box_of("red")).said(), "201");
  assign(managing("dept"), "a", definition, {{"enforcementMode", "DoNotEnforce"}});
  EXPECT_EQ(put(box("b", "g"), box_of("red")).said(), "201");
}

TEST_F(PoliciesTest, ExemptionsHoldUntilTheyExpire) {
  const auto assignment = assign(sub(), "a", define("no-red", deny("red")));
  const auto exemption = policy(group(), "policyExemptions", "e");
  EXPECT_EQ(
      put(exemption,
          {{"properties",
            {{"policyAssignmentId", policy(sub(), "policyAssignments", "none")}, {"exemptionCategory", "Waiver"}}}})
          .said(),
      "404 PolicyAssignmentNotFound");
  const auto until = rfc3339_ticks(memory_.clock.now() + std::chrono::hours(1));
  EXPECT_EQ(
      put(exemption,
          {{"properties", {{"policyAssignmentId", assignment}, {"exemptionCategory", "Waiver"}, {"expiresOn", until}}}})
          .said(),
      "201");
  EXPECT_EQ(put(box("b", "g"), box_of("red")).said(), "201");
  EXPECT_EQ(put(box("b", "h"), box_of("red")).said(), "403 RequestDisallowedByPolicy");
  memory_.clock.advance(std::chrono::hours(2));
  EXPECT_EQ(put(box("b", "g"), box_of("red")).said(), "403 RequestDisallowedByPolicy");
  // It goes with its assignment.
  EXPECT_EQ(remove(assignment).said(), "200");
  EXPECT_TRUE(get(exemption).is_null());
}

// Who owns a corner doesn't get out from under what stands above it.
TEST_F(PoliciesTest, ExemptingTakesARightWhereTheAssignmentStands) {
  rights_.scope = group();
  const auto above = assign(sub(), "above", define("no-red", deny("red")));
  const auto here = assign(group(), "here", define("no-blue", deny("blue")));
  who_ = rights_.limited;
  const auto exempted_from = [](const std::string& assignment) {
    return Json{{"properties", {{"policyAssignmentId", assignment}, {"exemptionCategory", "Waiver"}}}};
  };
  const auto refused = put(policy(group(), "policyExemptions", "e"), exempted_from(above));
  EXPECT_EQ(refused.said(), "403 LinkedAuthorizationFailed");
  EXPECT_NE(refused.message.find("policyAssignments/exempt/action"), std::string::npos);
  EXPECT_EQ(put(policy(box(), "policyExemptions", "e"), exempted_from(here)).said(), "201");
  EXPECT_EQ(change(ChangeKind::kPatch, policy(box(), "policyExemptions", "e"), exempted_from(above)).said(),
            "403 LinkedAuthorizationFailed");
  EXPECT_EQ(put(box(), box_of("red")).said(), "403 RequestDisallowedByPolicy");
  EXPECT_EQ(put(box(), box_of("blue")).said(), "201");
}

// The resource manager keeps these itself and asks when they are written.
TEST_F(PoliciesTest, RolesAndLocksAreJudgedToo) {
  const Json owners = {{"if",
                        {{"allOf",
                          {{{"field", "type"}, {"equals", "Microsoft.Authorization/roleAssignments"}},
                           {{"field", "Microsoft.Authorization/roleAssignments/roleDefinitionId"},
                            {"contains", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}}}}},
                       {"then", {{"effect", "deny"}}}};
  const Json locks = {{"if", {{"field", "type"}, {"equals", "Microsoft.Authorization/locks"}}},
                      {"then", {{"effect", "denyAction"}, {"details", {{"actionNames", {"delete"}}}}}}};
  assign(group(), "owners", define("no-owners", owners, {{"mode", "All"}}));
  assign(sub(), "locks", define("locks-stay", locks, {{"mode", "All"}}));
  const auto ask = [&](ChangeKind kind, const std::string& id, Json resource) -> std::string {
    const bool deletes = kind == ChangeKind::kDelete;
    auto done = registry_->checks().approve({.kind = kind,
                                             .id = *gate::resource::parse_resource_id(id),
                                             .before = deletes ? resource : Json(nullptr),
                                             .after = deletes ? Json(nullptr) : resource,
                                             .caller = caller()});
    return done ? "fine" : done.error().code;
  };
  const auto role = [](std::string_view id) -> Json {
    return {{"properties",
             {{"roleDefinitionId", "/providers/Microsoft.Authorization/roleDefinitions/" + std::string(id)}}}};
  };
  const std::string name = "/providers/Microsoft.Authorization/roleAssignments/11111111-2222-3333-4444-555555555555";
  const std::string owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
  EXPECT_EQ(ask(ChangeKind::kPut, group() + name, role(owner)), "RequestDisallowedByPolicy");
  EXPECT_EQ(ask(ChangeKind::kPut, box() + name, role(owner)), "RequestDisallowedByPolicy");
  EXPECT_EQ(ask(ChangeKind::kPut, sub() + name, role(owner)), "fine");
  EXPECT_EQ(ask(ChangeKind::kPut, group() + name, role("acdd72a7-3385-48ef-bd42-f606fba81ae7")), "fine");
  const std::string lock = group() + "/providers/Microsoft.Authorization/locks/l";
  EXPECT_EQ(ask(ChangeKind::kPut, lock, {{"properties", {{"level", "ReadOnly"}}}}), "fine");
  EXPECT_EQ(ask(ChangeKind::kDelete, lock, {{"properties", {{"level", "ReadOnly"}}}}), "RequestDisallowedByPolicy");
  EXPECT_EQ(ask(ChangeKind::kDelete, group() + name, role(owner)), "fine");
}

// What an earlier program took and this one can't bind.
TEST_F(PoliciesTest, BrokenAssignmentsAreMendedOneByOne) {
  const gate::policy::AliasTable aliases;
  std::array<EntryMap, kKinds> maps;
  const auto assignment = [&](const std::string& name) {
    const Json body = {{"properties", {{"policyDefinitionId", policy(sub(), "policyDefinitions", "gone")}}}};
    return *make_entry(Kind::kAssignment, *gate::resource::parse_resource_id(policy(sub(), "policyAssignments", name)),
                       body, aliases);
  };
  const auto a = assignment("a");
  for (const auto& one : {a, assignment("b")}) maps[static_cast<std::size_t>(Kind::kAssignment)][one->key()] = one;
  TenantPolicies before(std::move(maps));
  before.compile_what_fits();
  ASSERT_EQ(before.broken().size(), 2U);
  TenantPolicies mended = before;
  mended.erase(Kind::kAssignment, a->key());
  EXPECT_TRUE(mended.compile_unless_worse(before).has_value());
  EXPECT_EQ(mended.broken().size(), 1U);
  TenantPolicies worse = before;
  worse.put(assignment("c"));
  EXPECT_FALSE(worse.compile_unless_worse(before).has_value());
  TenantPolicies again = before;
  again.put(assignment("a"));
  EXPECT_FALSE(again.compile_unless_worse(before).has_value());
}

TEST_F(PoliciesTest, ModifyAndAppendChangeWhatIsWritten) {
  const Json tag = {{"if", {{"field", "type"}, {"equals", "Sample.Boxes/boxes"}}},
                    {"then",
                     {{"effect", "modify"},
                      {"details",
                       {{"roleDefinitionIds", Json::array({"r"})},
                        {"operations", Json::array({{{"operation", "addOrReplace"},
                                                     {"field", "tags['cost']"},
                                                     {"value", "[resourceGroup().tags['cost']]"}}})}}}}}};
  assign_acting(sub(), "a", define("tag", tag));
  EXPECT_EQ(put(box(), box_of("blue")).resource["tags"]["cost"], "7");
}

TEST_F(PoliciesTest, DenyActionKeepsWhatItNames) {
  const Json keep = {{"if", {{"field", "type"}, {"equals", "Sample.Boxes/boxes"}}},
                     {"then", {{"effect", "denyAction"}, {"details", {{"actionNames", Json::array({"delete"})}}}}}};
  EXPECT_EQ(put(box(), box_of("blue")).said(), "201");
  const auto assignment = assign(sub(), "a", define("keep", keep));
  EXPECT_EQ(remove(box()).said(), "403 RequestDisallowedByPolicy");
  EXPECT_EQ(remove(assignment).said(), "200");
  EXPECT_EQ(remove(box()).said(), "200");
}

TEST_F(PoliciesTest, AnInitiativeBindsItsParameters) {
  const auto definition =
      define("colours", deny("[parameters('colour')]"), {{"parameters", {{"colour", {{"type", "String"}}}}}});
  const auto set = policy(sub(), "policySetDefinitions", "s");
  EXPECT_EQ(put(set, {{"properties",
                       {{"parameters", {{"wanted", {{"type", "String"}}}}},
                        {"policyDefinitions",
                         Json::array({{{"policyDefinitionId", definition},
                                       {"policyDefinitionReferenceId", "first"},
                                       {"parameters", {{"colour", {{"value", "[parameters('wanted')]"}}}}}}})}}}})
                .said(),
            "201");
  assign(sub(), "a", set, {{"parameters", {{"wanted", {{"value", "red"}}}}}});
  const auto refused = put(box(), box_of("red"));
  EXPECT_EQ(refused.said(), "403 RequestDisallowedByPolicy");
  EXPECT_EQ(refused.info[0]["info"]["policyDefinitionReferenceId"], "first");
  EXPECT_EQ(refused.info[0]["info"]["policySetDefinitionId"], set);
}

// DESIGN, section 2: nothing that was decided by earlier policies is written after the assignment is answered.
TEST_F(PoliciesTest, AnAssignmentWaitsForWhatWasDecidedBefore) {
  const auto definition = define("no-red", deny("red"));
  const auto decide = [&] {
    return registry_->checks().approve({.kind = ChangeKind::kPut,
                                        .id = *gate::resource::parse_resource_id(box()),
                                        .type = registry_->find("Sample.Boxes/boxes"),
                                        .api_version = "2021-04-01",
                                        .after = box_of("red"),
                                        .caller = caller()});
  };
  std::optional<ApprovedChange> under_way = *decide();
  std::atomic<bool> answered = false;
  std::thread assigning([&] {
    assign(sub(), "a", definition);
    answered = true;
  });
  // From here on new ones are refused, and still it isn't answered.
  while (decide()) std::this_thread::yield();
  EXPECT_FALSE(answered);
  under_way.reset();
  assigning.join();
  EXPECT_TRUE(answered);
}

// What a provider passes over is nothing to a policy.
TEST_F(PoliciesTest, AnotherSpellingIsNoPropertyAndNoTag) {
  const Json rule = {{"if",
                      {{"anyOf", Json::array({{{"field", "Sample.Boxes/boxes/colour"}, {"notEquals", "blue"}},
                                              {{"field", "tags.env"}, {"exists", false}}})}}},
                     {"then", {{"effect", "deny"}}}};
  assign(sub(), "blue", define("blue", rule));
  Json body = {{"location", "local"}, {"tags", {{"ENV", "x"}}}, {"properties", {{"colour", "blue"}}}};
  EXPECT_EQ(put(box(), body).said(), "201");
  body["properties"] = {{"Colour", "blue"}};
  EXPECT_EQ(put(box(), body).said(), "403 RequestDisallowedByPolicy");
  body = {{"location", "local"}, {"Tags", {{"env", "x"}}}, {"properties", {{"colour", "blue"}}}};
  EXPECT_EQ(put(box(), body).said(), "403 RequestDisallowedByPolicy");
}

// However many rules there are, and whatever each may take, a decision ends, and says no.
TEST_F(PoliciesTest, RulesThatTakeTooLongTogetherDeny) {
  std::string text = "'" + std::string(100, 'a') + "'";
  for (const auto* with : {"'a','aaaaaaaaaaa'", "'a','aaaaaaaa'", "'a','ab'"}) {
    text.insert(0, "replace(").append(",").append(with).append(")");
  }
  const Json heavy = {
      {"count",
       {{"value", "[range(0,100)]"}, {"name", "i"}, {"where", {{"value", "[" + text + "]"}, {"contains", "zz"}}}}},
      {"greater", 0}};
  const Json boxes = {{"field", "type"}, {"equals", "Sample.Boxes/boxes"}};
  const auto definition =
      define("heavy", {{"if", {{"allOf", Json::array({boxes, heavy})}}}, {"then", {{"effect", "audit"}}}});
  assign(group("h"), "one", definition);
  EXPECT_EQ(put(box("b", "h"), box_of("red")).said(), "201");
  for (int i = 0; i < 40; ++i) assign(group(), "h" + std::to_string(i), definition);
  const auto denied = put(box(), box_of("red"));
  EXPECT_EQ(denied.said(), "403 RequestDisallowedByPolicy");
  EXPECT_NE(denied.info.dump().find("take too long"), std::string::npos);
}

}  // namespace
}  // namespace freehold::policies
