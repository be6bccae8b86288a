#include "src/embedded/recent_rows.h"

#include <gtest/gtest.h>

#include <thread>

#include "src/embedded/test_placement.h"

namespace freehold::store {
namespace {

using embedded::Batch;
using embedded::RecentRows;

std::unique_ptr<Batch> changing(BytesView key) {
  auto batch = std::make_unique<Batch>(0);
  batch->overlay.emplace(key, std::nullopt);
  return batch;
}

std::optional<Bytes> find(RecentRows& rows, BytesView key) { return rows.find(key, rows.watch(key)); }

TEST(RecentRowsTest, WhatWasReadInPeaceIsFound) {
  RecentRows rows(1 << 20);
  EXPECT_EQ(find(rows, "key"), std::nullopt);
  rows.keep("key", "value", rows.watch("key"));
  EXPECT_EQ(find(rows, "key"), "value");
  rows.keep("key", "newer", rows.watch("key"));
  EXPECT_EQ(find(rows, "key"), "newer");
  EXPECT_EQ(find(rows, "kez"), std::nullopt);
}

TEST(RecentRowsTest, ABatchHidesWhatItChangesFromItsBeginning) {
  RecentRows rows(1 << 20);
  rows.keep("key", "old", rows.watch("key"));
  const auto batch = changing("key");
  rows.begin(*batch);
  EXPECT_EQ(find(rows, "key"), std::nullopt);
  rows.keep("key", "old or new", rows.watch("key"));
  EXPECT_EQ(find(rows, "key"), std::nullopt);
  rows.end(*batch);
  EXPECT_EQ(find(rows, "key"), std::nullopt);
  rows.keep("key", "new", rows.watch("key"));
  EXPECT_EQ(find(rows, "key"), "new");
}

TEST(RecentRowsTest, AReadAcrossABatchIsNotKept) {
  RecentRows rows(1 << 20);
  const auto before = rows.watch("key");
  const auto batch = changing("key");
  rows.begin(*batch);
  rows.keep("key", "old", before);
  const auto amid = rows.watch("key");
  rows.end(*batch);
  rows.keep("key", "old", before);
  rows.keep("key", "old", amid);
  EXPECT_EQ(find(rows, "key"), std::nullopt);
}

TEST(RecentRowsTest, ALostBatchHidesItsRowsUntilAllIsForgotten) {
  RecentRows rows(1 << 20);
  const auto before = rows.watch("key");
  rows.begin(*changing("key"));
  rows.keep("key", "anything", rows.watch("key"));
  EXPECT_EQ(find(rows, "key"), std::nullopt);
  rows.forget_all();
  rows.keep("key", "anything", before);
  EXPECT_EQ(find(rows, "key"), std::nullopt);
  rows.keep("key", "settled", rows.watch("key"));
  EXPECT_EQ(find(rows, "key"), "settled");
}

TEST(RecentRowsTest, MemoryIsBoundedAndTheLatestStay) {
  constexpr int kRows = 10'000;
  RecentRows rows(64 << 10);
  const Bytes value(100, 'v');
  for (int i = 0; i < kRows; ++i) {
    const auto key = "key" + std::to_string(i);
    rows.keep(key, value, rows.watch(key));
    EXPECT_EQ(find(rows, key), value);
  }
  int there = 0;
  for (int i = 0; i < kRows; ++i) there += find(rows, "key" + std::to_string(i)).has_value();
  EXPECT_GT(there, 100);
  EXPECT_LT(there, (64 << 10) / 100);
  rows.keep("large", Bytes(4 << 10, 'v'), rows.watch("large"));
  EXPECT_EQ(find(rows, "large"), std::nullopt);
}

TEST(RecentRowsTest, WithoutRoomNothingIsKept) {
  RecentRows rows(0);
  rows.keep("key", "value", rows.watch("key"));
  EXPECT_EQ(find(rows, "key"), std::nullopt);
}

// Many readers of few rows beside their writer: what one has seen, none sees undone, and what was acknowledged is seen.
TEST(RecentRowsTest, NoReaderOfTheEngineGoesBackInTime) {
  constexpr int kRows = 4;
  constexpr std::uint64_t kRounds = 400;
  constexpr int kReaders = 3;
  disk::SimDisk disk;
  FixedKeys keys;
  FakeClock clock;
  SeededRandom random(7);
  HybridClock ids(clock, random);
  auto opened = open_embedded(small_options(), disk, keys, clock, random);
  ASSERT_TRUE(opened) << opened.error().message;
  PartitionStore& store = (*opened)->partitions();
  const auto partition = make_partition_id(random_id<TenantId>(random), "counters");
  const auto key_of = [](int row) { return "row" + std::to_string(row); };
  std::array<std::atomic<std::uint64_t>, kRows> seen{};
  std::atomic<bool> over = false;

  std::vector<std::thread> readers;
  for (int reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back([&] {
      for (int at = 0; !over; at = (at + 1) % kRows) {
        auto& mark = seen[static_cast<std::size_t>(at)];
        const auto before = mark.load();
        const auto row = runtime::run_blocking(store.get(partition, key_of(at)));
        ASSERT_TRUE(row) << row.error().message;
        const std::uint64_t now = *row ? ByteReader(**row).u64() : 0;
        ASSERT_GE(now, before) << "row " << at;
        for (auto high = before; high < now && !mark.compare_exchange_weak(high, now);) {
        }
      }
    });
  }
  for (std::uint64_t round = 1; round <= kRounds; ++round) {
    Commit commit{partition, Epoch{1}, ids.next_transaction(), {}, {}, {}};
    for (int row = 0; row < kRows; ++row) {
      Bytes value;
      append_u64(value, round);
      commit.puts.push_back({key_of(row), value});
    }
    ASSERT_EQ(runtime::run_blocking(store.commit(std::move(commit))).outcome, CommitOutcome::kOk);
    for (auto& mark : seen) {
      for (auto high = mark.load(); high < round && !mark.compare_exchange_weak(high, round);) {
      }
    }
  }
  over = true;
  for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace freehold::store
