// Incremental Copy Blob: what its destination is, what may be copied into it next, and the copying itself.
//
// The destination is a page blob that only incremental copies write. Pages of a copy under way stand in the version
// that the last snapshot left it (blob-rows.md, "Windows of page blobs"), where nobody reads them; the commit that ends
// the copy makes them a snapshot. A copy that ended otherwise leaves them there, and the next one first takes them
// back.
#pragma once

#include <optional>
#include <string>

#include "src/page_source.h"
#include "src/pending_copy.h"
#include "src/source_plan.h"

namespace freehold::blob {

// ?snapshot= of a source's URL, as it is written there; empty: it is no snapshot's.
[[nodiscard]] std::string snapshot_named(const CopySource& source);

// What the last copy into the destination left: the snapshot that is copied since, and (dirty) pages that aren't.
struct IncrementalState {
  std::string previous;
  bool dirty = false;
};
// May this snapshot be copied into what is there (nullopt: nothing, which is good)? 409 IncrementalCopyBlobMismatch for
// another source or a blob that wasn't made so, PendingCopyOperation,
// IncrementalCopyOfEarlierVersionSnapshotNotAllowed.
[[nodiscard]] ApiResult<IncrementalState> check_may_copy_into(const BlobParts& parts,
                                                              const std::optional<StoredBlob>& current,
                                                              const CopySource& source);

// Goes on with one that was begun. The source's properties are what its snapshot has when the copy ends.
[[nodiscard]] Task<ApiResult<>> copy_difference(BlobParts& parts, BlobTarget target, BlobRow row, CopyWork work,
                                                PageQuestion question, AuditRow audit);

}  // namespace freehold::blob
