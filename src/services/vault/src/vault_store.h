// VaultStore: the vaults of this cloud, kept sealed and answered from memory. Keeps: E1, K1.
//
// A name is one in the whole cloud, so all vaults' rows are in one partition of the region's own; what is in a vault
// has a partition of its own, under its tenant, and is sealed under the vault's key.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/key_wrapper.h"
#include "keys/sealed_rows.h"
#include "runtime/turn.h"
#include "src/vault.h"

namespace freehold::vault {

using runtime::Task;
using VaultPtr = std::shared_ptr<const Vault>;

// Where the keys, secrets and certificates of a vault are.
[[nodiscard]] store::PartitionId content_partition(TenantId tenant, VaultId id);

// Owned by VaultService. Thread-safe once load() has ended. Changes wait for each other, and are in effect for every
// request that begins after them.
class VaultStore {
 public:
  // `registry` names the partition that has the rows: names in one say nothing of those in another.
  VaultStore(keys::SealedStore store, crypto::KeyWrapper& wrapper, keys::ErasureTree& erasure,
             std::string_view registry = "vaults");

  // Reads all vaults and goes on with removals that a crash broke off. Before anything else.
  [[nodiscard]] Task<Result<>> load();

  // Null: there is none that is in use and whose key is open. In any case.
  [[nodiscard]] VaultPtr find(std::string_view name) const;
  // Null: there is none that is in use. What is in it can be read if its key is open: opened().
  [[nodiscard]] VaultPtr known(std::string_view name) const;
  // It, with its key, which is tried once more if it couldn't be opened so far; one at a time. kUnavailable: not now.
  [[nodiscard]] Task<Result<VaultPtr>> opened(VaultPtr seen);
  // Null: none that was deleted and can be recovered.
  [[nodiscard]] VaultPtr find_deleted(std::string_view name) const;
  [[nodiscard]] bool is_taken(std::string_view name) const;
  // Of a subscription: in use, and deleted but there; of a tenant: all.
  struct Counts {
    std::size_t in_use = 0;
    std::size_t deleted = 0;
    std::size_t of_tenant = 0;
  };
  [[nodiscard]] Counts counts(TenantId tenant, SubscriptionId subscription) const;
  // Those whose key is open; of those that are being purged, all.
  [[nodiscard]] std::vector<VaultPtr> vaults(VaultState state) const;
  // All of them.
  [[nodiscard]] std::vector<VaultPtr> listed(VaultState state) const;
  // Where audit rows may be attached to changes.
  [[nodiscard]] std::vector<store::PartitionId> partitions() const;

  // Gives it an id and a key. kConflict: the name is taken. kExhausted: the region is full.
  [[nodiscard]] Task<Result<>> create(Vault vault);
  // What `edit` makes of the vault. kConflict: it isn't any more what was seen.
  using Edit = std::function<void(Vault& vault)>;
  [[nodiscard]] Task<Result<>> change(VaultPtr seen, Edit edit);
  // What is to go before a vault's content does, each time that goes on; a purge waits for it. Before load().
  using Purge = std::function<Task<Result<>>(VaultPtr vault)>;
  void before_removal(Purge also) { also_ = std::move(also); }
  // Destroys its key in every copy of the disks, removes what is in it and then the vault, for good. The name is taken
  // until all is gone. kConflict: it was changed since it was seen. What broke off is gone on with by calling it again.
  [[nodiscard]] Task<Result<>> purge(VaultPtr seen);

 private:
  [[nodiscard]] Task<Result<>> open_key(Vault& vault);
  [[nodiscard]] Task<Result<>> put(std::shared_ptr<Vault> vault, store::DiskReserve reserve);
  [[nodiscard]] Task<Result<>> remove_content(VaultPtr vault);
  [[nodiscard]] Task<Result<>> drop_secrets(const Vault& vault, const std::vector<store::KeyValue>& rows);
  [[nodiscard]] VaultPtr at(std::string_view name) const;
  [[nodiscard]] std::size_t count() const;

  keys::SealedStore store_;
  crypto::KeyWrapper& wrapper_;
  keys::ErasureTree& erasure_;
  const keys::SealedRows rows_;
  Purge also_;
  runtime::Turn turn_;
  std::atomic<bool> opening_ = false;                    // is a key being tried once more?
  mutable std::shared_mutex mutex_;                      // guards the map
  std::map<std::string, VaultPtr, std::less<>> vaults_;  // by name in lower case
};

}  // namespace freehold::vault
