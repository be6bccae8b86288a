// RocksDB upon the simulated disk: what it synced is there after every crash.
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <chrono>
#include <cstdio>
#include <map>

#include "base/random.h"
#include "disk/sim_disk.h"

namespace freehold::disk {
namespace {

struct Opened {
  std::shared_ptr<rocksdb::Env> env;
  std::unique_ptr<rocksdb::DB> db;
};

Opened open_db(Disk& disk, rocksdb::Status& status) {
  Opened opened;
  opened.env = disk.rocksdb_env(disk.rocksdb_file_system());
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

// Puts until the disk is down or the steps are over; keeps what RocksDB said is durable, and the one put it didn't answer.
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

TEST(RocksDbOnSimDisk, KeepsWhatItSyncedThroughCrashes) {
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    auto disk = std::make_unique<SimDisk>();
    Model model;
    for (int round = 0; round < 4; ++round) {
      rocksdb::Status status;
      auto opened = open_db(*disk, status);
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

}  // namespace
}  // namespace freehold::disk
