// Proof verification under arbitrary input: whatever is accepted must be a true proof. The input names sizes and a path
// over a tree of up to 64 leaves; the verifier's answer is held against the proof that the tree itself gives.
#include <cstdlib>

#include "audit_format/merkle.h"
#include "base/bytes.h"

using namespace freehold;
using namespace freehold::gate::audit;

namespace {

const std::vector<Hash>& leaves() {
  static const std::vector<Hash> kLeaves = [] {
    std::vector<Hash> all;
    for (char i = 0; i < 64; ++i) all.push_back(leaf_hash(BytesView(&i, 1)));
    return all;
  }();
  return kLeaves;
}

// Hashes from the input; where a byte says so, the right ones, so that near misses are reached.
std::vector<Hash> mixed_path(ByteReader& in, const std::vector<Hash>& right) {
  std::vector<Hash> path;
  for (std::size_t i = 0; i < 12 && !in.rest().empty(); ++i) {
    const auto choice = in.u8();
    if (choice == 255) break;
    if (choice < 200 && i < right.size()) {
      path.push_back(right[i]);
    } else {
      Hash hash{};
      const auto bytes = in.take(std::min<std::size_t>(32, in.rest().size()));
      std::copy(bytes.begin(), bytes.end(), hash.begin());
      path.push_back(hash);
    }
  }
  return path;
}

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader in(BytesView(reinterpret_cast<const char*>(data), size));
  const std::uint64_t whole = in.u8() % 64 + 1;
  const std::uint64_t place = in.u8() % 70;
  const bool wild = in.u8() > 240;
  const auto tree = std::span(leaves()).first(whole);
  const LeafSpan nodes(tree);
  const auto root = root_of(tree);

  const auto inclusion = inclusion_proof(nodes, place, whole);
  const auto path = mixed_path(in, inclusion.value_or(std::vector<Hash>()));
  const auto leaf = leaves()[place % 64];
  require(verify_inclusion(place, whole, leaf, path, root) == (inclusion.has_value() && path == *inclusion));

  const auto consistency = consistency_proof(nodes, place, whole);
  const auto proof = mixed_path(in, consistency.value_or(std::vector<Hash>()));
  const auto older = root_of(std::span(leaves()).first(std::min<std::uint64_t>(place, 64)));
  require(verify_consistency(place, whole, older, root, proof) == (consistency.has_value() && proof == *consistency));

  // Sizes of any width must end, and prove nothing here.
  if (wild) {
    const auto index = in.u64();
    const auto count = in.u64();
    if (count > 64) {
      require(!verify_inclusion(index, count, leaf, path, root));
      require(!verify_consistency(index, count, older, root, proof) || index == count);
    }
  }
  return 0;
}
