// The Merkle tree of the audit log: RFC 6962 section 2.1 (RFC 9162 section 2.1) hashes, proofs and their verification.
//
// Pure functions over values: no clock, no store, no thread. Keeps: A6.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "crypto/digest.h"

namespace freehold::gate::audit {

using Hash = crypto::Sha256Digest;

// MTH({}): the hash of nothing.
[[nodiscard]] Hash empty_root();
// 0x00 || entry. The prefix keeps an entry from posing as a node (second preimages).
[[nodiscard]] Hash leaf_hash(BytesView entry);
// 0x01 || left || right.
[[nodiscard]] Hash node_hash(const Hash& left, const Hash& right);

// A perfect subtree: leaves [index << level, (index + 1) << level).
struct NodeId {
  unsigned level = 0;
  std::uint64_t index = 0;
};

// Where the hashes of perfect subtrees come from: a tile store, or an array in memory. Any thread its implementer
// allows.
class NodeSource {
 public:
  virtual ~NodeSource() = default;
  [[nodiscard]] virtual Result<Hash> node(NodeId id) const = 0;
};

// Hashes of leaves held in memory; computes inner nodes when asked. Borrows the span.
class LeafSpan final : public NodeSource {
 public:
  explicit LeafSpan(std::span<const Hash> leaves) : leaves_(leaves) {}
  [[nodiscard]] Result<Hash> node(NodeId id) const override;

 private:
  std::span<const Hash> leaves_;
};

// The hash of a growing row of leaves in O(log n) memory: the perfect subtrees that make it up, widest first.
class CompactTree {
 public:
  // Appends one leaf.
  void append(const Hash& leaf) { append_subtree(0, leaf); }
  // Appends a perfect subtree of 2^level leaves; size() must be a multiple of 2^level.
  void append_subtree(unsigned level, const Hash& hash);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Hash root() const;

 private:
  std::vector<Hash> peaks_;  // one a set bit of size_, widest first
  std::uint64_t size_ = 0;
};

// The perfect subtrees that cover [begin, end) from left to right, each as wide as its place allows. At most 128.
[[nodiscard]] std::vector<NodeId> cover(std::uint64_t begin, std::uint64_t end);

// MTH over all leaves at once.
[[nodiscard]] Hash root_of(std::span<const Hash> leaves);

// RFC 6962 section 2.1.1: the audit path of leaf `index` in the tree of `size` leaves. Needs index < size.
[[nodiscard]] Result<std::vector<Hash>> inclusion_proof(const NodeSource& nodes, std::uint64_t index,
                                                        std::uint64_t size);
// RFC 6962 section 2.1.2: that the tree of `size1` leaves is a prefix of that of `size2`. Needs 0 < size1 <= size2.
[[nodiscard]] Result<std::vector<Hash>> consistency_proof(const NodeSource& nodes, std::uint64_t size1,
                                                          std::uint64_t size2);

// RFC 9162 section 2.1.3.2. True only for the one right path.
[[nodiscard]] bool verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf,
                                    std::span<const Hash> path, const Hash& root);
// RFC 9162 section 2.1.4.2. An empty first tree proves nothing and is refused.
[[nodiscard]] bool verify_consistency(std::uint64_t size1, std::uint64_t size2, const Hash& root1, const Hash& root2,
                                      std::span<const Hash> path);

}  // namespace freehold::gate::audit
