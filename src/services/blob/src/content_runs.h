// ContentRuns: the bytes of a range of a blob, as runs of segments in order. What a reader asks where to read next.
#pragma once

#include <memory>
#include <optional>

#include "src/content_store.h"

namespace freehold::blob {

// Bytes [offset, offset + length) of a segment; without one, zeros.
struct ContentRun {
  std::optional<Segment> segment;
  std::uint32_t offset = 0;
  std::uint64_t length = 0;
};

// Used by one coroutine at a time; may move from one loop to another with its owner.
class ContentRuns {
 public:
  virtual ~ContentRuns() = default;
  // Never empty. The caller counts: it doesn't ask past the end of the range. kNotFound, kCorrupt as
  // ContentStore::read_piece.
  [[nodiscard]] virtual Task<Result<ContentRun>> next() = 0;
};

// Of block and append blobs: `range` lies within the layout.
[[nodiscard]] std::unique_ptr<ContentRuns> layout_runs(ContentStore& content, ContentPlace place, LayoutRef layout,
                                                       ByteRange range);

}  // namespace freehold::blob
