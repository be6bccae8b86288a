// Hostile and odd input: everything has an end, and the end is an error.
#include <gtest/gtest.h>

#include "expression/jsonc.h"
#include "src/sample_environment.h"

namespace freehold::gate::expression {
namespace {

using testing::SampleEnvironment;

ErrorCode refusal(const std::string& text, const Limits& limits = {}) {
  SampleEnvironment environment(Json::parse(R"({"big": ")" + std::string(100'000, 'x') + R"("})"));
  Budget budget(limits);
  const auto value = evaluate_text(text, environment, budget);
  return value ? ErrorCode::kInternal : value.error().code;
}

TEST(Syntax, RefusesDeepNestingWithoutADeepStack) {
  std::string calls = "[";
  for (int i = 0; i < 10'000; ++i) calls += "not(";
  EXPECT_EQ(refusal(calls + "]"), ErrorCode::kInvalidArgument);
  std::string accessors = "[parameters('x')";
  for (int i = 0; i < 10'000; ++i) accessors += "[0]";
  EXPECT_EQ(refusal(accessors + "]"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refusal("[" + std::string(30'000, ' ') + "]"), ErrorCode::kInvalidArgument);
}

TEST(Syntax, RefusesWhatItCannotRead) {
  for (const auto* text : {"[]", "[a]", "['a]", "[concat(]", "[concat('a' 'b')]", "[1.5]", "[99999999999999999999]",
                           "['a'..b]", "[a.b.c()]", "[concat('a'),]", "[concat('a')] ]"}) {
    EXPECT_EQ(refusal(text), ErrorCode::kInvalidArgument) << text;
  }
}

TEST(Budget, EndsWhatGrowsWithoutEnd) {
  std::string doubling = "'xxxxxxxx'";
  for (int i = 0; i < 25; ++i) doubling = "concat(" + doubling + "," + "parameters('big'),parameters('big'))";
  EXPECT_EQ(refusal("[" + doubling + "]"), ErrorCode::kExhausted);
  EXPECT_EQ(refusal("[replace(parameters('big'), 'x', parameters('big'))]"), ErrorCode::kExhausted);
  EXPECT_EQ(refusal("[map(range(0, 10000), lambda('a', parameters('big')))]"), ErrorCode::kExhausted);
  EXPECT_EQ(refusal("[map(range(0, 10000), lambda('a', map(range(0, 10000), lambda('b', 1))))]"),
            ErrorCode::kExhausted);
  EXPECT_EQ(refusal("[reduce(range(0, 9999), createArray(), lambda('a', 'b', createArray(lambdaVariables('a'))))]"),
            ErrorCode::kExhausted);
  EXPECT_EQ(refusal("[reduce(range(0, 200), createArray(1), lambda('a', 'b', concat(lambdaVariables('a'), "
                    "lambdaVariables('a'))))]"),
            ErrorCode::kExhausted);
  EXPECT_EQ(refusal("[padLeft('', 1000000000)]"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refusal("[range(0, 1000000)]"), ErrorCode::kInvalidArgument);
}

// Texts that make a naive search take the product of their lengths.
TEST(Budget, SearchesInLinearTime) {
  SampleEnvironment environment(Json{{"long", std::string(1'000'000, 'a')}, {"part", std::string(400'000, 'a') + "b"}});
  for (const auto* text :
       {"[contains(parameters('long'), parameters('part'))]", "[indexOf(parameters('long'), parameters('part'))]",
        "[lastIndexOf(parameters('long'), concat('b', parameters('part')))]",
        "[length(replace(parameters('long'), parameters('part'), ''))]"}) {
    Budget budget;
    EXPECT_TRUE(evaluate_text(text, environment, budget).has_value()) << text;
  }
  EXPECT_EQ(refusal("[split(parameters('big'), parameters('big'))]"), ErrorCode::kInvalidArgument);
}

// A function that gives little may read much, and be asked as often as a step is cheap.
TEST(Budget, PaysForWhatIsRead) {
  SampleEnvironment environment(Json{{"long", std::string(1'000'000, 'a')}, {"list", Json::array_t(50'000, Json(1))}});
  for (const auto* text : {"[map(range(0, 10000), lambda('i', length(parameters('long'))))]",
                           "[map(range(0, 10000), lambda('i', uniqueString(parameters('long'))))]",
                           "[map(range(0, 10000), lambda('i', equals(parameters('list'), parameters('list'))))]"}) {
    Budget budget;
    const auto value = evaluate_text(text, environment, budget);
    ASSERT_FALSE(value.has_value()) << text;
    EXPECT_EQ(value.error().code, ErrorCode::kExhausted) << text;
  }
  Budget budget;
  EXPECT_TRUE(evaluate_text("[map(range(0, 100), lambda('i', length(parameters('long'))))]", environment, budget));
}

TEST(Budget, HasPolicysLimits) {
  EXPECT_EQ(refusal("[concat(parameters('big'), parameters('big'))]", kPolicyLimits), ErrorCode::kExhausted);
}

std::string read(const std::string& text) {
  const auto value = read_jsonc(text);
  return value ? value->dump() : "error: " + value.error().message;
}

TEST(Jsonc, ReadsWhatAzuresToolsSend) {
  EXPECT_EQ(read(R"({"mode": "Incremental", template:{"a": 1}})"), R"({"mode":"Incremental","template":{"a":1}})");
  EXPECT_EQ(read("/* head */ {\n // one\n \"a\": [1, 2,], /* two */ }"), R"({"a":[1,2]})");
  EXPECT_EQ(read("{\"a\": \"one\ntwo\"}"), R"({"a":"one\ntwo"})");
  EXPECT_EQ(read("{'a': 'it\\'s \"so\"'}"), R"({"a":"it's \"so\""})");
  EXPECT_EQ(read(R"(["\ud83d\ude00\u00e9", -1.5e3, 9223372036854775807, true, null])"),
            "[\"😀é\",-1500.0,9223372036854775807,true,null]");
  EXPECT_EQ(read("\xef\xbb\xbf[]"), "[]");
}

TEST(Jsonc, SaysWhereItIsWrong) {
  EXPECT_EQ(read("{\n  \"a\": }"), "error: a value was expected, line 2, position 8");
  EXPECT_EQ(read("{\"a\": 1, \"A\": 2}"), "error: a second member 'A', line 1, position 13");
  for (const auto* text :
       {"", "{", "[1 2]", "{\"a\" 1}", "\"\\ud800\"", "\"\\x\"", "01", "-", "/*", "[1]x", "\"\xff\""}) {
    EXPECT_TRUE(read(text).starts_with("error: ")) << text;
  }
  EXPECT_EQ(read(std::string(100'000, '[')), "error: the JSON is nested too deep");
  std::string many = "[";
  for (int i = 0; i < 500'000; ++i) many += "1,";
  EXPECT_EQ(read(many + "]"), "error: the JSON has too many values");
}

}  // namespace
}  // namespace freehold::gate::expression
