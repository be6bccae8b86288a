// Tags and expressions over them, as tables.
#include <gtest/gtest.h>

#include "src/tag_expression.h"
#include "src/tag_index.h"
#include "src/tag_rules.h"
#include "src/tier_rules.h"
#include "store/hybrid_clock.h"

namespace freehold::blob {
namespace {

std::string code(const ApiResult<Tags>& tags) { return tags ? "ok" : tags.error().code; }

TEST(TagRules, Header) {
  EXPECT_EQ(*parse_tags_header("b=2&a=x%20y&c="), (Tags{{"a", "x y"}, {"b", "2"}, {"c", ""}}));
  EXPECT_EQ(*parse_tags_header("Case=a+b%2B"), (Tags{{"Case", "a b+"}}));
  EXPECT_EQ(*parse_tags_header(""), Tags());
  std::string ten;
  for (int i = 0; i < 10; ++i) ten += "&k" + std::to_string(i) + "=v";
  EXPECT_EQ(code(parse_tags_header(ten)), "ok");
  EXPECT_EQ(code(parse_tags_header(ten + "&k10=v")), "TagsTooLarge");
  EXPECT_EQ(code(parse_tags_header("=v")), "EmptyTagName");
  EXPECT_EQ(code(parse_tags_header("a=1&a=2")), "DuplicateTagNames");
  EXPECT_EQ(code(parse_tags_header("a=1&A=2")), "ok");
  EXPECT_EQ(code(parse_tags_header("a=%C3%A4")), "InvalidTag");
  EXPECT_EQ(code(parse_tags_header("a!=1")), "InvalidTag");
  EXPECT_EQ(code(parse_tags_header("a=%zz")), "InvalidHeaderValue");
  EXPECT_EQ(code(parse_tags_header(std::string(128, 'k') + '=' + std::string(256, 'v'))), "ok");
  EXPECT_EQ(code(parse_tags_header(std::string(129, 'k') + "=v")), "TagsTooLarge");
  EXPECT_EQ(code(parse_tags_header("k=" + std::string(257, 'v'))), "TagsTooLarge");
}

TEST(TagRules, Xml) {
  const auto xml = [](const std::string& inside) { return "<Tags><TagSet>" + inside + "</TagSet></Tags>"; };
  const auto tag = [](const std::string& key, const std::string& value) {
    return "<Tag><Key>" + key + "</Key>\n  <Value>" + value + "</Value></Tag>";
  };
  const Tags tags = {{"a", " "}, {"b", "x y"}};
  const auto parsed = parse_tags_xml("<?xml version=\"1.0\"?>\n" + xml(tag("b", "x y") + "\n" + tag("a", " ")));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().code;
  EXPECT_EQ(*parsed, tags);
  std::string written;
  append_tags_xml(written, tags);
  EXPECT_EQ(*parse_tags_xml(written), tags);
  EXPECT_EQ(*parse_tags_xml(xml("\n")), Tags());
  EXPECT_EQ(*parse_tags_xml("<Tags><TagSet/></Tags>"), Tags());
  for (const auto& bad : {std::string(), std::string("<Tags>"), std::string("<Tags/>"), xml("<Tag><Key>a</Key></Tag>"),
                          xml("<Other/>"), "<!DOCTYPE x>" + xml(""), xml(std::string(1000, '<')),
                          std::string("<Tags><TagSet></TagSet><TagSet></TagSet></Tags>")}) {
    EXPECT_EQ(code(parse_tags_xml(bad)), "InvalidXmlDocument") << bad;
  }
  EXPECT_EQ(code(parse_tags_xml(xml(tag("", "x")))), "EmptyTagName");
  EXPECT_EQ(code(parse_tags_xml(xml(tag("a", "x") + tag("a", "y")))), "DuplicateTagNames");
}

TEST(TagExpression, Conditions) {
  const Tags tags = {{"Date", "2020-04-20"}, {"n", "10"}, {"status", "done"}};
  const std::pair<std::string, bool> cases[] = {{"\"status\" = 'done'", true},
                                                {"status='done'", true},
                                                {"\"Status\" = 'done'", false},
                                                {"\"status\" <> 'done'", false},
                                                {"\"none\" <> 'x'", true},
                                                {"\"none\" = ''", false},
                                                {"\"none\" < 'x'", false},
                                                {"n > '09' AND n <= '10'", true},
                                                {"n > '9'", false},
                                                {"n >= '10' and n < '2'", true},
                                                {"\"Date\" < '2020' OR \"status\" = 'done'", true},
                                                {"n='1' or n='2' or n='10'", true},
                                                // AND binds closer.
                                                {"n='10' OR n='1' AND status='x'", true},
                                                {"(n='10' OR n='1') AND status='x'", false},
                                                {"NOT n='1'", true},
                                                {"NOT (n='10' AND status='done')", false},
                                                {"NOT NOT n='10'", true}};
  for (const auto& [text, expected] : cases) {
    const auto expression = TagExpression::parse(text);
    ASSERT_TRUE(expression.has_value()) << text;
    EXPECT_EQ(expression->holds(tags), expected) << text;
  }
  std::string many = "a='1'";
  for (std::size_t i = 1; i < kTagComparisons; ++i) many += " or a='1'";
  EXPECT_TRUE(TagExpression::parse(many).has_value());
  for (const std::string& bad :
       {std::string(), std::string("status"), std::string("status = done"), std::string("status == 'done'"),
        std::string("= 'done'"), std::string("'status' = 'done'"), std::string("\"status = 'done'"),
        std::string("status = 'done"), std::string("status = 'done' and"), std::string("(status = 'done'"),
        std::string("status = 'done')"), std::string("status = 'done' status = 'done'"), std::string("\"\" = 'x'"),
        std::string("a = '\xc3\xa4'"), std::string("@container = 'x'"), many + " or a='1'",
        std::string(100, '(') + "a='1'" + std::string(100, ')')}) {
    EXPECT_FALSE(TagExpression::parse(bad).has_value()) << bad;
  }
}

TEST(TagExpression, Queries) {
  const auto query = parse_tag_query("@container = 'box' AND \"n\" >= '1' AND \"n\" < '2' AND s = 'x'");
  ASSERT_TRUE(query.has_value());
  EXPECT_EQ(query->container, "box");
  EXPECT_EQ(query->comparisons.size(), 3u);
  EXPECT_TRUE(query->holds({{"n", "15"}, {"s", "x"}}));
  EXPECT_FALSE(query->holds({{"n", "2"}, {"s", "x"}}));
  for (const std::string text :
       {"n <> '1'", "n = '1' OR n = '2'", "NOT n = '1'", "(n = '1')", "@container = 'box'", "n = '1' AND n = '2'",
        "n > '1' AND n >= '2'", "@container > 'a' AND n = '1'", "", "n = '1' AND"}) {
    EXPECT_FALSE(parse_tag_query(text).has_value()) << text;
  }
}

TEST(TierRules, TheWayIntoTheArchiveAndBack) {
  const auto at = [](int s) { return store::HybridClock::from_wall(WallTime(std::chrono::seconds(1000 + s))); };
  const auto time = [](int s) { return WallTime(std::chrono::seconds(1000 + s)); };
  const auto standard = RehydratePriority::kStandard;
  const auto archived = set_tier(TierState{}, AccessTier::kArchive, standard, at(0));
  ASSERT_TRUE(archived.has_value());
  EXPECT_EQ(*archived, (TierState{AccessTier::kArchive, true, at(0), std::nullopt}));
  const auto pending = set_tier(*archived, AccessTier::kCool, standard, at(10));
  ASSERT_TRUE(pending.has_value());
  EXPECT_EQ(archive_status(*pending), "rehydrate-pending-to-cool");
  EXPECT_EQ(tier_at(*pending, time(69)), *pending);
  EXPECT_EQ(tier_at(*pending, time(70)), (TierState{AccessTier::kCool, true, at(70), std::nullopt}));
  EXPECT_EQ(set_tier(*pending, AccessTier::kHot, standard, at(20)).error().code, "BlobBeingRehydrated");
  const auto hurried = set_tier(*pending, AccessTier::kCool, RehydratePriority::kHigh, at(15));
  ASSERT_TRUE(hurried.has_value());
  EXPECT_EQ(tier_at(*hurried, time(20)).tier, AccessTier::kCool);
  BlobRow row;
  row.tier = *pending;
  EXPECT_EQ(refuse_archived(row, time(69)).error().code, "BlobArchived");
  EXPECT_TRUE(refuse_archived(row, time(70)).has_value());
}

TEST(TierRules, Names) {
  const auto said = [](const std::string& text, int version) -> std::string {
    http::Headers headers;
    headers.add("x-ms-access-tier", text);
    const auto tier = parse_tier(headers, version);
    return tier ? std::string(to_string(**tier)) : tier.error().code;
  };
  EXPECT_EQ(said("hot", 20180328), "Hot");
  EXPECT_EQ(said("Cool", 20180328), "Cool");
  EXPECT_EQ(said("Archive", 20180328), "Archive");
  EXPECT_EQ(said("Cold", 20211202), "Cold");
  EXPECT_EQ(said("Cold", 20210812), "InvalidHeaderValue");
  EXPECT_EQ(said("P10", 20211202), "AccessTierNotSupportedForBlobType");
  EXPECT_EQ(said("Smart", 20260606), "NotImplemented");
}

}  // namespace
}  // namespace freehold::blob
