#include "tiles.h"

#include "audit/log_layout.h"
#include "base/check.h"
#include "runtime/task_scope.h"

namespace freehold::gate::audit {
namespace {

constexpr std::size_t kCachedTiles = 64;

Bytes tile_bytes(const std::vector<Hash>& hashes) {
  Bytes out;
  out.reserve(hashes.size() * sizeof(Hash));
  for (const auto& hash : hashes) out += crypto::view(hash);
  return out;
}

Result<std::vector<Hash>> read_tile(store::PartitionStore& store, const store::PartitionId& partition, Bytes key) {
  FH_TRY(const auto value, runtime::run_blocking(store.get(partition, key)));
  if (!value || value->size() % sizeof(Hash) != 0 || value->size() > kTileHashes * sizeof(Hash)) {
    return fail(ErrorCode::kCorrupt, "the audit log's " + key + " is missing or damaged");
  }
  std::vector<Hash> hashes(value->size() / sizeof(Hash));
  std::memcpy(hashes.data(), value->data(), value->size());
  return hashes;
}

}  // namespace

void TileTree::append(const Hash& leaf) {
  push(0, leaf);
  ++size_;
}

void TileTree::push(unsigned level, const Hash& hash) {
  if (edges_.size() <= level) edges_.resize(level + 1);
  auto& edge = edges_[level];
  edge.push_back(hash);
  dirty_levels_ = std::max(dirty_levels_, level + 1);
  if (edge.size() < kTileHashes) return;
  dirty_[tile_key(level, size_ >> (8 * (level + 1)))] = tile_bytes(edge);
  const auto whole = root_of(edge);
  edge.clear();
  push(level + 1, whole);
}

Hash TileTree::root() const {
  CompactTree tree;
  for (auto level = edges_.size(); level-- > 0;) {
    for (const auto& hash : edges_[level]) tree.append_subtree(static_cast<unsigned>(8 * level), hash);
  }
  FH_CHECK(tree.size() == size_);
  return tree.root();
}

std::vector<store::KeyValue> TileTree::take_dirty() {
  std::vector<store::KeyValue> rows;
  for (auto& [key, value] : dirty_) rows.push_back({key, std::move(value)});
  for (unsigned level = 0; level < dirty_levels_; ++level) {
    if (edges_[level].empty()) continue;
    rows.push_back({tile_key(level, size_ >> (8 * (level + 1))), tile_bytes(edges_[level])});
  }
  dirty_.clear();
  dirty_levels_ = 0;
  return rows;
}

Result<TileTree> TileTree::load(store::PartitionStore& store, const store::PartitionId& partition, std::uint64_t size) {
  TileTree tree;
  tree.size_ = size;
  for (unsigned level = 0; level < 8 && size >> (8 * level) != 0; ++level) {
    const auto want = size >> (8 * level) & (kTileHashes - 1);
    auto& edge = tree.edges_.emplace_back();
    if (want == 0) continue;
    FH_TRY(edge, read_tile(store, partition, tile_key(level, size >> (8 * (level + 1)))));
    if (edge.size() != want) return fail(ErrorCode::kCorrupt, "a tile of the audit log has the wrong length");
  }
  return tree;
}

const std::vector<Hash>& TileTree::last_leaves() const {
  static const std::vector<Hash> kNone;
  return edges_.empty() ? kNone : edges_.front();
}

Result<Hash> TileSource::node(NodeId id) const {
  const auto first = id.index << id.level % 8;
  const auto key = tile_key(id.level / 8, first / kTileHashes);
  const auto offset = first % kTileHashes;
  const auto count = std::size_t{1} << id.level % 8;
  auto found = cache_.find(key);
  if (found == cache_.end() || found->second.size() < offset + count) {
    FH_TRY(auto tile, read_tile(store_, partition_, key));
    if (cache_.size() >= kCachedTiles) cache_.clear();
    found = cache_.insert_or_assign(key, std::move(tile)).first;
  }
  if (found->second.size() < offset + count) return fail(ErrorCode::kCorrupt, "the audit log's " + key + " is short");
  return root_of(std::span(found->second).subspan(offset, count));
}

}  // namespace freehold::gate::audit
