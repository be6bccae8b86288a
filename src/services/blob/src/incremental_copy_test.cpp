// Incremental Copy Blob, through the pipeline.
#include "src/page_test_client.h"

namespace freehold::blob::testing {
namespace {

const std::string kHost = "https://acct1.blob.core.freehold.test";
constexpr std::uint64_t kMiB = 1024 * 1024;

struct IncrementalCopies : ::testing::Test, PageTestClient {
  IncrementalCopies() {
    make_container("box");
    EXPECT_EQ(create("/box/disk", 16 * kMiB, {{"x-ms-meta-mood", "good"}, {"x-ms-blob-sequence-number", "3"}}).status,
              201);
    EXPECT_EQ(write("/box/disk", 0, pattern(2048, 1)).status, 201);
    EXPECT_EQ(write("/box/disk", 9 * kMiB, pattern(4096, 2)).status, 201);
  }
  std::string snapshot() { return run(Method::kPut, "/box/disk?comp=snapshot").header("x-ms-snapshot"); }
  Answer begin(const std::string& source, HeaderList more = {}) {
    more.emplace_back("x-ms-copy-source", kHost + source);
    return run(Method::kPut, "/box/backup?comp=incrementalcopy", std::move(more));
  }
  Answer begin_of(const std::string& snapshot) { return begin("/box/disk?snapshot=" + snapshot); }
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
  Answer head() { return run(Method::kHead, "/box/backup"); }
  // Copies that snapshot and names the one that it became.
  std::string copied(const std::string& snapshot) {
    const auto begun = begin_of(snapshot);
    EXPECT_EQ(begun.status, 202) << begun.body;
    EXPECT_EQ(begun.header("x-ms-copy-status"), "pending");
    work();
    const auto seen = head();
    EXPECT_EQ(seen.header("x-ms-copy-status"), "success") << seen.header("x-ms-copy-status-description");
    EXPECT_EQ(seen.header("x-ms-incremental-copy"), "true");
    return seen.header("x-ms-copy-destination-snapshot");
  }
  void expect_same(const std::string& source, const std::string& copy) {
    EXPECT_TRUE(get("/box/disk?snapshot=" + source).body == get("/box/backup?snapshot=" + copy).body);
    EXPECT_EQ(ranges("/box/disk?snapshot=" + source), ranges("/box/backup?snapshot=" + copy));
  }
  void abort_copy() {
    const auto id = head().header("x-ms-copy-id");
    EXPECT_EQ(run(Method::kPut, "/box/backup?comp=copy&copyid=" + id, {{"x-ms-copy-action", "abort"}}).status, 204);
  }
};

TEST_F(IncrementalCopies, BringWhatChangedAndLeaveASnapshotEach) {
  const auto s1 = snapshot();
  const auto d1 = copied(s1);
  expect_same(s1, d1);
  EXPECT_EQ(get("/box/backup?snapshot=" + d1).header("x-ms-meta-mood"), "good");
  EXPECT_EQ(get("/box/backup?snapshot=" + d1).header("x-ms-blob-sequence-number"), "3");
  ASSERT_EQ(write("/box/disk", 5 * kMiB, pattern(1024, 3)).status, 201);
  ASSERT_EQ(clear("/box/disk", 512, 512).status, 201);
  const auto s2 = snapshot();
  ASSERT_EQ(write("/box/disk", 0, pattern(512, 8)).status, 201);  // not of this snapshot
  const auto d2 = copied(s2);
  EXPECT_LT(d1, d2);
  expect_same(s1, d1);
  expect_same(s2, d2);
  const auto difference = "&prevsnapshot=";
  EXPECT_EQ(ranges("/box/backup?snapshot=" + d2 + difference + d1), (Ranges{{5 * kMiB, 5 * kMiB + 1023}}));
  EXPECT_EQ(ranges("/box/backup?snapshot=" + d2 + difference + d1, 0, "ClearRange"), (Ranges{{512, 1023}}));
  const auto listing = get("/box?restype=container&comp=list&include=snapshots,copy&prefix=backup").body;
  EXPECT_EQ(elements(listing, "IncrementalCopy"), (std::vector<std::string>{"true", "true", "true"}));
  EXPECT_EQ(elements(listing, "DestinationSnapshot"), (std::vector<std::string>{d1, d2, d2}));
  // What is left of a deleted snapshot is the other's.
  ASSERT_EQ(run(Method::kDelete, "/box/backup?snapshot=" + d1).status, 202);
  collect();
  expect_same(s2, d2);
  ASSERT_EQ(run(Method::kDelete, "/box/backup", {{"x-ms-delete-snapshots", "include"}}).status, 202);
  ASSERT_EQ(run(Method::kDelete, "/box/disk", {{"x-ms-delete-snapshots", "include"}}).status, 202);
  collect();
  EXPECT_EQ(chunk_count(), 0u);
  for (const auto& row : rows()) EXPECT_TRUE(row.key == "o") << row.key.substr(0, 20);
}

TEST_F(IncrementalCopies, TheirDestinationIsNothingElse) {
  const auto d1 = copied(snapshot());
  const std::string code = "OperationNotAllowedOnIncrementalCopyBlob";
  EXPECT_EQ(get("/box/backup").code(), code);
  EXPECT_EQ(get("/box/backup?comp=pagelist").code(), code);
  EXPECT_EQ(get("/box/backup?comp=metadata").code(), code);
  EXPECT_EQ(write("/box/backup", 0, pattern(512)).code(), code);
  EXPECT_EQ(put("/box/backup", "text").code(), code);
  EXPECT_EQ(create("/box/backup", 512).code(), code);
  EXPECT_EQ(run(Method::kPut, "/box/backup?comp=metadata").code(), code);
  EXPECT_EQ(run(Method::kPut, "/box/backup?comp=snapshot").code(), code);
  EXPECT_EQ(run(Method::kPut, "/box/backup?comp=properties", {{"x-ms-blob-content-length", "512"}}).code(), code);
  EXPECT_EQ(
      run(Method::kPut, "/box/backup?comp=lease", {{"x-ms-lease-action", "acquire"}, {"x-ms-lease-duration", "-1"}})
          .code(),
      code);
  EXPECT_EQ(run(Method::kPut, "/box/other", {{"x-ms-copy-source", kHost + "/box/backup"}}).code(), code);
  // Its snapshots are copied like any.
  const auto from_snapshot =
      run(Method::kPut, "/box/other", {{"x-ms-copy-source", kHost + "/box/backup?snapshot=" + d1}});
  EXPECT_EQ(from_snapshot.status, 202) << from_snapshot.body;
  EXPECT_EQ(run(Method::kHead, "/box/other").header("x-ms-incremental-copy"), "");
  EXPECT_TRUE(get("/box/other").body == get("/box/disk").body);
  EXPECT_EQ(write("/box/other", 0, pattern(512)).status, 201);
  EXPECT_EQ(run(Method::kDelete, "/box/backup").code(), "SnapshotsPresent");
  EXPECT_EQ(run(Method::kDelete, "/box/backup", {{"x-ms-delete-snapshots", "only"}}).status, 202);
  EXPECT_EQ(run(Method::kDelete, "/box/backup").status, 202);
}

TEST_F(IncrementalCopies, AreRefusedWhereTheyCanNotBe) {
  EXPECT_EQ(run(Method::kPut, "/box/backup?comp=incrementalcopy").code(), "MissingRequiredHeader");
  EXPECT_EQ(begin("/box/disk").code(), "IncrementalCopySourceMustBeSnapshot");
  const auto s1 = snapshot();
  EXPECT_EQ(begin("/box/disk?snapshot=" + s1, {{"x-ms-meta-a", "b"}}).code(), "UnsupportedHeader");
  ASSERT_EQ(put("/box/text", "text").status, 201);
  const auto text = run(Method::kPut, "/box/text?comp=snapshot").header("x-ms-snapshot");
  EXPECT_EQ(begin("/box/text?snapshot=" + text).code(), "InvalidSourceBlobType");
  EXPECT_EQ(begin("/box/disk?snapshot=2020-01-01T00:00:00.0000000Z").code(), "CannotVerifyCopySource");
  const auto s2 = snapshot();
  (void)copied(s2);
  EXPECT_EQ(begin_of(s1).code(), "IncrementalCopyOfEarlierVersionSnapshotNotAllowed");
  EXPECT_EQ(begin_of(s1).status, 409);
  ASSERT_EQ(create("/box/disk2", kMiB).status, 201);
  const auto other = run(Method::kPut, "/box/disk2?comp=snapshot").header("x-ms-snapshot");
  EXPECT_EQ(begin("/box/disk2?snapshot=" + other).code(), "IncrementalCopyBlobMismatch");
  ASSERT_EQ(
      run(Method::kPut, "/box/disk2?comp=incrementalcopy", {{"x-ms-copy-source", kHost + "/box/disk?snapshot=" + s2}})
          .code(),
      "IncrementalCopyBlobMismatch");
  // Written anew, the source has nothing in common with what was copied.
  ASSERT_EQ(create("/box/disk", kMiB).status, 201);
  const auto anew = begin_of(snapshot());
  EXPECT_EQ(anew.status, 409) << anew.body;
  EXPECT_EQ(head().header("x-ms-copy-status"), "success");
}

TEST_F(IncrementalCopies, OnesThatDidNotSucceedLeaveNothingInTheNext) {
  const auto d1 = copied(snapshot());
  const auto before = get("/box/backup?snapshot=" + d1).body;
  // More windows than one step brings, most of them new.
  for (const std::uint64_t place : {1, 2, 3, 4, 9, 11, 12, 13}) {
    ASSERT_EQ(write("/box/disk", place * kMiB, pattern(100 * 512, place)).status, 201);
  }
  ASSERT_EQ(begin_of(snapshot()).status, 202);
  EXPECT_EQ(begin_of(snapshot()).code(), "PendingCopyOperation");
  work_until_full();
  abort_copy();
  EXPECT_EQ(head().header("x-ms-copy-status"), "aborted");
  EXPECT_EQ(head().header("x-ms-copy-destination-snapshot"), "");
  EXPECT_TRUE(get("/box/backup?snapshot=" + d1).body == before);
  // What the aborted copy brought is gone from the source by now.
  ASSERT_EQ(clear("/box/disk", kMiB, 3 * kMiB).status, 201);
  const auto s3 = snapshot();
  const auto d3 = copied(s3);
  expect_same(s3, d3);
  EXPECT_TRUE(get("/box/backup?snapshot=" + d1).body == before);
  ASSERT_EQ(run(Method::kDelete, "/box/backup", {{"x-ms-delete-snapshots", "include"}}).status, 202);
  ASSERT_EQ(run(Method::kDelete, "/box/disk", {{"x-ms-delete-snapshots", "include"}}).status, 202);
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(IncrementalCopies, FollowTheLengthOfTheSource) {
  const auto d1 = copied(snapshot());
  const auto resize = [&](std::uint64_t length) {
    ASSERT_EQ(
        run(Method::kPut, "/box/disk?comp=properties", {{"x-ms-blob-content-length", std::to_string(length)}}).status,
        200);
  };
  resize(kMiB);
  const auto s2 = snapshot();
  const auto d2 = copied(s2);
  expect_same(s2, d2);
  resize(12 * kMiB);
  ASSERT_EQ(write("/box/disk", 11 * kMiB, pattern(512, 4)).status, 201);
  const auto s3 = snapshot();
  const auto d3 = copied(s3);
  collect();
  expect_same(s2, d2);
  expect_same(s3, d3);
  EXPECT_EQ(get("/box/backup?snapshot=" + d1).body.size(), 16 * kMiB);
}

TEST_F(IncrementalCopies, GoOnAfterARestart) {
  const auto s1 = snapshot();
  ASSERT_EQ(begin_of(s1).status, 202);
  restart();
  ASSERT_TRUE(runtime::run_blocking(service->find_pending_copies(*pipeline)));
  work();
  expect_same(s1, head().header("x-ms-copy-destination-snapshot"));
}

}  // namespace
}  // namespace freehold::blob::testing
