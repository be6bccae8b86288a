#include "store/json_row.h"

#include <gtest/gtest.h>

#include <vector>

namespace freehold::store {
namespace {

using Json = nlohmann::json;

TEST(JsonRow, OpensWhatIsNoNewerThanTheProgram) {
  EXPECT_EQ((*parse_json_row(R"({"v": 2, "a": 1})", 2, "a row"))["a"], 1);
  for (const auto* damaged : {"", "[1]", "{}", R"({"v": "1"})", R"({"v": 1)"}) {
    EXPECT_EQ(parse_json_row(damaged, 1, "a row").error().code, ErrorCode::kCorrupt) << damaged;
  }
  const auto newer = parse_json_row(R"({"v": 2})", 1, "a row");
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(newer.error().message, "a row needs a newer program");
}

TEST(MemberReader, KeepsTheDefaultOfAnAbsentMember) {
  const Json row = {{"name", "a"}, {"id", ""}, {"made", 5}};
  std::string name, other = "b";
  PrincipalId id;
  WallTime made;
  MemberReader reader(row);
  reader.take("name", name).take("other", other).id("id", id).time("made", made);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(name + other, "ab");
  EXPECT_EQ(id, PrincipalId{});
  EXPECT_EQ(made, WallTime(std::chrono::microseconds(5)));
}

TEST(MemberReader, RemembersAMemberOfAnotherType) {
  const Json row = {{"number", 1.5}, {"text", 1}, {"flag", 1}, {"texts", {"a", 1}}, {"id", "none"}};
  std::int64_t number = 0;
  std::string text;
  bool flag = false;
  std::vector<std::string> texts;
  PrincipalId id;
  EXPECT_FALSE(MemberReader(row).take("number", number).ok());
  EXPECT_FALSE(MemberReader(row).take("text", text).ok());
  EXPECT_FALSE(MemberReader(row).take("flag", flag).ok());
  EXPECT_FALSE(MemberReader(row).take("texts", texts).ok());
  EXPECT_FALSE(MemberReader(row).id("id", id).ok());
}

}  // namespace
}  // namespace freehold::store
