#include <gtest/gtest.h>
#include <rocksdb/file_system.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/random.h"
#include "base/testing/temporary_directory.h"
#include "disk/disk.h"
#include "disk/fault_points.h"

namespace freehold::disk {
namespace {

class RealDiskTest : public testing::Test {
 protected:
  std::unique_ptr<File> open(const std::string& name, OpenMode mode) {
    auto file = disk_->open(root_ + '/' + name, mode);
    EXPECT_TRUE(file) << file.error().detail;
    return file ? std::move(*file) : nullptr;
  }

  TemporaryDirectory temporary_;
  const std::string root_ = temporary_.path();
  std::unique_ptr<Disk> disk_ = make_real_disk();
};

TEST_F(RealDiskTest, DirectWritesReadBackEveryWay) {
  auto file = open("data", OpenMode::kDirect);
  ASSERT_TRUE(file->preallocate(1 << 20));
  EXPECT_EQ(file->size().value(), 1u << 20);
  SeededRandom random(1);
  AlignedBuffer a(8192);
  AlignedBuffer b(4096);
  random.fill(a.span());
  random.fill(b.span());
  const std::array<BytesView, 2> pieces{a.view(), b.view()};
  ASSERT_TRUE(file->write_at(4096, pieces));
  ASSERT_TRUE(file->sync());
  Bytes expected(a.view());
  expected += b.view();

  Bytes cached(expected.size() - 10, '\0');
  ASSERT_TRUE(file->read_at(4096 + 5, cached));
  EXPECT_EQ(cached, expected.substr(5, cached.size()));
  AlignedBuffer direct(expected.size());
  ASSERT_TRUE(file->read_direct(4096, direct.span()));
  EXPECT_EQ(direct.view(), expected);
  const auto tried = file->try_read_at(4096 + 5, cached);
  ASSERT_TRUE(tried);
  if (*tried) {
    EXPECT_EQ(cached, expected.substr(5, cached.size()));
  }
}

TEST_F(RealDiskTest, PunchedRangeReadsAsZeroAndGivesSpaceBack) {
  auto file = open("data", OpenMode::kDirect);
  ASSERT_TRUE(file->preallocate(1 << 20));
  const AlignedBuffer full = [] {
    AlignedBuffer buffer(1 << 20);
    std::ranges::fill(buffer.span(), 'x');
    return buffer;
  }();
  const BytesView piece = full.view();
  ASSERT_TRUE(file->write_at(0, {&piece, 1}));
  ASSERT_TRUE(file->sync());
  const auto before = file->allocated().value();
  ASSERT_TRUE(file->punch(4096, 512 * 1024));
  ASSERT_TRUE(file->sync());
  Bytes around(3, '?');
  ASSERT_TRUE(file->read_at(4095, around));
  EXPECT_EQ(around, Bytes("x\0\0", 3));
  EXPECT_EQ(file->size().value(), 1u << 20);
  EXPECT_LE(file->allocated().value(), before);
}

TEST_F(RealDiskTest, ReadingBehindTheEndIsCorrupt) {
  auto file = open("short", OpenMode::kBuffered);
  const BytesView piece = "abc";
  ASSERT_TRUE(file->write_at(0, {&piece, 1}));
  Bytes out(4, '\0');
  EXPECT_EQ(file->read_at(0, out).error().code, ErrorCode::kCorrupt);
  const auto tried = file->try_read_at(0, out);
  EXPECT_TRUE(!tried || !*tried);
}

TEST_F(RealDiskTest, NamesBehave) {
  const std::string dir = root_ + "/a/b";
  ASSERT_TRUE(disk_->make_directories(dir));
  ASSERT_TRUE(disk_->make_directories(dir));
  ASSERT_TRUE(disk_->write_file_durably(dir + "/two", "2"));
  ASSERT_TRUE(disk_->write_file_durably(dir + "/one", "1"));
  ASSERT_TRUE(disk_->write_file_durably(dir + "/one", "uno"));
  EXPECT_EQ(disk_->list(dir).value(), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(disk_->read_file(dir + "/one").value(), "uno");
  struct stat status{};
  ASSERT_EQ(::stat((dir + "/one").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat(dir.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);

  ASSERT_TRUE(disk_->rename(dir + "/one", dir + "/three"));
  EXPECT_FALSE(disk_->exists(dir + "/one").value());
  EXPECT_TRUE(disk_->unlink(dir + "/one"));  // missing: no error
  EXPECT_EQ(disk_->open(dir + "/one", OpenMode::kRead).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_->list(root_ + "/none").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(disk_->remove_tree(root_ + "/a"));
  EXPECT_FALSE(disk_->exists(dir).value());
  EXPECT_GT(disk_->free_space(root_).value().bytes, 0u);
  EXPECT_EQ(disk_->free_space(root_).value().file_system, disk_->free_space(root_ + "/.").value().file_system);
  EXPECT_NE(disk_->free_space(root_).value().file_system, disk_->free_space("/proc").value().file_system);
}

TEST_F(RealDiskTest, SecondHolderOfALockIsRefused) {
  auto first = disk_->lock(root_);
  ASSERT_TRUE(first);
  EXPECT_EQ(disk_->lock(root_).error().code, ErrorCode::kConflict);
  first->reset();
  EXPECT_TRUE(disk_->lock(root_));
}

#ifdef FREEHOLD_FAULT_POINTS
TEST_F(RealDiskTest, EveryChangePassesAFaultPoint) {
  arm_fault_points();
  auto counted = [](auto call) {
    const auto before = fault_points_passed();
    EXPECT_TRUE(call());
    return fault_points_passed() - before;
  };
  auto file = open("data", OpenMode::kBuffered);
  const BytesView piece = "abc";
  EXPECT_EQ(counted([&] { return file->write_at(0, {&piece, 1}); }), 1u);
  EXPECT_EQ(counted([&] { return file->sync(); }), 1u);
  EXPECT_EQ(counted([&] { return file->preallocate(8192); }), 1u);
  EXPECT_EQ(counted([&] { return file->punch(0, 4096); }), 1u);
  EXPECT_EQ(counted([&] { return disk_->rename(root_ + "/data", root_ + "/moved"); }), 1u);
  EXPECT_EQ(counted([&] { return disk_->unlink(root_ + "/moved"); }), 1u);
  EXPECT_EQ(counted([&] { return disk_->sync_directory(root_); }), 1u);
  EXPECT_EQ(counted([&] { return disk_->exists(root_); }), 0u);

  // The same on RocksDB's path.
  const auto file_system = disk_->rocksdb_file_system();
  std::unique_ptr<rocksdb::FSWritableFile> log;
  EXPECT_EQ(counted([&] { return file_system->NewWritableFile(root_ + "/log", {}, &log, nullptr).ok(); }), 1u);
  EXPECT_EQ(counted([&] { return log->Append("abc", {}, nullptr).ok(); }), 1u);
  EXPECT_EQ(counted([&] { return log->Sync({}, nullptr).ok(); }), 1u);
  EXPECT_EQ(counted([&] { return file_system->RenameFile(root_ + "/log", root_ + "/log2", {}, nullptr).ok(); }), 1u);
  EXPECT_EQ(counted([&] { return file_system->DeleteFile(root_ + "/log2", {}, nullptr).ok(); }), 1u);
}
#endif

}  // namespace
}  // namespace freehold::disk
