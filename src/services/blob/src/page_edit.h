// Changes to the pages of a page blob, as parts of the one commit that also changes its row.
#pragma once

#include "src/operation.h"
#include "src/page_map.h"

namespace freehold::blob {

// Content for the pages from `offset` on; lies within one window.
struct FreshPages {
  std::uint64_t offset = 0;
  StoredContent content;
};

// Clears [offset, offset + length) and puts `fresh` there. Both aligned to pages.
struct PageEdit {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::vector<FreshPages> fresh;
  std::optional<CustomerKey> customer = {};  // the blob's, if it has one
};

inline constexpr std::uint64_t kMostPagesPut = 4 * 1024 * 1024;  // Put Page, update

// At most this many windows change their rows in one commit; a clear of more leaves a hole, which the collector fills.
inline constexpr std::uint32_t kWindowsPerCommit = kMostPagesPut / kWindowBytes + 1;

// `change` with what the edit takes added: rows of windows, their expectations, garbage, holes in change.row.page.
// Windows that have crumbled are put together again, which is what `pending` is for. 503 while there are too many
// holes. The caller holds the blob's lock, read `current` under it, and commits `change` against it; `now` is the new
// etag.
[[nodiscard]] Task<ApiResult<BlobChange>> edit_pages(BlobParts& parts, BlobTarget target, BlobRow current,
                                                     PageEdit edit, std::uint64_t now, BlobChange change,
                                                     PendingChunks& pending);

// What a copy brings into one window: pages that are written there, one behind the other in `content`, and pages that
// are cleared.
struct CopiedPages {
  std::uint32_t window = 0;
  std::vector<PageSpan> written;
  std::vector<PageSpan> cleared;
  std::optional<StoredContent> content;
};
// The same for pages that a copy brings; at most kWindowsPerCommit windows.
[[nodiscard]] Task<ApiResult<BlobChange>> put_copied_pages(BlobParts& parts, BlobTarget target, BlobRow current,
                                                           std::vector<CopiedPages> copied, std::uint64_t now,
                                                           BlobChange change, PendingChunks& pending);

}  // namespace freehold::blob
