// ChunkWriter: writes chunks to every domain in lock step and says when they are durable.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "disk/extents.h"
#include "src/embedded/replicator.h"
#include "store/chunk_store.h"

namespace freehold::store::embedded {

// A chunk on its way. Shared between the domains' threads, which may finish after the caller was answered.
struct ChunkFlight {
  ChunkId id;
  disk::ExtentAddress address;
  AlignedBuffer payload;  // zero behind its size
  disk::PayloadChecksums checksums;
  std::function<void(Result<unsigned>)> done;  // with the domains that hold it; called once, on a domain's thread

  unsigned targets = 0;  // guarded by the writer's mutex, as all below
  unsigned finished = 0;
  bool settled = false;
  std::chrono::steady_clock::time_point began;
};

// Durable means: synced by every domain that takes part, and by two members at least. A domain whose disk fails is
// dropped from the placement. Thread-safe.
class ChunkWriter {
 public:
  ChunkWriter(Domains& domains, Replicator& replicator) : domains_(domains), replicator_(replicator) {}

  void start(std::shared_ptr<ChunkFlight> flight);
  // Settles flights that waited only for a domain that takes no part any more.
  void roles_changed();
  // Drops domains that hold up the others for longer than `timeout`.
  void drop_stragglers(std::chrono::milliseconds timeout);

 private:
  void run(unsigned index);
  [[nodiscard]] Result<> write_one(OpenDomain& domain, const ChunkFlight& flight);
  [[nodiscard]] Result<> write_group(unsigned index, const std::vector<std::shared_ptr<ChunkFlight>>& group);
  [[nodiscard]] std::vector<std::shared_ptr<ChunkFlight>> settle_locked();
  void answer(std::vector<std::shared_ptr<ChunkFlight>> settled);

  Domains& domains_;
  Replicator& replicator_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<ChunkFlight>> flights_;                        // guarded by mutex_
  std::array<std::vector<std::shared_ptr<ChunkFlight>>, kDomains> waiting_;  // guarded by mutex_
};

}  // namespace freehold::store::embedded
