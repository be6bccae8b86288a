#include "src/page_edit.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

constexpr auto kWindow = kWindowBytes;

// The part of an edit that falls into one window.
struct WindowEdit {
  std::uint32_t window = 0;
  std::vector<PageSpan> clear;
  std::vector<std::pair<std::vector<PageSpan>, Segment>> put;
};

WindowEdit part_of(const PageEdit& edit, std::uint32_t window) {
  const auto begin = window * kWindow;
  const auto first = std::max(edit.offset, begin);
  const auto last = std::min(edit.offset + edit.length, begin + kWindow);
  const auto span_of = [begin](std::uint64_t offset, std::uint64_t length) {
    return PageSpan{static_cast<std::uint32_t>((offset - begin) / kBlobPageBytes),
                    static_cast<std::uint32_t>(length / kBlobPageBytes)};
  };
  WindowEdit part{window, {span_of(first, last - first)}, {}};
  for (const auto& fresh : edit.fresh) {
    if (fresh.offset / kWindow != window) continue;
    const auto& segment = fresh.content.segment;
    part.put.emplace_back(std::vector<PageSpan>{span_of(fresh.offset, segment.length)}, segment);
  }
  return part;
}

// Windows that are edited row by row; those between them become a hole.
struct Split {
  std::vector<std::uint32_t> windows;
  std::uint32_t hole_from = 0;
  std::uint32_t hole_end = 0;
};

Split split(const PageEdit& edit) {
  const auto from = static_cast<std::uint32_t>(edit.offset / kWindow);
  const auto end = windows_of(edit.offset + edit.length);
  Split result;
  if (end - from > kWindowsPerCommit) {
    result.hole_from = windows_of(edit.offset);
    result.hole_end = static_cast<std::uint32_t>((edit.offset + edit.length) / kWindow);
  }
  for (auto window = from; window < end; ++window) {
    if (window == result.hole_from && result.hole_end > window) window = result.hole_end;
    if (window < end) result.windows.push_back(window);
  }
  return result;
}

ApiResult<> add_hole(PageState& page, const Split& split, std::uint64_t now) {
  if (split.hole_end == split.hole_from) return {};
  std::erase_if(page.holes,
                [&](const PageHole& hole) { return hole.from >= split.hole_from && hole.end <= split.hole_end; });
  if (page.holes.size() >= kHolesPerBlob) return refuse(errors::busy("too many ranges still to be cleared"));
  page.holes.push_back({split.hole_from, split.hole_end, now});
  return {};
}

// One segment with all pages of the window in place of many.
Task<Result<StoredContent>> join_pages(ContentStore& content, ContentPlace place, PageWindow window,
                                       PendingChunks& pending) {
  std::size_t size = 0;
  for (const auto& piece : window.pieces) size += piece.count * kBlobPageBytes;
  AlignedBuffer joined(size);
  std::size_t at = 0;
  for (const auto& piece : window.pieces) {
    const auto& segment = window.segments[piece.segment];
    auto offset = static_cast<std::uint32_t>(piece.from * kBlobPageBytes);
    const auto end = static_cast<std::uint32_t>(offset + piece.count * kBlobPageBytes);
    while (offset < end) {
      const auto length = std::min(end - offset, ContentStore::kPieceBytes);
      FH_CO_TRY(const auto plain, co_await content.read_piece(place, segment, offset, length));
      std::memcpy(joined.data() + at, plain.view().data(), length);
      at += length;
      offset += length;
    }
  }
  co_return co_await content.put_content(std::move(place), std::move(joined), pending);
}

// The same pages in that one segment. They keep the versions at which they were written: content hasn't changed.
PageWindow joined_window(const PageWindow& window, const Segment& segment) {
  PageWindow result{window.stamp, {segment}, {}};
  std::uint32_t from = 0;
  for (const auto& piece : window.pieces) {
    auto* last = result.pieces.empty() ? nullptr : &result.pieces.back();
    if (last != nullptr && last->end() == piece.first && last->version == piece.version) {
      last->count = static_cast<std::uint16_t>(last->count + piece.count);
    } else {
      result.pieces.push_back({piece.first, piece.count, 0, static_cast<std::uint16_t>(from), piece.version});
    }
    from += piece.count;
  }
  return result;
}

void add_garbage(BlobChange& change, std::vector<Segment> segments) {
  if (segments.empty()) return;
  auto& direct = change.garbage.expand.direct;
  if (direct.empty()) direct.emplace_back();
  for (const auto& segment : segments) direct.front().segments.push_back(segment);
}

// Writes the window's row at the blob's page version.
class RowWriter {
 public:
  RowWriter(const BlobTarget& target, const PageState& page, std::uint32_t window)
      : name_(target.name), page_(page), window_(window) {}

  // `rows`: the newest two as they were read. `edited`: what the window holds from now on.
  void write(const std::vector<StoredWindow>& rows, const PageWindow& edited, BlobChange& change) const {
    const bool in_place = !rows.empty() && rows.front().version == page_.version;
    const auto* older = rows.size() > (in_place ? 1 : 0) ? &rows[in_place ? 1 : 0] : nullptr;
    const auto key = key_of(page_.version);
    change.expect.push_back(in_place ? store::equals(key, rows.front().raw) : store::absent(key));
    // The older row's segments stay while it stands: should the collector take it away meanwhile, this one is tried
    // again.
    if (older != nullptr) change.expect.push_back(store::equals(key_of(older->version), older->raw));
    if (in_place) {
      std::vector<const PageWindow*> living{&edited};
      if (older != nullptr) living.push_back(&older->pages);
      add_garbage(change, only_in(rows.front().pages, living));
    } else if (older != nullptr) {
      change.garbage.add_pages(name_, {page_.generation, window_, window_ + 1, false});
    }
    if (!edited.empty() || older != nullptr) {
      change.puts.push_back({key, encode_page_window(edited)});
    } else if (in_place) {
      change.deletes.push_back(key);
    }
  }

 private:
  [[nodiscard]] Bytes key_of(std::uint64_t version) const {
    return row_keys::page_window(name_, page_.generation, window_, version);
  }
  const std::string& name_;
  const PageState& page_;
  std::uint32_t window_;
};

// `change` with the window's new row.
Task<ApiResult<BlobChange>> edit_window(BlobParts& parts, BlobTarget target, PageState page, ContentPlace place,
                                        WindowEdit part, std::uint64_t now, BlobChange change, PendingChunks& pending) {
  FH_CO_TRY(const auto rows, api(co_await newest_rows(parts.blobs.rows(), target.partition(), target.name,
                                                      page.generation, part.window, 2)));
  PageWindow edited;
  if (!rows.empty() && !is_void(page, part.window, rows.front().pages.stamp)) edited = rows.front().pages;
  const auto before = edited;
  for (const auto& span : part.clear) clear_pages(edited, span);
  if (part.put.empty() && edited == before) co_return change;  // there was nothing to clear
  if (is_crumbled(edited)) {
    FH_CO_TRY(auto joined, api(co_await join_pages(parts.content, place, edited, pending)));
    edited = joined_window(edited, joined.segment);
    if (joined.inline_row) change.puts.push_back(std::move(*joined.inline_row));
  }
  for (const auto& [spans, segment] : part.put) put_spans(edited, spans, segment, page.version);
  edited.stamp = now;
  RowWriter(target, page, part.window).write(rows, edited, change);
  co_return change;
}

}  // namespace

Task<ApiResult<BlobChange>> edit_pages(BlobParts& parts, BlobTarget target, BlobRow current, PageEdit edit,
                                       std::uint64_t now, BlobChange change, PendingChunks& pending) {
  FH_CHECK(current.page && change.row.page && edit.offset % kBlobPageBytes == 0 && edit.length % kBlobPageBytes == 0);
  if (edit.length == 0) co_return change;
  const auto& page = *current.page;
  FH_CO_TRY(const auto place, co_await place_of(parts, target, current.wrapped_key, edit.customer));
  const auto parted = split(edit);
  FH_CO_CHECK_OK(add_hole(*change.row.page, parted, now));
  if (parted.hole_end > parted.hole_from) change.garbage.add_pages(target.name, {page.generation, 0, 0, true});
  for (const auto window : parted.windows) {
    FH_CO_TRY(change,
              co_await edit_window(parts, target, page, place, part_of(edit, window), now, std::move(change), pending));
  }
  for (auto& fresh : edit.fresh) {
    if (fresh.content.inline_row) change.puts.push_back(std::move(*fresh.content.inline_row));
  }
  co_return change;
}

Task<ApiResult<BlobChange>> put_copied_pages(BlobParts& parts, BlobTarget target, BlobRow current,
                                             std::vector<CopiedPages> copied, std::uint64_t now, BlobChange change,
                                             PendingChunks& pending) {
  FH_CHECK(current.page && copied.size() <= kWindowsPerCommit);
  FH_CO_TRY(const auto place, co_await place_of(parts, target, current.wrapped_key));
  for (auto& pages : copied) {
    WindowEdit part{pages.window, std::move(pages.cleared), {}};
    part.clear.insert(part.clear.end(), pages.written.begin(), pages.written.end());
    if (pages.content) {
      part.put.emplace_back(std::move(pages.written), pages.content->segment);
      if (pages.content->inline_row) change.puts.push_back(std::move(*pages.content->inline_row));
    }
    FH_CO_TRY(change, co_await edit_window(parts, target, *current.page, place, std::move(part), now, std::move(change),
                                           pending));
  }
  co_return change;
}

}  // namespace freehold::blob
