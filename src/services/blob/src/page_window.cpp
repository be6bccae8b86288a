#include "src/page_window.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "src/fields.h"

namespace freehold::blob {
namespace {

// Numbered together with the fields of a blob's row (docs/formats/blob-rows.md).
enum : std::uint8_t { kSegments = 132, kPieces = 151, kStamp = 153 };

constexpr std::size_t kPieceBytes = 4 * 2 + 8;
// Reading a window of small pieces costs a look-up each; twice that many are read when it is put together again.
constexpr std::size_t kMostSegments = 128;
// A segment stays whole as long as one page of it lives.
constexpr std::uint64_t kMostHeld = 4 * kWindowBytes;

std::uint32_t pages_of(const Segment& segment) { return static_cast<std::uint32_t>(segment.length / kBlobPageBytes); }

bool read_pieces(BytesView value, PageWindow& window) {
  if (value.size() % kPieceBytes != 0) return false;
  ByteReader in(value);
  while (!in.rest().empty()) {
    PagePiece piece;
    piece.first = in.u16();
    piece.count = in.u16();
    piece.segment = in.u16();
    piece.from = in.u16();
    piece.version = in.u64();
    window.pieces.push_back(piece);
  }
  return in.ok();
}

// As the functions below leave a window.
bool is_sound(const PageWindow& window) {
  std::vector<bool> named(window.segments.size());
  std::uint32_t end = 0;
  for (const auto& piece : window.pieces) {
    if (piece.count == 0 || piece.first < end || piece.segment >= named.size()) return false;
    end = piece.end();
    if (end > kPagesPerWindow || piece.from + piece.count > pages_of(window.segments[piece.segment])) return false;
    named[piece.segment] = true;
  }
  const auto fits = [](const Segment& segment) {
    return segment.length % kBlobPageBytes == 0 && segment.length <= kWindowBytes;
  };
  return std::all_of(named.begin(), named.end(), [](bool is) { return is; }) &&
         std::all_of(window.segments.begin(), window.segments.end(), fits);
}

void forget_unnamed_segments(PageWindow& window) {
  constexpr std::uint16_t kNone = 0xFFFF;
  std::vector<std::uint16_t> place(window.segments.size(), kNone);
  std::vector<Segment> kept;
  for (auto& piece : window.pieces) {
    auto& to = place[piece.segment];
    if (to == kNone) {
      to = static_cast<std::uint16_t>(kept.size());
      kept.push_back(window.segments[piece.segment]);
    }
    piece.segment = to;
  }
  window.segments = std::move(kept);
}

// What is left of a piece outside the span: nothing, one end or both.
void keep_outside(const PagePiece& piece, PageSpan span, std::vector<PagePiece>& out) {
  if (piece.end() <= span.first || piece.first >= span.end()) {
    out.push_back(piece);
    return;
  }
  if (piece.first < span.first) {
    auto head = piece;
    head.count = static_cast<std::uint16_t>(span.first - piece.first);
    out.push_back(head);
  }
  if (piece.end() > span.end()) {
    auto tail = piece;
    const auto cut = span.end() - piece.first;
    tail.first = static_cast<std::uint16_t>(span.end());
    tail.from = static_cast<std::uint16_t>(piece.from + cut);
    tail.count = static_cast<std::uint16_t>(piece.count - cut);
    out.push_back(tail);
  }
}

void add_span(std::vector<PageSpan>& spans, std::uint32_t first, std::uint32_t count) {
  if (!spans.empty() && spans.back().end() == first) {
    spans.back().count += count;
  } else {
    spans.push_back({first, count});
  }
}

}  // namespace

Bytes encode_page_window(const PageWindow& window) {
  FieldWriter out;
  out.u64(kStamp, window.stamp);
  if (!window.segments.empty()) out.bytes(kSegments, encode_layout({{{}, window.segments}}));
  Bytes pieces;
  pieces.reserve(window.pieces.size() * kPieceBytes);
  for (const auto& piece : window.pieces) {
    append_u16(pieces, piece.first);
    append_u16(pieces, piece.count);
    append_u16(pieces, piece.segment);
    append_u16(pieces, piece.from);
    append_u64(pieces, piece.version);
  }
  out.text(kPieces, pieces);
  return out.finish();
}

Result<PageWindow> decode_page_window(BytesView bytes) {
  const auto broken = [] { return fail(ErrorCode::kCorrupt, "a page window's row is not as it was written"); };
  FH_TRY(const auto fields, split_fields(bytes));
  PageWindow window;
  for (const auto& field : fields) {
    if (field.id == kStamp) {
      const auto stamp = field_u64(field.value);
      if (!stamp) return broken();
      window.stamp = *stamp;
    } else if (field.id == kSegments) {
      FH_TRY(auto layout, decode_layout(field.value));
      if (layout.size() != 1 || !layout[0].id.empty()) return broken();
      window.segments.assign(layout[0].segments.begin(), layout[0].segments.end());
    } else if (field.id == kPieces) {
      if (!read_pieces(field.value, window)) return broken();
    } else {
      return fail(ErrorCode::kUnsupported, "a page window's row needs a newer program");
    }
  }
  if (!is_sound(window)) return broken();
  return window;
}

void clear_pages(PageWindow& window, PageSpan span) {
  std::vector<PagePiece> kept;
  kept.reserve(window.pieces.size() + 1);
  for (const auto& piece : window.pieces) keep_outside(piece, span, kept);
  window.pieces = std::move(kept);
  forget_unnamed_segments(window);
}

void put_pages(PageWindow& window, std::uint32_t first, const Segment& segment, std::uint64_t version) {
  put_spans(window, {{first, pages_of(segment)}}, segment, version);
}

void put_spans(PageWindow& window, const std::vector<PageSpan>& spans, const Segment& segment, std::uint64_t version) {
  FH_CHECK(segment.length % kBlobPageBytes == 0);
  for (const auto& span : spans) clear_pages(window, span);
  const auto index = static_cast<std::uint16_t>(window.segments.size());
  window.segments.push_back(segment);
  std::uint32_t from = 0;
  for (const auto& span : spans) {
    FH_CHECK(span.count > 0 && span.end() <= kPagesPerWindow);
    const PagePiece piece{static_cast<std::uint16_t>(span.first), static_cast<std::uint16_t>(span.count), index,
                          static_cast<std::uint16_t>(from), version};
    const auto after = std::find_if(window.pieces.begin(), window.pieces.end(),
                                    [&span](const PagePiece& other) { return other.first > span.first; });
    window.pieces.insert(after, piece);
    from += span.count;
  }
  FH_CHECK(from > 0 && from == pages_of(segment));
}

bool is_crumbled(const PageWindow& window) {
  const auto held = std::accumulate(window.segments.begin(), window.segments.end(), std::uint64_t{0},
                                    [](std::uint64_t sum, const Segment& segment) { return sum + segment.length; });
  return window.segments.size() > kMostSegments || held > kMostHeld;
}

std::vector<Segment> only_in(const PageWindow& window, const std::vector<const PageWindow*>& others) {
  std::vector<Segment> result;
  for (const auto& segment : window.segments) {
    const auto names_it = [&segment](const PageWindow* other) {
      return std::any_of(other->segments.begin(), other->segments.end(),
                         [&segment](const Segment& its) { return its.id == segment.id; });
    };
    if (std::none_of(others.begin(), others.end(), names_it)) result.push_back(segment);
  }
  return result;
}

std::vector<PageSpan> written_spans(const PageWindow& window) {
  std::vector<PageSpan> spans;
  for (const auto& piece : window.pieces) add_span(spans, piece.first, piece.count);
  return spans;
}

WindowDiff diff_windows(const PageWindow& now, const PageWindow& before, std::uint64_t since) {
  WindowDiff diff;
  for (const auto& piece : now.pieces) {
    if (piece.version > since) add_span(diff.written, piece.first, piece.count);
  }
  // What was written then and isn't now.
  auto gone = before;
  for (const auto& span : written_spans(now)) clear_pages(gone, span);
  diff.cleared = written_spans(gone);
  return diff;
}

}  // namespace freehold::blob
