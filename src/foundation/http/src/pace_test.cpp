// What a connection's client is held to, and what is told of clients that never became one.
#include "pace.h"

#include <gtest/gtest.h>

#include "refusal_report.h"

namespace freehold::http {
namespace {

constexpr std::chrono::seconds kWindow{60};
constexpr std::uint64_t kEnough = 60 * kLeastBytesPerSecond;

struct PaceTest : ::testing::Test {
  PaceTest() { pace.begin(kWindow); }
  // Waits that long, then `bytes` come. False: it was too slow before they did.
  bool step(std::int64_t ms, std::uint64_t bytes) {
    pace.wait_from(now);
    const bool in_time = pace.too_slow_at() >= now + ms;
    now += ms;
    pace.moved(bytes);
    pace.waited_until(now);
    return in_time;
  }
  // How long it goes on like that, at most `steps`.
  int steps(int most, std::int64_t ms, std::uint64_t bytes) {
    for (int i = 0; i < most; ++i) {
      if (!step(ms, bytes)) return i;
    }
    return most;
  }
  Pace pace;
  std::int64_t now = 1'000'000;
};

TEST_F(PaceTest, AByteNowAndThenLastsOneWindow) { EXPECT_EQ(steps(1'000, 10'000, 1), 6); }

TEST_F(PaceTest, TheLeastRateGoesOnForEver) { EXPECT_EQ(steps(100'000, 1'000, kLeastBytesPerSecond), 100'000); }

TEST_F(PaceTest, JustBelowItEnds) { EXPECT_LT(steps(1'000, 1'000, kLeastBytesPerSecond - 1), 61); }

TEST_F(PaceTest, ABurstPaysForItsOwnWindowOnly) {
  EXPECT_TRUE(step(1'000, 1'000 * kEnough));
  EXPECT_LT(steps(1'000, 10'000, 1), 13);
}

TEST_F(PaceTest, SilenceAfterABurstIsMeasuredToo) {
  EXPECT_TRUE(step(1'000, 1'000 * kEnough));
  EXPECT_FALSE(step(120'000, 0));
}

TEST_F(PaceTest, TimeThatIsNotWaitedDoesNotCount) {
  for (int i = 0; i < 100; ++i) {
    now += 3'600'000;  // the server's own work
    EXPECT_TRUE(step(1, 1));
  }
}

TEST_F(PaceTest, ATransferBeginsAnew) {
  EXPECT_TRUE(step(59'000, 0));
  pace.begin(kWindow);
  EXPECT_TRUE(step(59'000, kEnough));
  EXPECT_TRUE(step(59'000, 0));
}

TEST_F(PaceTest, WithoutATransferNothingIsAsked) {
  pace = Pace();
  EXPECT_TRUE(step(3'600'000, 0));
}

TEST(RefusalReport, TellsOfAFloodOnceAMinute) {
  RefusalReport report;
  using Counts = RefusalReport::Counts;
  std::int64_t now = 5'000;
  EXPECT_FALSE(report.due({0, 0}, now));
  EXPECT_EQ(report.due({1, 0}, now), (Counts{1, 0}));
  for (std::uint64_t i = 2; i < 1'000; ++i) EXPECT_FALSE(report.due({i, i}, now + 59'999));
  EXPECT_EQ(report.due({1'000, 7}, now + 60'000), (Counts{999, 7}));
  EXPECT_FALSE(report.due({1'000, 7}, now + 1'000'000));
}

}  // namespace
}  // namespace freehold::http
