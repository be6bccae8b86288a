// BatchBuilder: decides what each operation does, against the latest state, and writes it into one batch.
#pragma once

#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "src/embedded/replicator.h"

namespace freehold::store::embedded {

// What a disk that runs full still lets in.
enum class Room { kPlenty, kReserveOnly, kNone };

struct Built {
  std::shared_ptr<Batch> batch;                // null if nothing is to be written
  std::vector<std::unique_ptr<Op>> unchanged;  // answered already: conflicts, fenced, refused; nothing to write
};

// Of the committer's thread alone. The latest state is the batch in hand, then the window of unacknowledged batches,
// then the rows of a member: an operation sees exactly those before it.
class BatchBuilder {
 public:
  explicit BatchBuilder(Replicator& replicator) : replicator_(replicator) {}

  [[nodiscard]] Built build(std::vector<std::unique_ptr<Op>> ops, Position last, Room room);
  void forget();  // after batches were lost: what is remembered of partitions may not have happened

 private:
  using Value = std::optional<Bytes>;
  bool add(Op& op, Room room);  // true if it wrote something
  bool add_commit(Op& op);
  bool add_removal(Op& op);
  bool add_rows(Op& op);
  [[nodiscard]] Result<bool> holds(const Commit& commit, BytesView prefix);
  void write_commit(const Commit& commit, BytesView prefix, BytesView meta_key, PartitionMeta before,
                    PartitionMeta after);
  [[nodiscard]] Result<Value> latest(BytesView key);
  void know(Bytes key, const Value& value);
  void note_written(const Bytes& key, std::optional<BytesView> value);
  [[nodiscard]] Result<PartitionMeta> meta_of(const Bytes& key);
  void put(Bytes key, BytesView value);  // the value outlives the batch: it is an operation's
  void put_owned(Bytes key, Bytes value);
  void remove(Bytes key);
  void finish();

  Replicator& replicator_;
  std::shared_ptr<Batch> batch_;
  std::unordered_map<Bytes, PartitionMeta> metas_;  // by partition_key; a cache, bounded between batches
  std::set<Bytes> changed_metas_;                   // by the batch in hand: written once, at its end
  // The latest value of rows that commits looked at; bounded. Nobody else writes rows while a term lasts.
  std::unordered_map<Bytes, Value> known_;
};

}  // namespace freehold::store::embedded
