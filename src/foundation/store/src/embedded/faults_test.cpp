// Bad days: domains gone, bits flipped, disks full. What was acknowledged is read right, or an error says that it can't
// be.
#include "src/embedded/placement_fixture.h"

namespace freehold::store {
namespace {

using runtime::run_blocking;

using Faults = PlacementFixture;

TEST_F(Faults, OneDomainGoneIsServedAroundAndRebuiltWhenItIsBack) {
  ASSERT_TRUE(puts("before", "1"));
  const auto chunk = put_chunk(100'000, 'b');
  ASSERT_TRUE(chunk);
  for (int i = 0; i < 3; ++i) {
    const Bytes key = "during" + std::to_string(i);
    faulty_->break_below(domain(i));
    ASSERT_TRUE(puts(key, "2"));
    const auto during = put_chunk(50'000, static_cast<char>('0' + i));
    ASSERT_TRUE(during);
    EXPECT_NE(state(static_cast<std::size_t>(i)), DomainState::kMember);
    EXPECT_EQ(get("before").value(), "1");
    EXPECT_EQ(get(key).value(), "2");
    EXPECT_TRUE(read_chunk(*chunk, 100'000));
    faulty_->heal_below(domain(i));
    ASSERT_TRUE(eventually([&] { return whole(); }));
    EXPECT_TRUE(puts("after", std::to_string(i)));
    EXPECT_TRUE(read_chunk(*during, 50'000));
  }
  engine_.reset();
  const auto report = check();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->verdict, FsckReport::Verdict::kClean) << testing::PrintToString(report->findings);
  EXPECT_EQ(report->chunks, 4u);
}

TEST_F(Faults, AnEmptiedDomainIsRebuiltWhileServing) {
  for (int i = 0; i < 200; ++i)
    ASSERT_TRUE(puts("k" + std::to_string(i), Bytes(3000, static_cast<char>('a' + i % 20))));
  const auto chunk = put_chunk(300'000, 'x');
  ASSERT_TRUE(chunk);
  for (int lost = 0; lost < 3; ++lost) {
    engine_.reset();
    ASSERT_TRUE(disk_->remove_tree(domain(lost)));
    open();
    EXPECT_TRUE(puts("while" + std::to_string(lost), "rebuilding"));
    EXPECT_EQ(get("k7").value(), Bytes(3000, 'h'));
    // It is counted a moment after it has become whole.
    ASSERT_TRUE(eventually([&] { return whole() && engine_->stats().rebuilds == 1; }));
  }
  EXPECT_TRUE(read_chunk(*chunk, 300'000));
  engine_.reset();
  const auto report = check();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->verdict, FsckReport::Verdict::kClean) << testing::PrintToString(report->findings);
}

TEST_F(Faults, TwoDomainsGoneIsReadOnlyAndPasses) {
  ASSERT_TRUE(puts("k", "1"));
  const auto chunk = put_chunk(20'000, 'c');
  ASSERT_TRUE(chunk);
  faulty_->break_below(domain(0));
  faulty_->break_below(domain(2));
  EXPECT_NE(put("k2", "2").outcome, CommitOutcome::kOk);
  const auto refused = put("k3", "3");
  EXPECT_EQ(refused.outcome, CommitOutcome::kUnavailable);
  EXPECT_EQ(get("k").value(), "1");
  EXPECT_TRUE(read_chunk(*chunk, 20'000));
  EXPECT_FALSE(put_chunk(100, 'n'));
  EXPECT_FALSE(engine_->stats().writable);
  faulty_->heal_below(domain(0));
  EXPECT_TRUE(eventually([&] { return engine_->stats().writable; }));
  EXPECT_TRUE(puts("k4", "4"));
  faulty_->heal_below(domain(2));
  EXPECT_TRUE(eventually([&] { return whole(); }));
  EXPECT_EQ(get("k3").value(), std::nullopt);
  EXPECT_EQ(get("k4").value(), "4");
}

TEST_F(Faults, OneDomainAloneIsBelievedOnlyIfItWasClosedInOrder) {
  ASSERT_TRUE(puts("k", "1"));
  engine_.reset();
  ASSERT_TRUE(disk_->remove_tree(domain(0)));
  ASSERT_TRUE(disk_->remove_tree(domain(1)));
  open();  // closed in order: it holds everything
  EXPECT_EQ(get("k").value(), "1");
  EXPECT_EQ(put("k", "2").outcome, CommitOutcome::kUnavailable);
  EXPECT_FALSE(engine_->stats().writable);
  EXPECT_EQ(engine_->next_epoch("lease").value().value, 1u);
  engine_.reset();
  ASSERT_TRUE(check());  // a person says that the others won't come back
  open();
  ASSERT_TRUE(eventually([&] { return whole(); }));
  ASSERT_TRUE(puts("k", "2"));
  disk_->fail_from_op(disk_->ops() + 1);  // the plug
  engine_.reset();
  const auto survivor = disk_->crash(1);
  ASSERT_TRUE(survivor->remove_tree(domain(0)));
  ASSERT_TRUE(survivor->remove_tree(domain(1)));
  const auto alone = open_embedded(options_, *survivor, keys_, clock_, random_);
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().code, ErrorCode::kUnavailable);
}

// Closed in order and left behind: the others went on without it, and it may not make them forget.
TEST_F(Faults, ADomainLeftBehindNeverOverwritesTheOthers) {
  ASSERT_TRUE(puts("k", "1"));
  engine_.reset();
  faulty_->lose_below(domain(0));
  open();
  ASSERT_TRUE(puts("k", "2"));
  engine_.reset();
  faulty_->heal_below(domain(0));
  faulty_->lose_below(domain(1));
  faulty_->lose_below(domain(2));
  open();
  EXPECT_EQ(get("k").value(), "1");  // it can't know better
  faulty_->heal_below(domain(1));
  faulty_->heal_below(domain(2));
  EXPECT_FALSE(eventually([&] { return engine_->stats().writable; }, std::chrono::seconds(1)));
  EXPECT_EQ(put("k", "3").outcome, CommitOutcome::kUnavailable);
  engine_.reset();
  open();
  EXPECT_EQ(get("k").value(), "2");
  ASSERT_TRUE(eventually([&] { return whole(); }));
  EXPECT_TRUE(puts("k", "3"));
}

TEST_F(Faults, ADomainThatComesBackToALoneOneMakesThePlacementWritable) {
  ASSERT_TRUE(puts("k", "1"));
  engine_.reset();
  faulty_->lose_below(domain(1));
  faulty_->lose_below(domain(2));
  open();
  EXPECT_EQ(put("k", "2").outcome, CommitOutcome::kUnavailable);
  faulty_->heal_below(domain(1));
  ASSERT_TRUE(eventually([&] { return engine_->stats().writable; }));
  EXPECT_TRUE(puts("k", "2"));
}

// Ids stay in order although the machine's clock is set back, and although what bore them is gone.
TEST_F(Faults, TimestampsOfEarlierProcessesAreKnown) {
  const TransactionId last = ids_.next_transaction();
  Commit commit{partition_, Epoch{1}, last, {}, {{"k", "1"}}, {}};
  ASSERT_EQ(run_blocking(engine_->partitions().commit(std::move(commit))).outcome, CommitOutcome::kOk);
  const auto reopened_an_hour_back = [&] {
    FakeClock back(HybridClock::wall_time(last.hybrid_time) - std::chrono::hours(1));
    HybridClock hybrid(back, random_);
    hybrid.observe(engine_->highest_timestamp());
    return hybrid.next_transaction();
  };
  engine_.reset();
  open();
  EXPECT_GT(reopened_an_hour_back(), last);
  engine_.reset();

  clock_.advance(std::chrono::hours(3));
  auto opened = embedded::open_engine(options_, *faulty_, keys_, clock_, random_);
  ASSERT_TRUE(opened);
  const auto key = embedded::transaction_key(last, partition_);
  ASSERT_TRUE(eventually([&] {
    const auto row = (*opened)->parts().domains[0]->opened()->rows->get(key);
    return row && !*row;
  })) << "the transaction is never forgotten: the test proves nothing";
  opened->reset();
  open();
  EXPECT_GT(reopened_an_hour_back(), last);
}

TEST_F(Faults, TheTimestampOfAChunkThatIsGoneIsKnown) {
  ASSERT_TRUE(puts("k", "1"));
  const auto chunk = put_chunk(100'000, 'c');
  ASSERT_TRUE(chunk);
  ASSERT_TRUE(run_blocking(engine_->chunks().remove(*chunk)));
  for (int starts = 0; starts < 3;
       ++starts) {  // its extent is closed, then its space is given back and it is forgotten
    engine_.reset();
    open();
    EXPECT_GE(engine_->highest_timestamp(), chunk->hybrid_time);
    const auto batches = engine_->stats().batches;
    AlignedBuffer bytes(1'000);
    ASSERT_TRUE(run_blocking(engine_->chunks().put(tenant_, {1, random_.u64()}, std::move(bytes))));  // an old id
    ASSERT_TRUE(eventually([&] { return engine_->stats().batches > batches; }));
  }
}

TEST_F(Faults, ADomainWhoseSmallFilesAreDamagedIsRebuilt) {
  ASSERT_TRUE(puts("k", "1"));
  ASSERT_TRUE(put_chunk(100'000, 'c'));
  engine_.reset();
  ASSERT_TRUE(disk_->flip_bit(domain(1) + "/domain", 0));
  ASSERT_TRUE(disk_->flip_bit(domain(1) + "/chunks/FORMAT", 0));
  open();
  EXPECT_TRUE(eventually([&] { return whole(); }));
  engine_.reset();
  const auto report = check();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->verdict, FsckReport::Verdict::kClean) << testing::PrintToString(report->findings);
}

TEST_F(Faults, AFlippedBitInAChunkIsReadAroundAndMended) {
  const auto chunk = put_chunk(200'000, 'f');
  ASSERT_TRUE(chunk);
  for (int i = 0; i < 3; ++i) {
    const auto files = disk_->list(domain(i) + "/chunks").value();
    const auto extent = std::ranges::find_if(files, [](const auto& f) { return f.ends_with(".extent"); });
    ASSERT_NE(extent, files.end());
    ASSERT_TRUE(disk_->flip_bit(domain(i) + "/chunks/" + *extent, 150'000));
    const auto before = engine_->stats().repairs;
    const auto damaged_before = engine_->stats().damaged_reads;
    for (int reads = 0; reads < 3; ++reads) {
      const auto read = read_chunk(*chunk, 200'000);
      ASSERT_TRUE(read) << read.error().detail;
      EXPECT_EQ(read->bytes.view(), Bytes(200'000, 'f'));
    }
    // Only its favourite copy is read; the others are left to the scrubber (or fsck).
    if (engine_->stats().damaged_reads == damaged_before)
      engine_->chunks().reject(*chunk, {static_cast<std::uint8_t>(i)});
    ASSERT_TRUE(eventually([&] { return engine_->stats().repairs > before; }));
  }
  engine_.reset();
  const auto report = check();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->damaged, 0u) << testing::PrintToString(report->findings);
}

TEST_F(Faults, FsckNamesWhatNoCopyCanMend) {
  const auto chunk = put_chunk(50'000, 'f');
  ASSERT_TRUE(chunk);
  ASSERT_TRUE(puts("k", "v"));
  engine_.reset();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(disk_->flip_bit(domain(i) + "/chunks/0000000000.extent", 20'000));
    const auto report = check();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->verdict, FsckReport::Verdict::kRepaired) << testing::PrintToString(report->findings);
  }
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(disk_->flip_bit(domain(i) + "/chunks/0000000000.extent", 20'000));
  const auto report = check();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->verdict, FsckReport::Verdict::kDamage);
  EXPECT_EQ(report->damaged, 3u);
  EXPECT_EQ(report->findings.size(), 3u);
  open();
  const auto read = read_chunk(*chunk, 50'000);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
}

TEST_F(Faults, FlippedBitsInRowFilesAreCuredFromTheOthers) {
  for (int i = 0; i < 300; ++i)
    ASSERT_TRUE(puts("k" + std::to_string(i), Bytes(2500, static_cast<char>('a' + i % 20))));
  for (const std::string_view kind : {".blob", ".sst"}) {
    engine_.reset();
    open();  // recovery writes what is in the log to tables and blob files
    engine_.reset();
    const auto files = disk_->list(domain(1) + "/rows").value();
    const auto file = std::ranges::find_if(files, [kind](const auto& f) { return f.ends_with(kind); });
    ASSERT_NE(file, files.end()) << kind;
    ASSERT_TRUE(disk_->flip_bit(domain(1) + "/rows/" + *file, 4096 + 300));
    const auto report = check();
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_EQ(report->verdict, FsckReport::Verdict::kRepaired) << kind << testing::PrintToString(report->findings);
    const auto again = check();
    ASSERT_TRUE(again);
    EXPECT_EQ(again->verdict, FsckReport::Verdict::kClean) << kind << testing::PrintToString(again->findings);
  }
  open();
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(get("k" + std::to_string(i)).value(), Bytes(2500, static_cast<char>('a' + i % 20)));
  }
}

// What the rows' files don't hold yet is in the log alone.
TEST_F(Faults, ADomainThatLostItsLogIsCaughtUp) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 40; ++i)
      ASSERT_TRUE(puts("k" + std::to_string(i), Bytes(2000, static_cast<char>('a' + round))));
    pull_the_plug();
    ASSERT_TRUE(disk_->remove_tree(domain(round) + "/log"));
    open();
    for (int i = 0; i < 40; ++i)
      EXPECT_EQ(get("k" + std::to_string(i)).value(), Bytes(2000, static_cast<char>('a' + round)));
    ASSERT_TRUE(eventually([&] { return whole(); }));
    ASSERT_TRUE(puts("after", std::to_string(round)));
  }
  engine_.reset();
  const auto report = check();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->verdict, FsckReport::Verdict::kClean) << testing::PrintToString(report->findings);
}

TEST_F(Faults, ADamagedLogIsReadUpToTheDamageAndCaughtUp) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(puts("k" + std::to_string(i), Bytes(2000, 'v')));
  pull_the_plug();
  ASSERT_TRUE(disk_->flip_bit(domain(1) + "/log/0000000000.log", 5 * 4096 + 100));
  open();
  ASSERT_TRUE(eventually([&] { return whole(); }));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get("k" + std::to_string(i)).value(), Bytes(2000, 'v'));
  engine_.reset();
  const auto report = check();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->verdict, FsckReport::Verdict::kClean) << testing::PrintToString(report->findings);
}

TEST_F(Faults, TheLogIsAppliedAgainHoweverOftenAStartIsCutOff) {
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(puts("k" + std::to_string(i), Bytes(3000, 'v')));
  for (int i = 0; i < 5; ++i) {
    pull_the_plug();
    open();
    ASSERT_TRUE(puts("start" + std::to_string(i), "1"));
  }
  for (int i = 0; i < 30; ++i) EXPECT_EQ(get("k" + std::to_string(i)).value(), Bytes(3000, 'v'));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get("start" + std::to_string(i)).value(), "1");
}

TEST_F(Faults, TheLogStaysShortHoweverSmallTheCommits) {
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(puts("k" + std::to_string(i % 10), "small"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_LT(disk_->list(domain(i) + "/log").value().size(), 40u);
  }
}

TEST_F(Faults, ASecondEngineOnTheSameDirectoriesIsRefused) {
  const auto second = open_embedded(options_, *faulty_, keys_, clock_, random_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(puts("k", "still served"));
}

TEST_F(Faults, AnotherFormatIsRefusedUntouched) {
  engine_.reset();
  for (const char version : {'1', '3'}) {
    const Bytes other = std::string("freehold domain ") + version + "\nwhatever follows";
    ASSERT_TRUE(disk_->write_file_durably(domain(1) + "/domain", other));
    const auto refused = open_embedded(options_, *faulty_, keys_, clock_, random_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(disk_->read_file(domain(1) + "/domain").value(), other);
  }
}

}  // namespace
}  // namespace freehold::store
