// The commit log alone: what was synced is read back, what is read back is a prefix, and nothing comes back from
// before.
#include "src/embedded/commit_log.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "disk/crc32c.h"
#include "disk/faulty_disk.h"
#include "disk/sim_disk.h"

namespace freehold::store::embedded {
namespace {

constexpr std::uint64_t kSegmentBytes = 32u << 10;
const std::string kDirectory = "/fd0/log";

Bytes content(std::uint64_t number, std::uint64_t history) {
  SeededRandom random(number * 1'000'003 + history);
  return random.bytes(1 + random.below(random.below(5) == 0 ? 20'000 : 300));
}

struct Opened {
  std::unique_ptr<CommitLog> log;
  std::map<std::uint64_t, Bytes> records;  // that were replayed
};

class Log : public testing::Test {
 protected:
  [[nodiscard]] Result<Opened> open(disk::Disk& disk, std::uint64_t applied = 0, char key = 'k') {
    Opened out;
    std::uint64_t expected = applied + 1;
    FH_TRY(out.log, CommitLog::open(disk, kDirectory, Secret(Bytes(32, key)), random_, kSegmentBytes, applied,
                                    [&](std::uint64_t number, BytesView record) -> Result<> {
                                      EXPECT_EQ(number, expected++);
                                      out.records.emplace(number, record);
                                      return {};
                                    }));
    return out;
  }
  void append(CommitLog& log, std::uint64_t count, std::uint64_t history = 0) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto number = log.append(content(log.last() + 1, history), Sync::kYes);
      ASSERT_TRUE(number) << number.error().message;
      EXPECT_EQ(*number, log.last());
    }
  }
  void expect_records(const Opened& opened, std::uint64_t first, std::uint64_t last, std::uint64_t history = 0) {
    EXPECT_EQ(opened.records.size(), last + 1 - first);
    for (std::uint64_t number = first; number <= last; ++number) {
      const auto found = opened.records.find(number);
      ASSERT_NE(found, opened.records.end()) << number;
      EXPECT_TRUE(found->second == content(number, history)) << number;
    }
  }
  [[nodiscard]] std::vector<std::string> slots() { return disk_.list(kDirectory).value(); }

  SeededRandom random_{7};
  disk::SimDisk disk_;
};

TEST_F(Log, GivesBackWhatWasAppended) {
  append(*open(disk_)->log, 100);
  const auto opened = open(disk_);
  ASSERT_TRUE(opened);
  expect_records(*opened, 1, 100);
  EXPECT_EQ(opened->log->last(), 100u);
}

TEST_F(Log, GivesBackTheSameTwice) {
  append(*open(disk_)->log, 50);
  for (int i = 0; i < 2; ++i) expect_records(*open(disk_), 1, 50);
  expect_records(*open(disk_, 20), 21, 50);
  expect_records(*open(disk_, 50), 51, 50);
}

TEST_F(Log, GoesOnWhereItEnded) {
  for (int i = 0; i < 5; ++i) append(*open(disk_)->log, 10);
  expect_records(*open(disk_), 1, 50);
}

TEST_F(Log, TakesRecordsLargerThanASegment) {
  const Bytes large(3 * kSegmentBytes, 'L');
  {
    auto opened = open(disk_);
    ASSERT_TRUE(opened->log->append(large, Sync::kYes));
    ASSERT_TRUE(opened->log->append("small", Sync::kYes));
  }
  const auto opened = open(disk_);
  ASSERT_EQ(opened->records.size(), 2u);
  EXPECT_TRUE(opened->records.at(1) == large);
  EXPECT_EQ(opened->records.at(2), "small");
}

TEST_F(Log, UsesItsFilesAgain) {
  auto opened = open(disk_);
  for (int i = 0; i < 100; ++i) {
    opened->log->release(opened->log->last());
    append(*opened->log, 10);
  }
  EXPECT_LE(slots().size(), 12u);  // the records of a round, what is kept free, and what is appended to
  opened->log.reset();
  expect_records(*open(disk_, 990), 991, 1000);
}

TEST_F(Log, HidesWhatItHolds) {
  append(*open(disk_)->log, 1);
  auto opened = open(disk_);
  const Bytes secret = "a name that must not rest in the clear, nor a second time";
  ASSERT_TRUE(opened->log->append(secret, Sync::kYes));
  for (const auto& slot : slots()) {
    const auto file = disk_.open(kDirectory + "/" + slot, disk::OpenMode::kRead).value();
    Bytes bytes(file->size().value(), '\0');
    ASSERT_TRUE(file->read_at(0, bytes));
    EXPECT_EQ(bytes.find(secret), Bytes::npos);
  }
}

TEST_F(Log, OpensNothingUnderAnotherKey) {
  append(*open(disk_)->log, 5);
  const auto opened = open(disk_, 0, 'x');
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->records.empty());
}

TEST_F(Log, EndsAtADamagedRecordAndNeverShowsWhatFollowed) {
  append(*open(disk_)->log, 30, 1);
  ASSERT_TRUE(disk_.flip_bit(kDirectory + "/" + slots().front(), 2 * 4096 + 20));
  std::uint64_t kept = 0;
  {
    auto opened = open(disk_);
    kept = opened->records.size();
    ASSERT_LT(kept, 30u);
    expect_records(*opened, 1, kept, 1);
    ASSERT_TRUE(opened->log->append("another history", Sync::kYes));
  }
  auto opened = open(disk_);
  ASSERT_EQ(opened->records.size(), kept + 1);
  EXPECT_EQ(opened->records.at(kept + 1), "another history");
}

TEST_F(Log, PassesOverDamageInWhatTheRowsHold) {
  append(*open(disk_)->log, 30);
  ASSERT_TRUE(disk_.flip_bit(kDirectory + "/" + slots().front(), 4096 + 40));  // in the first record
  EXPECT_TRUE(open(disk_)->records.empty());
  expect_records(*open(disk_, 5), 6, 30);
}

TEST_F(Log, ALostSegmentEndsIt) {
  append(*open(disk_)->log, 60, 1);
  const auto before = slots();
  ASSERT_GT(before.size(), 2u);
  ASSERT_TRUE(disk_.unlink(kDirectory + "/" + before[1]));
  std::uint64_t kept = 0;
  {
    auto opened = open(disk_);
    kept = opened->records.size();
    ASSERT_LT(kept, 60u);
    expect_records(*opened, 1, kept, 1);
    append(*opened->log, 3, 2);
  }
  // The segments behind the gap must stay away even if the one that took their place is lost as well.
  auto opened = open(disk_);
  EXPECT_EQ(opened->records.size(), kept + 3);
  for (std::uint64_t number = kept + 1; number <= kept + 3; ++number) {
    EXPECT_TRUE(opened->records.at(number) == content(number, 2));
  }
  for (const auto& slot : slots()) {
    if (slot != before.front()) ASSERT_TRUE(disk_.unlink(kDirectory + "/" + slot));
  }
  expect_records(*open(disk_), 1, kept, 1);
}

TEST_F(Log, RowsThatAreFurtherOnGoOnFromThere) {
  append(*open(disk_)->log, 10, 1);
  append(*open(disk_, 500)->log, 10, 2);  // the log was lost but for its beginning
  const auto opened = open(disk_, 505);
  expect_records(*opened, 506, 510, 2);
}

TEST_F(Log, AFullDiskIsSaidAndNothingIsLost) {
  auto opened = open(disk_);
  append(*opened->log, 20);
  disk_.set_capacity(disk_.used_bytes());
  Result<std::uint64_t> number = opened->log->last();
  std::uint64_t more = 0;
  while ((number = opened->log->append(content(opened->log->last() + 1, 0), Sync::kYes))) ++more;
  EXPECT_EQ(number.error().code, ErrorCode::kExhausted);
  EXPECT_FALSE(opened->log->append("no more", Sync::kYes)) << "how much of the last one is there is unknown";
  opened->log.reset();
  disk_.set_capacity(1ull << 40);
  auto again = open(disk_);
  expect_records(*again, 1, 20 + more);
  append(*again->log, 1);
}

TEST_F(Log, ANewerVersionIsRefusedUntouched) {
  append(*open(disk_)->log, 3);
  const std::string path = kDirectory + "/" + slots().front();
  const auto file = disk_.open(path, disk::OpenMode::kBuffered).value();
  AlignedBuffer block(kDirectAlignment);
  ASSERT_TRUE(file->read_at(0, block.span()));
  Bytes newer(block.view());
  newer[11] = static_cast<char>(kLogVersion + 1);
  Bytes sum;
  append_u32(sum, disk::crc32c(BytesView(newer).substr(0, kDirectAlignment - 4)));
  newer.replace(kDirectAlignment - 4, 4, sum);
  const BytesView piece = newer;
  ASSERT_TRUE(file->write_at(0, {&piece, 1}));
  const auto ops = disk_.ops();
  const auto opened = open(disk_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(disk_.ops(), ops);
}

TEST_F(Log, AReadErrorIsNoEnd) {
  disk::FaultyDisk faulty(disk_);
  append(*open(faulty)->log, 10);
  faulty.break_below(kDirectory);
  EXPECT_FALSE(open(faulty));
  faulty.heal_below(kDirectory);
  expect_records(*open(faulty), 1, 10);
}

// Pulls the plug again and again: torn and reordered writes, files used again, rows flushed at any moment.
TEST_F(Log, EveryCrashLeavesAPrefixWithAllThatWasSynced) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom dice(seed);
    auto disk = std::make_unique<disk::SimDisk>();
    std::map<std::uint64_t, Bytes> written;  // whatever was appended last under that number
    std::uint64_t synced = 0;
    std::uint64_t flushed = 0;
    for (int round = 0; round < 6; ++round) {
      auto opened = open(*disk, flushed);
      ASSERT_TRUE(opened) << opened.error().message << opened.error().detail;
      ASSERT_GE(opened->log->last(), synced);
      for (const auto& [number, record] : opened->records) ASSERT_TRUE(record == written.at(number)) << number;
      disk->fail_from_op(disk->ops() + 1 + dice.below(60));
      synced = std::max(synced, opened->log->last());  // opening made it durable
      for (int i = 0; i < 60; ++i) {
        const std::uint64_t number = opened->log->last() + 1;
        const Sync sync = dice.below(3) == 0 ? Sync::kNo : Sync::kYes;
        const Bytes record = content(number, seed * 10 + static_cast<std::uint64_t>(round));
        written[number] = record;
        if (!opened->log->append(record, sync)) break;
        if (sync == Sync::kYes) synced = number;
        if (dice.below(8) == 0) {
          flushed = flushed + dice.below(opened->log->last() - flushed + 1);
          opened->log->release(flushed);
        }
      }
      opened->log.reset();
      disk = disk->crash(dice.u64());
      synced = std::max(synced, flushed);
    }
  }
}

}  // namespace
}  // namespace freehold::store::embedded
