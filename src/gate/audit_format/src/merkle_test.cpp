#include "audit_format/merkle.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/random.h"

namespace freehold::gate::audit {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// --- the slow reference: RFC 6962 section 2.1 word for word, over the entries themselves ---

std::size_t reference_k(std::size_t n) {
  std::size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

Hash reference_root(std::span<const Bytes> d) {
  if (d.empty()) return crypto::sha256(BytesView{});
  if (d.size() == 1) return crypto::sha256(Bytes(1, '\0') + d[0]);
  const auto k = reference_k(d.size());
  const auto left = reference_root(d.first(k));
  const auto right = reference_root(d.subspan(k));
  return crypto::sha256("\x01" + Bytes(crypto::view(left)) + Bytes(crypto::view(right)));
}

std::vector<Hash> reference_path(std::size_t m, std::span<const Bytes> d) {
  if (d.size() == 1) return {};
  const auto k = reference_k(d.size());
  auto path = m < k ? reference_path(m, d.first(k)) : reference_path(m - k, d.subspan(k));
  path.push_back(m < k ? reference_root(d.subspan(k)) : reference_root(d.first(k)));
  return path;
}

std::vector<Hash> reference_subproof(std::size_t m, std::span<const Bytes> d, bool b) {
  if (m == d.size()) return b ? std::vector<Hash>{} : std::vector<Hash>{reference_root(d)};
  const auto k = reference_k(d.size());
  auto proof = m <= k ? reference_subproof(m, d.first(k), b) : reference_subproof(m - k, d.subspan(k), false);
  proof.push_back(m <= k ? reference_root(d.subspan(k)) : reference_root(d.first(k)));
  return proof;
}

struct Sample {
  std::vector<Bytes> entries;
  std::vector<Hash> leaves;
};

Sample sample(std::size_t n) {
  SeededRandom random(n);
  Sample s;
  for (std::size_t i = 0; i < n; ++i) {
    s.entries.push_back(random.bytes(random.below(40)) + std::to_string(i));  // no two alike
    s.leaves.push_back(leaf_hash(s.entries.back()));
  }
  return s;
}

TEST(Merkle, RootsProofsAndVerificationAgreeWithTheRecursiveReference) {
  for (std::size_t n = 1; n <= 40; ++n) {
    const auto s = sample(n);
    const LeafSpan nodes(s.leaves);
    const auto root = reference_root(s.entries);
    ASSERT_EQ(root_of(s.leaves), root) << n;
    for (std::size_t i = 0; i < n; ++i) {
      const auto path = inclusion_proof(nodes, i, n);
      ASSERT_TRUE(path.has_value());
      ASSERT_EQ(*path, reference_path(i, s.entries)) << i << " of " << n;
      ASSERT_TRUE(verify_inclusion(i, n, s.leaves[i], *path, root));
      for (std::size_t other = 0; other < n + 2; ++other) {
        if (other != i) ASSERT_FALSE(verify_inclusion(other, n, s.leaves[i], *path, root)) << other;
      }
    }
    for (std::size_t m = 1; m <= n; ++m) {
      const auto proof = consistency_proof(nodes, m, n);
      ASSERT_TRUE(proof.has_value());
      const auto older = reference_root(std::span(s.entries).first(m));
      ASSERT_EQ(*proof, reference_subproof(m, s.entries, true)) << m << " of " << n;
      ASSERT_TRUE(verify_consistency(m, n, older, root, *proof));
      if (m < n) ASSERT_FALSE(verify_consistency(m, n, root, root, *proof));
    }
  }
}

TEST(Merkle, AProofWithOneBitChangedIsRefused) {
  const auto s = sample(37);
  const auto root = reference_root(s.entries);
  auto path = reference_path(20, s.entries);
  auto proof = reference_subproof(21, s.entries, true);
  const auto older = reference_root(std::span(s.entries).first(21));
  for (auto& hash : path) {
    hash[7] ^= 4;
    EXPECT_FALSE(verify_inclusion(20, 37, s.leaves[20], path, root));
    hash[7] ^= 4;
  }
  for (auto& hash : proof) {
    hash[31] ^= 1;
    EXPECT_FALSE(verify_consistency(21, 37, older, root, proof));
    hash[31] ^= 1;
  }
  EXPECT_TRUE(verify_inclusion(20, 37, s.leaves[20], path, root));
  EXPECT_TRUE(verify_consistency(21, 37, older, root, proof));
}

TEST(Merkle, CoversOfARangeGiveTheSameRoot) {
  const auto s = sample(100);
  const LeafSpan nodes(s.leaves);
  const auto root = root_of(s.leaves);
  for (std::uint64_t a = 0; a <= 100; a += 7) {
    for (std::uint64_t b = a; b <= 100; b += 11) {
      CompactTree tree;
      for (const auto id : cover(0, a)) tree.append_subtree(id.level, *nodes.node(id));
      for (auto i = a; i < b; ++i) tree.append(s.leaves[i]);
      for (const auto id : cover(b, 100)) tree.append_subtree(id.level, *nodes.node(id));
      ASSERT_EQ(tree.size(), 100U);
      ASSERT_EQ(tree.root(), root) << a << " " << b;
    }
  }
}

TEST(Merkle, EmptyAndOutOfRangeAsk) {
  EXPECT_EQ(to_hex(crypto::view(empty_root())), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(CompactTree().root(), empty_root());
  const LeafSpan none{std::span<const Hash>{}};
  EXPECT_FALSE(inclusion_proof(none, 0, 0).has_value());
  EXPECT_FALSE(consistency_proof(none, 0, 1).has_value());
  EXPECT_FALSE(consistency_proof(none, 2, 1).has_value());
  EXPECT_FALSE(none.node({64, 0}).has_value());
}

// --- the published vectors ---

std::optional<Hash> hash_of(const json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto bytes = from_base64(value.get<std::string>());
  if (!bytes || bytes->size() != 32) return std::nullopt;
  Hash hash;
  std::memcpy(hash.data(), bytes->data(), 32);
  return hash;
}

// nullopt where a hash has the wrong length: such a proof can't even be stated here.
std::optional<std::vector<Hash>> path_of(const json& value) {
  std::vector<Hash> path;
  if (value.is_null()) return path;
  for (const auto& item : value) {
    const auto hash = hash_of(item);
    if (!hash) return std::nullopt;
    path.push_back(*hash);
  }
  return path;
}

bool accepts_inclusion(const json& v) {
  const auto root = hash_of(v.at("root"));
  const auto leaf = hash_of(v.at("leafHash"));
  const auto path = path_of(v.at("proof"));
  return root && leaf && path &&
         verify_inclusion(v.at("leafIdx").get<std::uint64_t>(), v.at("treeSize").get<std::uint64_t>(), *leaf, *path,
                          *root);
}

// One good vector compares equal trees by roots that are no hashes; any other root of a wrong length is as good as
// wrong.
std::optional<Hash> root_from(const json& value) {
  if (const auto hash = hash_of(value)) return hash;
  return value.is_string() ? std::optional(crypto::sha256(value.get<std::string>())) : std::nullopt;
}

bool accepts_consistency(const json& v) {
  const auto root1 = root_from(v.at("root1"));
  const auto root2 = root_from(v.at("root2"));
  const auto path = path_of(v.at("proof"));
  return root1 && root2 && path &&
         verify_consistency(v.at("size1").get<std::uint64_t>(), v.at("size2").get<std::uint64_t>(), *root1, *root2,
                            *path);
}

// Runs every file below `kind`; returns how many there were.
int run_vectors(const std::string& kind, bool (*accepts)(const json&), int& good) {
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(FREEHOLD_VECTORS) / "merkle" / kind)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path());
    const auto vector = json::parse(in);
    const bool want = !vector.at("wantErr").get<bool>();
    EXPECT_EQ(accepts(vector), want) << entry.path() << ": " << vector.at("desc");
    ++count;
    good += want;
  }
  return count;
}

TEST(Merkle, PublishedVectorsPass) {
  if (!fs::exists(fs::path(FREEHOLD_VECTORS) / "merkle")) {
    if (std::getenv("CI") != nullptr) FAIL() << "no vectors at " FREEHOLD_VECTORS;
    GTEST_SKIP() << "no vectors at " FREEHOLD_VECTORS;
  }
  int good = 0;
  EXPECT_GT(run_vectors("inclusion", accepts_inclusion, good), 80);
  EXPECT_GT(run_vectors("consistency", accepts_consistency, good), 80);
  EXPECT_EQ(good, 12);
}

}  // namespace
}  // namespace freehold::gate::audit
