#include "src/embedded/batch_builder.h"

#include "base/check.h"

namespace freehold::store::embedded {
namespace {

constexpr std::size_t kMetasRemembered = 50'000;
// What commits expected a little while ago, small values only: a partition's marker, a row that is written again.
constexpr std::size_t kKnownRows = 8'192;
constexpr std::size_t kKnownValueBytes = 1'024;
// How many batches a domain may be behind and still be caught up key by key.
constexpr std::uint64_t kTouchedKept = 4'096;

rocksdb::Slice slice(BytesView bytes) { return {bytes.data(), bytes.size()}; }

std::size_t bytes_of(const std::vector<std::unique_ptr<Op>>& ops) {
  std::size_t bytes = 256;
  for (const auto& op : ops) bytes += op->bytes;
  return bytes;
}

CommitResult refused(Error error) { return {CommitOutcome::kUnavailable, std::move(error)}; }

}  // namespace

Built BatchBuilder::build(std::vector<std::unique_ptr<Op>> ops, Position last, Room room) {
  if (metas_.size() >= kMetasRemembered) metas_.clear();
  batch_ = std::make_shared<Batch>(bytes_of(ops));
  batch_->position = {last.term, last.sequence + 1};
  append_u64(batch_->touched, last.term);
  Built built;
  bool wrote = false;
  for (auto& op : ops) {
    wrote |= add(*op, room);
    batch_->ops.push_back(std::move(op));
  }
  if (wrote) {
    finish();
    built.batch = std::move(batch_);
  } else {
    built.unchanged = std::move(batch_->ops);
  }
  batch_.reset();
  return built;
}

void BatchBuilder::forget() {
  metas_.clear();
  changed_metas_.clear();
  known_.clear();
}

bool BatchBuilder::add(Op& op, Room room) {
  if (op.commit) {
    const bool may =
        room == Room::kPlenty || (room == Room::kReserveOnly && op.commit->reserve == DiskReserve::kMayUse);
    if (!may) {
      op.result = refused({ErrorCode::kExhausted, "the disk is full", {}});
      return false;
    }
    return add_commit(op);
  }
  return op.remove ? add_removal(op) : add_rows(op);
}

bool BatchBuilder::add_commit(Op& op) {
  const Commit& commit = *op.commit;
  const Bytes meta_key = partition_key(commit.partition);
  const Bytes prefix = row_prefix(commit.partition);
  auto meta = meta_of(meta_key);
  if (!meta) {
    op.result = refused(meta.error());
    return false;
  }
  if (commit.epoch.value < meta->epoch) {
    op.result = {CommitOutcome::kFenced, {}};
    return false;
  }
  auto holds_all = holds(commit, prefix);
  if (!holds_all) {
    op.result = refused(holds_all.error());
    return false;
  }
  if (!*holds_all) {
    op.result = {CommitOutcome::kConflict, {}};
    return false;
  }
  PartitionMeta after = *meta;
  after.epoch = commit.epoch.value;
  after.changes += commit.change == ChangeRecord::kWrite;
  write_commit(commit, prefix, meta_key, *meta, after);
  batch_->sync = Sync::kYes;
  return true;
}

Result<bool> BatchBuilder::holds(const Commit& commit, BytesView prefix) {
  for (const auto& expectation : commit.expect) {
    Bytes key = Bytes(prefix).append(expectation.key);
    if (const auto known = known_.find(key); known != known_.end()) {
      if (known->second != expectation.value) return false;
      continue;
    }
    FH_TRY(const Value value, latest(key));
    if (value != expectation.value) return false;
    know(std::move(key), value);
  }
  return true;
}

void BatchBuilder::know(Bytes key, const Value& value) {
  if (value && value->size() > kKnownValueBytes) return;
  if (known_.size() >= kKnownRows) known_.clear();
  known_.insert_or_assign(std::move(key), value);
}

// Keeps what is known in step with what is written; nothing is learnt here.
void BatchBuilder::note_written(const Bytes& key, std::optional<BytesView> value) {
  const auto known = known_.find(key);
  if (known == known_.end()) return;
  if (value && value->size() > kKnownValueBytes) {
    known_.erase(known);
  } else if (value) {
    known->second = Bytes(*value);
  } else {
    known->second.reset();
  }
}

void BatchBuilder::write_commit(const Commit& commit, BytesView prefix, BytesView meta_key, PartitionMeta before,
                                PartitionMeta after) {
  for (const auto& row : commit.puts) put(Bytes(prefix).append(row.key), row.value);
  for (const auto& key : commit.deletes) remove(Bytes(prefix).append(key));
  put_owned(transaction_key(commit.transaction, commit.partition), {});
  if (before.epoch != after.epoch || before.changes != after.changes) {
    metas_.insert_or_assign(Bytes(meta_key), after);
    changed_metas_.emplace(meta_key);
  }
  if (before.changes == after.changes) return;
  Change change{after.changes, commit.transaction, {}, commit.deletes};
  for (const auto& row : commit.puts) change.put_keys.push_back(row.key);
  put_owned(change_key(commit.partition, after.changes), encode(change));
}

bool BatchBuilder::add_removal(Op& op) {
  const Bytes key = chunk_key(*op.remove);
  auto entry = latest(key);
  if (!entry) {
    op.result = refused(entry.error());
    return false;
  }
  if (!*entry) return false;
  op.removed = decode_address(**entry);
  remove(key);
  batch_->sync = Sync::kYes;
  if (!op.removed) return true;  // an entry that can't be read names nothing that could be given back
  put_owned(dead_key(op.removed->extent, op.removed->offset), encode_dead(*op.remove, op.removed->length));
  return true;
}

bool BatchBuilder::add_rows(Op& op) {
  for (auto& row : op.rows) {
    if (!row.end.empty()) {
      FH_CHECK(row.key.size() <= kLongestRangeKey);
      known_.clear();
      batch_->rows.DeleteRange(slice(row.key), slice(row.end));
      append_touched(batch_->touched, row.key, row.end);
    } else if (row.value) {
      put(row.key, *row.value);
    } else {
      remove(row.key);
    }
  }
  if (op.sync == Sync::kYes) batch_->sync = Sync::kYes;
  return !op.rows.empty();
}

Result<BatchBuilder::Value> BatchBuilder::latest(BytesView key) {
  if (const auto found = batch_->overlay.find(key); found != batch_->overlay.end()) {
    return found->second ? Value(Bytes(*found->second)) : Value();
  }
  if (auto value = replicator_.in_window(key)) return std::move(*value);
  unsigned tried = 0;
  Error last{ErrorCode::kUnavailable, "too few fault domains are at hand to write", {}};
  while (FaultDomain* domain = replicator_.member(tried)) {
    tried |= 1u << domain->index();
    const auto opened = domain->opened();
    if (!opened) continue;
    auto value = opened->rows->get(key);
    if (value) return value;
    last = value.error();
    if (last.code == ErrorCode::kCorrupt) replicator_.note_damage(domain->index());
  }
  return std::unexpected(last);
}

Result<PartitionMeta> BatchBuilder::meta_of(const Bytes& key) {
  if (const auto found = metas_.find(key); found != metas_.end()) return found->second;
  FH_TRY(const Value value, latest(key));
  PartitionMeta meta;
  if (value) {
    const auto decoded = decode_partition_meta(*value);
    if (!decoded) return fail(ErrorCode::kCorrupt, "stored rows are damaged", "partition row");
    meta = *decoded;
  }
  metas_.emplace(key, meta);
  return meta;
}

void BatchBuilder::put(Bytes key, BytesView value) {
  note_written(key, value);
  const BytesView kept = batch_->owned.emplace_back(std::move(key));
  batch_->rows.Put(slice(kept), slice(value));
  append_touched(batch_->touched, kept, {});
  batch_->overlay.insert_or_assign(kept, value);
}

void BatchBuilder::put_owned(Bytes key, Bytes value) {
  const BytesView kept = batch_->owned.emplace_back(std::move(value));
  put(std::move(key), kept);
}

void BatchBuilder::remove(Bytes key) {
  note_written(key, std::nullopt);
  const BytesView kept = batch_->owned.emplace_back(std::move(key));
  batch_->rows.Delete(slice(kept));
  append_touched(batch_->touched, kept, {});
  batch_->overlay.insert_or_assign(kept, std::nullopt);
}

void BatchBuilder::finish() {
  for (const auto& key : changed_metas_) put_owned(key, encode(metas_.at(key)));
  changed_metas_.clear();
  const std::uint64_t sequence = batch_->position.sequence;
  batch_->rows.Put(slice(touched_key(sequence)), slice(batch_->touched));
  if (sequence > kTouchedKept) batch_->rows.Delete(slice(touched_key(sequence - kTouchedKept)));
  batch_->rows.Put(slice(space_key(Space::kPosition)), slice(encode(batch_->position)));
}

}  // namespace freehold::store::embedded
