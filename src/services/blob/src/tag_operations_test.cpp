// Tags and tiers as a client meets them.
#include "src/blob_store.h"
#include "src/tag_index.h"
#include "src/tag_rules.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

using std::chrono::seconds;

struct TagOperations : ::testing::Test, TestRegion {
  TagOperations() { make_container("box"); }
  Answer set_tags(const std::string& path, const Tags& tags, HeaderList headers = {}) {
    std::string body;
    append_tags_xml(body, tags);
    return run(Method::kPut, path + (path.contains('?') ? "&" : "?") + "comp=tags", std::move(headers), body);
  }
  // Names that the index gives for a query, sorted: values come in no order.
  std::vector<std::string> found(const std::string& text, std::uint32_t at_once = 100) {
    const auto partitions = runtime::run_blocking(service->partitions());
    const auto query = parse_tag_query(text);
    EXPECT_TRUE(query.has_value()) << text;
    const NoteSealer notes(service->accounts(), clock, random);
    BlobStore blobs(engine->partitions(), {1}, hybrid, notes);
    std::vector<std::string> names;
    for (const auto& partition : *partitions) {
      if (partition.value[16] != 'b') continue;
      const auto account_key =
          runtime::run_blocking(service->accounts().account_key(service->accounts().find("acct1")->id));
      NoteCipher cipher(*account_key, partition);
      Bytes from;
      do {
        auto page = runtime::run_blocking(find_tagged(blobs, partition, cipher, *query, from, at_once));
        EXPECT_TRUE(page.has_value());
        for (auto& blob : page->blobs) names.push_back(std::move(blob.name));
        from = page->next;
      } while (!from.empty());
    }
    std::ranges::sort(names);
    return names;
  }
};

using Names = std::vector<std::string>;

TEST_F(TagOperations, SetAndGetAndCount) {
  const auto blob = put("/box/b", "content", {{"x-ms-tags", "b=2&a=x%20y"}});
  ASSERT_EQ(blob.status, 201) << blob.body;
  EXPECT_EQ(get("/box/b").header("x-ms-tag-count"), "2");
  const auto tags = get("/box/b?comp=tags");
  EXPECT_EQ(tags.status, 200);
  EXPECT_EQ(elements(tags.body, "Key"), (Names{"a", "b"}));
  EXPECT_EQ(elements(tags.body, "Value"), (Names{"x y", "2"}));
  const auto set = set_tags("/box/b", {{"c", "3"}});
  EXPECT_EQ(set.status, 204) << set.body;
  const auto head = run(Method::kHead, "/box/b");
  EXPECT_EQ(head.header("x-ms-tag-count"), "1");
  EXPECT_EQ(head.header("etag"), blob.header("etag"));
  const auto list = get("/box?restype=container&comp=list&include=tags").body;
  EXPECT_EQ(elements(list, "TagCount"), Names{"1"});
  EXPECT_EQ(elements(list, "Key"), Names{"c"});
  // A new blob begins without.
  ASSERT_EQ(put("/box/b", "other").status, 201);
  EXPECT_EQ(get("/box/b").header("x-ms-tag-count"), "");
  EXPECT_EQ(get("/box/none?comp=tags").code(), "BlobNotFound");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=tags", {}, "<Tags>").code(), "InvalidXmlDocument");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=tags", {}, Bytes(100'000, ' ')).code(), "RequestBodyTooLarge");
  EXPECT_EQ(put("/box/b", "x", {{"x-ms-tags", "a=1&a=2"}}).code(), "DuplicateTagNames");
}

TEST_F(TagOperations, ConditionsOverTags) {
  ASSERT_EQ(put("/box/b", "1", {{"x-ms-tags", "state=new"}}).status, 201);
  const HeaderList is_new = {{"x-ms-if-tags", "\"state\" = 'new'"}};
  const HeaderList is_done = {{"x-ms-if-tags", "\"state\" = 'done'"}};
  EXPECT_EQ(get("/box/b", is_new).status, 200);
  EXPECT_EQ(get("/box/b", is_done).code(), "ConditionNotMet");
  EXPECT_EQ(get("/box/b", is_done).status, 412);
  EXPECT_EQ(run(Method::kHead, "/box/b", is_done).status, 412);
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=metadata", is_done).code(), "ConditionNotMet");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=snapshot", is_done).code(), "ConditionNotMet");
  EXPECT_EQ(get("/box/b?comp=tags", is_done).code(), "ConditionNotMet");
  EXPECT_EQ(set_tags("/box/b", {{"state", "done"}}, is_done).code(), "ConditionNotMet");
  EXPECT_EQ(set_tags("/box/b", {{"state", "done"}}, is_new).status, 204);
  EXPECT_EQ(put("/box/b", "2", is_new).code(), "ConditionNotMet");
  EXPECT_EQ(put("/box/none", "2", is_new).code(), "ConditionNotMet");
  EXPECT_EQ(run(Method::kDelete, "/box/b", is_new).code(), "ConditionNotMet");
  EXPECT_EQ(run(Method::kDelete, "/box/b", {{"x-ms-if-tags", "state = "}}).code(), "InvalidHeaderValue");
  EXPECT_EQ(run(Method::kDelete, "/box/b", is_done).status, 202);
}

TEST_F(TagOperations, ConditionsOnTheBlobGuardItsTags) {
  ASSERT_EQ(put("/box/b", "1", {{"x-ms-tags", "state=new"}}).status, 201);
  const auto head = run(Method::kHead, "/box/b");
  const auto etag = head.header("etag");
  const auto past = "Mon, 01 Jan 2001 00:00:00 GMT";
  const HeaderList right[] = {{{"x-ms-blob-if-match", etag}},
                              {{"x-ms-blob-if-none-match", "\"0x8OTHER\""}},
                              {{"x-ms-blob-if-modified-since", past}},
                              {{"x-ms-blob-if-unmodified-since", head.header("last-modified")}}};
  const HeaderList wrong[] = {{{"x-ms-blob-if-match", "\"0x8OTHER\""}},
                              {{"x-ms-blob-if-none-match", etag}},
                              {{"x-ms-blob-if-modified-since", head.header("last-modified")}},
                              {{"x-ms-blob-if-unmodified-since", past}}};
  for (const auto& headers : right) {
    EXPECT_EQ(get("/box/b?comp=tags", headers).status, 200) << headers.front().first;
    EXPECT_EQ(set_tags("/box/b", {{"state", "new"}}, headers).status, 204) << headers.front().first;
  }
  for (const auto& headers : wrong) {
    EXPECT_GE(get("/box/b?comp=tags", headers).status, 304) << headers.front().first;
    EXPECT_EQ(set_tags("/box/b", {{"state", "lost"}}, headers).code(), "ConditionNotMet") << headers.front().first;
  }
  EXPECT_EQ(set_tags("/box/b", {}, {{"x-ms-blob-if-match", etag}, {"if-match", etag}}).code(),
            "MultipleConditionHeadersNotSupported");
  EXPECT_EQ(set_tags("/box/b", {}, {{"x-ms-blob-if-modified-since", "soon"}}).code(), "InvalidHeaderValue");
  EXPECT_EQ(elements(get("/box/b?comp=tags").body, "Value"), Names{"new"});
}

TEST_F(TagOperations, TheIndexFollowsTheBlobs) {
  ASSERT_EQ(put("/box/a", "x", {{"x-ms-tags", "n=1&s=on"}}).status, 201);
  ASSERT_EQ(put("/box/b", "x", {{"x-ms-tags", "n=2&s=on"}}).status, 201);
  ASSERT_EQ(put("/box/c", "x", {{"x-ms-tags", "n=3&s=off"}}).status, 201);
  EXPECT_EQ(found("n >= '1'"), (Names{"a", "b", "c"}));
  EXPECT_EQ(found("n >= '1'", 1), (Names{"a", "b", "c"}));
  EXPECT_EQ(found("n > '1' AND n < '3'"), Names{"b"});
  EXPECT_EQ(found("n <= '2'"), (Names{"a", "b"}));
  EXPECT_EQ(found("s = 'on' AND n = '2'"), Names{"b"});
  EXPECT_EQ(found("s = 'o'"), Names());
  ASSERT_EQ(set_tags("/box/b", {{"n", "0"}}).status, 204);
  EXPECT_EQ(found("s = 'on'"), Names{"a"});
  EXPECT_EQ(found("n >= '0'"), (Names{"a", "b", "c"}));
  const auto one = run(Method::kPut, "/box/a?comp=snapshot").header("x-ms-snapshot");
  ASSERT_EQ(put("/box/a", "x").status, 201);
  EXPECT_EQ(found("n = '1'"), Names());
  EXPECT_EQ(elements(get("/box/a?comp=tags&snapshot=" + one).body, "Value"), (Names{"1", "on"}));
  EXPECT_EQ(set_tags("/box/a?snapshot=" + one, {{"n", "9"}}).status, 204);
  EXPECT_EQ(found("n = '9'"), Names());  // snapshots aren't found
  ASSERT_EQ(run(Method::kDelete, "/box/a", {{"x-ms-delete-snapshots", "include"}}).status, 202);
  ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  ASSERT_EQ(run(Method::kDelete, "/box/c").status, 202);
  collect();
  EXPECT_EQ(rows().size(), 1u);  // the open marker
}

TEST_F(TagOperations, BlockListsCarryThem) {
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=block&blockid=AAAA", {}, "x").status, 201);
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=blocklist", {{"x-ms-tags", "a=1"}, {"x-ms-access-tier", "Cool"}},
                "<BlockList><Latest>AAAA</Latest></BlockList>")
                .status,
            201);
  EXPECT_EQ(found("a = '1'"), Names{"b"});
  EXPECT_EQ(run(Method::kHead, "/box/b").header("x-ms-access-tier"), "Cool");
}

struct TierOperations : TagOperations {
  Answer set_tier(const std::string& tier, HeaderList headers = {}, const std::string& more = "") {
    headers.emplace_back("x-ms-access-tier", tier);
    return run(Method::kPut, "/box/b?comp=tier" + more, std::move(headers));
  }
};

TEST_F(TierOperations, AreSetAndShown) {
  const auto blob = put("/box/b", "content");
  auto head = run(Method::kHead, "/box/b");
  EXPECT_EQ(head.header("x-ms-access-tier"), "Hot");
  EXPECT_EQ(head.header("x-ms-access-tier-inferred"), "true");
  EXPECT_EQ(head.header("x-ms-access-tier-change-time"), "");
  clock.advance(seconds(100));
  const auto changed = http_date(clock.now());
  EXPECT_EQ(set_tier("Cool").status, 200);
  head = run(Method::kHead, "/box/b");
  EXPECT_EQ(head.header("x-ms-access-tier"), "Cool");
  EXPECT_EQ(head.header("x-ms-access-tier-inferred"), "");
  EXPECT_EQ(head.header("x-ms-access-tier-change-time"), changed);
  EXPECT_EQ(head.header("etag"), blob.header("etag"));
  const auto list = get("/box?restype=container&comp=list").body;
  EXPECT_EQ(elements(list, "AccessTier"), Names{"Cool"});
  EXPECT_EQ(elements(list, "AccessTierChangeTime"), Names{changed});
  // A tier that a write names is as good.
  clock.advance(seconds(100));
  const auto written = http_date(clock.now());
  ASSERT_EQ(put("/box/b", "content", {{"x-ms-access-tier", "Cool"}}).status, 201);
  EXPECT_EQ(run(Method::kHead, "/box/b").header("x-ms-access-tier-change-time"), written);
  clock.advance(seconds(100));
  ASSERT_EQ(put("/box/b", "content").status, 201);  // and stays with the blob
  EXPECT_EQ(run(Method::kHead, "/box/b").header("x-ms-access-tier-change-time"), written);
  EXPECT_EQ(set_tier("P10").code(), "AccessTierNotSupportedForBlobType");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=tier").code(), "MissingRequiredHeader");
  EXPECT_EQ(set_tier("Cool", {{"x-ms-if-tags", "a = 'b'"}}).code(), "ConditionNotMet");
  const auto one = "&snapshot=" + run(Method::kPut, "/box/b?comp=snapshot").header("x-ms-snapshot");
  EXPECT_EQ(set_tier("Cold", {}, one).status, 200);
  EXPECT_EQ(run(Method::kHead, "/box/b?" + one.substr(1)).header("x-ms-access-tier"), "Cold");
  EXPECT_EQ(run(Method::kHead, "/box/b").header("x-ms-access-tier"), "Cool");
}

TEST_F(TierOperations, ABlobThatTakesAnothersPlaceHasItsTier) {
  ASSERT_EQ(put("/box/b", "1", {{"x-ms-access-tier", "Cool"}}).status, 201);
  ASSERT_EQ(put("/box/b", "2").status, 201);
  auto head = run(Method::kHead, "/box/b");
  EXPECT_EQ(head.header("x-ms-access-tier"), "Cool");
  EXPECT_EQ(head.header("x-ms-access-tier-inferred"), "");
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=block&blockid=AAAA", {}, "3").status, 201);
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=blocklist", {}, "<BlockList><Latest>AAAA</Latest></BlockList>").status, 201);
  EXPECT_EQ(run(Method::kHead, "/box/b").header("x-ms-access-tier"), "Cool");
  ASSERT_EQ(put("/box/b", "4", {{"x-ms-access-tier", "Hot"}}).status, 201);
  head = run(Method::kHead, "/box/b");
  EXPECT_EQ(head.header("x-ms-access-tier"), "Hot");
  EXPECT_EQ(head.header("x-ms-access-tier-inferred"), "");
  // Of a blob of another type, or of none, there is nothing to take over.
  ASSERT_EQ(run(Method::kPut, "/box/b", {{"x-ms-blob-type", "AppendBlob"}}).status, 201);
  EXPECT_EQ(run(Method::kHead, "/box/b").header("x-ms-access-tier"), "");
  ASSERT_EQ(put("/box/b", "5").status, 201);
  EXPECT_EQ(run(Method::kHead, "/box/b").header("x-ms-access-tier-inferred"), "true");
}

TEST_F(TierOperations, AnArchivedBlobIsOutOfReachUntilItIsBack) {
  ASSERT_EQ(put("/box/b", "content", {{"x-ms-access-tier", "Archive"}}).status, 201);
  EXPECT_EQ(get("/box/b").code(), "BlobArchived");
  EXPECT_EQ(get("/box/b").status, 409);
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=metadata", {{"x-ms-meta-a", "1"}}).code(), "BlobArchived");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=snapshot").code(), "BlobArchived");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=block&blockid=AAAA", {}, "x").code(), "BlobArchived");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=blocklist", {}, "<BlockList/>").code(), "BlobArchived");
  EXPECT_EQ(set_tags("/box/b", {{"a", "1"}}).status, 204);
  EXPECT_EQ(run(Method::kHead, "/box/b").header("x-ms-access-tier"), "Archive");
  EXPECT_EQ(set_tier("Hot").status, 202);
  auto head = run(Method::kHead, "/box/b");
  EXPECT_EQ(head.header("x-ms-access-tier"), "Archive");
  EXPECT_EQ(head.header("x-ms-archive-status"), "rehydrate-pending-to-hot");
  EXPECT_EQ(head.header("x-ms-rehydrate-priority"), "Standard");
  EXPECT_EQ(get("/box/b").code(), "BlobArchived");
  EXPECT_EQ(set_tier("Cool").code(), "BlobBeingRehydrated");
  EXPECT_EQ(elements(get("/box?restype=container&comp=list").body, "ArchiveStatus"), Names{"rehydrate-pending-to-hot"});
  clock.advance(seconds(60));
  head = run(Method::kHead, "/box/b");
  EXPECT_EQ(head.header("x-ms-access-tier"), "Hot");
  EXPECT_EQ(head.header("x-ms-archive-status"), "");
  EXPECT_EQ(get("/box/b").body, "content");
  ASSERT_EQ(set_tier("Archive").status, 200);
  EXPECT_EQ(set_tier("Hot", {{"x-ms-rehydrate-priority", "High"}}).status, 202);
  clock.advance(seconds(10));
  EXPECT_EQ(get("/box/b").body, "content");
  // Nothing takes its place; deleting needs nothing from the archive.
  ASSERT_EQ(set_tier("Archive").status, 200);
  EXPECT_EQ(put("/box/b", "new").code(), "BlobArchived");
  EXPECT_EQ(put("/box/b", "new", {{"x-ms-access-tier", "Hot"}}).code(), "BlobArchived");
  EXPECT_EQ(run(Method::kPut, "/box/b", {{"x-ms-blob-type", "AppendBlob"}}).code(), "BlobArchived");
  EXPECT_EQ(run(Method::kDelete, "/box/b").status, 202);
}

}  // namespace
}  // namespace freehold::blob::testing
