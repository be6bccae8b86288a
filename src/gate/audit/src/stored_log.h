// What stands in a log's partition, read back and held against itself.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "audit/log_layout.h"
#include "audit_format/checkpoint.h"
#include "base/clock.h"
#include "tiles.h"

namespace freehold::gate::audit {

struct StoredLog {
  TileTree tree;
  std::string note;  // the signed checkpoint; empty before the first batch
  std::vector<std::pair<Bytes, std::vector<SettledRow>>> settled;
  WallTime last_time;  // the newest record's
};

// Verifies the checkpoint's signature, the right edge of the tree against its root, the last 256 leaves against the
// tree and the last batch against its leaf. kCorrupt names what doesn't agree. Blocks on the store.
[[nodiscard]] Result<StoredLog> load_stored_log(store::PartitionStore& store, const store::PartitionId& partition,
                                                const VerifierKey& key);

}  // namespace freehold::gate::audit
