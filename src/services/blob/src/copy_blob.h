// What the two operations that copy whole blobs share.
#pragma once

#include "src/copy_plan.h"

namespace freehold::blob {

// May the copy of a source of that type stand where `current` stands, at hybrid time `now`? What check_may_create()
// asks, and a destination that is there has to be of the source's type; only block blobs have tiers.
[[nodiscard]] ApiResult<> check_may_copy(const NewBlob& fresh, BlobType type, const std::optional<StoredBlob>& current,
                                         std::uint64_t now);

// Is the copy of that source sealed? Azure keeps the seal of an append blob unless the request says otherwise ("Append
// Blob Seal", remarks).
[[nodiscard]] bool seals(const CopyPlan& plan, const SourceProperties& properties);
// A row with what a copy takes over from its source and what its request says; without content, and of append blobs
// without their count of blocks.
[[nodiscard]] BlobRow copied_row(const CopyPlan& plan, const SourceProperties& properties);

// Reads an opened source to its end and puts the copy in its place, with the source's blocks. Not for page blobs
// (copy_pages.h).
[[nodiscard]] Task<ApiResult<BlobRow>> copy_at_once(BlobParts& parts, BlobTarget target, CopyPlan plan,
                                                    OpenedSource opened, AskDoor door, AuditRow audit);

}  // namespace freehold::blob
