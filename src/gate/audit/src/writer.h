// From records to the store: pseudonyms, batches, tree, checkpoint, one commit for several leaves.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "audit/batch.h"
#include "audit/log.h"
#include "pseudonyms.h"
#include "queue.h"
#include "stored_log.h"
#include "sweeper.h"

namespace freehold::gate::audit {

// Owned by the log and guarded by it, but for note(), which any thread may call. Blocks on the store.
class Writer {
 public:
  Writer(const LogOptions& options, const VerifierKey& key, store::PartitionStore& store, TenantAuditKeys& keys,
         const Clock& clock, Random& random, store::HybridClock& hybrid, Pseudonyms& pseudonyms, Sweeper& sweeper,
         TileTree tree, std::string note);

  // Makes the entries durable and removes them from the vector. On an error some or all remain, here or there, and the
  // next call goes on; a commit that was begun is repeated word for word until its outcome is certain. Entries of
  // tenants whose keys can't be had stay in the vector without an error; blocked() names those tenants.
  [[nodiscard]] Result<> write(std::vector<Entry>& entries);
  [[nodiscard]] const std::vector<TenantId>& blocked() const { return blocked_; }
  // Another process writes this log, or the store refuses our very commits: nothing will ever be written again.
  [[nodiscard]] bool broken() const { return broken_; }
  [[nodiscard]] std::size_t waiting() const;
  // Hands each commit that is stuck here, and wasn't yet, to `put`: its first leaf and its entries. Once that is well
  // they are safe, and those who wait for them are answered.
  using PutAside = std::function<Result<>(std::uint64_t first_leaf, const Bytes& leaf, const std::vector<Entry>&)>;
  [[nodiscard]] Result<> put_aside(const PutAside& put);
  // Records that are stuck here and nowhere else.
  [[nodiscard]] std::size_t at_risk() const;
  // Answers those who wait for the records that are stuck here.
  void fail_waiters(const Error& error);
  [[nodiscard]] std::string note() const;

 private:
  struct Prepared {
    store::Commit commit;
    std::string note;
    std::vector<Entry> entries;
    std::size_t bytes = 0;
    std::uint64_t first_leaf = 0;
    std::vector<std::pair<Bytes, std::vector<SettledRow>>> settled;
    bool aside = false;
  };
  struct Group {
    Secret batch_key;
    std::vector<Entry> entries;
  };

  [[nodiscard]] std::map<TenantId, Group> group(std::vector<Entry>& entries);
  [[nodiscard]] Result<> pseudonymise(std::map<TenantId, Group>& groups);
  void prepare(TenantId tenant, Group group);
  [[nodiscard]] Prepared& room_for(std::size_t bytes);
  void finish_preparing();
  void add_settled(Prepared& prepared);
  void add_checkpoint(Prepared& prepared);
  [[nodiscard]] Result<> commit_first();
  void committed(Prepared prepared);

  const LogOptions& options_;
  const VerifierKey& key_;
  store::PartitionStore& store_;
  TenantAuditKeys& keys_;
  const Clock& clock_;
  Random& random_;
  store::HybridClock& hybrid_;
  Pseudonyms& pseudonyms_;
  Sweeper& sweeper_;
  const store::PartitionId partition_;
  BatchMaker maker_;
  TileTree tree_;              // with everything prepared
  std::string prepared_note_;  // of tree_ as last signed
  std::deque<Prepared> prepared_;
  bool open_ = false;  // prepared_.back() still takes batches
  std::vector<TenantId> blocked_;
  std::int64_t history_hour_ = 0;
  bool broken_ = false;
  mutable std::mutex note_mutex_;
  std::string note_;  // durable
};

}  // namespace freehold::gate::audit
