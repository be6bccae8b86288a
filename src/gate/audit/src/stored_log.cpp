#include "stored_log.h"

#include "audit_format/leaf.h"
#include "base/limits.h"
#include "runtime/task_scope.h"

namespace freehold::gate::audit {
namespace {

std::unexpected<Error> corrupt(std::string what) {
  return fail(ErrorCode::kCorrupt, "the audit log has been damaged or tampered with: " + std::move(what));
}

Result<bool> any_row(store::PartitionStore& store, const store::PartitionId& partition, std::string_view prefix) {
  FH_TRY(const auto page, runtime::run_blocking(store.scan(partition, Bytes(prefix), after_prefix(prefix), 1)));
  return !page.rows.empty();
}

Result<> check_empty(store::PartitionStore& store, const store::PartitionId& partition) {
  for (const auto prefix : {kLeafPrefix, kBatchPrefix, kHistoryPrefix, std::string_view("tile/")}) {
    FH_TRY(const bool any, any_row(store, partition, prefix));
    if (any) return corrupt("the checkpoint is gone, other rows are not");
  }
  return {};
}

// The last leaves' rows are those that the tree was built of; returns the last leaf.
Result<Leaf> check_leaves(store::PartitionStore& store, const store::PartitionId& partition, std::uint64_t size) {
  const TileSource tiles(store, partition);
  const auto from = size - std::min<std::uint64_t>(size, kTileHashes);
  FH_TRY(const auto page, runtime::run_blocking(store.scan(partition, indexed_key(kLeafPrefix, from),
                                                           after_prefix(kLeafPrefix), limits::kScanLimit)));
  if (page.rows.size() != size - from) return corrupt("leaves are missing or too many");
  std::optional<Leaf> leaf;
  for (std::size_t i = 0; i < page.rows.size(); ++i) {
    const auto index = from + i;
    FH_TRY(const Hash hash, tiles.node({0, index}));
    leaf = decode_leaf(page.rows[i].value);
    if (index_of_key(kLeafPrefix, page.rows[i].key) != index || !leaf || leaf->index != index ||
        leaf_hash(page.rows[i].value) != hash) {
      return corrupt("leaf " + std::to_string(index) + " is not in its tree");
    }
  }
  return *leaf;
}

Result<> check_batch(store::PartitionStore& store, const store::PartitionId& partition, const Leaf& leaf) {
  FH_TRY(const auto sealed, runtime::run_blocking(store.get(partition, indexed_key(kBatchPrefix, leaf.index))));
  if (!sealed || crypto::sha256(*sealed) != leaf.sealed_hash) {
    return corrupt("batch " + std::to_string(leaf.index) + " is not what its leaf says");
  }
  return {};
}

Result<> load_settled(store::PartitionStore& store, const store::PartitionId& partition, StoredLog& log) {
  Bytes from(kSettledPrefix);
  for (bool more = true; more;) {
    FH_TRY(const auto page,
           runtime::run_blocking(store.scan(partition, from, after_prefix(kSettledPrefix), limits::kScanLimit)));
    for (const auto& row : page.rows) {
      auto rows = decode_settled(row.value);
      if (!rows) return corrupt("a list of settled rows");
      log.settled.emplace_back(row.key, std::move(*rows));
      from = row.key + '\0';
    }
    more = page.more;
  }
  return {};
}

}  // namespace

Result<StoredLog> load_stored_log(store::PartitionStore& store, const store::PartitionId& partition,
                                  const VerifierKey& key) {
  StoredLog log;
  FH_TRY(auto note, runtime::run_blocking(store.get(partition, Bytes(kCheckpointKey))));
  if (!note) {
    FH_CHECK_OK(check_empty(store, partition));
    return log;
  }
  FH_TRY(const Checkpoint checkpoint, open_checkpoint(*note, key));
  if (checkpoint.size == 0) return corrupt("its checkpoint is of an empty tree");
  log.note = std::move(*note);
  FH_TRY(log.tree, TileTree::load(store, partition, checkpoint.size));
  if (log.tree.root() != checkpoint.root) return corrupt("the tree's right edge does not give the signed root");
  FH_TRY(const Leaf last, check_leaves(store, partition, checkpoint.size));
  log.last_time = last.last;
  FH_CHECK_OK(check_batch(store, partition, last));
  FH_CHECK_OK(load_settled(store, partition, log));
  return log;
}

}  // namespace freehold::gate::audit
