// RecentRows: rows that were read lately, as they stand, so that what is read often doesn't go through RocksDB.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/bytes.h"
#include "src/embedded/batch.h"

namespace freehold::store::embedded {

// Reads and batches may run side by side and no reader goes back in time: a row is kept only if no batch that changes
// it was under way, in any domain, from before it was read until it was kept; and it is found only as long as none has
// begun since. What is known of batches is one word for all keys that share a stripe, so a neighbour's change may cost
// a row its place, never its truth.
//
// Owned by the engine; thread-safe.
class RecentRows {
 public:
  // 0: keeps nothing.
  explicit RecentRows(std::size_t bytes);

  // What a reader takes before it looks for a row. Void while a batch that changes the row is under way.
  struct Moment {
    std::uint64_t hash = 0;
    std::uint64_t word = 0;
    bool still = false;
  };
  [[nodiscard]] Moment watch(BytesView key) const;
  // The row as it stood at that moment, if it was kept.
  [[nodiscard]] std::optional<Bytes> find(BytesView key, const Moment& now);
  // The row as it was read since. Does nothing if it may have changed, or is large beside what there is room for.
  void keep(BytesView key, BytesView value, const Moment& since);

  // The replicator's: before a batch reaches the first domain, and when it is durable in all of them. A batch that was
  // lost on its way is never ended, since nobody knows what became of it: forget_all() begins anew when that is settled
  // and no batch is under way.
  void begin(const Batch& batch);
  void end(const Batch& batch);
  void forget_all();

 private:
  static constexpr std::size_t kStripes = 1u << 14;
  static constexpr std::size_t kShards = 16;
  struct Row {
    Bytes key;
    Bytes value;
    std::uint64_t word = 0;
  };
  struct Shard {
    std::mutex mutex;
    std::list<Row> rows;  // the latest found first; guarded by mutex, as all below
    std::unordered_map<BytesView, std::list<Row>::iterator> index;
    std::size_t bytes = 0;
    void drop(std::list<Row>::iterator row);
  };
  [[nodiscard]] std::atomic<std::uint64_t>& stripe(std::uint64_t hash) const { return (*stripes_)[hash % kStripes]; }
  [[nodiscard]] Shard& shard(std::uint64_t hash) const { return (*shards_)[hash / kStripes % kShards]; }

  const std::size_t shard_bytes_;
  // The low half counts the batches under way, the high half all that ever began or ended.
  const std::unique_ptr<std::array<std::atomic<std::uint64_t>, kStripes>> stripes_;
  const std::unique_ptr<std::array<Shard, kShards>> shards_;
};

}  // namespace freehold::store::embedded
