// The log's tree in tiles of 256 hashes (C2SP tlog-tiles): the growing right edge, and hashes read back from the store.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "audit_format/merkle.h"
#include "store/partition_store.h"

namespace freehold::gate::audit {

inline constexpr std::size_t kTileHashes = 256;

// The rightmost, unfinished tile of every level: all that appending needs. A plain value: copied, advanced, and kept
// only once its rows are durable. Not thread-safe.
class TileTree {
 public:
  // Appends a leaf hash; tiles that it touches are noted in `dirty`.
  void append(const Hash& leaf);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Hash root() const;
  // The touched tiles' rows, whole as they stand now; forgets them.
  [[nodiscard]] std::vector<store::KeyValue> take_dirty();
  // The right edge of a tree of `size` leaves from its stored tiles; kCorrupt if one is missing or short.
  [[nodiscard]] static Result<TileTree> load(store::PartitionStore& store, const store::PartitionId& partition,
                                             std::uint64_t size);
  // Hashes of the leaves in the last unfinished tile of level 0.
  [[nodiscard]] const std::vector<Hash>& last_leaves() const;

 private:
  void push(unsigned level, const Hash& hash);

  std::vector<std::vector<Hash>> edges_;  // by level; below 256 hashes each
  std::uint64_t size_ = 0;
  std::map<Bytes, Bytes> dirty_;  // full tiles only; unfinished ones are read from edges_
  unsigned dirty_levels_ = 0;     // levels [0, n) have an unfinished tile to write
};

// Nodes of a stored tree. Blocks on the store; keeps the last tiles it read. Not thread-safe.
class TileSource final : public NodeSource {
 public:
  TileSource(store::PartitionStore& store, store::PartitionId partition)
      : store_(store), partition_(std::move(partition)) {}
  [[nodiscard]] Result<Hash> node(NodeId id) const override;

 private:
  store::PartitionStore& store_;
  store::PartitionId partition_;
  mutable std::unordered_map<Bytes, std::vector<Hash>> cache_;
};

}  // namespace freehold::gate::audit
