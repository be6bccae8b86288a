#include "authz/condition.h"

#include <gtest/gtest.h>

#include <map>

#include "src/condition_node.h"

namespace freehold::gate::authz {
namespace {

const std::string kContainers = "Microsoft.Storage/storageAccounts/blobServices/containers";
const std::string kBlobs = kContainers + "/blobs";
const std::string kRead = "microsoft.storage/storageaccounts/blobservices/containers/blobs/read";

class SomeFacts final : public Facts {
 public:
  [[nodiscard]] Fact of(Attribute attribute, std::string_view key) const override {
    const auto found = known.find({attribute, std::string(key)});
    if (found == known.end()) return {rest, {}};
    return {Fact::State::kKnown, found->second};
  }
  std::map<std::pair<Attribute, std::string>, std::vector<std::string>> known;
  Fact::State rest = Fact::State::kAbsent;
};

class Conditions : public ::testing::Test {
 protected:
  // "true", "false", "unknown", or why it isn't taken.
  std::string outcome(const std::string& text, const std::string& action = kRead) {
    const auto compiled = Condition::compile(text);
    if (!compiled) return compiled.error();
    const Truth found = (*compiled)->evaluate(action, &facts_);
    return found == Truth::kTrue ? "true" : found == Truth::kFalse ? "false" : "unknown";
  }
  SomeFacts facts_;
};

TEST_F(Conditions, OperatorsAreThoseOfAzuresExamples) {
  const std::pair<std::string, std::string> cases[] = {
      {"'abcd' StringLike 'a*c?'", "true"},
      {"'abcd' StringLike 'A*C?'", "false"},
      {"'abcd' StringLike 'a*c'", "false"},
      {"'a*c' StringLike 'a\\*c'", "true"},
      {"'abc' StringLike 'a\\*c'", "false"},
      {"'abcd' StringLikeIgnoreCase 'A*C?'", "true"},
      {"'abcd' StringNotLike 'a*'", "false"},
      {"'abc' StringStartsWith 'ab'", "true"},
      {"'abc' StringNotStartsWithIgnoreCase 'AB'", "false"},
      {"'a' StringNotEquals 'A'", "true"},
      {"'it\\'s' StringEquals 'it\\'s'", "true"},
      {"{'red', 'blue'} ForAnyOfAnyValues:StringEquals {'blue', 'green'}", "true"},
      {"{'red', 'blue'} ForAnyOfAnyValues:StringEquals {'orange', 'green'}", "false"},
      {"{'red', 'blue'} ForAllOfAnyValues:StringEquals {'orange', 'red', 'blue'}", "true"},
      {"{'red', 'blue'} ForAllOfAnyValues:StringEquals {'red', 'green'}", "false"},
      {"{10, 20} ForAnyOfAllValues:NumericLessThan {15, 18}", "true"},
      {"{10, 20} ForAllOfAllValues:NumericLessThan {5, 15, 18}", "false"},
      {"{10, 20} ForAllOfAllValues:NumericLessThan {25, 30}", "true"},
      {"{10, 20} ForAllOfAllValues:NumericLessThan {15, 25, 30}", "false"},
      {"-3 NumericGreaterThanEquals -3", "true"},
      {"'2026-01-01T00:00:00.0Z' DateTimeLessThan '2026-01-02'", "true"},
      {"true BoolNotEquals FALSE", "true"},
      {"'8E3AF657-a8ff-443c-a75c-2fe8c4bcb635' GuidEquals '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'", "true"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(outcome(text), wanted) << text;
}

TEST_F(Conditions, WhatIsntKnownGrantsNothingAndItsNegationNeither) {
  const std::string asks = "@Resource[" + kContainers + ":name] StringEquals 'box'";
  EXPECT_EQ(outcome(asks), "unknown");
  EXPECT_EQ(outcome("!(" + asks + ")"), "unknown");
  EXPECT_EQ(outcome("@Resource[" + kContainers + ":name] StringNotEquals 'box'"), "unknown");
  EXPECT_EQ(outcome(asks + " AND 'a' StringEquals 'b'"), "false");
  EXPECT_EQ(outcome(asks + " || 'a' StringEquals 'a'"), "true");
  EXPECT_EQ(outcome("Exists @Request[" + kBlobs + ":snapshot]"), "false");
  EXPECT_EQ(outcome("Not Exists @Request[" + kBlobs + ":snapshot]"), "true");
  facts_.rest = Fact::State::kUnknown;
  EXPECT_EQ(outcome("Exists @Request[" + kBlobs + ":snapshot]"), "unknown");
  facts_.known[{Attribute::kSnapshot, ""}] = {"not a time"};
  EXPECT_EQ(outcome("@Request[" + kBlobs + ":snapshot] DateTimeGreaterThan '2026-01-01'"), "unknown");
}

TEST_F(Conditions, AContainerByNameForReadsThatArentLists) {
  const std::string text = "((!(ActionMatches{'" + kBlobs +
                           "/read'} AND NOT SubOperationMatches{'Blob.List'}))\n OR (@Resource[" + kContainers +
                           ":name] StringEquals 'box'))";
  facts_.known[{Attribute::kSubOperation, ""}] = {};
  facts_.known[{Attribute::kContainerName, ""}] = {"box"};
  EXPECT_EQ(outcome(text), "true");
  facts_.known[{Attribute::kContainerName, ""}] = {"other"};
  EXPECT_EQ(outcome(text), "false");
  EXPECT_EQ(outcome(text, "microsoft.storage/storageaccounts/blobservices/containers/blobs/write"), "true");
  facts_.known[{Attribute::kSubOperation, ""}] = {"Blob.List"};
  EXPECT_EQ(outcome(text), "true");
}

TEST_F(Conditions, TagsOfARequestKeepTheirKeysCase) {
  const std::string tag = "@Request[" + kBlobs + "/tags:Project<$key_case_sensitive$>] StringEquals 'Cascade'";
  const std::string keys =
      "@Request[" + kBlobs + "/tags&$keys$&] ForAllOfAnyValues:StringEquals {'Project', 'Program'}";
  facts_.known[{Attribute::kTag, "Project"}] = {"Cascade"};
  facts_.known[{Attribute::kTagKeys, ""}] = {"Project"};
  EXPECT_EQ(outcome(tag + " AND " + keys), "true");
  facts_.known[{Attribute::kTagKeys, ""}] = {"Project", "Other"};
  EXPECT_EQ(outcome(keys), "false");
}

TEST_F(Conditions, TagsOfABlobAreNotThoseOfARequest) {
  const std::string tag = "/tags:Project<$key_case_sensitive$>] StringEquals 'Cascade'";
  facts_.known[{Attribute::kResourceTag, "Project"}] = {"Cascade"};
  facts_.known[{Attribute::kTag, "Project"}] = {"Baker"};
  EXPECT_EQ(outcome("@Resource[" + kBlobs + tag), "true");
  EXPECT_EQ(outcome("@Request[" + kBlobs + tag), "false");
  EXPECT_EQ(outcome("Exists @Resource[" + kBlobs + "/tags&$keys$&]"), "false");
  facts_.known[{Attribute::kResourceTagKeys, ""}] = {"Project"};
  EXPECT_EQ(outcome("@Resource[" + kBlobs + "/tags&$keys$&] ForAllOfAnyValues:StringEquals {'Project'}"), "true");
}

TEST_F(Conditions, WhatIsntUnderstoodIsRefusedByName) {
  const std::pair<std::string, std::string> cases[] = {
      {"@Principal[a:b] StringEquals 'x'", "the attribute '@Principal[a:b]' isn't known"},
      {"@Resource[" + kBlobs + "/tags:a] StringEquals 'x'", "/tags:a]' isn't known"},
      {"@Environment[" + kBlobs + "/tags:a<$key_case_sensitive$>] StringEquals 'x'", "isn't known"},
      {"@Request[" + kBlobs + ":path] StringEquals 'x'", "isn't known"},
      {"'a' StringMatches 'b'", "the operator 'StringMatches' isn't known"},
      {"1 NumericNotLessThan 2", "the operator 'NumericNotLessThan' isn't known"},
      {"'a' NumericEquals 1", "a value doesn't fit its operator"},
      {"@Environment[UtcNow] DateTimeLessThan 'soon'", "a value doesn't fit its operator"},
      {"{'a'} StringEquals 'a'", "a list needs"},
      {"'a' StringEquals 'a' AND 'a' StringEquals 'a' OR 'a' StringEquals 'a'", "AND and OR need parentheses"},
      {"SubOperationMatches{'Blob.Sing'}", "the suboperation 'Blob.Sing' isn't known"},
      {"(1 NumericEquals 1", "')' is expected"},
      {"1 NumericEquals 1)", "nothing more is expected, at character 18"},
      {"", "is expected"},
      {"'a", "the quotes aren't closed"},
      {std::string(100, '(') + "1 NumericEquals 1" + std::string(100, ')'), "it nests too deep"},
      {std::string(100, '!') + "(1 NumericEquals 1)", "it nests too deep"},
      {std::string(kMaxConditionBytes + 1, ' '), "it is longer than"},
  };
  for (const auto& [text, why] : cases) {
    EXPECT_NE(outcome(text).find(why), std::string::npos) << text << ": " << outcome(text);
  }
}

// Patterns that make a matcher go back, and lists by lists: what is too much isn't known, and a no is not known either.
TEST_F(Conditions, WhatIsTooMuchToLookAtIsNotKnown) {
  const std::string path = "@Resource[" + kBlobs + ":path]";
  facts_.known[{Attribute::kBlobPath, ""}] = {std::string(4'000, 'a')};
  EXPECT_EQ(outcome(path + " StringLike 'a*a'"), "true");
  const std::string hard = path + " StringLike '*" + std::string(2'000, 'a') + "b'";
  EXPECT_EQ(outcome(hard), "unknown");
  EXPECT_EQ(outcome("!(" + hard + ")"), "unknown");
  auto& keys = facts_.known[{Attribute::kTagKeys, ""}];
  std::string list = "'z'";
  for (int i = 0; i < 1'500; ++i) {
    keys.push_back("k" + std::to_string(i));
    list += ",'z'";
  }
  EXPECT_EQ(outcome("@Request[" + kBlobs + "/tags&$keys$&] ForAllOfAnyValues:StringNotEquals {" + list + "}"),
            "true");  // each finds one at once
  EXPECT_EQ(outcome("@Request[" + kBlobs + "/tags&$keys$&] ForAnyOfAnyValues:StringEquals {" + list + "}"), "unknown");
}

}  // namespace
}  // namespace freehold::gate::authz
