// RocksDB upon the simulated disk, in the clear and encrypted: what it synced is there after every crash.
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <chrono>
#include <cstdio>
#include <map>

#include "base/random.h"
#include "disk/encrypted_file_system.h"
#include "disk/faulty_disk.h"
#include "disk/sim_disk.h"

namespace freehold::disk {
namespace {

// A key stream of this test's own: hides nothing from anybody, but differs by key, iv and offset.
class TestCipher final : public FileCipher {
 public:
  explicit TestCipher(std::uint64_t seed) : seed_(seed) {}
  void apply(std::uint64_t offset, std::span<char> data) const override {
    for (std::size_t i = 0; i < data.size(); ++i) {
      const std::uint64_t mixed = (seed_ + offset + i) * 0x9E3779B97F4A7C15ull;
      data[i] = static_cast<char>(data[i] ^ static_cast<char>(mixed >> 56));
    }
  }

 private:
  std::uint64_t seed_;
};
class TestCiphers final : public FileCipherFactory {
 public:
  explicit TestCiphers(std::uint64_t key) : key_(key) {}
  std::unique_ptr<FileCipher> make(BytesView iv16) const override {
    return std::make_unique<TestCipher>(key_ + std::hash<std::string_view>{}(iv16));
  }
  Bytes check_value(BytesView head) const override {
    Bytes out;
    append_u64(out, key_ ^ std::hash<std::string_view>{}(head));
    append_u64(out, key_);
    return out;
  }

 private:
  std::uint64_t key_;
};

using FileSystemOf = std::function<std::shared_ptr<rocksdb::FileSystem>(Disk&)>;
std::shared_ptr<rocksdb::FileSystem> plain(Disk& disk) { return disk.rocksdb_file_system(); }
std::shared_ptr<rocksdb::FileSystem> encrypted(Disk& disk, std::uint64_t key) {
  static SeededRandom random(99);
  return encrypt_file_system(disk.rocksdb_file_system(), std::make_shared<TestCiphers>(key), random);
}

struct Opened {
  std::shared_ptr<rocksdb::Env> env;
  std::unique_ptr<rocksdb::DB> db;
};

Opened open_db(Disk& disk, const FileSystemOf& file_system, rocksdb::Status& status) {
  Opened opened;
  opened.env = disk.rocksdb_env(file_system(disk));
  rocksdb::Options options;
  options.create_if_missing = true;
  options.env = opened.env.get();
  options.write_buffer_size = 64 << 10;
  options.level0_file_num_compaction_trigger = 2;
  options.enable_blob_files = true;
  options.min_blob_size = 512;
  rocksdb::DB* db = nullptr;
  status = rocksdb::DB::Open(options, "/db", &db);
  opened.db.reset(db);
  return opened;
}

// Puts until the disk is down or the steps are over; keeps what RocksDB said is durable, and the one put it didn't
// answer.
struct Model {
  std::map<std::string, std::string> acknowledged;
  std::string unsure;
};
void work(rocksdb::DB& db, SeededRandom& random, int steps, Model& model) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  for (int i = 0; i < steps; ++i) {
    const std::string key = "key" + std::to_string(random.below(50));
    const std::string value = random.bytes(1 + random.below(2'000));
    if (!db.Put(synced, key, value).ok()) {
      model.unsure = key;
      return;
    }
    model.acknowledged[key] = value;
    if (random.below(20) == 0 && !db.Flush({}).ok()) return;
  }
}

void expect_all(rocksdb::DB& db, const Model& model) {
  for (const auto& [key, value] : model.acknowledged) {
    std::string found;
    const auto status = db.Get({}, key, &found);
    ASSERT_TRUE(status.ok()) << key << ": " << status.ToString();
    if (key != model.unsure) {
      ASSERT_TRUE(found == value) << key;
    }
  }
}

void crash_and_reopen(const FileSystemOf& file_system) {
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    auto disk = std::make_unique<SimDisk>();
    Model model;
    for (int round = 0; round < 4; ++round) {
      rocksdb::Status status;
      auto opened = open_db(*disk, file_system, status);
      ASSERT_TRUE(status.ok()) << status.ToString();
      ASSERT_NO_FATAL_FAILURE(expect_all(*opened.db, model));
      if (!model.unsure.empty()) {  // settled by what is read now
        std::string found;
        (void)opened.db->Get({}, model.unsure, &found);
        model.acknowledged[model.unsure] = found;
        if (found.empty()) model.acknowledged.erase(model.unsure);
        model.unsure.clear();
      }
      disk->fail_from_op(disk->ops() + 1 + random.below(300));
      work(*opened.db, random, 100, model);
      auto after = disk->crash(random.u64());
      opened.db.reset();  // closes upon a dead disk: must not harm the surviving one
      disk = std::move(after);
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("RocksDB on SimDisk: 160 opens and crashes in %.2f s\n", took.count());
}

TEST(RocksDbOnSimDisk, KeepsWhatItSyncedThroughCrashes) { crash_and_reopen(plain); }
TEST(RocksDbOnSimDisk, KeepsWhatItSyncedThroughCrashesEncrypted) {
  crash_and_reopen([](Disk& disk) { return encrypted(disk, 7); });
}

TEST(EncryptedFileSystem, LeavesNothingInTheClearAndNoticesAWrongKey) {
  SimDisk disk;
  rocksdb::Status status;
  const std::string canary = "a canary that nobody may find on disk";
  {
    auto opened = open_db(disk, [](Disk& d) { return encrypted(d, 7); }, status);
    ASSERT_TRUE(status.ok()) << status.ToString();
    rocksdb::WriteOptions synced;
    synced.sync = true;
    ASSERT_TRUE(opened.db->Put(synced, canary, canary + std::string(1'000, 'x')).ok());
    ASSERT_TRUE(opened.db->Flush({}).ok());
    ASSERT_TRUE(opened.db->Put(synced, canary + "2", canary).ok());
  }
  const auto names = disk.list("/db").value();
  ASSERT_GT(names.size(), 4u);
  for (const auto& name : names) {
    EXPECT_EQ(disk.read_file("/db/" + name).value().find("canary"), Bytes::npos) << name;
  }
  open_db(disk, [](Disk& d) { return encrypted(d, 8); }, status);
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.ToString().find("another key"), std::string::npos) << status.ToString();
  auto opened = open_db(disk, [](Disk& d) { return encrypted(d, 7); }, status);
  ASSERT_TRUE(status.ok()) << status.ToString();
  std::string found;
  ASSERT_TRUE(opened.db->Get({}, canary, &found).ok());
  EXPECT_EQ(found, canary + std::string(1'000, 'x'));
}

TEST(FaultyDisk, RocksDbSeesFullAndBrokenDisks) {
  SimDisk base;
  FaultyDisk disk(base);
  rocksdb::Status status;
  auto opened = open_db(disk, plain, status);
  ASSERT_TRUE(status.ok()) << status.ToString();
  rocksdb::WriteOptions synced;
  synced.sync = true;
  ASSERT_TRUE(opened.db->Put(synced, "k", "v").ok());
  disk.set_room(1'000);
  EXPECT_TRUE(opened.db->Put(synced, "big", std::string(5'000, 'x')).IsNoSpace());
  opened.db.reset();
  disk.break_below("/db");
  open_db(disk, plain, status);
  EXPECT_TRUE(status.IsIOError()) << status.ToString();
  disk.heal_below("/db");
  disk.set_room(std::nullopt);
  opened = open_db(disk, plain, status);
  ASSERT_TRUE(status.ok()) << status.ToString();
  std::string found;
  EXPECT_TRUE(opened.db->Get({}, "k", &found).ok());
}

}  // namespace
}  // namespace freehold::disk
