// What the service does by itself goes through the gate: admitted, named and recorded once.
#include <map>

#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

using Way = gate::testing::FakeLog::Way;

struct BackgroundWork : ::testing::Test, TestRegion {
  BackgroundWork() { make_container("box"); }

  // The records of jobs since the last call.
  std::vector<gate::testing::FakeLog::Entry> job_records() {
    auto entries = log.take_entries();
    std::erase_if(entries, [](const auto& entry) { return entry.record.credential != "SystemJob"; });
    return entries;
  }
  TenantId tenant() { return service->accounts().find("acct1")->tenant; }
  void round() { ASSERT_TRUE(runtime::run_blocking(service->collect_garbage(*pipeline)).has_value()); }
};

TEST_F(BackgroundWork, ARoundIsOneRecordAContainer) {
  make_container("other");
  for (const std::string path : {"/box/a", "/box/b", "/box/c", "/other/a"}) {
    ASSERT_EQ(put(path, pattern(9'000'000)).status, 201);
    ASSERT_EQ(run(Method::kDelete, path).status, 202);
  }
  round();
  EXPECT_EQ(chunk_count(), 0u);
  const auto records = job_records();
  ASSERT_EQ(records.size(), 2u);
  for (const auto& [way, record] : records) {
    EXPECT_EQ(way, Way::kSettled);  // it rode in the commit that took the garbage rows away
    EXPECT_EQ(record.operation, "CollectGarbage");
    EXPECT_EQ(record.caller, "blob collector");
    EXPECT_EQ(record.tenant, tenant());
    EXPECT_TRUE(record.resource.starts_with("/acct1/")) << record.resource;
    EXPECT_EQ(record.status, 200);
  }
  EXPECT_NE(records[0].record.resource, records[1].record.resource);
}

TEST_F(BackgroundWork, NothingToDoLeavesNoRecord) {
  static_cast<void>(log.take_entries());
  ASSERT_EQ(put("/box/kept", pattern(9'000'000)).status, 201);
  static_cast<void>(log.take_entries());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(runtime::run_blocking(service->find_left_over(*pipeline)).has_value());
    round();
    EXPECT_EQ(runtime::run_blocking(service->sweep_orphans(*pipeline)).value_or(99), 0u);
  }
  EXPECT_TRUE(log.take_entries().empty());
}

TEST_F(BackgroundWork, ChunksOfFailedRequestsAreRemovedInTheirTenantsName) {
  const auto wrong = md5_base64("other");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(put("/box/b", pattern(9'000'000), {{"content-md5", wrong}}).code(), "Md5Mismatch");
  }
  EXPECT_GT(chunk_count(), 0u);
  round();
  EXPECT_EQ(chunk_count(), 0u);
  const auto records = job_records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].record.operation, "RemoveAbandonedChunks");
  EXPECT_EQ(records[0].record.tenant, tenant());
}

TEST_F(BackgroundWork, APurgeIsRecordedWithTheContainersEnd) {
  ASSERT_EQ(put("/box/b", pattern(9'000'000)).status, 201);
  ASSERT_EQ(put("/box/b", "small").status, 201);  // leaves a garbage row, which the purge takes along
  ASSERT_EQ(run(Method::kDelete, "/box?restype=container").status, 202);
  EXPECT_FALSE(runtime::run_blocking(service->collect_garbage(*pipeline)).has_value());
  EXPECT_TRUE(job_records().empty());  // waiting for the audit log is no work
  take_audit_rows();
  round();
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_EQ(service->garbage_waiting(), 0u);
  const auto records = job_records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].record.operation, "PurgeContainer");
  EXPECT_EQ(records[0].way, Way::kSettled);
}

TEST_F(BackgroundWork, ASweepThatRemovesIsRecordedOnce) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(runtime::run_blocking(engine->chunks().put({}, hybrid.next_chunk(), AlignedBuffer(5000))));
  }
  static_cast<void>(log.take_entries());
  EXPECT_EQ(runtime::run_blocking(service->sweep_orphans(*pipeline)).value_or(99), 5u);
  const auto records = job_records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].record.operation, "SweepChunks");
  EXPECT_EQ(records[0].record.caller, "blob collector");
}

TEST_F(BackgroundWork, NothingIsRemovedThatCantBeRecorded) {
  ASSERT_EQ(put("/box/a", pattern(9'000'000)).status, 201);
  ASSERT_EQ(run(Method::kDelete, "/box/a").status, 202);
  ASSERT_TRUE(runtime::run_blocking(engine->chunks().put({}, hybrid.next_chunk(), AlignedBuffer(5000))));
  const auto before = chunk_count();
  log.take_away(true);
  EXPECT_FALSE(runtime::run_blocking(service->collect_garbage(*pipeline)).has_value());
  EXPECT_FALSE(runtime::run_blocking(service->sweep_orphans(*pipeline)).has_value());
  EXPECT_EQ(chunk_count(), before);
  EXPECT_EQ(service->garbage_waiting(), 1u);
  log.take_away(false);
  round();
  EXPECT_EQ(runtime::run_blocking(service->sweep_orphans(*pipeline)).value_or(99), 1u);
  EXPECT_EQ(chunk_count(), 0u);
}

// A garbage row that can't be read holds up neither its neighbours nor the log.
TEST_F(BackgroundWork, DamagedGarbageKeepsNoneOfTheRest) {
  ASSERT_EQ(put("/box/a", pattern(9'000'000)).status, 201);
  ASSERT_EQ(put("/box/b", pattern(9'000'000)).status, 201);
  ASSERT_EQ(run(Method::kDelete, "/box/a").status, 202);
  ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  for (const auto& partition : *runtime::run_blocking(service->partitions())) {
    const auto page = runtime::run_blocking(engine->partitions().scan(partition, "g", "h", 1));
    if (page->rows.empty()) continue;
    store::Commit commit{partition, {1}, hybrid.next_transaction(), {}, {}, {}};
    commit.puts.push_back({page->rows[0].key, "not a garbage row"});
    ASSERT_EQ(runtime::run_blocking(engine->partitions().commit(std::move(commit))).outcome, store::CommitOutcome::kOk);
  }
  EXPECT_FALSE(runtime::run_blocking(service->collect_garbage(*pipeline)).has_value());
  EXPECT_EQ(chunk_count(), 2u);  // of two blobs with two chunks each
  EXPECT_EQ(service->garbage_waiting(), 1u);
  const auto records = job_records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].record.status, 200);
}

}  // namespace
}  // namespace freehold::blob::testing
