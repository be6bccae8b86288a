// Copies of page blobs, through the pipeline.
#include <thread>

#include "src/page_source.h"
#include "src/page_test_client.h"

namespace freehold::blob::testing {
namespace {

const std::string kHost = "https://acct1.blob.core.freehold.test";
constexpr std::uint64_t kMiB = 1024 * 1024;

struct PageCopies : ::testing::Test, PageTestClient {
  PageCopies() { make_container("box"); }
  Answer copy(const std::string& path, const std::string& source, HeaderList more = {}) {
    more.emplace_back("x-ms-copy-source", kHost + source);
    return run(Method::kPut, path, std::move(more));
  }
  void make_source(std::uint64_t length, const std::vector<std::uint64_t>& places, std::size_t size = 1024) {
    ASSERT_EQ(create("/box/a", length, {{"x-ms-blob-sequence-number", "7"}, {"x-ms-meta-mood", "good"}}).status, 201);
    for (const auto place : places) ASSERT_EQ(write("/box/a", place, pattern(size, place + 1)).status, 201);
  }
  void work() { runtime::run_blocking(service->continue_copies(*pipeline)); }
  // One step is committed, the next isn't.
  void work_until_full() {
    disk.on_commit = [steps = 0](const store::Commit&) mutable -> std::optional<store::CommitResult> {
      if (++steps == 1) return std::nullopt;
      return store::CommitResult{store::CommitOutcome::kUnavailable, {ErrorCode::kExhausted, "the disk is full", {}}};
    };
    work();
    disk.on_commit = nullptr;
  }
  Bytes part(const std::string& path, std::uint64_t offset, std::uint64_t length) {
    return get(path, {{"x-ms-range", range_text(offset, length)}}).body;
  }
  std::string status_of(const std::string& path) { return run(Method::kHead, path).header("x-ms-copy-status"); }
  void expect_nothing_left() {
    collect();
    EXPECT_EQ(chunk_count(), 0u);
    for (const auto& row : rows()) EXPECT_TRUE(row.key == "o") << row.key.substr(0, 20);
  }
};

TEST_F(PageCopies, AShortOneIsDoneAtOnceAndStaysSparse) {
  // Within a window, over the bound of two, and one whole window.
  make_source(8 * kMiB, {512, kMiB - 512, 3 * kMiB, 3 * kMiB + 4096});
  ASSERT_EQ(write("/box/a", 5 * kMiB, pattern(kMiB, 9)).status, 201);
  const auto copied = copy("/box/b", "/box/a");
  ASSERT_EQ(copied.status, 202) << copied.body;
  EXPECT_EQ(copied.header("x-ms-copy-status"), "success");
  const auto got = get("/box/b");
  EXPECT_TRUE(got.body == get("/box/a").body);
  EXPECT_EQ(got.header("x-ms-blob-type"), "PageBlob");
  EXPECT_EQ(got.header("x-ms-blob-sequence-number"), "7");
  EXPECT_EQ(got.header("x-ms-meta-mood"), "good");
  EXPECT_EQ(got.header("x-ms-copy-progress"), std::to_string(8 * kMiB) + "/" + std::to_string(8 * kMiB));
  EXPECT_EQ(ranges("/box/b"), ranges("/box/a"));
  // It is a blob of its own.
  ASSERT_EQ(write("/box/b", 512, pattern(512, 77)).status, 201);
  EXPECT_TRUE(part("/box/a", 512, 512) == pattern(1024, 513).substr(0, 512));
  ASSERT_EQ(run(Method::kDelete, "/box/a").status, 202);
  collect();
  EXPECT_TRUE(part("/box/b", 5 * kMiB, kMiB) == pattern(kMiB, 9));
  ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  expect_nothing_left();
}

TEST_F(PageCopies, TheDestinationIsAPageBlobOrNothing) {
  make_source(kMiB, {0});
  ASSERT_EQ(put("/box/text", "text").status, 201);
  EXPECT_EQ(copy("/box/text", "/box/a").code(), "InvalidBlobType");
  EXPECT_EQ(get("/box/text").body, "text");
  ASSERT_EQ(create("/box/b", 4 * kMiB).status, 201);
  ASSERT_EQ(write("/box/b", 2 * kMiB, pattern(4096)).status, 201);
  ASSERT_EQ(copy("/box/b", "/box/a", {{"x-ms-access-tier", "Hot"}}).code(), "AccessTierNotSupportedForBlobType");
  ASSERT_EQ(copy("/box/b", "/box/a").status, 202);
  EXPECT_TRUE(get("/box/b").body == get("/box/a").body);
  ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  ASSERT_EQ(run(Method::kDelete, "/box/a").status, 202);
  ASSERT_EQ(run(Method::kDelete, "/box/text").status, 202);
  expect_nothing_left();
}

TEST_F(PageCopies, OfASnapshotAndOntoItself) {
  make_source(2 * kMiB, {0, kMiB});
  const auto before = get("/box/a").body;
  const auto snapshot = run(Method::kPut, "/box/a?comp=snapshot").header("x-ms-snapshot");
  ASSERT_EQ(write("/box/a", 0, pattern(1024, 99)).status, 201);
  ASSERT_EQ(copy("/box/b", "/box/a?snapshot=" + snapshot).status, 202);
  EXPECT_TRUE(get("/box/b").body == before);
  const auto itself = copy("/box/a", "/box/a", {{"x-ms-meta-mood", "bad"}});
  ASSERT_EQ(itself.status, 202) << itself.body;
  EXPECT_EQ(itself.header("x-ms-copy-status"), "success");
  EXPECT_TRUE(part("/box/a", 0, 1024) == pattern(1024, 99));
  EXPECT_EQ(get("/box/a").header("x-ms-meta-mood"), "bad");
  EXPECT_EQ(get("/box/a").header("x-ms-blob-sequence-number"), "7");
  // The snapshot over its blob.
  ASSERT_EQ(copy("/box/a", "/box/a?snapshot=" + snapshot).status, 202);
  collect();
  EXPECT_TRUE(get("/box/a").body == before);
  EXPECT_TRUE(get("/box/a?snapshot=" + snapshot).body == before);
  ASSERT_EQ(run(Method::kDelete, "/box/a", {{"x-ms-delete-snapshots", "include"}}).status, 202);
  ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  expect_nothing_left();
}

struct LongPageCopies : PageCopies {
  static constexpr std::uint64_t kSize = 8ULL * 1024 * 1024 * kMiB;
  LongPageCopies() {
    make_source(kSize, {0, 5 * kMiB - 512, 70 * kMiB, 71 * kMiB, kSize / 2, kSize - 1024});
    begun = copy("/box/b", "/box/a");
    EXPECT_EQ(begun.status, 202) << begun.body;
    EXPECT_EQ(begun.header("x-ms-copy-status"), "pending");
  }
  Answer begun;
};

TEST_F(LongPageCopies, FillUpInTheBackground) {
  EXPECT_EQ(run(Method::kHead, "/box/b").head_length, kSize);
  EXPECT_EQ(ranges("/box/b"), Ranges());
  EXPECT_EQ(write("/box/b", 0, pattern(512)).code(), "PendingCopyOperation");
  (void)log.take_entries();
  work();
  std::size_t reads = 0;
  for (const auto& entry : log.take_entries()) reads += entry.record.operation == "GetBlob" ? 1 : 0;
  EXPECT_EQ(reads, 5u) << "windows without pages were read";
  EXPECT_EQ(status_of("/box/b"), "success");
  EXPECT_EQ(ranges("/box/b"), ranges("/box/a"));
  for (const auto place : {std::uint64_t{0}, 5 * kMiB - 512, kSize / 2, kSize - 1024}) {
    EXPECT_TRUE(part("/box/b", place, 1024) == pattern(1024, place + 1)) << place;
  }
  ASSERT_EQ(write("/box/b", 0, pattern(512)).status, 201);
}

TEST_F(LongPageCopies, GoOnWhereTheyWereCutOff) {
  work_until_full();
  const auto seen = run(Method::kHead, "/box/b");
  EXPECT_EQ(seen.header("x-ms-copy-status"), "pending");
  EXPECT_NE(seen.header("x-ms-copy-progress"), "0/" + std::to_string(kSize));
  EXPECT_EQ(ranges("/box/b").front(), ranges("/box/a").front());
  restart();
  ASSERT_TRUE(runtime::run_blocking(service->find_pending_copies(*pipeline)));
  work();
  EXPECT_EQ(status_of("/box/b"), "success");
  EXPECT_EQ(ranges("/box/b"), ranges("/box/a"));
  EXPECT_TRUE(part("/box/b", 0, 1024) == pattern(1024, 1));
}

TEST_F(LongPageCopies, ThatAreAbortedOrFailLeaveNoPages) {
  work_until_full();
  ASSERT_EQ(
      run(Method::kPut, "/box/b?comp=copy&copyid=" + begun.header("x-ms-copy-id"), {{"x-ms-copy-action", "abort"}})
          .status,
      204);
  work();
  auto seen = run(Method::kHead, "/box/b");
  EXPECT_EQ(seen.header("x-ms-copy-status"), "aborted");
  EXPECT_EQ(seen.head_length, 0u);
  ASSERT_EQ(copy("/box/b", "/box/a").header("x-ms-copy-status"), "pending");
  ASSERT_EQ(write("/box/a", 0, pattern(512, 5)).status, 201);
  work();
  seen = run(Method::kHead, "/box/b");
  EXPECT_EQ(seen.header("x-ms-copy-status"), "failed");
  EXPECT_TRUE(seen.header("x-ms-copy-status-description").starts_with("412 "));
  EXPECT_EQ(seen.head_length, 0u);
  ASSERT_EQ(run(Method::kDelete, "/box/a").status, 202);
  collect();
  EXPECT_EQ(chunk_count(), 0u);
  ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  expect_nothing_left();
}

// Two clients at once: whichever begins first, the other sees that its source isn't any more what it looked at.
TEST_F(PageCopies, ThatAreMadeOntoEachOtherLeaveOneOfTheBlobs) {
  make_container("bag");
  const std::string paths[] = {"/box/x", "/bag/x"};
  for (int round = 0; round < 25; ++round) {
    for (const auto& path : paths) {
      ASSERT_EQ(create(path, 64 * kMiB).status, 201);
      ASSERT_EQ(write(path, 0, pattern(512)).status, 201);
    }
    std::vector<std::thread> clients;
    for (int i = 0; i < 2; ++i) {
      clients.emplace_back([&, i] { static_cast<void>(copy(paths[i], paths[1 - i])); });
    }
    for (auto& client : clients) client.join();
    work();
    work();
    std::size_t kept = 0;
    for (const auto& path : paths) kept += part(path, 0, 512) == pattern(512) ? 1 : 0;
    ASSERT_GE(kept, 1u) << round;
    for (const auto& path : paths) ASSERT_EQ(run(Method::kDelete, path).status, 202);
  }
}

TEST(SourcePages, AreTakenOnlyIfTheyCanBeRight) {
  const auto page = [](const char* what, int first, int last) {
    return std::string("<") + what + "><Start>" + std::to_string(first) + "</Start><End>" + std::to_string(last) +
           "</End></" + what + ">";
  };
  const auto parse = [](const std::string& inner) { return parse_source_pages("<PageList>" + inner + "</PageList>"); };
  const auto list = parse(page("PageRange", 1024, 1535) + page("ClearRange", 0, 511) + "<NextMarker>x</NextMarker>");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->ranges, (std::vector<ListedRange>{{0, 512, true}, {1024, 512, false}}));
  EXPECT_EQ(list->marker, "x");
  EXPECT_TRUE(parse(""));
  EXPECT_FALSE(parse(page("PageRange", 0, 1023) + page("PageRange", 512, 1535)));
  EXPECT_FALSE(parse(page("PageRange", 1, 512)));
  EXPECT_FALSE(parse(page("PageRange", 512, 0)));
  EXPECT_FALSE(parse_source_pages("<BlockList/>"));
  EXPECT_FALSE(parse_source_pages("text"));
}

}  // namespace
}  // namespace freehold::blob::testing
