// The room on the disks: what is kept free, what is refused without it, and what is given back.
#include "src/embedded/placement_fixture.h"

namespace freehold::store {
namespace {

using runtime::run_blocking;

using DiskSpace = PlacementFixture;

TEST_F(DiskSpace, AFullDiskRefusesAndRecovers) {
  engine_.reset();
  options_.disk_reserve_bytes = 32u << 20;
  open();
  ASSERT_TRUE(puts("before", Bytes(4000, 'x')));
  const auto chunk = put_chunk(1'000'000, 'c');
  ASSERT_TRUE(chunk);
  disk_->set_capacity(disk_->used_bytes() + (20u << 20));
  ASSERT_TRUE(eventually([&] {
    const auto result = put("more", Bytes(4000, 'y'));
    return result.outcome == CommitOutcome::kUnavailable && result.error.code == ErrorCode::kExhausted;
  }));
  EXPECT_FALSE(put_chunk(1000, 'n'));
  EXPECT_EQ(get("before").value(), Bytes(4000, 'x'));
  Commit free{partition_, Epoch{1}, ids_.next_transaction(), {}, {}, {"before"}};
  free.reserve = DiskReserve::kMayUse;
  EXPECT_EQ(run_blocking(engine_->partitions().commit(std::move(free))).outcome, CommitOutcome::kOk);
  EXPECT_TRUE(run_blocking(engine_->chunks().remove(*chunk)));
  disk_->set_capacity(1ull << 40);
  EXPECT_TRUE(eventually([&] { return put("later", "z").outcome == CommitOutcome::kOk; }));
  EXPECT_TRUE(whole());
}

TEST_F(DiskSpace, WritesThatHitAFullDiskUnawaresRecoverWithoutARestart) {
  ASSERT_TRUE(puts("before", "1"));
  faulty_->set_room(3000);
  CommitResult result;
  // What is preallocated takes some more.
  for (int i = 0; i < 500 && result.outcome != CommitOutcome::kUnknown; ++i) result = put("big", Bytes(3000, 'b'));
  EXPECT_FALSE(engine_->stats().writable && whole());
  faulty_->set_room(std::nullopt);
  EXPECT_TRUE(eventually([&] { return whole() && engine_->stats().writable; }));
  EXPECT_TRUE(puts("after", "2"));
  EXPECT_EQ(get("before").value(), "1");
  engine_.reset();
  const auto report = check();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->damaged, 0u) << testing::PrintToString(report->findings);
}

TEST_F(DiskSpace, TheSpaceOfRemovedChunksComesBack) {
  std::vector<ChunkId> chunks;
  for (int i = 0; i < 12; ++i) {
    const auto id = put_chunk(4'000'000, 's');
    ASSERT_TRUE(id);
    chunks.push_back(*id);
  }
  const auto full = disk_->used_bytes();
  for (const auto id : chunks) ASSERT_TRUE(run_blocking(engine_->chunks().remove(id)));
  EXPECT_TRUE(eventually([&] { return disk_->used_bytes() + 3 * 12 * 4'000'000 < full + 3 * options_.extent_bytes; }));
  EXPECT_EQ(engine_->stats().chunks, 0u);
  EXPECT_EQ(engine_->stats().chunk_bytes, 0u);
}

// A disk of three domains has room for the three extents that are preallocated, and not for its reserve beside them.
TEST_F(DiskSpace, NoExtentTakesTheReserve) {
  engine_.reset();
  options_.disk_reserve_bytes = 32u << 20;
  open();
  ASSERT_TRUE(puts("before", "1"));
  disk_->set_capacity(disk_->used_bytes() + 3 * options_.extent_bytes + (24u << 20));
  EXPECT_FALSE(put_chunk(1000, 'n'));
  EXPECT_TRUE(puts("still", "there is room for rows"));
  EXPECT_TRUE(whole());
  disk_->set_capacity(disk_->used_bytes() + 3 * options_.extent_bytes + (48u << 20));
  const auto first = put_chunk(1000, 'f');
  ASSERT_TRUE(first);
  // What is preallocated is filled to its end; the next extent isn't begun.
  unsigned taken = 0;
  while (put_chunk(1'000'000, 't')) ++taken;
  EXPECT_GE(taken, 14u);
  EXPECT_LE(taken, 16u);
  EXPECT_TRUE(whole());
  EXPECT_TRUE(puts("rows", "go on"));
  EXPECT_TRUE(read_chunk(*first, 1000));
}

TEST_F(DiskSpace, StartsTakeNoMoreThanIsWritten) {
  std::vector<ChunkId> kept;
  for (int i = 0; i < 12; ++i) {
    kept.push_back(put_chunk(100'000, 'k').value());
    const auto gone = put_chunk(100'000, 'g').value();
    if (i % 2) ASSERT_TRUE(run_blocking(engine_->chunks().remove(gone)));
    if (i % 3) {
      engine_.reset();
    } else {
      pull_the_plug();
    }
    open();
  }
  // Twelve extents were begun in each domain: 576 MiB.
  EXPECT_TRUE(eventually([&] { return disk_->used_bytes() < 3 * options_.extent_bytes; })) << disk_->used_bytes();
  for (const auto id : kept) EXPECT_EQ(read_chunk(id, 100'000).value().bytes.view(), Bytes(100'000, 'k'));
  EXPECT_TRUE(puts("and", "goes on"));
}

// The disks fill up in the middle of it, in one domain or in all; the same process tries again.
TEST_F(DiskSpace, AStartThatFindsNoRoomLosesNoChunk) {
  for (std::uint64_t room = 0; room < 40'000; room += 400) {
    SCOPED_TRACE(room);
    const auto id = put_chunk(50'000, 'r').value();
    pull_the_plug();
    faulty_->set_room(room);
    auto opened = open_embedded(options_, *faulty_, keys_, clock_, random_);
    if (opened) engine_ = std::move(*opened);
    faulty_->set_room(std::nullopt);
    if (!opened) open();
    ASSERT_TRUE(eventually([&] { return whole() && engine_->stats().writable; }));
    ASSERT_TRUE(read_chunk(id, 50'000));
    ASSERT_TRUE(run_blocking(engine_->chunks().remove(id)));
  }
}

TEST_F(DiskSpace, ExtentsWithoutALiveChunkGoWithTheirProcess) {
  const auto gone = put_chunk(100'000, 'g').value();
  ASSERT_TRUE(run_blocking(engine_->chunks().remove(gone)));
  engine_.reset();
  open();
  EXPECT_TRUE(eventually([&] {
    for (int i = 0; i < 3; ++i) {
      if (disk_->exists(domain(i) + "/chunks/0000000000.extent").value()) return false;
    }
    return true;
  }));
}

TEST_F(DiskSpace, ARebuiltDomainTakesNoMoreThanTheOthers) {
  std::vector<ChunkId> kept;
  for (int i = 0; i < 12; ++i) {
    const auto id = put_chunk(4'000'000, 's').value();
    if (i % 4 == 0) {
      kept.push_back(id);
    } else {
      ASSERT_TRUE(run_blocking(engine_->chunks().remove(id)));
    }
  }
  engine_.reset();
  open();
  std::uint64_t used = 0;
  ASSERT_TRUE(eventually([&] { return (used = disk_->used_bytes()) < 3 * 5 * 4'000'000; }));
  engine_.reset();
  ASSERT_TRUE(disk_->remove_tree(domain(1)));
  open();
  ASSERT_TRUE(eventually([&] { return whole(); }));
  EXPECT_LT(disk_->used_bytes(), used + used / 4);
  for (const auto id : kept) EXPECT_TRUE(read_chunk(id, 4'000'000));
}

}  // namespace
}  // namespace freehold::store
