#include "src/activity_filter.h"

#include <gtest/gtest.h>

namespace freehold::insights {
namespace {

TEST(ActivityFilter, AsAzSendsIt) {
  const auto filter = parse_activity_filter(
      "eventTimestamp ge 2026-11-22T09:00:00.123456 and eventTimestamp le 2026-11-22T10:00:00 and resourceGroupName eq "
      "'it''s' and caller eq 'me' and status eq 'Failed'");
  ASSERT_TRUE(filter) << filter.error();
  EXPECT_EQ(filter->from, parse_iso8601("2026-11-22T09:00:00.123456Z"));
  EXPECT_EQ(filter->to, parse_iso8601("2026-11-22T10:00:00Z"));
  ASSERT_EQ(filter->clauses.size(), 3u);
  EXPECT_EQ(filter->clauses[0].value, "it's");
}

TEST(ActivityFilter, AsSdksAndThePortalSendIt) {
  EXPECT_TRUE(parse_activity_filter(
      "eventTimestamp ge '2026-11-22T09:00:00Z' and eventTimestamp le '2026-11-22T09:00:00+00:00' and eventChannels eq "
      "'Admin, Operation' and resourceUri eq '/subscriptions/s'"));
  EXPECT_TRUE(parse_activity_filter(""));
}

TEST(ActivityFilter, RefusesWhatItDoesntUnderstand) {
  for (const auto text : {"eventTimestamp gt '2026-11-22'", "eventTimestamp ge 'soon'", "caller ne 'me'",
                          "colour eq 'red'", "caller eq 'me' or status eq 'x'", "caller eq 'me", "caller eq 'me' and",
                          "caller eq", "caller", "caller eq 'me' caller eq 'me'", "eventChannels eq 'Debug'"}) {
    EXPECT_FALSE(parse_activity_filter(text)) << text;
  }
  std::string many = "caller eq 'a'";
  for (int i = 0; i < 16; ++i) many += " and caller eq 'a'";
  EXPECT_FALSE(parse_activity_filter(many));
}

TEST(ActivitySelect, NamesMembersInAnyCase) {
  EXPECT_EQ(parse_select("EventName , id"), (std::vector<std::string>{"eventName", "id"}));
  EXPECT_TRUE(parse_select("")->empty());
  EXPECT_FALSE(parse_select("id,secret"));
}

}  // namespace
}  // namespace freehold::insights
