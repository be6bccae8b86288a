// ContainerStore: persistence of containers, and a cache of which are open. No rules here.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "authn/account.h"
#include "src/container_row.h"
#include "src/note_cipher.h"
#include "src/row_sealer.h"
#include "store/hybrid_clock.h"

namespace freehold::blob {

struct AccountRef {
  TenantId tenant;
  AccountId account;
};
[[nodiscard]] inline AccountRef ref_of(const gate::StorageAccount& account) { return {account.tenant, account.id}; }

// A container as blob operations need it.
struct OpenContainer {
  ContainerId id;
  store::PartitionId partition;
  gate::ContainerAccess access;
  ScopePolicy scope;
};

struct StoredContainer {
  ContainerRow row;
  Bytes raw;  // as stored, for expectations
};

struct ContainerPage {
  std::vector<std::pair<std::string, ContainerRow>> containers;
  bool more = false;
};

struct DeletedContainer {
  ContainerId id;
  Bytes key;  // of its row in the account's partition
};

// The audit row that rides in a commit; none where the act was recorded before it began (control acts, purges).
using OwnRecord = std::optional<store::KeyValue>;

// Owned by BlobService; thread-safe. The cache is coherent in this process: what a change of a container's row made
// untrue is gone from it before the change is answered. Other front ends' deletions are caught by the open marker that
// every write expects.
class ContainerStore {
 public:
  ContainerStore(store::PartitionStore& rows, store::Epoch epoch, store::HybridClock& hybrid, RowSealer sealer,
                 const NoteSealer& notes)
      : rows_(rows), epoch_(epoch), hybrid_(hybrid), sealer_(sealer), notes_(notes) {}

  // The open container of that name, from memory if it can be; null if there is none.
  [[nodiscard]] Task<Result<std::shared_ptr<const OpenContainer>>> open(AccountRef account, std::string name);
  void forget(AccountRef account, const std::string& name);

  // Here and in lists, notes are open if the account's key may be used.
  [[nodiscard]] Task<Result<std::optional<StoredContainer>>> read(AccountRef account, std::string name);
  // Containers with from <= name, and with the prefix, in order.
  [[nodiscard]] Task<Result<ContainerPage>> list(AccountRef account, std::string from, std::string prefix,
                                                 std::uint32_t limit);
  // False: the name is taken.
  [[nodiscard]] Task<Result<Committed>> create(AccountRef account, std::string name, ContainerRow row,
                                               OwnRecord audit_row);
  [[nodiscard]] Task<Result<Committed>> replace(AccountRef account, std::string name, StoredContainer current,
                                                ContainerRow row, OwnRecord audit_row);
  // Takes the name away and remembers the purge. If that was applied, the caller fences the container's partition.
  [[nodiscard]] Task<Result<Committed>> erase(AccountRef account, std::string name, StoredContainer current,
                                              OwnRecord audit_row);
  // Late writes fail from now on. Idempotent.
  [[nodiscard]] Task<Result<>> fence(store::PartitionId partition);

  [[nodiscard]] Task<Result<std::vector<DeletedContainer>>> deleted(AccountRef account);
  [[nodiscard]] Task<Result<>> forget_deleted(AccountRef account, DeletedContainer container,
                                              store::KeyValue audit_row);

 private:
  static std::string cache_key(AccountRef account, const std::string& name);
  // The row as it is to be stored, its notes sealed under the account's key.
  [[nodiscard]] Task<Result<Bytes>> seal(store::PartitionId partition, Bytes key, ContainerRow row) const;
  [[nodiscard]] store::Commit begin(store::PartitionId partition) const;

  store::PartitionStore& rows_;
  store::Epoch epoch_;
  store::HybridClock& hybrid_;
  RowSealer sealer_;
  const NoteSealer& notes_;
  std::mutex mutex_;
  std::uint64_t generation_ = 0;  // grows with each forget(): what was read before it isn't kept
  std::unordered_map<std::string, std::shared_ptr<const OpenContainer>> open_;
};

}  // namespace freehold::blob
