// RocksDB upon the real disk: a lookup that must not wait finds what there is, or says that it would have to wait.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/table.h>
#include <sys/uio.h>

#include <filesystem>

#include "base/testing/temporary_directory.h"
#include "disk/disk.h"
#include "disk/only_cached.h"
#include "src/descriptor.h"

namespace freehold::disk {
namespace {

class OnlyCachedTest : public testing::Test {
 protected:
  static constexpr int kRows = 2'000;

  OnlyCachedTest() {
    env_ = disk_->rocksdb_env(disk_->rocksdb_file_system());
    open();
    for (int i = 0; i < kRows; ++i) EXPECT_TRUE(db_->Put({}, key(i), value(i)).ok());
    rocksdb::FlushOptions flush;
    EXPECT_TRUE(db_->Flush(flush).ok());
  }

  // Without a block cache, so that every lookup reads files.
  void open() {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.env = env_.get();
    options.enable_blob_files = true;
    options.min_blob_size = 100;
    rocksdb::BlockBasedTableOptions table;
    table.no_block_cache = true;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, root_ + "/db", &db).ok());
    db_.reset(db);
  }
  static std::string key(int i) { return "key" + std::to_string(i); }
  static std::string value(int i) { return std::string(i % 2 == 0 ? 20 : 400, static_cast<char>('a' + i % 26)); }

  void drop_page_cache() {
    for (const auto& entry : std::filesystem::directory_iterator(root_ + "/db")) {
      const Descriptor file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
      (void)::fsync(file.get());
      (void)::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
    }
  }
  // Some file systems don't know RWF_NOWAIT.
  bool tells_what_is_cached() {
    const Descriptor file(::open((root_ + "/db/CURRENT").c_str(), O_RDONLY | O_CLOEXEC));
    char byte = 0;
    const iovec one{&byte, 1};
    (void)::pread(file.get(), &byte, 1, 0);
    return ::preadv2(file.get(), &one, 1, 0, RWF_NOWAIT) == 1;
  }
  rocksdb::Status look(int i, std::string& found) {
    const OnlyCached only_cached;
    return db_->Get({}, key(i), &found);
  }

  std::unique_ptr<Disk> disk_ = make_real_disk();
  TemporaryDirectory temporary_;
  const std::string root_ = temporary_.path();
  std::shared_ptr<rocksdb::Env> env_;
  std::unique_ptr<rocksdb::DB> db_;
};

TEST_F(OnlyCachedTest, WhatWouldHaveToBeWaitedForIsNotTakenForMissing) {
  for (int i = 0; i < kRows; i += 97) {
    drop_page_cache();
    std::string found;
    const auto status = look(i, found);
    ASSERT_TRUE(status.ok() || status.IsTryAgain()) << status.ToString();
    if (status.ok()) {
      EXPECT_EQ(found, value(i));
    }
    ASSERT_TRUE(db_->Get({}, key(i), &found).ok()) << i;
    EXPECT_EQ(found, value(i));
  }
}

TEST_F(OnlyCachedTest, ClosedTablesAreOpenedOrWaitedFor) {
  db_.reset();
  drop_page_cache();
  open();
  for (int i = 0; i < kRows; i += 97) {
    std::string found;
    const auto status = look(i, found);
    ASSERT_TRUE(status.ok() || status.IsTryAgain()) << status.ToString();
    ASSERT_TRUE(db_->Get({}, key(i), &found).ok()) << i;
    EXPECT_EQ(found, value(i));
  }
}

TEST_F(OnlyCachedTest, WhatThePageCacheHoldsIsFoundWithoutWaiting) {
  std::string found;
  int ready = 0;
  for (int i = 0; i < kRows; ++i) {
    ASSERT_TRUE(db_->Get({}, key(i), &found).ok());
    const auto status = look(i, found);
    ASSERT_TRUE(status.ok() || status.IsTryAgain()) << status.ToString();
    ready += status.ok();
  }
  if (tells_what_is_cached()) {
    EXPECT_GT(ready, kRows / 2);
  }
}

}  // namespace
}  // namespace freehold::disk
