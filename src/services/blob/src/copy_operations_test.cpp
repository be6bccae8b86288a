// Copies inside this cloud, through the pipeline.
#include "crypto/digest.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

const std::string kHost = "https://acct1.blob.core.freehold.test";

struct CopyOperations : ::testing::Test, TestRegion {
  CopyOperations() {
    make_container("box");
    (void)log.take_entries();
  }
  static HeaderList from(const std::string& source, HeaderList more = {}) {
    more.emplace_back("x-ms-copy-source", kHost + source);
    return more;
  }
  Answer put_from(const std::string& path, const std::string& source, HeaderList more = {}) {
    more.emplace_back("x-ms-blob-type", "BlockBlob");
    return run(Method::kPut, path, from(source, std::move(more)));
  }
  Answer copy_sync(const std::string& path, const std::string& source, HeaderList more = {}) {
    more.emplace_back("x-ms-requires-sync", "true");
    return run(Method::kPut, path, from(source, std::move(more)));
  }
  Answer copy(const std::string& path, const std::string& source, HeaderList more = {}) {
    return run(Method::kPut, path, from(source, std::move(more)));
  }
  void put_blocks(const std::string& path, std::initializer_list<Bytes> blocks) {
    std::string list;
    char id = 'a';
    for (const auto& block : blocks) {
      const auto name = to_base64(Bytes(4, id++));
      ASSERT_EQ(run(Method::kPut, path + "?comp=block&blockid=" + percent_encode(name), {}, block).status, 201);
      list += "<Latest>" + name + "</Latest>";
    }
    const auto answer =
        run(Method::kPut, path + "?comp=blocklist", {{"x-ms-blob-content-type", "text/x"}, {"x-ms-meta-Mood", "good"}},
            "<BlockList>" + list + "</BlockList>");
    ASSERT_EQ(answer.status, 201) << answer.body;
  }
  void work() { runtime::run_blocking(service->continue_copies(*pipeline)); }
  std::string records() {
    std::string out;
    for (const auto& entry : log.take_entries()) {
      out += std::string(entry.record.operation) + ' ' + entry.record.resource + ' ' +
             std::string(entry.record.credential) + ' ' + std::to_string(entry.record.status) + '\n';
    }
    return out;
  }
};

TEST_F(CopyOperations, PutBlobFromUrlTakesContentPropertiesAndMetadata) {
  for (const std::size_t size : {0u, 100u, 70'000u, 9'000'000u}) {
    const auto content = pattern(size, size + 3);
    ASSERT_EQ(put("/box/a", content, {{"content-type", "text/x"}, {"x-ms-meta-Mood", "good"}}).status, 201);
    const auto made = put_from("/box/b", "/box/a", {{"x-ms-blob-cache-control", "no-cache"}});
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.header("content-md5"), md5_base64(content));
    const auto got = get("/box/b");
    EXPECT_TRUE(got.body == content) << size;
    EXPECT_EQ(got.header("content-type"), "text/x");
    EXPECT_EQ(got.header("cache-control"), "no-cache");
    EXPECT_EQ(got.header("x-ms-meta-mood"), "good");
    EXPECT_EQ(got.header("x-ms-copy-id"), "");
    EXPECT_EQ(got.header("etag"), made.header("etag"));
  }
  ASSERT_EQ(put_from("/box/b", "/box/a", {{"x-ms-copy-source-blob-properties", "false"}}).status, 201);
  EXPECT_EQ(get("/box/b").header("content-type"), "application/octet-stream");
  EXPECT_EQ(get("/box/b").header("x-ms-meta-mood"), "");
}

TEST_F(CopyOperations, TheSourceIsReadThroughTheDoorAndRecorded) {
  ASSERT_EQ(put("/box/a", "text").status, 201);
  (void)log.take_entries();
  ASSERT_EQ(put_from("/box/b", "/box/a").status, 201);
  EXPECT_EQ(records(), "GetBlob /acct1/box/a SharedKey 200\nPutBlobFromUrl /acct1/box/b SharedKey 201\n");
}

TEST_F(CopyOperations, BlocksComeFromRanges) {
  const auto content = pattern(300'000);
  ASSERT_EQ(put("/box/a", content).status, 201);
  const auto id = to_base64("aaaa");
  const auto path = "/box/b?comp=block&blockid=" + percent_encode(id);
  const auto range = pattern(300'000).substr(1000, 200'000);
  const auto staged =
      run(Method::kPut, path,
          from("/box/a", {{"x-ms-source-range", "bytes=1000-200999"}, {"x-ms-source-content-md5", md5_base64(range)}}));
  ASSERT_EQ(staged.status, 201) << staged.body;
  EXPECT_EQ(staged.header("content-md5"), md5_base64(range));
  EXPECT_EQ(run(Method::kPut, path, from("/box/a", {{"x-ms-source-range", "bytes=1000-300000"}})).code(),
            "InvalidRange");
  EXPECT_EQ(run(Method::kPut, path, from("/box/a", {{"x-ms-source-content-md5", md5_base64("other")}})).code(),
            "Md5Mismatch");
  EXPECT_EQ(run(Method::kPut, path, from("/box/none")).code(), "CannotVerifyCopySource");
  EXPECT_EQ(run(Method::kPut, path, from("/box/none")).status, 404);
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=blocklist", {}, "<BlockList><Latest>" + id + "</Latest></BlockList>").status,
            201);
  EXPECT_TRUE(get("/box/b").body == range);
}

TEST_F(CopyOperations, BlocksFromUrlsNeedTheLease) {
  const std::string lease = "0a1b2c3d-0011-2233-4455-66778899aabb";
  ASSERT_EQ(put("/box/a", "text").status, 201);
  ASSERT_EQ(put("/box/b", "old").status, 201);
  const std::string path = "/box/b?comp=block&blockid=AAAA";
  EXPECT_EQ(run(Method::kPut, path, from("/box/a", {{"x-ms-lease-id", lease}})).code(),
            "LeaseNotPresentWithBlobOperation");
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=lease",
                {{"x-ms-lease-action", "acquire"}, {"x-ms-lease-duration", "-1"}, {"x-ms-proposed-lease-id", lease}})
                .status,
            201);
  EXPECT_EQ(run(Method::kPut, path, from("/box/a")).code(), "LeaseIdMissing");
  EXPECT_EQ(run(Method::kPut, path, from("/box/a", {{"x-ms-lease-id", "0a1b2c3d-0011-2233-4455-66778899ffff"}})).code(),
            "LeaseIdMismatchWithBlobOperation");
  EXPECT_EQ(run(Method::kPut, path, from("/box/a", {{"x-ms-lease-id", "no guid"}})).code(), "InvalidHeaderValue");
  const auto staged = run(Method::kPut, path, from("/box/a", {{"x-ms-lease-id", lease}}));
  EXPECT_EQ(staged.status, 201) << staged.body;
}

TEST_F(CopyOperations, CopyFromUrlKeepsBlocksAndSaysSo) {
  const auto one = pattern(100'000, 1), two = pattern(10, 2), three = pattern(70'000, 3);
  put_blocks("/box/a", {one, two, three});
  const auto copied = copy_sync("/box/b", "/box/a");
  ASSERT_EQ(copied.status, 202) << copied.body;
  EXPECT_EQ(copied.header("x-ms-copy-status"), "success");
  const auto got = get("/box/b");
  EXPECT_TRUE(got.body == one + two + three);
  EXPECT_EQ(got.header("content-type"), "text/x");
  EXPECT_EQ(got.header("x-ms-meta-mood"), "good");
  EXPECT_EQ(got.header("x-ms-copy-id"), copied.header("x-ms-copy-id"));
  EXPECT_EQ(got.header("x-ms-copy-source"), kHost + "/box/a");
  EXPECT_EQ(got.header("x-ms-copy-progress"), "170010/170010");
  EXPECT_NE(got.header("x-ms-copy-completion-time"), "");
  const auto list = get("/box/b?comp=blocklist");
  EXPECT_EQ(elements(list.body, "Size"), (std::vector<std::string>{"100000", "10", "70000"}));
  const auto listed = get("/box?restype=container&comp=list&include=copy&prefix=b").body;
  EXPECT_EQ(elements(listed, "CopyId"), std::vector<std::string>{copied.header("x-ms-copy-id")});
  EXPECT_EQ(elements(listed, "CopyStatus"), std::vector<std::string>{"success"});
  // What the copy is made of is its own.
  ASSERT_EQ(run(Method::kDelete, "/box/a").status, 202);
  collect();
  EXPECT_TRUE(get("/box/b").body == one + two + three);
  // A write of its own forgets where the content came from.
  ASSERT_EQ(put("/box/b", "new").status, 201);
  EXPECT_EQ(get("/box/b").header("x-ms-copy-id"), "");
}

TEST_F(CopyOperations, ABlobMayBeCopiedOntoItself) {
  put_blocks("/box/a", {pattern(100'000, 1), pattern(10, 2)});
  const auto before = get("/box/a").body;
  ASSERT_EQ(copy_sync("/box/a", "/box/a", {{"x-ms-meta-new", "word"}}).status, 202);
  collect();
  const auto got = get("/box/a");
  EXPECT_TRUE(got.body == before);
  EXPECT_EQ(got.header("x-ms-meta-new"), "word");
  EXPECT_EQ(got.header("x-ms-meta-mood"), "");
}

TEST_F(CopyOperations, ConditionsOfSourceAndDestination) {
  ASSERT_EQ(put("/box/a", "text").status, 201);
  const auto etag = get("/box/a").header("etag");
  EXPECT_EQ(copy_sync("/box/b", "/box/a", {{"x-ms-source-if-match", "\"0x8OTHER\""}}).code(), "SourceConditionNotMet");
  EXPECT_EQ(copy_sync("/box/b", "/box/a", {{"x-ms-source-if-none-match", etag}}).status, 412);
  EXPECT_EQ(copy("/box/b", "/box/a", {{"x-ms-source-if-none-match", etag}}).code(), "SourceConditionNotMet");
  EXPECT_EQ(get("/box/b").status, 404);
  ASSERT_EQ(copy_sync("/box/b", "/box/a", {{"x-ms-source-if-match", etag}, {"if-none-match", "*"}}).status, 202);
  EXPECT_EQ(copy_sync("/box/b", "/box/a", {{"if-none-match", "*"}}).code(), "BlobAlreadyExists");
  EXPECT_EQ(put_from("/box/b", "/box/a", {{"if-match", etag}}).code(), "ConditionNotMet");
  EXPECT_EQ(copy_sync("/box/b", "/box/a", {{"x-ms-source-range", "bytes=0-1"}}).status, 400);
  EXPECT_EQ(copy_sync("/box/b", "/box/a", {{"x-ms-source-content-md5", md5_base64("other")}}).code(), "Md5Mismatch");
  EXPECT_EQ(copy_sync("/box/b", "/box/a", {{"x-ms-source-content-md5", md5_base64("text")}}).status, 202);
}

TEST_F(CopyOperations, AWordThatSaysNothingOfWhenToAnswerIsRefused) {
  ASSERT_EQ(put("/box/a", "text").status, 201);
  EXPECT_EQ(copy("/box/b", "/box/a", {{"x-ms-requires-sync", "maybe"}}).code(), "InvalidHeaderValue");
  EXPECT_EQ(copy("/box/b", "/box/a", {{"x-ms-requires-sync", "false"}}).status, 202);
}

TEST_F(CopyOperations, AShortAsynchronousCopyIsDoneAtOnce) {
  put_blocks("/box/a", {pattern(100'000, 1), pattern(10, 2)});
  const auto begun = copy("/box/b", "/box/a");
  ASSERT_EQ(begun.status, 202) << begun.body;
  EXPECT_EQ(begun.header("x-ms-copy-status"), "success");
  EXPECT_EQ(get("/box/b").body, get("/box/a").body);
  EXPECT_EQ(service->copies_waiting(), 0u);
  EXPECT_EQ(
      run(Method::kPut, "/box/b?comp=copy&copyid=" + begun.header("x-ms-copy-id"), {{"x-ms-copy-action", "abort"}})
          .code(),
      "NoPendingCopyOperation");
}

TEST_F(CopyOperations, ABlobOfAnySizeMayBeCopiedOntoItself) {
  const auto content = pattern(33 * 1024 * 1024 + 1);
  for (const char* self : {"/box/a", "/box/%61"}) {
    ASSERT_EQ(
        put("/box/a", content, {{"content-type", "text/x"}, {"x-ms-meta-mood", "good"}, {"x-ms-tags", "a=1"}}).status,
        201);
    const auto before = run(Method::kHead, "/box/a").header("etag");
    ASSERT_EQ(run(Method::kPut, "/box/a?comp=block&blockid=AAAA", {}, pattern(100'000)).status, 201);
    const auto copied = copy("/box/a", self, {{"x-ms-source-if-match", before}});
    ASSERT_EQ(copied.status, 202) << copied.body;
    EXPECT_EQ(copied.header("x-ms-copy-status"), "success");
    EXPECT_NE(copied.header("etag"), before);
    work();
    collect();
    const auto got = get("/box/a");
    EXPECT_TRUE(got.body == content) << self;
    EXPECT_EQ(got.header("etag"), copied.header("etag"));
    EXPECT_EQ(got.header("content-type"), "text/x");
    EXPECT_EQ(got.header("content-md5"), md5_base64(content));
    EXPECT_EQ(got.header("x-ms-meta-mood"), "good");
    EXPECT_EQ(got.header("x-ms-tag-count"), "");
    EXPECT_EQ(got.header("x-ms-copy-id"), copied.header("x-ms-copy-id"));
    EXPECT_EQ(got.header("x-ms-copy-status"), "success");
    EXPECT_EQ(elements(get("/box/a?comp=blocklist&blocklisttype=uncommitted").body, "Name").size(), 0u);
    EXPECT_EQ(copy("/box/a", self, {{"x-ms-source-if-match", before}}).code(), "SourceConditionNotMet");
    EXPECT_EQ(copy("/box/a", self, {{"if-none-match", "*"}}).code(), "BlobAlreadyExists");
    ASSERT_EQ(copy("/box/a", self, {{"x-ms-meta-new", "word"}}).status, 202);
    EXPECT_EQ(get("/box/a").header("x-ms-meta-new"), "word");
    EXPECT_EQ(get("/box/a").header("x-ms-meta-mood"), "");
  }
  ASSERT_EQ(run(Method::kDelete, "/box/a").status, 202);
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(CopyOperations, ACopyOntoItselfLeavesTheSnapshotsTheirContent) {
  const auto content = pattern(33 * 1024 * 1024 + 1);
  ASSERT_EQ(put("/box/a", content).status, 201);
  const auto snapshot = "/box/a?snapshot=" + run(Method::kPut, "/box/a?comp=snapshot").header("x-ms-snapshot");
  ASSERT_EQ(copy("/box/a", "/box/a").header("x-ms-copy-status"), "success");
  ASSERT_EQ(put("/box/a", "other").status, 201);
  collect();
  EXPECT_TRUE(get(snapshot).body == content);
  // The snapshot is another blob than the one that it is copied over.
  ASSERT_EQ(copy("/box/a", snapshot).header("x-ms-copy-status"), "pending");
  work();
  EXPECT_TRUE(get("/box/a").body == content);
}

TEST_F(CopyOperations, AnArchivedSourceCostsTheDestinationNothing) {
  ASSERT_EQ(put("/box/a", pattern(33 * 1024 * 1024 + 1), {{"x-ms-access-tier", "Archive"}}).status, 201);
  ASSERT_EQ(put("/box/b", "kept").status, 201);
  EXPECT_EQ(copy("/box/b", "/box/a").code(), "BlobArchived");
  EXPECT_EQ(copy("/box/a", "/box/a").code(), "BlobArchived");
  EXPECT_EQ(get("/box/b").body, "kept");
}

TEST_F(CopyOperations, DigestsOfALongSourceAreVerifiedWhereItIsRead) {
  const auto content = pattern(70 * 1024 * 1024 + 1);  // in two slices
  ASSERT_EQ(put("/box/a", content).status, 201);
  EXPECT_EQ(copy("/box/a", "/box/a", {{"x-ms-source-content-md5", md5_base64(content)}}).code(), "NotImplemented");
  ASSERT_EQ(copy("/box/b", "/box/a", {{"x-ms-source-content-md5", md5_base64(content)}}).status, 202);
  restart();
  ASSERT_TRUE(runtime::run_blocking(service->find_pending_copies(*pipeline)));
  work();
  EXPECT_EQ(run(Method::kHead, "/box/b").header("x-ms-copy-status"), "success");
  EXPECT_TRUE(get("/box/b").body == content);
  ASSERT_EQ(copy("/box/b", "/box/a", {{"x-ms-source-content-md5", md5_base64("other")}}).status, 202);
  work();
  const auto failed = run(Method::kHead, "/box/b");
  EXPECT_EQ(failed.header("x-ms-copy-status"), "failed");
  EXPECT_EQ(failed.header("x-ms-copy-status-description"), "400 Md5Mismatch");
  EXPECT_EQ(failed.head_length, 0u);
}

TEST_F(CopyOperations, OneThatNamesNoVersionGoesOnAfterARestart) {
  const auto content = pattern(33 * 1024 * 1024 + 1);
  ASSERT_EQ(put("/box/a", content).status, 201);
  BytesBody none("");
  auto request = make(Method::kPut, "/box/b", from("/box/a"), none);
  request.headers.remove("x-ms-version");
  request.headers.set("authorization", gate::shared_key_authorization(request, "acct1", key));
  const auto begun = runtime::run_blocking(exchange(*pipeline, request));
  ASSERT_EQ(begun.header("x-ms-copy-status"), "pending") << begun.body;
  restart();
  ASSERT_TRUE(runtime::run_blocking(service->find_pending_copies(*pipeline)));
  work();
  const auto got = get("/box/b");
  EXPECT_EQ(got.header("x-ms-copy-status"), "success") << got.header("x-ms-copy-status-description");
  EXPECT_TRUE(got.body == content);
}

TEST_F(CopyOperations, ADestinationThatIsThereHasToBeOfTheSourcesType) {
  ASSERT_EQ(put("/box/a", "text").status, 201);
  ASSERT_EQ(run(Method::kPut, "/box/log", {{"x-ms-blob-type", "AppendBlob"}}).status, 201);
  EXPECT_EQ(copy("/box/log", "/box/a").code(), "InvalidBlobType");
  EXPECT_EQ(copy("/box/log", "/box/a").status, 409);
  EXPECT_EQ(copy_sync("/box/log", "/box/a").code(), "InvalidBlobType");
  EXPECT_EQ(copy("/box/a", "/box/log").code(), "InvalidBlobType");
  EXPECT_EQ(get("/box/a").body, "text");
}

struct LongCopies : CopyOperations {
  static constexpr std::size_t kSize = 70 * 1024 * 1024;
  LongCopies() {
    content = pattern(kSize);
    EXPECT_EQ(put("/box/a", content, {{"x-ms-meta-mood", "good"}}).status, 201);
    (void)log.take_entries();
    begun = copy("/box/b", "/box/a");
    EXPECT_EQ(begun.status, 202) << begun.body;
    EXPECT_EQ(begun.header("x-ms-copy-status"), "pending");
  }
  std::string abort_path() const { return "/box/b?comp=copy&copyid=" + begun.header("x-ms-copy-id"); }
  Bytes content;
  Answer begun;
};

TEST_F(LongCopies, GoOnInTheBackground) {
  auto seen = run(Method::kHead, "/box/b");
  EXPECT_EQ(seen.header("x-ms-copy-status"), "pending");
  EXPECT_EQ(seen.header("x-ms-copy-progress"), "0/" + std::to_string(kSize));
  EXPECT_EQ(seen.header("x-ms-meta-mood"), "good");
  EXPECT_EQ(seen.head_length, 0u);
  EXPECT_EQ(put("/box/b", "x").code(), "PendingCopyOperation");
  EXPECT_EQ(copy("/box/b", "/box/a").code(), "PendingCopyOperation");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=metadata", {{"x-ms-meta-a", "b"}}).code(), "PendingCopyOperation");
  EXPECT_EQ(run(Method::kDelete, "/box/b").code(), "PendingCopyOperation");
  (void)log.take_entries();
  work();
  const auto done = records();
  EXPECT_NE(done.find("GetBlob /acct1/box/a SystemJob 206\n"), std::string::npos) << done;
  EXPECT_NE(done.find("ContinueCopy /acct1/box/b SystemJob 200\n"), std::string::npos) << done;
  const auto got = get("/box/b");
  EXPECT_EQ(got.header("x-ms-copy-status"), "success");
  EXPECT_EQ(got.header("x-ms-copy-progress"), std::to_string(kSize) + "/" + std::to_string(kSize));
  EXPECT_TRUE(got.body == content);
  EXPECT_EQ(service->copies_waiting(), 0u);
  EXPECT_EQ(put("/box/b", "x").status, 201);
}

// It has nothing yet, and a copy of nothing would take the place of the content that it waits for.
TEST_F(LongCopies, AreNoSourceUntilTheyAreDone) {
  EXPECT_EQ(copy("/box/a", "/box/b").code(), "PendingCopyOperation");
  EXPECT_EQ(copy_sync("/box/a", "/box/b").code(), "PendingCopyOperation");
  EXPECT_EQ(put_from("/box/a", "/box/b").code(), "PendingCopyOperation");
  EXPECT_EQ(copy("/box/b", "/box/b").code(), "PendingCopyOperation");
  work();
  EXPECT_TRUE(get("/box/a").body == content);
  EXPECT_TRUE(get("/box/b").body == content);
}

TEST_F(LongCopies, MayBeAborted) {
  EXPECT_EQ(run(Method::kPut, abort_path()).code(), "MissingRequiredHeader");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=copy&copyid=other", {{"x-ms-copy-action", "abort"}}).code(),
            "CopyIdMismatch");
  EXPECT_EQ(run(Method::kPut, abort_path(), {{"x-ms-copy-action", "abort"}}).status, 204);
  EXPECT_EQ(run(Method::kPut, abort_path(), {{"x-ms-copy-action", "abort"}}).code(), "NoPendingCopyOperation");
  work();
  const auto got = get("/box/b");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "");
  EXPECT_EQ(got.header("x-ms-copy-status"), "aborted");
  EXPECT_EQ(got.header("x-ms-meta-mood"), "good");
}

TEST_F(LongCopies, BeginAnewAfterARestart) {
  restart();
  EXPECT_EQ(service->copies_waiting(), 0u);
  ASSERT_TRUE(runtime::run_blocking(service->find_pending_copies(*pipeline)));
  EXPECT_EQ(service->copies_waiting(), 1u);
  work();
  const auto got = get("/box/b");
  EXPECT_EQ(got.header("x-ms-copy-status"), "success");
  EXPECT_TRUE(got.body == content);
  restart();
  ASSERT_TRUE(runtime::run_blocking(service->find_pending_copies(*pipeline)));
  EXPECT_EQ(service->copies_waiting(), 0u);
}

TEST_F(LongCopies, ASourceThatChangesFailsThem) {
  ASSERT_EQ(put("/box/a", pattern(kSize, 9)).status, 201);
  work();
  const auto got = get("/box/b");
  EXPECT_EQ(got.header("x-ms-copy-status"), "failed");
  EXPECT_TRUE(got.header("x-ms-copy-status-description").starts_with("412 "))
      << got.header("x-ms-copy-status-description");
  EXPECT_EQ(got.body, "");
  ASSERT_EQ(run(Method::kDelete, "/box/a").status, 202);
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(LongCopies, EndWithTheirContainer) {
  ASSERT_EQ(run(Method::kDelete, "/box?restype=container").status, 202);
  work();
  EXPECT_EQ(service->copies_waiting(), 0u);
  take_audit_rows();
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(CopyOperations, BlocksAreAppendedFromUrls) {
  const auto content = pattern(100'000);
  ASSERT_EQ(put("/box/a", content).status, 201);
  ASSERT_EQ(run(Method::kPut, "/box/log", {{"x-ms-blob-type", "AppendBlob"}}).status, 201);
  const std::string path = "/box/log?comp=appendblock";
  const auto first = run(Method::kPut, path, from("/box/a", {{"x-ms-source-range", "bytes=10-99"}}));
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(first.header("x-ms-blob-append-offset"), "0");
  EXPECT_EQ(run(Method::kPut, path, from("/box/a", {{"x-ms-blob-condition-appendpos", "5"}})).code(),
            "AppendPositionConditionNotMet");
  ASSERT_EQ(run(Method::kPut, path, from("/box/a")).status, 201);
  EXPECT_TRUE(get("/box/log").body == content.substr(10, 90) + content);
  EXPECT_EQ(run(Method::kPut, path, from("/box/none")).code(), "CannotVerifyCopySource");
}

TEST_F(CopyOperations, PagesAreWrittenFromUrls) {
  const auto content = pattern(10'000);
  ASSERT_EQ(put("/box/a", content).status, 201);
  ASSERT_EQ(
      run(Method::kPut, "/box/disk", {{"x-ms-blob-type", "PageBlob"}, {"x-ms-blob-content-length", "8192"}}).status,
      201);
  const auto write = [&](const char* range, const char* source) {
    return run(Method::kPut, "/box/disk?comp=page",
               from("/box/a", {{"x-ms-page-write", "update"}, {"x-ms-range", range}, {"x-ms-source-range", source}}));
  };
  const auto written = write("bytes=512-1535", "bytes=100-1123");
  ASSERT_EQ(written.status, 201) << written.body;
  EXPECT_EQ(write("bytes=512-1535", "bytes=100-1122").code(), "InvalidHeaderValue");
  EXPECT_EQ(write("bytes=512-1535", "bytes=9900-10923").code(), "InvalidRange");
  EXPECT_TRUE(get("/box/disk").body == Bytes(512, '\0') + content.substr(100, 1024) + Bytes(8192 - 1536, '\0'));
}

TEST_F(CopyOperations, WhoMayNotReadTheSourceDoesNotCopyIt) {
  ASSERT_EQ(put("/box/a", "text").status, 201);
  const auto query = gate::account_sas_query({.permissions = "cw", .expiry = "2099-01-01"}, "acct1", key);
  const auto answer = sas_call(Method::kPut, "/box/b?" + query,
                               {{"x-ms-copy-source", kHost + "/box/a"}, {"x-ms-requires-sync", "true"}});
  EXPECT_EQ(answer.status, 403) << answer.body;
  EXPECT_EQ(answer.code(), "CannotVerifyCopySource");
  const auto reading = gate::account_sas_query({.permissions = "r", .expiry = "2099-01-01"}, "acct1", key);
  const auto granted = sas_call(Method::kPut, "/box/b?" + query,
                                {{"x-ms-copy-source", kHost + "/box/a?" + reading}, {"x-ms-requires-sync", "true"}});
  EXPECT_EQ(granted.status, 202) << granted.body;
  EXPECT_EQ(get("/box/b").header("x-ms-copy-source"), kHost + "/box/a");
}

TEST_F(CopyOperations, PlacesThatNobodyAllowedAreNotAsked) {
  for (const char* source : {"https://files.example/c/b", "http://169.254.169.254/latest/meta-data",
                             "http://127.0.0.1:1/x", "https://[::1]/x"}) {
    const auto answer = run(Method::kPut, "/box/b", {{"x-ms-copy-source", source}, {"x-ms-requires-sync", "true"}});
    EXPECT_EQ(answer.status, 403) << source;
    EXPECT_EQ(answer.code(), "CannotVerifyCopySource") << source;
  }
  EXPECT_EQ(run(Method::kPut, "/box/b", {{"x-ms-copy-source", "nonsense"}}).code(), "InvalidHeaderValue");
}

}  // namespace
}  // namespace freehold::blob::testing
