// GarbageRow: what the collector has to remove, written in the commit that made it garbage.
#pragma once

#include <vector>

#include "src/layout.h"

namespace freehold::blob {

struct GarbageRow {
  Bytes wrapped_key;                   // opens the manifests of `expand`
  LayoutRef expand;                    // all its segments, and its manifests themselves
  std::vector<store::ChunkId> chunks;  // these as they are (manifests whose content lives on)
  // Staged rows of this blob and generation: with `staged_content`, what they name goes too.
  Bytes staged_name;
  std::uint64_t staged_generation = 0;
  bool staged_content = false;
  // Snapshots of this name, or the blob itself, may name some of it too: what they name stays.
  Bytes shared_name;
  [[nodiscard]] bool empty() const { return expand.empty() && chunks.empty() && staged_generation == 0; }
};
[[nodiscard]] Bytes encode_garbage_row(const GarbageRow& row);
[[nodiscard]] Result<GarbageRow> decode_garbage_row(BytesView bytes);

}  // namespace freehold::blob
