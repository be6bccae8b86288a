// Collector: removes what no blob names any more. Garbage rows, purged containers, chunks of requests that failed, and
// (by a sweep) chunks that a crash left without a name.
#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <set>
#include <vector>

#include "blob/account_store.h"
#include "src/blob_store.h"
#include "src/chunk_claims.h"
#include "src/container_store.h"
#include "src/content_store.h"
#include "src/garbage_row.h"

namespace freehold::blob {

// Owned by BlobService. add...() and abandon() from any thread; the rest by one coroutine at a time. Every step is
// idempotent and done before its row goes, so that a crash repeats and never forgets.
class Collector {
 public:
  Collector(AccountStore& accounts, ContainerStore& containers, BlobStore& blobs, ContentStore& content,
            ActiveReads& reads)
      : accounts_(accounts), containers_(containers), blobs_(blobs), content_(content), reads_(reads) {}

  // A commit wrote this garbage row.
  void add_garbage(AccountRef account, store::PartitionId partition, Bytes key);
  // A container lost its name.
  void add_container(AccountRef account, DeletedContainer container);
  // Claimed chunks that no row will name.
  void abandon(std::vector<store::ChunkId> chunks);

  // Finds what an earlier process left: garbage rows of every container, containers to be purged.
  [[nodiscard]] Task<Result<>> find_left_over();
  // Removes all that may go now. What reads under way still need, or what failed, stays for the next round. Returns how
  // many items were finished.
  [[nodiscard]] Task<Result<std::size_t>> collect();
  // Removes chunks that are put and neither claimed nor named. Returns how many.
  [[nodiscard]] Task<Result<std::size_t>> sweep();
  // Until the scope closes: left-overs, rounds, a sweep soon after the start and daily ones.
  [[nodiscard]] Task<> run(runtime::TaskScope& scope);
  [[nodiscard]] std::size_t waiting() const;
  // The partitions of all containers, those still to be purged included.
  [[nodiscard]] Task<Result<std::vector<std::pair<AccountRef, store::PartitionId>>>> partitions();

 private:
  struct Item {
    AccountRef account;
    store::PartitionId partition;
    Bytes garbage_key;                          // of a garbage row, or
    std::optional<DeletedContainer> container;  // a container to purge
    std::uint64_t since = 0;                    // reads that began before it may still need it
  };
  void add(Item item);
  [[nodiscard]] Task<Result<>> collect_garbage(AccountRef account, store::PartitionId partition, Bytes key);
  [[nodiscard]] Task<Result<>> purge(Item item);
  [[nodiscard]] Task<Result<>> purge_rows(Item item, char prefix);
  [[nodiscard]] Task<Result<>> remove_layout(AccountRef account, store::PartitionId partition, Bytes wrapped_key,
                                             LayoutRef layout);
  [[nodiscard]] Task<Result<>> remove_segments(store::PartitionId partition, Layout layout);
  [[nodiscard]] Task<Result<>> remove_staged(store::PartitionId partition, GarbageRow garbage);
  [[nodiscard]] Task<Result<>> delete_rows(store::PartitionId partition, std::vector<Bytes> keys);
  [[nodiscard]] Task<Result<>> remove_abandoned();
  [[nodiscard]] Result<ContentPlace> place_of(AccountRef account, store::PartitionId partition,
                                              BytesView wrapped_key) const;
  // The parts of a sweep (sweep.cpp).
  [[nodiscard]] Task<Result<>> spare_named(AccountRef account, store::PartitionId partition,
                                           std::set<store::ChunkId>& candidates);
  [[nodiscard]] Task<Result<>> spare_layout(AccountRef account, store::PartitionId partition, Bytes wrapped_key,
                                            LayoutRef layout, std::set<store::ChunkId>& candidates);
  [[nodiscard]] Task<Result<>> spare_row(AccountRef account, store::PartitionId partition, store::KeyValue row,
                                         std::set<store::ChunkId>& candidates);

  AccountStore& accounts_;
  ContainerStore& containers_;
  BlobStore& blobs_;
  ContentStore& content_;
  ActiveReads& reads_;
  mutable std::mutex mutex_;
  std::deque<Item> items_;
  std::vector<store::ChunkId> abandoned_;
  bool overflowed_ = false;  // items were dropped from memory: their rows have to be found again
};

}  // namespace freehold::blob
