// What goes through the commit queue, and the batch it becomes.
#pragma once

#include <rocksdb/write_batch.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "runtime/task.h"
#include "src/embedded/rows_db.h"
#include "src/embedded/system_keys.h"
#include "store/partition_store.h"

namespace freehold::store::embedded {

// A row of the engine's own; `end` not empty: all rows in [key, end) go.
struct SystemRow {
  Bytes key;
  std::optional<Bytes> value;
  Bytes end;
};

// A commit, the removal of a chunk, or rows of the engine's own. `done` is called once; on `executor` if there is one.
struct Op {
  std::optional<Commit> commit;
  std::optional<ChunkId> remove;
  std::vector<SystemRow> rows;
  Sync sync = Sync::kYes;  // kNo: may wait for a later operation's sync
  std::size_t bytes = 0;   // about, for bounds

  std::optional<runtime::Executor> executor;
  std::move_only_function<void(CommitResult)> done;
  CommitResult result{CommitOutcome::kOk, {}};
  std::optional<disk::ExtentAddress> removed;  // set by a removal that found its chunk
};

// Views into the operations that the batch owns: what is absent is deleted.
using Overlay = std::unordered_map<BytesView, std::optional<BytesView>>;

// One atomic write to every domain. Made by the committer, then owned by the replicator and the workers (that is why it
// is shared); only `done` and `began` change after submission, under the replicator's mutex.
struct Batch {
  explicit Batch(std::size_t bytes) : rows(bytes) {}  // about as many

  Position position;
  std::vector<std::unique_ptr<Op>> ops;
  std::deque<Bytes> owned;  // keys and values made for the batch; addresses don't move
  Overlay overlay;
  Bytes touched;
  rocksdb::WriteBatch rows;
  Sync sync = Sync::kNo;

  unsigned done = 0;  // bit per domain: durable there
  std::chrono::steady_clock::time_point began;
};

}  // namespace freehold::store::embedded
