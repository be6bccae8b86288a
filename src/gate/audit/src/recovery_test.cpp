// A write's record rides in the write's own commit; whatever happens then, it is in the log once.
#include "log_fixture.h"

namespace freehold::gate::audit {
namespace {

using Mode = FailingStore::Mode;

TEST_F(LogTest, ASettledRecordIsLoggedAndItsRowGoes) {
  const auto log = open();
  auto r = record('a', "/acct/box/written");
  auto slot = log->reserve(r.tenant);
  auto attached = write(*log, box, r, "blob");
  EXPECT_EQ(rows(box, kAttachedPrefix).size(), 1U);
  log->settle(std::move(*slot), box, std::move(attached), std::move(r));
  log->stop();
  EXPECT_EQ(count_logged("/acct/box/written"), 1U);
  EXPECT_EQ(rows(box, kAttachedPrefix).size(), 0U);
  EXPECT_EQ(rows(box, "blob").size(), 1U);
}

TEST_F(LogTest, RowsOfManyWritesAreDeletedInFewCommits) {
  const auto log = open();
  for (int i = 0; i < 700; ++i) {
    auto r = record('a', "/w/" + std::to_string(i));
    auto slot = log->reserve(r.tenant);
    auto attached = write(*log, box, r, "blob" + std::to_string(i));
    log->settle(std::move(*slot), box, std::move(attached), std::move(r));
  }
  log->stop();
  EXPECT_EQ(rows(box, kAttachedPrefix).size(), 0U);
  EXPECT_EQ(count_logged("/w/"), 700U);
  EXPECT_LE(store.commits, 4) << "pseudonyms, batches, deletions";
}

TEST_F(LogTest, ACrashBetweenCommitAndSettleLosesNothing) {
  {
    const auto log = open();
    (void)write(*log, box, record('a', "/acct/box/lost?"), "blob");
  }
  EXPECT_EQ(count_logged("/acct/box/lost?"), 0U);
  const auto log = open();
  const auto found = log->recover(box);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->appended, 1U);
  EXPECT_EQ(count_logged("/acct/box/lost?"), 1U);
  const auto again = log->recover(box);
  EXPECT_EQ(again->appended, 0U);
  log->stop();
  EXPECT_EQ(rows(box, kAttachedPrefix).size(), 0U);
  EXPECT_EQ(count_logged("/acct/box/lost?"), 1U);
}

TEST_F(LogTest, ACrashBetweenBatchAndDeletionDoesNotLogTwice) {
  store::KeyValue row;
  {
    const auto log = open();
    auto r = record('a', "/acct/box/once");
    auto slot = log->reserve(r.tenant);
    auto attached = write(*log, box, r, "blob");
    row = attached.row;
    log->settle(std::move(*slot), box, std::move(attached), std::move(r));
    ASSERT_TRUE(log->flush().has_value());
    store.mode = Mode::kRefuse;  // the process ends before the row is deleted
  }
  store.mode = Mode::kWell;
  EXPECT_EQ(rows(box, kAttachedPrefix).size(), 1U);
  const auto log = open();
  const auto found = log->recover(box);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->appended, 0U);
  EXPECT_EQ(found->already_logged, 1U);
  EXPECT_EQ(count_logged("/acct/box/once"), 1U);
  log->stop();
  EXPECT_EQ(rows(box, kAttachedPrefix).size(), 0U);
}

TEST_F(LogTest, ACrashInTheMiddleOfRecoveryIsRecoveredFromToo) {
  {
    const auto log = open();
    for (int i = 0; i < 1500; ++i) (void)write(*log, box, record('a', "/x/" + std::to_string(i)), std::to_string(i));
  }
  {
    const auto log = open();
    ASSERT_EQ(log->recover(box)->appended, 1500U);
    store.mode = Mode::kRefuse;
  }
  store.mode = Mode::kWell;
  const auto log = open();
  const auto found = log->recover(box);
  EXPECT_EQ(found->appended, 0U);
  EXPECT_EQ(found->already_logged, 1500U);
  log->stop();
  EXPECT_EQ(count_logged("/x/"), 1500U);
  EXPECT_EQ(rows(box, kAttachedPrefix).size(), 0U);
}

TEST_F(LogTest, RecoveryThatTheStoreRefusesCanBeTriedAgain) {
  {
    const auto log = open();
    (void)write(*log, box, record('a', "/y"), "blob");
  }
  const auto log = open();
  store.mode = Mode::kRefuse;
  EXPECT_FALSE(log->recover(box).has_value());
  store.mode = Mode::kWell;
  EXPECT_TRUE(log->recover(box).has_value());
  EXPECT_EQ(count_logged("/y"), 1U);
}

TEST_F(LogTest, RecoveryLeavesWritesAloneThatAreUnderWay) {
  const auto log = open();
  auto r = record('a', "/under/way");
  auto slot = log->reserve(r.tenant);
  auto attached = write(*log, box, r, "blob");
  EXPECT_EQ(log->recover(box)->appended, 0U);
  log->settle(std::move(*slot), box, std::move(attached), std::move(r));
  ASSERT_TRUE(log->flush().has_value());
  EXPECT_EQ(count_logged("/under/way"), 1U);
}

TEST_F(LogTest, ARowThatWasTamperedWithIsReportedAndLeft) {
  store::KeyValue row;
  {
    const auto log = open();
    row = write(*log, box, record('a', "/z"), "blob").row;
  }
  auto harmed = row;
  harmed.value[40] ^= 1;
  put_row(box, harmed);
  const auto log = open();
  const auto found = log->recover(box);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->unreadable, 1U);
  EXPECT_EQ(found->appended, 0U);
  EXPECT_EQ(rows(box, kAttachedPrefix).size(), 1U);
}

TEST_F(LogTest, ARowMovedToAnotherPartitionDoesNotCount) {
  const auto other = store::make_partition_id(tenant('a'), "other box");
  {
    const auto log = open();
    put_row(other, write(*log, box, record('a', "/moved"), "blob").row);
  }
  const auto log = open();
  EXPECT_EQ(log->recover(other)->unreadable, 1U);
}

TEST_F(LogTest, AWriteWithoutATenantKeyCantBeCommitted) {
  const auto log = open();
  keys.withhold(tenant('a'));
  const auto attached = log->attach(box, record('a'));
  store::Commit commit;
  commit.partition = box;
  commit.epoch = {1};
  commit.transaction = hybrid.next_transaction();
  commit.puts = {attached.row};
  EXPECT_EQ(runtime::run_blocking(store.commit(commit)).outcome, store::CommitOutcome::kUnavailable);
}

}  // namespace
}  // namespace freehold::gate::audit
