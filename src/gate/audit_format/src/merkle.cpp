#include "audit_format/merkle.h"

#include <bit>

#include "base/check.h"

namespace freehold::gate::audit {
namespace {

// The largest power of two below n (RFC 6962's k); n > 1.
std::uint64_t split_point(std::uint64_t n) { return std::bit_floor(n - 1); }

// MTH(D[begin, end)) where begin is a multiple of the width's power of two, as RFC 6962's recursion makes it.
Result<Hash> subtree(const NodeSource& nodes, std::uint64_t begin, std::uint64_t end) {
  const auto width = end - begin;
  if (std::has_single_bit(width)) {
    const auto level = static_cast<unsigned>(std::countr_zero(width));
    return nodes.node({level, begin >> level});
  }
  const auto k = split_point(width);
  FH_TRY(const Hash left, subtree(nodes, begin, begin + k));
  FH_TRY(const Hash right, subtree(nodes, begin + k, end));
  return node_hash(left, right);
}

// PATH(m, D[begin, end)), deepest hash first.
Result<> add_path(const NodeSource& nodes, std::uint64_t index, std::uint64_t begin, std::uint64_t end,
                  std::vector<Hash>& out) {
  if (end - begin == 1) return {};
  const auto middle = begin + split_point(end - begin);
  const bool left = index < middle;
  FH_CHECK_OK(add_path(nodes, index, left ? begin : middle, left ? middle : end, out));
  FH_TRY(const Hash sibling, subtree(nodes, left ? middle : begin, left ? end : middle));
  out.push_back(sibling);
  return {};
}

// SUBPROOF(m, D[begin, end), whole): m leaves of this subtree belong to the older tree.
Result<> add_subproof(const NodeSource& nodes, std::uint64_t m, std::uint64_t begin, std::uint64_t end, bool whole,
                      std::vector<Hash>& out) {
  const auto width = end - begin;
  if (m == width) {
    if (whole) return {};
    FH_TRY(const Hash known, subtree(nodes, begin, end));
    out.push_back(known);
    return {};
  }
  const auto k = split_point(width);
  if (m <= k) {
    FH_CHECK_OK(add_subproof(nodes, m, begin, begin + k, whole, out));
    FH_TRY(const Hash right, subtree(nodes, begin + k, end));
    out.push_back(right);
    return {};
  }
  FH_CHECK_OK(add_subproof(nodes, m - k, begin + k, end, false, out));
  FH_TRY(const Hash left, subtree(nodes, begin, begin + k));
  out.push_back(left);
  return {};
}

}  // namespace

Hash empty_root() { return crypto::sha256(BytesView{}); }

Hash leaf_hash(BytesView entry) { return crypto::sha256({BytesView("\0", 1), entry}); }

Hash node_hash(const Hash& left, const Hash& right) {
  std::array<char, 65> input;
  input[0] = 1;
  std::memcpy(input.data() + 1, left.data(), left.size());
  std::memcpy(input.data() + 33, right.data(), right.size());
  return crypto::sha256(BytesView(input.data(), input.size()));
}

Result<Hash> LeafSpan::node(NodeId id) const {
  if (id.level >= 64 || leaves_.size() >> id.level <= id.index) return fail(ErrorCode::kNotFound, "no such node");
  const auto width = std::uint64_t{1} << id.level;
  return root_of(leaves_.subspan(id.index * width, width));
}

void CompactTree::append_subtree(unsigned level, const Hash& hash) {
  const auto width = std::uint64_t{1} << level;
  FH_CHECK(size_ % width == 0);
  Hash carry = hash;
  for (auto rest = size_ >> level; rest & 1; rest >>= 1) {
    carry = node_hash(peaks_.back(), carry);
    peaks_.pop_back();
  }
  peaks_.push_back(carry);
  size_ += width;
}

Hash CompactTree::root() const {
  if (peaks_.empty()) return empty_root();
  Hash root = peaks_.back();
  for (auto i = peaks_.size() - 1; i-- > 0;) root = node_hash(peaks_[i], root);
  return root;
}

std::vector<NodeId> cover(std::uint64_t begin, std::uint64_t end) {
  std::vector<NodeId> out;
  while (begin < end) {
    const auto aligned = begin == 0 ? 63U : static_cast<unsigned>(std::countr_zero(begin));
    const auto fits = static_cast<unsigned>(std::bit_width(end - begin)) - 1;
    const auto level = std::min(aligned, fits);
    out.push_back({level, begin >> level});
    begin += std::uint64_t{1} << level;
  }
  return out;
}

Hash root_of(std::span<const Hash> leaves) {
  CompactTree tree;
  for (const auto& leaf : leaves) tree.append(leaf);
  return tree.root();
}

Result<std::vector<Hash>> inclusion_proof(const NodeSource& nodes, std::uint64_t index, std::uint64_t size) {
  if (index >= size) return fail(ErrorCode::kInvalidArgument, "the leaf is not in the tree");
  std::vector<Hash> out;
  FH_CHECK_OK(add_path(nodes, index, 0, size, out));
  return out;
}

Result<std::vector<Hash>> consistency_proof(const NodeSource& nodes, std::uint64_t size1, std::uint64_t size2) {
  if (size1 == 0 || size1 > size2) return fail(ErrorCode::kInvalidArgument, "the first tree is not in the second");
  std::vector<Hash> out;
  FH_CHECK_OK(add_subproof(nodes, size1, 0, size2, true, out));
  return out;
}

bool verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf, std::span<const Hash> path,
                      const Hash& root) {
  if (index >= size) return false;
  auto fn = index;
  auto sn = size - 1;
  Hash hash = leaf;
  for (const auto& p : path) {
    if (sn == 0) return false;
    if ((fn & 1) == 1 || fn == sn) {
      hash = node_hash(p, hash);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      hash = node_hash(hash, p);
    }
    fn >>= 1, sn >>= 1;
  }
  return sn == 0 && hash == root;
}

bool verify_consistency(std::uint64_t size1, std::uint64_t size2, const Hash& root1, const Hash& root2,
                        std::span<const Hash> path) {
  if (size1 == 0 || size1 > size2) return false;
  if (size1 == size2) return path.empty() && root1 == root2;
  // A first tree that is one perfect subtree is its own first hash.
  const bool perfect = std::has_single_bit(size1);
  if (!perfect && path.empty()) return false;
  auto fn = size1 - 1;
  auto sn = size2 - 1;
  while (fn & 1) fn >>= 1, sn >>= 1;
  Hash first = perfect ? root1 : path.front();
  Hash second = first;
  for (const auto& c : perfect ? path : path.subspan(1)) {
    if (sn == 0) return false;
    if ((fn & 1) == 1 || fn == sn) {
      first = node_hash(c, first);
      second = node_hash(c, second);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      second = node_hash(second, c);
    }
    fn >>= 1, sn >>= 1;
  }
  return sn == 0 && first == root1 && second == root2;
}

}  // namespace freehold::gate::audit
