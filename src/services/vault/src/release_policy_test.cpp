// What is a release policy, and what its conditions say of claims.
#include "src/release_policy.h"

#include <gtest/gtest.h>

namespace freehold::vault {
namespace {

std::string policy_with(const std::string& condition) {
  return R"({"version":"1.0.0","anyOf":[{"authority":"https://attest.test/",)" + condition + "}]}";
}

TEST(ReleasePolicy, TheGrammarIsHeldTo) {
  for (const char* good :
       {R"("allOf":[{"claim":"a","equals":"b"}])", R"("anyOf":[{"claim":"a.b-c","exists":true}])",
        R"("allof":[{"claim":"a","equals":true}])",
        R"("allOf":[{"anyOf":[{"claim":"a","less":3},{"allOf":[{"claim":"b","greater":-1.5}]}]}])"}) {
    const auto read = parse_release_policy(policy_with(good));
    EXPECT_TRUE(read.has_value()) << good << read.error().message;
    if (read) EXPECT_EQ(read->authorities.front().url, "https://attest.test");
  }
  for (const char* bad :
       {R"("allOf":[])", R"("allOf":{})", R"("noneOf":[{"claim":"a","equals":"b"}])", R"("allOf":["a"])",
        R"("allOf":[{"claim":"a"}])", R"("allOf":[{"claim":"","equals":"b"}])", R"("allOf":[{"equals":"b"}])",
        R"("allOf":[{"claim":"a","like":"b"}])", R"("allOf":[{"claim":"a","equals":"b","less":3}])",
        R"("allOf":[{"claim":"a","equals":null}])", R"("allOf":[{"claim":"a","equals":["b"]}])",
        R"("allOf":[{"claim":"a","less":"3"}])", R"("allOf":[{"claim":"a","exists":"maybe"}])",
        R"("allOf":[{"claim":"a","equals":1e300}])", R"("allOf":[{"anyOf":[]}])",
        R"("allOf":[{"claim":"a","equals":"b"}],"anyOf":[{"claim":"a","equals":"b"}])"}) {
    EXPECT_FALSE(parse_release_policy(policy_with(bad)).has_value()) << bad;
  }
  const std::string some = R"("allOf":[{"claim":"a","equals":"b"}])";
  for (const std::string& bad : std::vector<std::string>{
           std::string(), std::string("[]"), std::string("{}"), std::string(R"({"version":"1.0.0"})"),
           R"({"version":"2.0.0","anyOf":[{"authority":"https://a.test",)" + some + "}]}",
           R"({"anyOf":[{"authority":"https://a.test",)" + some + "}]}", R"({"version":"1.0.0","anyOf":[]})",
           R"({"version":"1.0.0","anyOf":[{)" + some + "}]}",
           R"({"version":"1.0.0","anyOf":[{"authority":"http://a.test",)" + some + "}]}",
           R"({"version":"1.0.0","anyOf":[{"authority":"https://",)" + some + "}]}",
           R"({"version":"1.0.0","more":1,"anyOf":[{"authority":"https://a.test",)" + some + "}]}",
           R"({"version":"1.0.0","version":"1.0.0","anyOf":[{"authority":"https://a.test",)" + some + "}]}"}) {
    EXPECT_FALSE(parse_release_policy(bad).has_value()) << bad;
  }
}

TEST(ReleasePolicy, ItHasLimits) {
  std::string nested = R"({"claim":"a","equals":"b"})";
  for (int i = 0; i < kMaxConditionDepth - 2; ++i) nested = R"({"anyOf":[)" + nested + "]}";
  EXPECT_TRUE(parse_release_policy(policy_with(R"("allOf":[)" + nested + "]")).has_value());
  nested = R"({"anyOf":[)" + nested + "]}";
  EXPECT_FALSE(parse_release_policy(policy_with(R"("allOf":[)" + nested + "]")).has_value());
  std::string many = R"("allOf":[{"claim":"a","exists":true})";
  for (std::size_t i = 0; i < kMaxConditions - 1; ++i) many += R"(,{"claim":"a","exists":true})";
  EXPECT_TRUE(parse_release_policy(policy_with(many + "]")).has_value());
  EXPECT_FALSE(parse_release_policy(policy_with(many + R"(,{"claim":"a","exists":true}])")).has_value());
  EXPECT_FALSE(
      parse_release_policy(policy_with(R"("allOf":[{"claim":"a","equals":"b"}])") + std::string(kMaxReleasePolicy, ' '))
          .has_value());
}

TEST(ReleasePolicy, ConditionsSayWhatTheyMean) {
  const Json claims = {{"text", "value"},
                       {"yes", true},
                       {"no", "false"},
                       {"n", 3},
                       {"f", 1.5},
                       {"none", nullptr},
                       {"list", {1}},
                       {"a.b", "whole"},
                       {"deep", {{"x.y", {{"z", "end"}}}}},
                       {"large", 9'007'199'254'740'993}};
  const auto says = [&](const std::string& condition) {
    const auto policy = parse_release_policy(policy_with(R"("allOf":[)" + condition + "]"));
    EXPECT_TRUE(policy.has_value()) << condition;
    return policy && releases(*policy, "https://attest.test", claims);
  };
  for (const char* holds :
       {R"({"claim":"text","equals":"value"})", R"({"claim":"yes","equals":"true"})",
        R"({"claim":"yes","equals":true})", R"({"claim":"no","equals":false})", R"({"claim":"n","equals":3})",
        R"({"claim":"n","greaterOrEquals":3})", R"({"claim":"n","lessOrEquals":3.0})", R"({"claim":"f","greater":1})",
        R"({"claim":"f","less":2})", R"({"claim":"text","notEquals":"other"})", R"({"claim":"gone","exists":false})",
        R"({"claim":"none","exists":"false"})", R"({"claim":"list","exists":true})",
        R"({"claim":"a.b","equals":"whole"})", R"({"claim":"deep.x.y.z","equals":"end"})",
        R"({"claim":"deep.x.z","exists":false})", R"({"anyOf":[{"claim":"n","equals":4},{"claim":"n","equals":3}]})"}) {
    EXPECT_TRUE(says(holds)) << holds;
  }
  for (const char* fails :
       {R"({"claim":"text","equals":"Value"})", R"({"claim":"gone","notEquals":"x"})",
        R"({"claim":"gone","equals":"x"})", R"({"claim":"none","notEquals":"x"})",
        R"({"claim":"list","notEquals":"x"})", R"({"claim":"n","equals":"3"})", R"({"claim":"text","less":3})",
        R"({"claim":"n","greater":3})", R"({"claim":"large","greater":0})", R"({"claim":"n","exists":false})",
        R"({"claim":"text.more","exists":true})", R"({"claim":"deep.x.y.z","exists":false})",
        R"({"claim":"n","equals":3},{"claim":"n","equals":4})",
        R"({"allOf":[{"claim":"n","equals":4},{"claim":"n","equals":3}]})"}) {
    EXPECT_FALSE(says(fails)) << fails;
  }
  const auto policy = parse_release_policy(policy_with(R"("allOf":[{"claim":"n","equals":3}])"));
  EXPECT_FALSE(releases(*policy, "https://other.test", claims));
}

}  // namespace
}  // namespace freehold::vault
