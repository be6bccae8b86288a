// Copies of page blobs (Copy Blob): only the windows in which the source has pages are read and written.
#pragma once

#include "src/copy_plan.h"
#include "src/page_source.h"
#include "src/pending_copy.h"

namespace freehold::blob {

// 400 for a source whose length no page blob has, or that couldn't be told from another.
[[nodiscard]] ApiResult<> check_page_source(const SourceProperties& properties);

// A copy that is done when it is answered: of a source of this cloud, at most kPagesAtOnce long.
inline constexpr std::uint64_t kPagesAtOnce = 32 * kWindowBytes;
[[nodiscard]] Task<ApiResult<BlobRow>> copy_pages_at_once(BlobParts& parts, BlobTarget target, CopyPlan plan,
                                                          SourceProperties properties, PageQuestion question,
                                                          AuditRow audit);

// Brings the pages that are still to come into the destination of a pending copy, a few windows a commit, each with how
// far it got. False: the copy isn't any more.
[[nodiscard]] Task<ApiResult<bool>> bring_pages(BlobParts& parts, BlobTarget target, BlobRow row,
                                                PageQuestion question);

// One that was begun, from where it is. The destination has its full
// length and fills up as in Azure ("Copy Blob", remarks).
[[nodiscard]] Task<ApiResult<>> copy_pages(BlobParts& parts, BlobTarget target, BlobRow row, PageQuestion question,
                                           AuditRow audit);

}  // namespace freehold::blob
