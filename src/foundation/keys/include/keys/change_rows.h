// change_rows(): a change of sealed rows that says whether it may be written on a disk that is nearly full.
#pragma once

#include "keys/sealed_rows.h"

namespace freehold::keys {

// As SealedRows::change(), which keeps the reserve but for changes that only delete.
[[nodiscard]] runtime::Task<Result<>> change_rows(SealedStore store, store::PartitionId partition, RowChange change,
                                                  store::DiskReserve reserve);

}  // namespace freehold::keys
