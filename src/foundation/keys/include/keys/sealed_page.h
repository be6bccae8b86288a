// Tables of sealed rows that are too large to be read whole (SealedRows::load): page by page.
#pragma once

#include <vector>

#include "keys/sealed_rows.h"

namespace freehold::keys {

struct SealedPage {
  std::vector<store::KeyValue> rows;  // opened, in order of their keys
  bool more = false;                  // there are further rows behind the last
};

// Some of the partition's rows with from <= key < end, at most `limit`. kCorrupt if one was altered or moved. What the
// store borrows outlives the task.
[[nodiscard]] runtime::Task<Result<SealedPage>> sealed_page(SealedStore store, store::PartitionId partition, Bytes from,
                                                            Bytes end, std::uint32_t limit);

}  // namespace freehold::keys
