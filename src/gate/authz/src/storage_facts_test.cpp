#include "src/storage_facts.h"

#include <gtest/gtest.h>

namespace freehold::gate::authz {
namespace {

class StorageFactsTest : public ::testing::Test {
 protected:
  StorageFactsTest() { account_.name = "acct1"; }
  void ask(const std::string& operation, const std::string& query, http::Method method = http::Method::kGet) {
    operation_ = operation;
    request_.method = method;
    request_.query = *http::parse_query(query);
  }
  // "absent", "unknown", or the values.
  std::string fact(Attribute attribute, std::string_view key = {}) {
    const AskedFor asked{
        .request = &request_, .operation = operation_, .now = WallTime(std::chrono::seconds(1)), .tags = tags_};
    const auto found = StorageFacts(account_, target_, asked).of(attribute, key);
    if (found.state != Fact::State::kKnown) return found.state == Fact::State::kAbsent ? "absent" : "unknown";
    std::string out;
    for (const auto& value : found.values) out += (out.empty() ? "" : " ") + value;
    return out;
  }
  StorageAccount account_;
  Target target_{.account = "acct1", .container = "box", .blob = "a/b"};
  http::Request request_;
  std::string operation_;
  ResourceTags* tags_ = nullptr;
};

TEST_F(StorageFactsTest, WhereARequestPoints) {
  ask("GetBlob", "snapshot=2026-01-01T00:00:00.0000000Z");
  EXPECT_EQ(fact(Attribute::kAccountName), "acct1");
  EXPECT_EQ(fact(Attribute::kContainerName), "box");
  EXPECT_EQ(fact(Attribute::kBlobPath), "a/b");
  EXPECT_EQ(fact(Attribute::kSnapshot), "2026-01-01T00:00:00.0000000Z");
  EXPECT_EQ(fact(Attribute::kIsCurrentVersion), "false");
  EXPECT_EQ(fact(Attribute::kVersionId), "absent");
  ask("GetBlob", "versionid=2026-01-01T00:00:00.0000000Z");
  EXPECT_EQ(fact(Attribute::kIsCurrentVersion), "unknown");
  ask("GetBlob", "");
  EXPECT_EQ(fact(Attribute::kIsCurrentVersion), "true");
  EXPECT_EQ(fact(Attribute::kUtcNow), "1970-01-01T00:00:01.0000000Z");
}

TEST_F(StorageFactsTest, WhatAListAsksFor) {
  target_.blob.clear();
  ask("ListBlobs", "prefix=a/&include=Metadata,tags");
  EXPECT_EQ(fact(Attribute::kPrefix), "a/");
  EXPECT_EQ(fact(Attribute::kInclude), "metadata tags");
  EXPECT_EQ(fact(Attribute::kSubOperation), "Blob.List");
  EXPECT_EQ(fact(Attribute::kBlobPath), "absent");
  ask("ListBlobs", "prefix=a/&prefix=b/");
  EXPECT_EQ(fact(Attribute::kPrefix), "unknown");
}

TEST_F(StorageFactsTest, TagsThatComeInAHeader) {
  ask("PutBlob", "", http::Method::kPut);
  EXPECT_EQ(fact(Attribute::kTagKeys), "absent");
  request_.headers.add("x-ms-tags", "a=1&B=x%20y");
  EXPECT_EQ(fact(Attribute::kTagKeys), "a B");
  EXPECT_EQ(fact(Attribute::kTag, "B"), "x y");
  EXPECT_EQ(fact(Attribute::kTag, "b"), "absent");
  EXPECT_EQ(fact(Attribute::kSubOperation), "Blob.Write.WithTagHeaders");
  request_.headers.add("x-ms-copy-source-tag-option", "COPY");
  EXPECT_EQ(fact(Attribute::kTagKeys), "unknown");
  ask("SetBlobTags", "", http::Method::kPut);
  EXPECT_EQ(fact(Attribute::kTag, "a"), "unknown");
}

TEST_F(StorageFactsTest, TagsOfABlobAreAskedForOnlyWhereSomebodyLooks) {
  ask("GetBlob", "");
  EXPECT_EQ(fact(Attribute::kResourceTag, "a"), "unknown");
  ResourceTags tags;
  tags_ = &tags;
  EXPECT_EQ(fact(Attribute::kBlobPath), "a/b");
  EXPECT_FALSE(tags.asked);
  EXPECT_EQ(fact(Attribute::kResourceTag, "a"), "unknown");
  EXPECT_TRUE(tags.asked);
  tags = {.known = true, .tags = {{"a", "1"}, {"B", "2"}}};
  EXPECT_EQ(fact(Attribute::kResourceTag, "a"), "1");
  EXPECT_EQ(fact(Attribute::kResourceTag, "b"), "absent");
  EXPECT_EQ(fact(Attribute::kResourceTagKeys), "a B");
  EXPECT_FALSE(tags.asked);
  tags.tags.clear();
  EXPECT_EQ(fact(Attribute::kResourceTagKeys), "absent");
  tags = {};
  target_.blob.clear();
  EXPECT_EQ(fact(Attribute::kResourceTag, "a"), "absent");
  EXPECT_FALSE(tags.asked);
}

// Else whoever may list "a/" read everything with "?prefix=a/" behind a blob.
TEST_F(StorageFactsTest, WhatAnOperationPassesOverSaysNothing) {
  ask("GetBlob", "prefix=a/&include=tags");
  request_.headers.add("x-ms-tags", "a=1");
  EXPECT_EQ(fact(Attribute::kPrefix), "absent");
  EXPECT_EQ(fact(Attribute::kInclude), "absent");
  EXPECT_EQ(fact(Attribute::kTagKeys), "absent");
  ask("SetBlobMetadata", "", http::Method::kPut);
  EXPECT_EQ(fact(Attribute::kTag, "a"), "absent");
  EXPECT_EQ(fact(Attribute::kSubOperation), "");
}

TEST_F(StorageFactsTest, MoreThanABlobHasIsNotRead) {
  ask("PutBlob", "", http::Method::kPut);
  std::string tags = "a0=1";
  for (int i = 1; i < 10; ++i) tags += "&a" + std::to_string(i) + "=1";
  request_.headers.add("x-ms-tags", tags);
  EXPECT_EQ(fact(Attribute::kTag, "a9"), "1");
  request_.headers = {};
  request_.headers.add("x-ms-tags", tags + "&b=1");
  EXPECT_EQ(fact(Attribute::kTag, "a9"), "unknown");
}

}  // namespace
}  // namespace freehold::gate::authz
