// Collector: removes what no blob names any more. Garbage rows, purged containers, chunks of requests that failed, and
// (by a sweep) chunks that a crash left without a name. Keeps: A1, A6 (its part).
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "blob/account_store.h"
#include "src/blob_store.h"
#include "src/chunk_claims.h"
#include "src/collector_jobs.h"
#include "src/container_store.h"
#include "src/content_store.h"
#include "src/garbage_row.h"
#include "src/page_collector.h"

namespace freehold::blob {

// Owned by BlobService. add...() and abandon() from any thread; the rest by one coroutine at a time. Every step is
// idempotent and done before its row goes, so that a crash repeats and never forgets.
//
// It removes nothing on its own: each part of a round is a job of the gate (collector_jobs.h), admitted under the
// tenant whose data it removes and recorded once, however many chunks it takes. What has nothing to do leaves no
// record.
class Collector {
 public:
  Collector(AccountStore& accounts, ContainerStore& containers, BlobStore& blobs, ContentStore& content,
            ActiveReads& reads)
      : accounts_(accounts),
        containers_(containers),
        blobs_(blobs),
        content_(content),
        reads_(reads),
        pages_(blobs, content) {}

  // A commit wrote this garbage row, of a blob of that name (empty: not known, so that all readers of the container
  // have to end first).
  void add_garbage(AccountRef account, store::PartitionId partition, Bytes key, Bytes name);
  // A container lost its name.
  void add_container(AccountRef account, DeletedContainer container);
  // Claimed chunks of that tenant's that no row will name.
  void abandon(TenantId tenant, std::vector<store::ChunkId> chunks);

  // Finds what an earlier process left: garbage rows of every container, containers to be purged.
  [[nodiscard]] Task<Result<>> find_left_over(gate::Pipeline& door);
  // Removes all that may go now. What reads under way still need, or what failed, stays for a later round. Returns how
  // many items were finished. kDue leaves out what failed lately: what can't be removed is tried less and less often,
  // so that it neither holds up the rest nor fills the log.
  enum class Which { kDue, kAll };
  [[nodiscard]] Task<Result<std::size_t>> collect(gate::Pipeline& door, Which which);
  // Discards staged blocks that a week passed by, and removes chunks that are put and neither claimed nor named.
  // Returns how many chunks.
  [[nodiscard]] Task<Result<std::size_t>> sweep(gate::Pipeline& door);
  // Until the scope closes: left-overs, rounds, a sweep soon after the start and daily ones.
  [[nodiscard]] Task<> run(runtime::TaskScope& scope, gate::Pipeline& door);
  [[nodiscard]] std::size_t waiting() const;
  // The partitions of all containers, those still to be purged included.
  [[nodiscard]] Task<Result<std::vector<std::pair<AccountRef, store::PartitionId>>>> partitions();

 private:
  // How often something has failed, and the round in which it may be tried again.
  struct Patience {
    unsigned failures = 0;
    std::uint64_t due = 0;
  };
  struct Item {
    AccountRef account;
    store::PartitionId partition;
    Bytes garbage_key;                          // of a garbage row, or
    std::optional<DeletedContainer> container;  // a container to purge
    Bytes name = {};                            // of the blob that gave it up, if that is known
    std::uint64_t since = 0;                    // reads that began before it may still need it
    Patience patience = {};
    // Of garbage among pages, by generation: what was seen of them at `since`, which was set anew then.
    std::map<std::uint64_t, PageCollector::Living> living = {};
  };
  // What one job removes: garbage of one container, or one container.
  struct Batch {
    std::vector<Item> items;
    std::vector<Item> failed = {};
    std::vector<Item> later = {};  // readers have to end first
    Result<> fault = {};
    bool tried = false;  // not refused at the door: too much is running, or the log can't take the record
    bool dark = false;   // the account's key is withheld: what needs it isn't kept here
  };
  // Garbage of which other rows may name some: of that name (empty: none may), as the garbage row at this key says.
  struct Sharing {
    Bytes name;
    Bytes garbage_key;
  };
  // Chunks that may go unless a row names them. Rows of one name share manifests: none is looked into twice.
  struct Candidates {
    // What to do where an account's key is withheld, so that nobody can tell what its manifests name: all that may be
    // it stays, or the account's own garbage has to wait.
    enum class Unread { kStays, kFails };
    std::set<store::ChunkId> ids;
    Unread unread = Unread::kStays;
    std::set<store::ChunkId> looked_into = {};
    std::map<AccountId, store::ChunkId> unseen = {};  // the lowest that stayed though no row that was read names it
    [[nodiscard]] bool empty() const { return ids.empty(); }
  };
  // An account whose garbage waits, in its rows alone, for its key to come back.
  struct Dark {
    AccountRef account;
    bool again = true;  // something was refused since it was last searched
    Patience patience = {};
  };
  // All staged blocks of one blob and generation.
  struct StagedSet {
    std::string name;
    std::uint64_t generation = 0;
    std::uint64_t newest = 0;  // hybrid time of the last block
  };
  struct Abandoned {
    std::vector<store::ChunkId> chunks;
    Patience patience = {};
  };

  // Rounds (collector.cpp).
  void add(Item item);
  [[nodiscard]] std::vector<Batch> take_due(Which which);
  [[nodiscard]] std::vector<std::pair<TenantId, Abandoned>> take_abandoned(Which which);
  void put_back(Batch batch);
  [[nodiscard]] Patience after_failure(Patience patience) const;
  [[nodiscard]] gate::Job job_for(const Item& item) const;
  [[nodiscard]] Task<> run_batch(gate::Pipeline& door, Batch& batch);
  [[nodiscard]] bool may_search(Which which);
  [[nodiscard]] Task<Result<>> remove_abandoned(gate::Pipeline& door, Which which);
  [[nodiscard]] Task<Result<>> look_for_left_over(gate::Permit<FindGarbage> permit, std::vector<AccountRef> accounts);
  [[nodiscard]] Task<Result<>> find_left_over(gate::Pipeline& door, std::vector<AccountRef> accounts);
  [[nodiscard]] std::vector<AccountRef> every_account() const;
  [[nodiscard]] Task<Result<>> add_partitions_of(AccountRef account,
                                                 std::vector<std::pair<AccountRef, store::PartitionId>>& found);
  void count_held();
  void note_dark(AccountRef account);
  [[nodiscard]] Task<Result<>> search_dark(gate::Pipeline& door, Which which);

  // The jobs and their steps (collect_garbage.cpp).
  [[nodiscard]] Task<Result<>> collect_batch(gate::Permit<CollectGarbage> permit, Batch& batch);
  [[nodiscard]] Task<Result<>> remove_chunks(gate::Permit<RemoveAbandonedChunks> permit,
                                             std::vector<store::ChunkId>& chunks);
  enum class Removed { kNow, kEarlier, kNotYet };
  // Others: the blobs and snapshots of the container, which may name some of it too.
  enum class Others { kThere, kGone };
  [[nodiscard]] Task<Result<Removed>> remove_named_by(JobPass pass, Item& item, Others others);
  // False: what the pages' garbage is judged by was looked up only now, and somebody reads who was here before.
  [[nodiscard]] Task<Result<bool>> ready_for_pages(Item& item, GarbageRow garbage);
  [[nodiscard]] Task<Result<>> remove_layout(JobPass pass, AccountRef account, store::PartitionId partition,
                                             Bytes wrapped_key, LayoutRef layout, Sharing sharing);
  // Manifests of a deleted account that nobody can read any more: what they name is left to the sweep.
  [[nodiscard]] Task<Result<>> remove_unread(JobPass pass, AccountRef account, std::vector<ManifestRef> manifests);
  [[nodiscard]] Task<Result<>> remove_chunks(JobPass pass, std::set<store::ChunkId> chunks);
  [[nodiscard]] Task<Result<>> remove_segments(JobPass pass, store::PartitionId partition, Layout layout);
  [[nodiscard]] Task<Result<>> remove_staged(JobPass pass, store::PartitionId partition, GarbageRow garbage);
  // With `last`, the job's record rides along.
  enum class Step { kMore, kLast };
  [[nodiscard]] Task<Result<>> delete_rows(JobPass pass, store::PartitionId partition, std::vector<Bytes> keys,
                                           Step step);
  [[nodiscard]] Task<Result<ContentPlace>> place_of(AccountRef account, store::PartitionId partition,
                                                    Bytes wrapped_key) const;

  // What a blob and its snapshots have in common (shared_content.cpp).
  [[nodiscard]] Task<Result<>> spare_shared(JobPass pass, AccountRef account, store::PartitionId partition,
                                            Sharing sharing, std::set<store::ChunkId>& candidates);
  // False: the blob changed meanwhile.
  [[nodiscard]] Task<Result<bool>> look_through(JobPass pass, AccountRef account, store::PartitionId partition,
                                                Sharing sharing, Candidates& candidates);
  [[nodiscard]] Task<Result<>> spare_range(JobPass pass, AccountRef account, store::PartitionId partition, Bytes from,
                                           Bytes end, Candidates& candidates);
  [[nodiscard]] Task<Result<Layout>> unshared(JobPass pass, AccountRef account, store::PartitionId partition,
                                              Sharing sharing, Layout layout);

  // A container's end (purge.cpp).
  [[nodiscard]] Task<Result<>> purge(gate::Permit<PurgeContainer> permit, Item item);
  [[nodiscard]] Task<Result<>> purge_rows(JobPass pass, Item item, char prefix);
  [[nodiscard]] Task<Result<>> check_no_audit_rows(store::PartitionId partition);

  // Staged blocks that were forgotten (staged_blocks.cpp).
  [[nodiscard]] Task<Result<>> discard_stale_blocks(gate::Pipeline& door);
  // The next of a container, from a row on; `from` is then where to go on, empty at the end.
  [[nodiscard]] Task<Result<>> discard_next(gate::Permit<DiscardStagedBlocks> permit, AccountRef account,
                                            store::PartitionId partition, Bytes& from);
  // True: they were discarded.
  [[nodiscard]] Task<Result<bool>> discard_staged(JobPass pass, AccountRef account, store::PartitionId partition,
                                                  StagedSet staged);

  // An account's end (purge_account.cpp).
  enum class Left { kNames, kPurges, kNothing };
  [[nodiscard]] Task<Result<>> purge_accounts(gate::Pipeline& door, Which which);
  [[nodiscard]] Task<Result<Left>> what_is_left(DeletedAccount account);
  [[nodiscard]] Task<Result<>> unname_containers(gate::Permit<PurgeAccount> permit, DeletedAccount account);
  [[nodiscard]] Task<Result<>> finish_account(gate::Permit<PurgeAccount> permit, DeletedAccount account);

  // The parts of a sweep (sweep.cpp).
  enum class Manifests { kThere, kMayBeGone };
  // From where an account's chunks have to be looked at again once its key is back or it is gone: durable.
  using Unseen = std::map<AccountId, store::ChunkId>;
  [[nodiscard]] Task<Result<Unseen>> read_unseen();
  [[nodiscard]] Task<Result<>> sweep_again_from(AccountRef account);
  // Where the next sweep begins, pulled back to what can be seen again.
  [[nodiscard]] Task<Result<store::ChunkId>> sweep_from(Unseen& unseen);
  [[nodiscard]] Task<Result<>> sweep_under(gate::Permit<SweepChunks> permit, std::size_t& removed);
  [[nodiscard]] Task<Result<>> list_candidates(JobPass pass, store::ChunkId from, store::ChunkId& bound,
                                               std::set<store::ChunkId>& candidates);
  [[nodiscard]] Task<Result<>> spare_named(JobPass pass, AccountRef account, store::PartitionId partition,
                                           Candidates& candidates);
  [[nodiscard]] Task<Result<>> spare_layout(JobPass pass, AccountRef account, store::PartitionId partition,
                                            Bytes wrapped_key, LayoutRef layout, Manifests manifests,
                                            Candidates& candidates);
  static void keep_unseen(AccountId account, store::ChunkId manifest, ErrorCode why, Candidates& candidates);
  [[nodiscard]] Task<Result<>> spare_row(JobPass pass, AccountRef account, store::PartitionId partition,
                                         store::KeyValue row, Candidates& candidates);

  AccountStore& accounts_;
  ContainerStore& containers_;
  BlobStore& blobs_;
  ContentStore& content_;
  ActiveReads& reads_;
  PageCollector pages_;
  std::uint64_t round_ = 0;                                   // only collect() counts
  std::unordered_map<AccountId, Patience> account_patience_;  // only collect() uses it
  std::map<AccountId, Dark> dark_;                            // as well
  std::set<AccountId> to_sweep_;                              // whose row of sweep_again_from() stands
  bool sweep_was_cut_ = false;                                // the last sweep left some for the next
  mutable std::mutex mutex_;
  std::deque<Item> items_;
  std::unordered_map<TenantId, Abandoned> abandoned_;
  std::map<Bytes, std::size_t> held_;               // how many of the items are of that partition,
  std::map<TenantId, std::size_t> held_of_tenant_;  // and of that tenant
  bool overflowed_ = false;                         // items were dropped from memory: their rows have to be found again
  std::uint64_t next_search_ = 0;                   // the round in which they may be searched for
};

}  // namespace freehold::blob
