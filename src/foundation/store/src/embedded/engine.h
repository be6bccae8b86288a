// The embedded engine with its parts in reach: for fsck and tests of this module.
#pragma once

#include "src/embedded/chunks.h"

namespace freehold::store::embedded {

class OpenEngine : public EmbeddedEngine {
 public:
  struct Parts {
    Domains& domains;
    Replicator& replicator;
    EmbeddedChunks& chunks;
    ExtentAllocator& allocator;
  };
  [[nodiscard]] virtual Parts parts() = 0;
};

[[nodiscard]] Result<std::unique_ptr<OpenEngine>> open_engine(EmbeddedOptions options, disk::Disk& disk,
                                                              FileKeySource& keys, const Clock& clock, Random& random);

}  // namespace freehold::store::embedded
