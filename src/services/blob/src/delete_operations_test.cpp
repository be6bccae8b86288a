// Delete Blob where one commit doesn't hold all that goes: many snapshots, large rows, long names.
#include <future>

#include "src/blob_row.h"
#include "src/row_keys.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

using store::CommitResult;

struct DeleteOperations : ::testing::Test, TestRegion {
  DeleteOperations() { make_container("box"); }
  // "?snapshot=..." of a new snapshot.
  std::string take(const std::string& path, HeaderList headers = {}) {
    const auto answer = run(Method::kPut, path + "?comp=snapshot", std::move(headers));
    EXPECT_EQ(answer.status, 201) << answer.body;
    return "?snapshot=" + answer.header("x-ms-snapshot");
  }
  // Snapshots whose rows are so large that a scan's page holds some 130.
  void take_large(int count) {
    ASSERT_EQ(put("/box/b", "content", {{"x-ms-meta-k", Bytes(7'900, 'v')}}).status, 201);
    for (int i = 0; i < count; ++i) take("/box/b");
  }
  // Snapshots none of which shares its content.
  std::vector<std::string> take_distinct(const std::string& path, int count) {
    std::vector<std::string> snapshots;
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(put(path, pattern(100, static_cast<std::uint64_t>(i))).status, 201);
      snapshots.push_back(path + take(path));
    }
    return snapshots;
  }
  Answer remove(const std::string& path, const std::string& snapshots = {}, HeaderList headers = {}) {
    if (!snapshots.empty()) headers.emplace_back("x-ms-delete-snapshots", snapshots);
    return run(Method::kDelete, path, std::move(headers));
  }
  std::size_t listed() {
    const auto list = get("/box?restype=container&comp=list&include=snapshots");
    EXPECT_EQ(elements(list.body, "NextMarker").size(), 0u);
    return elements(list.body, "Name").size();
  }
  void expect_all_gone() {
    EXPECT_EQ(listed(), 0u);
    collect();
    EXPECT_EQ(rows().size(), 1u);  // the open marker
  }
  store::PartitionId box() {
    for (auto& partition : *runtime::run_blocking(service->partitions())) {
      if (partition.value[16] == 'b') return partition;
    }
    return {};
  }
  static std::string long_name(const std::string& character) {
    std::string name;
    for (int i = 0; i < 1'000; ++i) name += character;
    return "/box/" + percent_encode(name);
  }

  std::vector<std::future<int>> pending_writes;
};

TEST_F(DeleteOperations, SnapshotsWithLargeRowsAllGo) {
  take_large(150);
  EXPECT_EQ(remove("/box/b", "include").status, 202);
  expect_all_gone();
}

TEST_F(DeleteOperations, OnlySnapshotsWithLargeRowsAllGo) {
  take_large(200);
  EXPECT_EQ(remove("/box/b", "only").status, 202);
  EXPECT_EQ(listed(), 1u);
  EXPECT_EQ(get("/box/b").body, "content");
  EXPECT_EQ(remove("/box/b").status, 202);
  expect_all_gone();
}

// Rows were written once that deny snapshots which are there.
TEST_F(DeleteOperations, SnapshotsThatTheBlobDeniesGoToo) {
  for (const std::string_view way : {"include", "only"}) {
    ASSERT_EQ(put("/box/b", "content").status, 201);
    take("/box/b");
    take("/box/b");
    const auto key = row_keys::blob("b");
    const auto stored = runtime::run_blocking(engine->partitions().get(box(), key));
    auto row = *decode_blob_row(**stored);
    row.has_snapshots = false;
    store::Commit commit{box(), {1}, hybrid.next_transaction(), {}, {}, {}};
    commit.puts.push_back({key, encode_blob_row(row)});
    ASSERT_EQ(runtime::run_blocking(engine->partitions().commit(std::move(commit))).outcome, store::CommitOutcome::kOk);
    ASSERT_EQ(remove("/box/b", std::string(way)).status, 202);
    EXPECT_EQ(listed(), way == "only" ? 1u : 0u) << way;
    static_cast<void>(remove("/box/b"));
  }
  expect_all_gone();
}

TEST_F(DeleteOperations, ManySnapshotsOfALongName) {
  for (const std::string character : {"\u4e2d", "\U0001F600"}) {
    const auto path = long_name(character);
    take_distinct(path, 220);
    EXPECT_EQ(remove(path, "include").status, 202);
    expect_all_gone();
  }
}

// Their rows of garbage, and those of staged blocks, have keys as long as the name.
TEST_F(DeleteOperations, GarbageOfALongNameIsCollected) {
  const auto path = long_name("\U0001F600");
  for (int i = 0; i < 300; ++i) {
    const auto id = percent_encode(to_base64("block" + std::to_string(1000 + i)));
    ASSERT_EQ(run(Method::kPut, path + "?comp=block&blockid=" + id, {}, pattern(100)).status, 201);
  }
  for (const auto& snapshot : take_distinct(path, 330)) ASSERT_EQ(remove(snapshot).status, 202);
  EXPECT_EQ(remove(path).status, 202);
  ASSERT_TRUE(runtime::run_blocking(service->collect_garbage(*pipeline)).has_value());
  EXPECT_EQ(service->garbage_waiting(), 0u);
  expect_all_gone();
}

TEST_F(DeleteOperations, EveryCommitThatRemovesCarriesTheOneRecord) {
  take_large(300);
  std::vector<std::string> records;
  disk.on_commit = [&](const store::Commit& commit) -> std::optional<CommitResult> {
    auto& record = records.emplace_back();
    for (const auto& row : commit.puts) {
      if (row.key.starts_with(gate::audit::kAttachedPrefix)) record = row.key;
    }
    return std::nullopt;
  };
  static_cast<void>(log.take_entries());
  ASSERT_EQ(remove("/box/b", "include").status, 202);
  ASSERT_GT(records.size(), 1u);
  for (const auto& record : records) EXPECT_EQ(record, records.front());
  EXPECT_FALSE(records.front().empty());
  EXPECT_EQ(log.take_entries().size(), 1u);
}

TEST_F(DeleteOperations, ALeaseThatRunsOutHalfwayStopsNothing) {
  take_large(300);
  const auto lease =
      run(Method::kPut, "/box/b?comp=lease", {{"x-ms-lease-action", "acquire"}, {"x-ms-lease-duration", "15"}});
  ASSERT_EQ(lease.status, 201);
  disk.on_commit = [this](const store::Commit&) -> std::optional<CommitResult> {
    clock.advance(std::chrono::seconds(20));
    return std::nullopt;
  };
  EXPECT_EQ(remove("/box/b", "include", {{"x-ms-lease-id", lease.header("x-ms-lease-id")}}).status, 202);
  disk.on_commit = nullptr;
  expect_all_gone();
}

// The purge of the container waits for records that stand in it.
TEST_F(DeleteOperations, AContainerThatGoesMeanwhileKeepsNoRecord) {
  take_large(300);
  const auto partition = box();
  int commits = 0;
  disk.on_commit = [&](const store::Commit&) -> std::optional<CommitResult> {
    if (++commits == 2) {
      store::Commit fence{partition, {1}, hybrid.next_transaction(), {}, {}, {}};
      fence.deletes.emplace_back(row_keys::kOpenMarker);
      EXPECT_EQ(runtime::run_blocking(engine->partitions().commit(std::move(fence))).outcome,
                store::CommitOutcome::kOk);
    }
    return std::nullopt;
  };
  take_audit_rows();
  EXPECT_EQ(remove("/box/b", "include").code(), "ContainerNotFound");
  const auto records = runtime::run_blocking(engine->partitions().scan(partition, "\x01", "\x02", 1000));
  EXPECT_EQ(records->rows.size(), 0u);
}

TEST_F(DeleteOperations, MayDependOnWhenTheTierWasChanged) {
  const std::string modified = "x-ms-access-tier-if-modified-since";
  const std::string unmodified = "x-ms-access-tier-if-unmodified-since";
  ASSERT_EQ(put("/box/b", "content").status, 201);
  const auto made = http_date(clock.now());
  clock.advance(std::chrono::seconds(100));
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=metadata").status, 200);  // no change of the tier
  EXPECT_EQ(remove("/box/b", {}, {{modified, made}}).code(), "ConditionNotMet");
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=tier", {{"x-ms-access-tier", "Cool"}}).status, 200);
  EXPECT_EQ(remove("/box/b", {}, {{unmodified, made}}).status, 412);
  EXPECT_EQ(remove("/box/b", {}, {{modified, http_date(clock.now())}}).code(), "ConditionNotMet");
  EXPECT_EQ(remove("/box/b", {}, {{modified, made}, {unmodified, made}}).code(),
            "MultipleConditionHeadersNotSupported");
  EXPECT_EQ(remove("/box/b", {}, {{modified, "soon"}}).code(), "InvalidHeaderValue");
  ASSERT_EQ(run(Method::kPut, "/box/log", {{"x-ms-blob-type", "AppendBlob"}}).status, 201);
  EXPECT_EQ(remove("/box/log", {}, {{unmodified, made}}).code(), "AccessTierNotSupportedForBlobType");
  EXPECT_EQ(remove("/box/b", {}, {{modified, made}}).status, 202);
  EXPECT_EQ(get("/box/b").status, 404);
}

// The collector looks through the snapshots for what they still name, and writers of the blob don't wait for that.
TEST_F(DeleteOperations, WritersDontWaitForTheCollector) {
  const auto snapshots = take_distinct("/box/b", 20);
  for (std::size_t i = 0; i < 10; ++i) ASSERT_EQ(remove(snapshots[i]).status, 202);
  int writes = 0;
  disk.on_scan = [&](const Bytes& from) {
    if (from != row_keys::snapshots_from("b") || writes == 3) return;
    ++writes;
    auto write = std::async(std::launch::async, [this] { return run(Method::kPut, "/box/b?comp=metadata").status; });
    const auto waited = write.wait_for(std::chrono::seconds(10));
    EXPECT_EQ(waited, std::future_status::ready);
    if (waited != std::future_status::ready) writes = 3;
    pending_writes.push_back(std::move(write));
  };
  ASSERT_TRUE(runtime::run_blocking(service->collect_garbage(*pipeline)).has_value());
  disk.on_scan = nullptr;
  EXPECT_EQ(writes, 3);
  for (auto& write : pending_writes) EXPECT_EQ(write.get(), 200);
  EXPECT_EQ(service->garbage_waiting(), 0u);
  for (std::size_t i = 10; i < 20; ++i) EXPECT_EQ(get(snapshots[i]).body, pattern(100, i));
  EXPECT_EQ(remove("/box/b", "include").status, 202);
  expect_all_gone();
}

TEST_F(DeleteOperations, AContainerWithoutItsFenceIsPurgedAllTheSame) {
  ASSERT_EQ(put("/box/b", pattern(9'000'000)).status, 201);
  disk.on_commit = [](const store::Commit& commit) -> std::optional<CommitResult> {
    if (std::ranges::find(commit.deletes, row_keys::kOpenMarker) == commit.deletes.end()) return std::nullopt;
    return CommitResult{store::CommitOutcome::kUnavailable, {ErrorCode::kUnavailable, "too few copies", {}}};
  };
  EXPECT_EQ(run(Method::kDelete, "/box?restype=container").status, 503);
  disk.on_commit = nullptr;
  EXPECT_EQ(get("/box/b").code(), "ContainerNotFound");
  take_audit_rows();
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

// What a container's copies under way left goes with it.
TEST_F(DeleteOperations, APurgeLeavesNothingOfPendingCopies) {
  ASSERT_EQ(put("/box/a", pattern(70 * 1024 * 1024)).status, 201);
  const auto begun = run(Method::kPut, "/box/b", {{"x-ms-copy-source", "https://acct1.blob.core.freehold.test/box/a"}});
  ASSERT_EQ(begun.header("x-ms-copy-status"), "pending") << begun.body;
  const auto partition = box();
  ASSERT_EQ(run(Method::kDelete, "/box?restype=container").status, 202);
  take_audit_rows();
  collect();
  const auto left = runtime::run_blocking(engine->partitions().scan(partition, "", "", 1000));
  for (const auto& row : left->rows) ADD_FAILURE() << row.key.substr(0, 8);
}

}  // namespace
}  // namespace freehold::blob::testing
