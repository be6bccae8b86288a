// The two rows that a snapshot changes: its own, and that of its blob. Pure.
#pragma once

#include "src/blob_row.h"

namespace freehold::blob {

// The time that names the next snapshot: later than every one before, should the clock stand still.
[[nodiscard]] std::uint64_t snapshot_time(const BlobRow& base, std::uint64_t now);
// Without metadata of its own it is the blob as it is, ETag and Last-Modified included.
// The error of its notes where they are closed.
[[nodiscard]] Result<BlobRow> snapshot_of(const BlobRow& base, const Metadata& metadata, std::uint64_t time,
                                          std::uint64_t now);
// What the blob itself remembers. A page blob goes on with a new version of its pages; the snapshot has the old one.
[[nodiscard]] BlobRow with_snapshot(const BlobRow& base, std::uint64_t time);

}  // namespace freehold::blob
