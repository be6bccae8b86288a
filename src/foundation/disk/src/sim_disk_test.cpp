#include "disk/sim_disk.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace freehold::disk {
namespace {

Result<> put(Disk& disk, const std::string& path, std::uint64_t offset, BytesView bytes) {
  FH_TRY(auto file, disk.open(path, OpenMode::kBuffered));
  return file->write_at(offset, {&bytes, 1});
}
Result<> sync(Disk& disk, const std::string& path) {
  FH_TRY(auto file, disk.open(path, OpenMode::kBuffered));
  return file->sync();
}

TEST(SimDisk, ReadsWhatWasWritten) {
  SimDisk disk;
  ASSERT_TRUE(put(disk, "/a", 5000, "hello"));
  const Bytes whole = disk.read_file("/a").value();
  EXPECT_EQ(whole.size(), 5005u);
  EXPECT_EQ(whole.substr(4999), Bytes("\0hello", 6));
  auto file = disk.open("/a", OpenMode::kBuffered).value();
  ASSERT_TRUE(file->punch(4096, 4096));
  EXPECT_EQ(disk.read_file("/a").value(), Bytes(5005, '\0'));
  Bytes out(2, '\0');
  EXPECT_EQ(file->read_at(5004, out).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(disk.open("/b", OpenMode::kRead).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk.open("/none/b", OpenMode::kBuffered).error().code, ErrorCode::kNotFound);
}

TEST(SimDisk, DurableFilesSurviveEveryCrash) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SimDisk disk;
    ASSERT_TRUE(disk.make_directories("/d/e"));
    ASSERT_TRUE(disk.write_file_durably("/d/e/one", "first"));
    ASSERT_TRUE(put(disk, "/d/e/one.tmp", 0, "second"));  // not renamed
    auto after = disk.crash(seed);
    EXPECT_EQ(after->read_file("/d/e/one").value(), "first") << "seed " << seed;
    EXPECT_EQ(disk.read_file("/d/e/one").error().code, ErrorCode::kUnavailable);
  }
}

// Random writes over one file, some synced: whatever was synced and not written since is there after every crash; over
// the seeds, unsynced pages survive, vanish, and tear.
TEST(SimDisk, LosesOnlyWhatWasNotSynced) {
  constexpr std::size_t kPages = 16;
  int kept = 0;
  int lost = 0;
  int torn = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimDisk disk;
    SeededRandom random(seed);
    std::array<char, kPages> durable{};
    std::array<char, kPages> current{};
    ASSERT_TRUE(put(disk, "/f", 0, Bytes(kPages * 4096, '\0')));
    ASSERT_TRUE(sync(disk, "/f"));
    ASSERT_TRUE(disk.sync_directory("/"));
    for (int step = 0; step < 40; ++step) {
      if (random.below(8) == 0) {
        ASSERT_TRUE(sync(disk, "/f"));
        durable = current;
        continue;
      }
      const auto page = random.below(kPages);
      current[page] = static_cast<char>('a' + random.below(26));
      ASSERT_TRUE(put(disk, "/f", page * 4096, Bytes(4096, current[page])));
    }
    const Bytes found = disk.crash(seed)->read_file("/f").value();
    ASSERT_EQ(found.size(), kPages * 4096);
    for (std::size_t page = 0; page < kPages; ++page) {
      const Bytes bytes = found.substr(page * 4096, 4096);
      const bool is_new = bytes == Bytes(4096, current[page]);
      const bool is_old = bytes == Bytes(4096, durable[page]);
      if (current[page] == durable[page]) {
        EXPECT_TRUE(is_new) << "a synced page is gone";
        continue;
      }
      kept += is_new ? 1 : 0;
      lost += is_old ? 1 : 0;
      if (is_new || is_old) continue;
      ++torn;
      for (std::size_t at = 0; at < 4096; at += 512) {  // each sector is whole
        const Bytes sector = bytes.substr(at, 512);
        EXPECT_TRUE(sector == Bytes(512, current[page]) || sector == Bytes(512, durable[page]));
      }
    }
  }
  EXPECT_GT(kept, 100);
  EXPECT_GT(lost, 100);
  EXPECT_GT(torn, 20);
}

TEST(SimDisk, UnsyncedNamesMayOrMayNotSurvive) {
  std::map<std::string, int> outcomes;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SimDisk disk;
    ASSERT_TRUE(disk.write_file_durably("/old", "o"));
    ASSERT_TRUE(disk.write_file_durably("/gone", "g"));
    ASSERT_TRUE(put(disk, "/made", 0, "m"));
    ASSERT_TRUE(sync(disk, "/made"));  // keeps its bytes, not its name
    ASSERT_TRUE(disk.rename("/old", "/new"));
    ASSERT_TRUE(disk.unlink("/gone"));
    auto after = disk.crash(seed);
    const bool old_name = after->exists("/old").value();
    const bool new_name = after->exists("/new").value();
    EXPECT_NE(old_name, new_name) << "a rename happens whole; seed " << seed;
    EXPECT_EQ(after->read_file(old_name ? "/old" : "/new").value(), "o");
    if (after->exists("/made").value()) {
      EXPECT_EQ(after->read_file("/made").value(), "m");
    }
    ++outcomes[new_name ? "renamed" : "not renamed"];
    ++outcomes[after->exists("/made").value() ? "made" : "not made"];
    ++outcomes[after->exists("/gone").value() ? "not unlinked" : "unlinked"];
  }
  for (const char* outcome : {"renamed", "not renamed", "made", "not made", "unlinked", "not unlinked"}) {
    EXPECT_GT(outcomes[outcome], 20) << outcome;
  }
}

TEST(SimDisk, UnsyncedSizeVaries) {
  std::map<std::uint64_t, int> sizes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SimDisk disk;
    ASSERT_TRUE(disk.write_file_durably("/f", Bytes(100, 'a')));
    ASSERT_TRUE(put(disk, "/f", 100, Bytes(10'000, 'b')));
    const Bytes found = disk.crash(seed)->read_file("/f").value();
    ASSERT_GE(found.size(), 100u);
    EXPECT_EQ(found.substr(0, 100), Bytes(100, 'a'));
    EXPECT_EQ(found.find_first_not_of(BytesView("b\0", 2), 100), Bytes::npos);
    ++sizes[found.size()];
  }
  EXPECT_GT(sizes[100], 5);
  EXPECT_GT(sizes[10'100], 5);
  EXPECT_GT(sizes.size(), 10u);
}

TEST(SimDisk, FillsUpAndRecovers) {
  SimDisk disk(8 * 4096);
  ASSERT_TRUE(put(disk, "/a", 0, Bytes(6 * 4096, 'a')));
  EXPECT_EQ(disk.free_space("/").value().bytes, 2u * 4096);
  EXPECT_EQ(put(disk, "/b", 0, Bytes(3 * 4096, 'b')).error().code, ErrorCode::kExhausted);
  ASSERT_TRUE(disk.unlink("/b"));
  auto file = disk.open("/c", OpenMode::kDirect).value();
  EXPECT_EQ(file->preallocate(4 * 4096).error().code, ErrorCode::kExhausted);
  ASSERT_TRUE(disk.unlink("/c"));
  ASSERT_TRUE(disk.unlink("/a"));
  EXPECT_EQ(disk.used_bytes(), 0u);
  EXPECT_TRUE(put(disk, "/b", 0, Bytes(8 * 4096, 'b')));
}

TEST(SimDisk, FailsFromTheChosenOperation) {
  SimDisk disk;
  ASSERT_TRUE(put(disk, "/a", 0, "one"));  // create, write
  EXPECT_EQ(disk.ops(), 2u);
  disk.fail_from_op(4);
  EXPECT_TRUE(put(disk, "/a", 0, "two"));
  EXPECT_FALSE(disk.is_down());
  EXPECT_EQ(put(disk, "/a", 0, "six").error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(disk.is_down());
  EXPECT_EQ(disk.exists("/a").error().code, ErrorCode::kUnavailable);
}

TEST(SimDisk, FlippedBitStaysThroughACrash) {
  SimDisk disk;
  ASSERT_TRUE(disk.write_file_durably("/a", "abc"));
  ASSERT_TRUE(disk.flip_bit("/a", 1, 0));
  EXPECT_EQ(disk.read_file("/a").value(), "acc");
  EXPECT_EQ(disk.crash(1)->read_file("/a").value(), "acc");
}

TEST(SimDisk, LocksAndDirectories) {
  SimDisk disk;
  ASSERT_TRUE(disk.make_directories("/x/y"));
  ASSERT_TRUE(put(disk, "/x/y/f", 0, "1"));
  ASSERT_TRUE(put(disk, "/x/g", 0, "2"));
  EXPECT_EQ(disk.list("/x").value(), (std::vector<std::string>{"g", "y"}));
  auto lock = disk.lock("/x");
  ASSERT_TRUE(lock);
  EXPECT_EQ(disk.lock("/x").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(disk.rename("/x/y", "/x/z"));
  EXPECT_EQ(disk.read_file("/x/z/f").value(), "1");
  ASSERT_TRUE(disk.remove_tree("/x"));
  EXPECT_FALSE(disk.exists("/x").value());
  EXPECT_EQ(disk.used_bytes(), 0u);
}

}  // namespace
}  // namespace freehold::disk
