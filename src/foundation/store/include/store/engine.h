// Engine: the three storage contracts of one placement, together.
#pragma once

#include "store/chunk_store.h"
#include "store/coordinator.h"
#include "store/partition_store.h"

namespace freehold::store {

// Owned by app/ (or a test). The references live as long as the engine; calls on them must have ended before it does.
class Engine {
 public:
  virtual ~Engine() = default;
  [[nodiscard]] virtual PartitionStore& partitions() = 0;
  [[nodiscard]] virtual ChunkStore& chunks() = 0;
  [[nodiscard]] virtual Coordinator& coordinator() = 0;
};

}  // namespace freehold::store
