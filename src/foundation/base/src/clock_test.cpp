#include "base/clock.h"

#include <gtest/gtest.h>

namespace freehold {
namespace {

const WallTime kExample(std::chrono::seconds(784111777));  // RFC 9110 section 5.6.7

TEST(Clock, HttpDates) {
  EXPECT_EQ(http_date(kExample), "Sun, 06 Nov 1994 08:49:37 GMT");
  for (const char* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(parse_http_date(text), kExample) << text;
  }
}

TEST(Clock, BadHttpDatesAreRefused) {
  for (const char* text : {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 32 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ", "06 Nov 1994"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

TEST(Clock, IsoForms) {
  EXPECT_EQ(rfc3339(kExample), "1994-11-06T08:49:37Z");
  EXPECT_EQ(rfc3339_ticks(kExample + std::chrono::microseconds(12)), "1994-11-06T08:49:37.0000120Z");
  EXPECT_EQ(parse_iso8601("1994-11-06T08:49:37Z"), kExample);
  EXPECT_EQ(parse_iso8601("1994-11-06T08:49:37.0000120Z"), kExample + std::chrono::microseconds(12));
  EXPECT_EQ(parse_iso8601("1994-11-06T08:49Z"), kExample - std::chrono::seconds(37));
  EXPECT_TRUE(parse_iso8601("1994-11-06"));
  for (const char* text : {"1994-11-06T08:49:37", "1994-13-06", "1994-11-06T08:49:37.Z", "1994-11-06T08:49:37Zx"}) {
    EXPECT_FALSE(parse_iso8601(text)) << text;
  }
}

TEST(Clock, FakeClockStepsBackOnlyOnTheWall) {
  FakeClock clock;
  const auto wall = clock.now();
  const auto monotonic = clock.monotonic();
  clock.step_wall(std::chrono::seconds(-60));
  EXPECT_LT(clock.now(), wall);
  EXPECT_EQ(clock.monotonic(), monotonic);
}

}  // namespace
}  // namespace freehold
