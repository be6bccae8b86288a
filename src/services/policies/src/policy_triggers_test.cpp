// What deployIfNotExists does by itself, some time after a write.
#include "src/remediation_fixture.h"

namespace freehold::policies {
namespace {

using std::chrono::minutes;

class TriggersTest : public RemediationTest {
 protected:
  [[nodiscard]] bool deployed(std::size_t times) {
    return comes_true([&] { return manager_.writes().size() >= times; });
  }
  // Long enough for whoever looks every fifth of a second to have looked.
  [[nodiscard]] std::size_t writes_later() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(700);
    static_cast<void>(comes_true([&] { return std::chrono::steady_clock::now() > until; }));
    return manager_.writes().size();
  }
};

TEST_F(TriggersTest, WhatIsWrittenIsFollowedWhenItsTimeHasCome) {
  assign_acting(sub(), "lids", define("lids", lids()));
  put(box("a"), box_of("blue"));
  memory_.clock.advance(minutes(9));
  EXPECT_EQ(writes_later(), 0U);
  memory_.clock.advance(minutes(2));
  ASSERT_TRUE(deployed(1));
  EXPECT_EQ(manager_.writes()[0].body["properties"]["parameters"]["box"]["value"], box("a"));
  // It has one now.
  put(box("a"), box_of("red"));
  memory_.clock.advance(minutes(11));
  EXPECT_EQ(writes_later(), 1U);
}

TEST_F(TriggersTest, TheDelayIsWhatTheDefinitionSays) {
  assign_acting(group("g"), "now", define("now", lids({{"evaluationDelay", "AfterProvisioning"}})));
  assign_acting(group("h"), "never", define("never", lids({{"evaluationDelay", "AfterProvisioningFailure"}})));
  put(box("b", "h"), box_of("blue"));
  put(box("a", "g"), box_of("blue"));
  ASSERT_TRUE(deployed(1));
  memory_.clock.advance(minutes(600));
  EXPECT_EQ(writes_later(), 1U);
}

TEST_F(TriggersTest, WhatIsntEnforcedIsNotFollowedButRemediated) {
  const auto assignment = assign_acting(sub(), "lids", define("lids", lids({{"evaluationDelay", "PT0M"}})),
                                        {{"enforcementMode", "DoNotEnforce"}});
  put(box("a"), box_of("blue"));
  EXPECT_EQ(writes_later(), 0U);
  ASSERT_EQ(order(sub(), "mend", assignment).said(), "201");
  scan();
  EXPECT_EQ(end_of(order_id(sub(), "mend")), "Succeeded");
  EXPECT_EQ(manager_.writes().size(), 1U);
}

TEST_F(TriggersTest, TheNextProcessKnowsWhatWaits) {
  assign_acting(sub(), "lids", define("lids", lids()));
  put(box("a"), box_of("blue"));
  start_again();
  memory_.clock.advance(minutes(11));
  EXPECT_TRUE(deployed(1));
}

TEST_F(TriggersTest, WhatWasUnderWayIsLookedAtAgain) {
  assign_acting(sub(), "lids", define("lids", lids({{"evaluationDelay", "PT0S"}})));
  manager_.answer_by([](const SampleManager::Asked&) {
    return ManagerAnswer{.status = 200, .body = {{"properties", {{"provisioningState", "Running"}}}}};
  });
  put(box("a"), box_of("blue"));
  ASSERT_TRUE(deployed(1));
  service_->close_and_wait();
  succeed();
  restart();
  service_->start(loops_.context(0), manager_);
  EXPECT_TRUE(deployed(2));
  const auto writes = manager_.writes();
  EXPECT_EQ(writes[0].id, writes[1].id);  // the same deployment
}

TEST_F(TriggersTest, AWriteThatIsRefusedIsNotFollowed) {
  assign_acting(sub(), "lids", define("lids", lids({{"evaluationDelay", "PT0S"}})));
  put(box("a"), box_of("blue"));
  ASSERT_TRUE(deployed(1));
  EXPECT_EQ(writes_later(), 1U);
  EXPECT_EQ(remove(box("a") + "/lids/l").said(), "200");
  boxes_.refuse = gate::ApiError{.status = 400, .code = "Broken", .message = "No."};
  EXPECT_EQ(put(box("a"), box_of("red")).said(), "400 Broken");
  boxes_.refuse.reset();
  memory_.clock.advance(minutes(30));
  EXPECT_EQ(writes_later(), 1U);
}

// Else a policy whose template writes the very resource would never rest.
TEST_F(TriggersTest, WhatItsOwnIdentityWritesIsNotFollowed) {
  const auto assignment = assign_acting(sub(), "lids", define("lids", lids({{"evaluationDelay", "PT0S"}})));
  const auto person = who_;
  who_ = *parse_guid<PrincipalId>(get(assignment)["identity"]["principalId"].get<std::string>());
  put(box("a"), box_of("blue"));
  who_ = person;
  memory_.clock.advance(minutes(30));
  EXPECT_EQ(writes_later(), 0U);
}

TEST_F(TriggersTest, WhatIsGoneByThenIsForgotten) {
  assign_acting(sub(), "lids", define("lids", lids()));
  put(box("a"), box_of("blue"));
  put(box("b"), box_of("blue"));
  EXPECT_EQ(remove(box("a")).said(), "200");
  memory_.clock.advance(minutes(11));
  ASSERT_TRUE(deployed(1));
  EXPECT_EQ(writes_later(), 1U);
  EXPECT_EQ(manager_.writes()[0].body["properties"]["parameters"]["box"]["value"], box("b"));
}

TEST_F(TriggersTest, DelaysThatCantBeAreRefused) {
  for (const auto* delay : {"PT361M", "-PT1M", "soon", ""}) {
    const auto done = put(policy(sub(), "policyDefinitions", "d"),
                          {{"properties", {{"policyRule", lids({{"evaluationDelay", delay}})}}}});
    EXPECT_EQ(done.said(), "400 InvalidPolicyRule") << delay;
  }
  define("hours", lids({{"evaluationDelay", "PT6H"}}));
  define("asked", lids({{"evaluationDelay", "[parameters('d')]"}}),
         {{"parameters", {{"d", {{"type", "String"}, {"defaultValue", "PT5M"}}}}}});
}

}  // namespace
}  // namespace freehold::policies
