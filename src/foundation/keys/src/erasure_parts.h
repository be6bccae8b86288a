// What the two halves of ErasureTree share: making and finding (erasure_tree.cpp), and the end of secrets
// (erasure_end.cpp). Private to this module.
#pragma once

#include <algorithm>

#include "src/erasure_node.h"

namespace freehold::keys {

inline std::uint16_t leaf_of(ErasureId id) { return static_cast<std::uint16_t>((id.bytes[0] << 8) | id.bytes[1]); }
// Whose it is. Of one that an earlier program made it is anything.
inline ErasureOwner owner_of(ErasureId id) {
  ErasureOwner owner;
  std::copy_n(id.bytes.begin() + 2, owner.size(), owner.begin());
  return owner;
}
inline Secret random_key(Random& random) {
  Secret key(kErasureSecretBytes);
  random.fill(key.span());
  return key;
}
inline Bytes root_context() { return "freehold erasure root"; }

// The root's row, and what it opens to.
struct ErasureTree::Root {
  crypto::ErasureKeyId token_key;
  bool unfinished = false;  // secrets were removed that a key of the token still guards
  Secret key;
  Bytes wrapped;
  ErasureNode node;
  Bytes row;  // as stored: what the next change expects
};

// A new key of the root, as a new key of the token wraps it.
struct ErasureTree::Under {
  crypto::ErasureKeyId token_key;
  Secret key;
  Bytes wrapped;
};

// What the tree is to be. Nodes that aren't named stay; an empty leaf goes.
struct ErasureTree::Draft {
  std::map<LeafIndex, LeafPtr> leaves = {};
  bool renew = false;  // every key on the way up is made anew
  bool unfinished = false;
  bool frees = false;                                // it may be written on a disk that is nearly full
  std::map<ErasureOwner, std::int64_t> counts = {};  // secrets more, or fewer, by whose they are
  std::optional<Under> under = {};
};

struct ErasureTree::Waiting {
  std::vector<ErasureId> ids;
  std::optional<Result<>> answer;  // guarded by erasing_
};

}  // namespace freehold::keys
