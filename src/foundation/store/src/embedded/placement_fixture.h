// One placement on a simulated disk that can fail, for tests of what the engine does then.
#pragma once

#include "base/log.h"
#include "disk/faulty_disk.h"
#include "src/embedded/engine.h"
#include "src/embedded/test_placement.h"
#include "store/fsck.h"

namespace freehold::store {

class PlacementFixture : public testing::Test {
 protected:
  PlacementFixture() { set_log_level(LogLevel::kError); }
  void SetUp() override { open(); }

  void open() {
    auto opened = open_embedded(options_, *faulty_, keys_, clock_, random_);
    ASSERT_TRUE(opened) << opened.error().message << " " << opened.error().detail;
    engine_ = std::move(*opened);
  }
  [[nodiscard]] CommitResult put(const Bytes& key, const Bytes& value) {
    Commit commit{partition_, Epoch{1}, ids_.next_transaction(), {}, {{key, value}}, {}};
    return runtime::run_blocking(engine_->partitions().commit(std::move(commit)));
  }
  [[nodiscard]] bool puts(const Bytes& key, const Bytes& value) {
    return put(key, value).outcome == CommitOutcome::kOk;
  }
  [[nodiscard]] Result<std::optional<Bytes>> get(const Bytes& key) {
    return runtime::run_blocking(engine_->partitions().get(partition_, key));
  }
  [[nodiscard]] std::optional<ChunkId> put_chunk(std::size_t size, char fill) {
    const auto id = ids_.next_chunk();
    AlignedBuffer bytes(size);
    std::fill_n(bytes.data(), size, fill);
    if (!runtime::run_blocking(engine_->chunks().put(tenant_, id, std::move(bytes)))) return std::nullopt;
    return id;
  }
  [[nodiscard]] Result<ChunkBytes> read_chunk(ChunkId id, std::uint32_t size) {
    return runtime::run_blocking(engine_->chunks().read(tenant_, id, 0, size));
  }
  [[nodiscard]] DomainState state(std::size_t i) { return engine_->stats().domains[i].state; }
  [[nodiscard]] bool whole() {
    return state(0) == DomainState::kMember && state(1) == DomainState::kMember && state(2) == DomainState::kMember;
  }
  [[nodiscard]] std::string domain(int i) { return "/data/fd" + std::to_string(i); }
  [[nodiscard]] Result<FsckReport> check() {
    return fsck(options_, *faulty_, keys_, clock_, random_, [](const FsckProgress&) {});
  }

  // What survives, synced or lucky, is the next disk.
  void pull_the_plug() {
    disk_->fail_from_op(disk_->ops() + 1);
    engine_.reset();
    auto survivor = disk_->crash(random_.u64());
    faulty_ = std::make_unique<disk::FaultyDisk>(*survivor);
    disk_ = std::move(survivor);
  }

  std::unique_ptr<disk::SimDisk> disk_ = std::make_unique<disk::SimDisk>();
  std::unique_ptr<disk::FaultyDisk> faulty_ = std::make_unique<disk::FaultyDisk>(*disk_);
  EmbeddedOptions options_ = small_options();
  FixedKeys keys_;
  FakeClock clock_;
  SeededRandom random_{5};
  HybridClock ids_{clock_, random_};
  TenantId tenant_;
  PartitionId partition_ = make_partition_id(tenant_, "p");
  std::unique_ptr<EmbeddedEngine> engine_;
};

}  // namespace freehold::store
