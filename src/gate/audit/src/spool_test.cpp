// While the store takes no commits, records wait on the disks; each comes into the log once.
#include "disk/faulty_disk.h"
#include "disk/sim_disk.h"
#include "log_fixture.h"

namespace freehold::gate::audit {
namespace {

using Mode = FailingStore::Mode;

class SpoolTest : public LogTest {
 protected:
  void SetUp() override {
    for (const auto& directory : directories) ASSERT_TRUE(sim.make_directories(directory));
  }
  LogOptions spooling() {
    auto o = options();
    o.disk = &disk;
    o.spool_directories = directories;
    return o;
  }
  std::size_t spool_files() {
    std::size_t count = 0;
    for (const auto& directory : directories) {
      const auto names = sim.list(directory);
      count += names ? names->size() : 0;
    }
    return count;
  }
  // The process dies: nothing that it held in memory is written any more.
  void kill(std::unique_ptr<DurableLog> log) {
    store.mode = Mode::kRefuse;
    for (const auto& directory : directories) disk.break_below(directory);
    log.reset();
    for (const auto& directory : directories) disk.heal_below(directory);
  }

  const std::vector<std::string> directories{"/fd0", "/fd1", "/fd2"};
  disk::SimDisk sim;
  disk::FaultyDisk disk{sim};
};

TEST_F(SpoolTest, RecordsAreTakenWhileTheStoreRefusesAndReachTheLogOnceItIsBack) {
  const auto log = open(spooling());
  append(*log, record('a', "/before"));
  ASSERT_TRUE(log->flush());
  store.mode = Mode::kRefuse;
  for (int i = 0; i < 20; ++i) {
    clock.advance(std::chrono::seconds(1));  // far beyond refuse_after
    auto r = record(i % 2 ? 'a' : 'b', "/meanwhile/" + std::to_string(i));
    if (i == 10) r.caller = "somebody new";
    append(*log, std::move(r));
    ASSERT_TRUE(log->flush());
  }
  EXPECT_EQ(spool_files(), 3U);
  EXPECT_EQ(count_logged("/meanwhile/"), 0U);
  store.mode = Mode::kWell;
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(count_logged("/meanwhile/"), 20U);
  EXPECT_EQ(spool_files(), 0U);
  append(*log, record('a', "/after"));
  log->stop();
  EXPECT_EQ(count_logged("/after"), 1U);
  EXPECT_EQ(count_logged("alice@example.org"), 0U);
  EXPECT_LE(rows(log_id, kSettledPrefix).size(), 1U) << "what remains goes with the next commit";
}

TEST_F(SpoolTest, NothingInTheSpoolIsInTheClear) {
  const auto log = open(spooling());
  store.mode = Mode::kRefuse;
  append(*log, record('a', "/canary-resource"));
  ASSERT_TRUE(log->flush());
  for (const auto& directory : directories) {
    const auto names = sim.list(directory);
    ASSERT_TRUE(names);
    ASSERT_EQ(names->size(), 1U);
    const auto bytes = sim.read_file(directory + "/" + names->front());
    ASSERT_TRUE(bytes);
    for (const auto* canary : {"canary-resource", "alice@example.org", "192.0.2.7", "Get Blob"}) {
      EXPECT_EQ(bytes->find(canary), Bytes::npos);
    }
  }
}

TEST_F(SpoolTest, TheNextProcessFindsWhatWasSpooled) {
  auto log = open(spooling());
  store.mode = Mode::kRefuse;
  append(*log, record('a', "/one"));
  ASSERT_TRUE(log->flush());
  append(*log, record('a', "/two"));
  ASSERT_TRUE(log->flush());
  kill(std::move(log));
  // Still no commits: the next process spools, too, and each directory alone is enough.
  log = open(spooling());
  append(*log, record('b', "/three"));
  ASSERT_TRUE(log->flush());
  kill(std::move(log));
  disk.lose_below("/fd0");
  disk.lose_below("/fd2");
  store.mode = Mode::kWell;
  log = open(spooling());
  ASSERT_TRUE(log->flush());
  for (const auto* word : {"/one", "/two", "/three"}) EXPECT_EQ(count_logged(word), 1U) << word;
  log.reset();
  // The other copies come back: they are known, and go.
  disk.heal_below("/fd0");
  disk.heal_below("/fd2");
  log = open(spooling());
  ASSERT_TRUE(log->flush());
  for (const auto* word : {"/one", "/two", "/three"}) EXPECT_EQ(count_logged(word), 1U) << word;
  EXPECT_EQ(spool_files(), 0U);
}

// The process dies after each of the commits that bring the spool into the log.
TEST_F(SpoolTest, ACrashAnywhereInDrainingLogsNothingTwice) {
  for (int commits = 0; commits < 8; ++commits) {
    const std::string word = "/round" + std::to_string(commits) + "/";
    store.mode = Mode::kWell;
    auto log = open(spooling());
    ASSERT_TRUE(log->flush());
    store.mode = Mode::kRefuse;
    for (int i = 0; i < 6; ++i) {
      auto r = record(i % 2 ? 'a' : 'b', word + std::to_string(i));
      r.caller += word + std::to_string(i % 3);
      append(*log, std::move(r));
      ASSERT_TRUE(log->flush());
    }
    store.mode = Mode::kWell;
    store.refuse_after = commits;
    (void)log->flush();
    store.refuse_after = -1;
    kill(std::move(log));
    store.mode = Mode::kWell;
    log = open(spooling());
    ASSERT_TRUE(log->flush());
    EXPECT_EQ(count_logged(word), 6U) << commits;
    EXPECT_EQ(spool_files(), 0U);
    log->stop();
    EXPECT_EQ(count_logged(word), 6U) << commits;
  }
}

TEST_F(SpoolTest, ACommitWithoutAnAnswerIsNeitherLostNorDoubled) {
  for (const auto mode : {Mode::kUnknownApplied, Mode::kUnknownLost}) {
    const std::string word = mode == Mode::kUnknownApplied ? "/applied" : "/lost";
    store.mode = Mode::kWell;
    auto log = open(spooling());
    append(*log, record('a', "/names"));  // their pseudonyms are known from now on
    ASSERT_TRUE(log->flush());
    store.mode = mode;
    append(*log, record('a', word));
    ASSERT_TRUE(log->flush());
    EXPECT_EQ(spool_files(), 3U);
    kill(std::move(log));
    store.mode = Mode::kWell;
    log = open(spooling());
    ASSERT_TRUE(log->flush());
    EXPECT_EQ(count_logged(word), 1U);
    EXPECT_EQ(spool_files(), 0U);
  }
}

TEST_F(SpoolTest, ATornEndIsWhatWasNeverAcknowledged) {
  auto log = open(spooling());
  store.mode = Mode::kRefuse;
  append(*log, record('a', "/whole"));
  ASSERT_TRUE(log->flush());
  kill(std::move(log));
  for (const auto& directory : directories) {
    const auto path = directory + "/" + sim.list(directory)->front();
    auto file = sim.open(path, disk::OpenMode::kBuffered);
    ASSERT_TRUE(file);
    const BytesView torn = "\0\0\1\0half of a frame";
    ASSERT_TRUE((*file)->write_at(*(*file)->size(), {&torn, 1}));
  }
  store.mode = Mode::kWell;
  log = open(spooling());
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(count_logged("/whole"), 1U);
  EXPECT_EQ(spool_files(), 0U);
}

TEST_F(SpoolTest, ASpoolWithoutRoomRefusesAsALogWithoutSpool) {
  auto o = spooling();
  o.spool_bytes = 4096;
  const auto log = open(std::move(o));
  store.mode = Mode::kRefuse;
  int taken = 0;
  for (; taken < 1000; ++taken) {
    clock.advance(std::chrono::seconds(1));
    auto slot = log->reserve(tenant('a'));
    if (!slot) break;
    log->append(std::move(*slot), record('a', "/full"));
    (void)log->flush();
  }
  EXPECT_GT(taken, 5);
  EXPECT_LT(taken, 100);
  store.mode = Mode::kWell;
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(count_logged("/full"), static_cast<std::size_t>(taken));
  EXPECT_TRUE(log->reserve(tenant('a')));
}

TEST_F(SpoolTest, WithNoDiskThatTakesItTheLogRefuses) {
  const auto log = open(spooling());
  for (const auto& directory : directories) disk.break_below(directory);
  store.mode = Mode::kRefuse;
  append(*log, record('a', "/stuck"));
  EXPECT_FALSE(log->flush());
  clock.advance(std::chrono::seconds(3));
  EXPECT_FALSE(log->flush());
  EXPECT_FALSE(log->reserve(tenant('a')));
  disk.heal_below("/fd1");
  EXPECT_TRUE(log->flush());
  EXPECT_TRUE(log->reserve(tenant('a')));
  store.mode = Mode::kWell;
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(count_logged("/stuck"), 1U);
}

TEST_F(SpoolTest, WhoeverWaitsForARecordGoesOnWhenItIsSpooled) {
  auto o = spooling();
  o.background = true;
  const auto log = open(std::move(o));
  store.mode = Mode::kRefuse;
  EXPECT_TRUE(runtime::run_blocking(log->append_durably(record('a', "/operator"))));
  store.mode = Mode::kWell;
  log->stop();
  EXPECT_EQ(count_logged("/operator"), 1U);
}

TEST_F(SpoolTest, WritesOfBeforeTheOutageAreLoggedOnce) {
  auto log = open(spooling());
  auto r = record('a', "/acct/box/written");
  auto slot = log->reserve(r.tenant);
  auto attached = write(*log, box, r, "blob");
  store.mode = Mode::kRefuse;
  log->settle(std::move(*slot), box, std::move(attached), std::move(r));
  append(*log, record('a', "/read"));
  ASSERT_TRUE(log->flush());
  kill(std::move(log));
  store.mode = Mode::kWell;
  log = open(spooling());
  ASSERT_TRUE(log->flush());
  ASSERT_TRUE(log->recover(box));
  log->stop();
  EXPECT_EQ(count_logged("/acct/box/written"), 1U);
  EXPECT_EQ(count_logged("/read"), 1U);
  EXPECT_EQ(rows(box, kAttachedPrefix).size(), 0U);
}

}  // namespace
}  // namespace freehold::gate::audit
