#include "base/json_text.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <random>

namespace freehold {
namespace {

using Json = nlohmann::json;

std::string by_library(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

TEST(JsonText, IsWhatTheLibraryWrites) {
  const Json cases[] = {nullptr,
                        true,
                        false,
                        0,
                        -1,
                        1.5,
                        1e300,
                        std::numeric_limits<std::int64_t>::min(),
                        std::numeric_limits<std::uint64_t>::max(),
                        "",
                        "plain text ~!",
                        "quote \" backslash \\ slash /",
                        "line\nend\t\x01\x7f",
                        "gr\xc3\xbc\xc3\x9f",
                        "cut \xc3",
                        "bad \xff\xfe",
                        std::string("nul\0in", 6),
                        Json::object(),
                        Json::array(),
                        {{"a", 1}, {"b", {{"c", nullptr}, {"d\"", {1, "x", {{"e", true}}}}}}},
                        {"mixed", 1, {2, {3}}, Json::object()}};
  for (const auto& json : cases) {
    EXPECT_EQ(to_json_text(json), by_library(json));
    const nlohmann::ordered_json ordered = nlohmann::ordered_json::parse(by_library(json));
    EXPECT_EQ(to_json_text(ordered), ordered.dump());
  }
}

Json random_json(std::mt19937& random, int depth) {
  switch (random() % (depth > 4 ? 4 : 6)) {
    case 0:
      return static_cast<std::int64_t>(random()) - static_cast<std::int64_t>(random());
    case 1:
      return random() % 2 == 0;
    case 2:
    case 3: {
      std::string text(random() % 12, ' ');
      for (char& c : text) c = static_cast<char>(random() % 4 == 0 ? random() % 256 : 'a' + random() % 26);
      return text;
    }
    case 4: {
      Json list = Json::array();
      for (auto count = random() % 4; count > 0; --count) list.push_back(random_json(random, depth + 1));
      return list;
    }
    default: {
      Json object = Json::object();
      for (auto count = random() % 4; count > 0; --count) {
        object[std::string(1 + random() % 3, static_cast<char>(' ' + random() % 95))] = random_json(random, depth + 1);
      }
      return object;
    }
  }
}

TEST(JsonText, IsSoForWhateverStandsInIt) {
  std::mt19937 random(7);
  for (int i = 0; i < 5'000; ++i) {
    const Json json = random_json(random, 0);
    const std::string text = by_library(json);
    ASSERT_EQ(to_json_text(json), text);
    ASSERT_EQ(members_in(text), members_of(Json::parse(text))) << text;
  }
}

TEST(JsonText, CountsMembersAsOftenAsTheyStandThere) {
  EXPECT_EQ(members_in(R"({"a":1,"b":{"a":":\":{}","c":[{"d":0}]}})"), 5U);
  EXPECT_EQ(members_in(R"({"a":1,"a":2})"), 2U);
  EXPECT_EQ(members_of(Json::parse(R"({"a":1,"a":2})")), 1U);
  EXPECT_EQ(members_in(R"({"\u0061":1,"a":2})"), 2U);
  EXPECT_EQ(members_of(Json::parse(R"({"\u0061":1,"a":2})")), 1U);
  EXPECT_EQ(members_in(R"(["a:b"])"), 0U);
  EXPECT_EQ(members_in(R"({"a\\":1,"\"":2})"), 2U);
}

}  // namespace
}  // namespace freehold
