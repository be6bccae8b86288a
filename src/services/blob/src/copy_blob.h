// What the two operations that copy whole blobs share.
#pragma once

#include "src/copy_plan.h"

namespace freehold::blob {

// A row with what a copy takes over from its source and what its request says; without content.
[[nodiscard]] BlobRow copied_row(const CopyPlan& plan, const SourceProperties& properties);

// Reads an opened source to its end and puts the copy in its place, with the source's blocks. 409 InvalidBlobType for a
// source that is no block blob.
[[nodiscard]] Task<ApiResult<BlobRow>> copy_at_once(BlobParts& parts, BlobTarget target, CopyPlan plan,
                                                    OpenedSource opened, AskDoor door, AuditRow audit);

}  // namespace freehold::blob
