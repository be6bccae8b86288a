#include "src/embedded/recent_rows.h"

namespace freehold::store::embedded {
namespace {

constexpr std::uint64_t kUnderWay = 1;
constexpr std::uint64_t kUnderWayMask = 0xffffffff;
constexpr std::uint64_t kChange = std::uint64_t{1} << 32;

// What a row takes besides its bytes: its list and index nodes, and what the allocator adds.
constexpr std::size_t kRowOverhead = 160;
// One row takes at most this part of a shard.
constexpr std::size_t kLeastRowsOfShard = 8;

std::uint64_t hash_of(BytesView key) { return std::hash<BytesView>{}(key); }
std::size_t cost_of(BytesView key, BytesView value) { return key.size() + value.size() + kRowOverhead; }

}  // namespace

RecentRows::RecentRows(std::size_t bytes)
    : shard_bytes_(bytes / kShards),
      stripes_(std::make_unique<std::array<std::atomic<std::uint64_t>, kStripes>>()),
      shards_(std::make_unique<std::array<Shard, kShards>>()) {}

void RecentRows::Shard::drop(std::list<Row>::iterator row) {
  bytes -= cost_of(row->key, row->value);
  index.erase(row->key);
  rows.erase(row);
}

RecentRows::Moment RecentRows::watch(BytesView key) const {
  if (shard_bytes_ == 0) return {};
  const auto hash = hash_of(key);
  const auto word = stripe(hash).load();
  return {hash, word, (word & kUnderWayMask) == 0};
}

std::optional<Bytes> RecentRows::find(BytesView key, const Moment& now) {
  if (!now.still) return std::nullopt;
  Shard& mine = shard(now.hash);
  const std::lock_guard lock(mine.mutex);
  const auto found = mine.index.find(key);
  if (found == mine.index.end()) return std::nullopt;
  const auto row = found->second;
  if (row->word != now.word) {
    mine.drop(row);
    return std::nullopt;
  }
  mine.rows.splice(mine.rows.begin(), mine.rows, row);
  return row->value;
}

void RecentRows::keep(BytesView key, BytesView value, const Moment& since) {
  const std::size_t cost = cost_of(key, value);
  if (!since.still || cost > shard_bytes_ / kLeastRowsOfShard) return;
  Shard& mine = shard(since.hash);
  const std::lock_guard lock(mine.mutex);
  if (stripe(since.hash).load() != since.word) return;
  if (const auto old = mine.index.find(key); old != mine.index.end()) mine.drop(old->second);
  while (!mine.rows.empty() && mine.bytes + cost > shard_bytes_) mine.drop(std::prev(mine.rows.end()));
  mine.rows.push_front({Bytes(key), Bytes(value), since.word});
  mine.index.emplace(mine.rows.front().key, mine.rows.begin());
  mine.bytes += cost;
}

void RecentRows::begin(const Batch& batch) {
  for (const auto& [key, value] : batch.overlay) stripe(hash_of(key)).fetch_add(kChange + kUnderWay);
}

void RecentRows::end(const Batch& batch) {
  for (const auto& [key, value] : batch.overlay) stripe(hash_of(key)).fetch_add(kChange - kUnderWay);
}

void RecentRows::forget_all() {
  for (auto& word : *stripes_) word = (word.load() & ~kUnderWayMask) + kChange;
  for (Shard& each : *shards_) {
    const std::lock_guard lock(each.mutex);
    each.index.clear();
    each.rows.clear();
    each.bytes = 0;
  }
}

}  // namespace freehold::store::embedded
