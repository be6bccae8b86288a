// PageWindow: which pages of one mebibyte of a page blob are written, and where they lie. Pure values; their row is
// written and read here only (docs/formats/blob-rows.md).
//
// A new row of a window takes over only what the newest one named, and adds segments of its own. So a segment that a
// newer row doesn't name any more is never named by a still newer one: what is garbage follows from a window's rows.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "src/layout.h"

namespace freehold::blob {

// A page of a page blob (Azure's), not to be mixed up with the sealed pages of limits::kPageBytes.
inline constexpr std::uint64_t kBlobPageBytes = 512;
inline constexpr std::uint64_t kWindowBytes = 1024 * 1024;
inline constexpr std::uint32_t kPagesPerWindow = kWindowBytes / kBlobPageBytes;

// Pages [first, first + count) of the window lie in the segment from its page `from` on.
struct PagePiece {
  std::uint16_t first = 0;
  std::uint16_t count = 0;
  std::uint16_t segment = 0;  // index
  std::uint16_t from = 0;
  std::uint64_t version = 0;  // the blob's page version when they were written: what a diff asks for
  [[nodiscard]] std::uint32_t end() const { return std::uint32_t{first} + count; }
  friend bool operator==(const PagePiece&, const PagePiece&) = default;
};

struct PageWindow {
  std::uint64_t stamp = 0;        // hybrid time of the last write: a hole (row_parts.h) voids what is older
  std::vector<Segment> segments;  // each at most a window long and named by some piece
  std::vector<PagePiece> pieces;  // ascending, never overlapping
  [[nodiscard]] bool empty() const { return pieces.empty(); }
  friend bool operator==(const PageWindow&, const PageWindow&) = default;
};

// A run of pages within a window.
struct PageSpan {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  [[nodiscard]] std::uint32_t end() const { return first + count; }
  friend bool operator==(const PageSpan&, const PageSpan&) = default;
};

[[nodiscard]] Bytes encode_page_window(const PageWindow& window);
// kCorrupt for anything that encode_page_window() doesn't write.
[[nodiscard]] Result<PageWindow> decode_page_window(BytesView bytes);

void clear_pages(PageWindow& window, PageSpan span);
// The whole of `segment` becomes the pages from `first` on.
void put_pages(PageWindow& window, std::uint32_t first, const Segment& segment, std::uint64_t version);

// The segment's pages, one span after the other.
void put_spans(PageWindow& window, const std::vector<PageSpan>& spans, const Segment& segment, std::uint64_t version);

// Has it crumbled so much, or does it hold on to so much that is overwritten, that it should be one segment again?
[[nodiscard]] bool is_crumbled(const PageWindow& window);

// Segments that `window` names and none of `others` does.
[[nodiscard]] std::vector<Segment> only_in(const PageWindow& window, const std::vector<const PageWindow*>& others);

// Pages that are written, as few spans as can be.
[[nodiscard]] std::vector<PageSpan> written_spans(const PageWindow& window);
// What has changed since version `since`, when the window was `before`: pages written, pages cleared.
struct WindowDiff {
  std::vector<PageSpan> written;
  std::vector<PageSpan> cleared;
};
[[nodiscard]] WindowDiff diff_windows(const PageWindow& now, const PageWindow& before, std::uint64_t since);

}  // namespace freehold::blob
