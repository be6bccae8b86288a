// The nodes of the erasure tree: what they hold, and how they are sealed. Private to this module. Pure.
#pragma once

#include <bitset>
#include <map>

#include "keys/erasure_tree.h"

namespace freehold::keys {

inline constexpr std::size_t kErasureFanOut = 256;
inline constexpr std::size_t kErasureSecretBytes = 32;
inline constexpr std::size_t kLeafSecrets = 1'024;  // 48 KiB: a row holds it

// The keys of the nodes below, by their number.
class ErasureNode {
 public:
  ErasureNode() : keys_(kErasureFanOut * kErasureSecretBytes) {}
  [[nodiscard]] ErasureNode clone() const;
  [[nodiscard]] bool has(std::uint8_t index) const { return there_[index]; }
  [[nodiscard]] bool empty() const { return there_.none(); }
  [[nodiscard]] Secret key(std::uint8_t index) const;  // there is one
  void renew(std::uint8_t index, Random& random);
  void remove(std::uint8_t index);

  [[nodiscard]] Secret encode() const;
  [[nodiscard]] static Result<ErasureNode> decode(BytesView plain);  // kCorrupt

 private:
  [[nodiscard]] std::span<char> at(std::uint8_t index);
  Secret keys_;
  std::bitset<kErasureFanOut> there_;
};

// The secrets themselves.
class ErasureLeaf {
 public:
  [[nodiscard]] ErasureLeaf clone() const;
  [[nodiscard]] std::size_t size() const { return secrets_.size(); }
  [[nodiscard]] const Secret* find(ErasureId id) const;
  void put(Erasable secret) { secrets_.insert_or_assign(secret.id, std::move(secret.secret)); }
  bool remove(ErasureId id) { return secrets_.erase(id) == 1; }

  [[nodiscard]] Secret encode() const;
  [[nodiscard]] static Result<ErasureLeaf> decode(BytesView plain);  // kCorrupt

 private:
  std::map<ErasureId, Secret> secrets_;
};

}  // namespace freehold::keys
