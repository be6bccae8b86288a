// The lazy deletion of attached rows whose records are in the log.
#pragma once

#include <chrono>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "audit/log_layout.h"
#include "base/clock.h"
#include "store/hybrid_clock.h"

namespace freehold::gate::audit {

// Groups deletions by partition: one commit for many rows, some time after their batch. What waits here stands in
// `settled/` rows of the log too, written with the batch, so a crash forgets nothing. Owned by the log and guarded by
// it.
class Sweeper {
 public:
  Sweeper(store::PartitionStore& store, store::HybridClock& hybrid, store::Epoch epoch,
          std::chrono::milliseconds linger)
      : store_(store), hybrid_(hybrid), epoch_(epoch), linger_(linger) {}

  // Rows named by the settled row `settled_key`, which is durable.
  void add(const Bytes& settled_key, const std::vector<SettledRow>& rows, MonotonicTime now);
  // While a partition is held, its rows and the settled rows that name them stay.
  void hold(std::optional<store::PartitionId> partition) { kept_ = std::move(partition); }
  [[nodiscard]] bool holds(const Bytes& attached_key) const { return held_.contains(attached_key); }
  [[nodiscard]] std::size_t size() const { return held_.size(); }
  // Deletes what has waited long enough or piled up, in at most `commits` commits. What fails waits for another round.
  void sweep(MonotonicTime now, std::size_t commits);
  // Deletes everything that can be deleted, at once.
  void sweep_all(MonotonicTime now);
  // Settled rows of the log with nothing left to delete; the next commit to the log deletes them.
  [[nodiscard]] std::vector<Bytes> take_finished();

 private:
  struct Row {
    Bytes key;
    Bytes settled_key;
  };
  struct Waiting {
    std::vector<Row> rows;
    MonotonicTime due;
  };
  [[nodiscard]] bool delete_some(const store::PartitionId& partition, Waiting& waiting);
  void finish(const Row& row);

  store::PartitionStore& store_;
  store::HybridClock& hybrid_;
  store::Epoch epoch_;
  std::chrono::milliseconds linger_;
  std::map<store::PartitionId, Waiting> waiting_;
  std::unordered_map<Bytes, std::size_t> left_;  // settled key to rows not yet deleted
  std::unordered_set<Bytes> held_;               // attached keys; unique, being 16 bytes with a random half
  std::vector<Bytes> finished_;
  std::optional<store::PartitionId> kept_;
};

}  // namespace freehold::gate::audit
