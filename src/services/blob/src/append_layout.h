// How an append blob's layout grows: the newest segments stand in the row, older ones in manifests. Each append costs a
// row of bounded size; now and then one pays for folding what has gathered.
#pragma once

#include <vector>

#include "src/content_store.h"

namespace freehold::blob {

struct GrownLayout {
  LayoutRef layout;
  std::vector<store::KeyValue> puts;   // inline content of segments that were joined
  std::vector<Segment> joined;         // segments that nothing in `layout` names any more
  std::vector<store::ChunkId> merged;  // manifests that are part of others now
};

// Which manifests to merge into one: the last of them, if so many are of one size class; 0 if there is nothing to do.
// Pure, for the test of its bounds.
[[nodiscard]] std::size_t mergeable(const std::vector<ManifestRef>& manifests);

// `layout` with `fresh` behind it. When the row's part has grown too long, its inline segments are joined into larger
// ones; what is long still becomes a manifest. Faults as ContentStore's.
[[nodiscard]] Task<Result<GrownLayout>> grow_layout(ContentStore& content, ContentPlace place, LayoutRef layout,
                                                    std::vector<Segment> fresh, PendingChunks& pending);

}  // namespace freehold::blob
