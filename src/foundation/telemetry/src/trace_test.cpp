#include "telemetry/trace.h"

#include <gtest/gtest.h>

namespace freehold::telemetry {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kSpan = "b7ad6b7169203331";

TEST(Traceparent, ReadsTheSpecificationsExample) {
  const auto context = parse_traceparent("00-" + kTrace + "-" + kSpan + "-01");
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_id_text(), kTrace);
  EXPECT_EQ(context->span_id_text(), kSpan);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(to_traceparent(*context), "00-" + kTrace + "-" + kSpan + "-01");
}

TEST(Traceparent, ReadsTheFrontOfLaterVersions) {
  for (const std::string tail : {"-00", "-02", "-fe-more", "-00-"}) {
    const auto context = parse_traceparent("cc-" + kTrace + "-" + kSpan + tail);
    ASSERT_TRUE(context) << tail;
    EXPECT_FALSE(context->sampled) << tail;
    EXPECT_EQ(context->trace_id_text(), kTrace);
  }
}

TEST(Traceparent, IgnoresWhatIsNotExact) {
  const std::string zeros32(32, '0'), zeros16(16, '0');
  for (const std::string& header :
       {std::string(), std::string("00"), "00-" + kTrace + "-" + kSpan, "00-" + kTrace + "-" + kSpan + "-1",
        "00-" + kTrace + "-" + kSpan + "-01-", "00-" + kTrace + "-" + kSpan + "-01-x", "cc-" + kTrace + "-" + kSpan + "-01x",
        "ff-" + kTrace + "-" + kSpan + "-01", "0-" + kTrace + "-" + kSpan + "-011", "00_" + kTrace + "-" + kSpan + "-01",
        "00-" + zeros32 + "-" + kSpan + "-01", "00-" + kTrace + "-" + zeros16 + "-01",
        "00-0AF7651916CD43DD8448EB211C80319C-" + kSpan + "-01", "00-" + kTrace + "-" + kSpan + "-0g",
        " 00-" + kTrace + "-" + kSpan + "-01"}) {
    EXPECT_FALSE(parse_traceparent(header)) << header;
  }
}

TEST(Traceparent, NewTracesDifferAndChildrenKeepTheTrace) {
  SeededRandom random(7);
  const TraceContext a = new_trace(random);
  const TraceContext b = new_trace(random);
  EXPECT_NE(a.trace_id, b.trace_id);
  const TraceContext child = child_of(a, random);
  EXPECT_EQ(child.trace_id, a.trace_id);
  EXPECT_NE(child.span_id, a.span_id);
  EXPECT_EQ(parse_traceparent(to_traceparent(child)), child);
}

}  // namespace
}  // namespace freehold::telemetry
