#include "base/json_depth.h"

#include <gtest/gtest.h>

#include <string>

namespace freehold {
namespace {

TEST(JsonDepth, CountsWhatIsOpenAtOnce) {
  EXPECT_FALSE(nests_deeper_than(R"({"a": [1, {"b": []}]})", 4));
  EXPECT_TRUE(nests_deeper_than(R"({"a": [1, {"b": []}]})", 3));
  EXPECT_FALSE(nests_deeper_than("[[],[],[],[],[]]", 2));
  EXPECT_TRUE(nests_deeper_than(std::string(100'000, '['), kMaxJsonDepth));
}

TEST(JsonDepth, PassesOverTexts) {
  EXPECT_FALSE(nests_deeper_than(R"({"a": "[[[{{{", "b\"[[[": "\\"})", 1));
  EXPECT_TRUE(nests_deeper_than(R"({"a": "\"", "b": [[]]})", 2));
}

}  // namespace
}  // namespace freehold
