// ErasureTree: secrets that can be made unreadable for good, in every copy of every disk, old and new, by destroying
// one key of the HSM token. Keeps: E4 (what is purged is gone).
//
// A tree of keys: a root, 256 nodes, 65,536 leaves with the secrets; each node's content is sealed under a key that
// stands in the node above, and the root's key is wrapped by the token alone. To erase a secret, the keys on its way up
// are made anew, the root is wrapped under a new key of the token, and the old one is destroyed: what older copies of
// the rows hold of that secret hangs from it. Source: Reardon, Ritzdorf, Basin, Capkun, "Secure Data Deletion from
// Persistent Media" (CCS 2013). Format: docs/formats/erasure-tree.md. DESIGN section 5.
#pragma once

#include <array>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "base/ids.h"
#include "base/secret.h"
#include "crypto/hsm.h"
#include "keys/sealed_rows.h"
#include "runtime/turn.h"

namespace freehold::keys {

using ErasureId = Guid<struct ErasureTag>;

// A secret of 32 bytes and its name.
struct Erasable {
  ErasureId id;
  Secret secret;
  [[nodiscard]] Erasable clone() const { return {id, secret.clone()}; }
};

// Whose secret it is: a part of each id. Zero: the region's own.
using ErasureOwner = std::array<std::uint8_t, 6>;

class ErasureNode;
class ErasureLeaf;

// Owned by app/; what it borrows outlives it. Thread-safe once open() has ended. Errors of all: kUnavailable, kTimeout
// (the token), kCorrupt, kExhausted.
class ErasureTree {
 public:
  // Of 67 million in all: so many take none from the others.
  static constexpr std::uint64_t kSecretsPerTenant = 4'194'304;

  ErasureTree(crypto::Hsm& hsm, SealedStore store, std::uint64_t per_tenant = kSecretsPerTenant);
  ~ErasureTree();
  ErasureTree(const ErasureTree&) = delete;
  ErasureTree& operator=(const ErasureTree&) = delete;

  // Makes the tree, or reads the one there is and ends erasures that a crash broke off; where store or token can't
  // do that now, it is left to the next erasure. kCorrupt: the token hasn't the key of this tree: an older or a newer
  // state of one of them was put back.
  [[nodiscard]] runtime::Task<Result<>> open();
  // A new secret, durable before it is answered. Ready ones are kept, so that few calls write. A crash forgets those
  // that nobody has taken: some space is lost, nothing else. kExhausted: the tenant has its part, or the tree is full;
  // the zero tenant, the region itself, has no other limit than that.
  [[nodiscard]] runtime::Task<Result<Erasable>> make(TenantId tenant);
  // Has the tenant as many as it may have, those that were made by programs which didn't count aside?
  [[nodiscard]] runtime::Task<Result<bool>> is_full_for(TenantId tenant);
  // One that was made and never used.
  void give_back(Erasable unused);
  // kNotFound: it was erased.
  [[nodiscard]] runtime::Task<Result<Secret>> find(ErasureId id);
  // When it answers, no state of the disks, before or after, gives them back without an earlier state of the token.
  // Those that aren't there any more are no error. Calls that wait together share the work (about half a second with
  // SoftHSM2). If it fails, they may still be found, or not, and it must be called again to destroy them.
  [[nodiscard]] runtime::Task<Result<>> erase(std::vector<ErasureId> ids);
  // Forgets them without that: for what is unreadable by other means already.
  [[nodiscard]] runtime::Task<Result<>> drop(std::vector<ErasureId> ids);

 private:
  struct Root;
  struct RootState {
    crypto::ErasureKeyId token_key;
    bool unfinished;
  };
  struct Under;
  struct Draft;
  struct Waiting;
  using LeafIndex = std::uint16_t;
  using LeafPtr = std::shared_ptr<const ErasureLeaf>;
  using NodePtr = std::shared_ptr<const ErasureNode>;

  // The root as it is stored, if it isn't known, or isn't known for sure. First of all that take the turn.
  [[nodiscard]] runtime::Task<Result<>> look();
  [[nodiscard]] runtime::Task<Result<RootState>> look_at_root();  // takes the turn
  [[nodiscard]] runtime::Task<Result<>> make_root();
  [[nodiscard]] runtime::Task<Result<>> read_root(Bytes row);
  [[nodiscard]] static ErasureOwner owner_of(TenantId tenant);
  using Counts = std::map<ErasureOwner, std::uint64_t>;
  [[nodiscard]] runtime::Task<Result<std::optional<std::uint64_t>>> count(ErasureOwner owner);
  [[nodiscard]] runtime::Task<Result<Counts>> put_counts(const Draft& draft, store::Commit& commit);
  [[nodiscard]] runtime::Task<Result<bool>> is_full(ErasureOwner owner);
  [[nodiscard]] runtime::Task<Result<>> refill(ErasureOwner owner);
  // Were any of them there?
  [[nodiscard]] runtime::Task<Result<bool>> remove(std::vector<ErasureId> ids, bool for_good);
  // Whoever erases has `erasing_`, and takes the turn for the rows alone, not while the token works.
  [[nodiscard]] runtime::Task<Result<>> erase_now(std::vector<ErasureId> ids);
  [[nodiscard]] runtime::Task<Result<bool>> remove_for_good(std::vector<ErasureId> ids);  // is a new root key due?
  [[nodiscard]] runtime::Task<Result<Under>> make_under(crypto::ErasureKeyId token_key);
  [[nodiscard]] runtime::Task<Result<>> clear_token();
  [[nodiscard]] runtime::Task<Result<>> renew_root();
  [[nodiscard]] runtime::Task<Result<std::vector<crypto::ErasureKeyId>>> others_than(crypto::ErasureKeyId root);
  [[nodiscard]] runtime::Task<Result<>> destroy(std::vector<crypto::ErasureKeyId> keys);
  [[nodiscard]] runtime::Task<Result<>> destroy_others(crypto::ErasureKeyId root);
  [[nodiscard]] runtime::Task<Result<LeafPtr>> leaf(LeafIndex index);
  [[nodiscard]] runtime::Task<Result<NodePtr>> node(std::uint8_t index);
  [[nodiscard]] runtime::Task<Result<>> write(Draft draft);
  [[nodiscard]] LeafPtr cached(LeafIndex index);
  void remember(LeafIndex index, LeafPtr leaf);

  crypto::Hsm& hsm_;
  SealedStore store_;
  const std::uint64_t per_tenant_;
  runtime::Turn erasing_;                  // one erasure at a time; taken before turn_
  runtime::Turn turn_;                     // changes, and reads of what isn't at hand
  bool uncertain_ = false;                 // guarded by turn_: a commit may have happened
  std::unique_ptr<Root> root_;             // guarded by turn_
  std::map<std::uint8_t, NodePtr> nodes_;  // guarded by turn_
  Counts counts_;                          // guarded by turn_
  std::mutex mutex_;                       // guards all below
  std::map<LeafIndex, std::pair<LeafPtr, std::list<LeafIndex>::iterator>> leaves_;
  std::list<LeafIndex> used_;                           // the one used last is first
  std::map<ErasureOwner, std::deque<Erasable>> ready_;  // none is empty
  std::vector<std::shared_ptr<Waiting>> waiting_;
};

}  // namespace freehold::keys
