// PageSource: the written pages of a copy's source, window by window. What isn't written isn't read: a sparse blob of
// terabytes is copied as one.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "src/copy_sources.h"
#include "src/operation.h"
#include "src/page_list.h"

namespace freehold::blob {

// What a source answers to Get Page Ranges.
struct SourcePageList {
  std::vector<ListedRange> ranges;  // ascending, whole pages, none overlapping
  std::string marker;               // where the next answer goes on; empty: this is all
};
// nullopt for anything else, and for more ranges than one answer has.
[[nodiscard]] std::optional<SourcePageList> parse_source_pages(std::string_view xml);

// A window in which the source has (or, since an earlier snapshot, has lost) pages.
struct SourceWindow {
  std::uint32_t window = 0;
  std::vector<PageSpan> written;
  std::vector<PageSpan> cleared;
  AlignedBuffer content;  // of the written pages, one behind the other
};

// How the pages are asked for.
struct PageQuestion {
  CopySource source;
  http::Headers headers;  // what a read brings along; its conditions are set here
  std::string etag;       // of the content that is copied, with quotes; empty if the source has none
  std::uint64_t length = 0;
  std::string previous = {};  // only what changed since this snapshot of the source
  AskDoor door;
  gate::AskedBy asked_by = gate::AskedBy::kItself;
};

// Belongs to one copy under way, which also holds the memory for two windows. Each list and each slice is a read of its
// own through the door. Refuses with SourceConditionNotMet once the source isn't the same any more.
//
// A server outside that calls its blob a page blob and has no page ranges is read whole, and its pages of zeros are
// passed over.
class PageSource {
 public:
  // From byte `from` on, which is the beginning of a window.
  PageSource(BlobParts& parts, PageQuestion question, std::uint64_t from);
  // Asks for the first list, so that what can't be told is known before anything is read.
  [[nodiscard]] Task<ApiResult<>> look();
  // nullopt: there are no more.
  [[nodiscard]] Task<ApiResult<std::optional<SourceWindow>>> next();

 private:
  [[nodiscard]] Task<ApiResult<>> list_on();
  [[nodiscard]] Task<ApiResult<OpenedSource>> ask_list();
  [[nodiscard]] ApiResult<> take_list(SourcePageList list);
  [[nodiscard]] bool knows_next_window() const;
  void take_window(SourceWindow& out);
  [[nodiscard]] std::uint64_t slice_end() const;
  [[nodiscard]] Task<ApiResult<>> read_pages(SourceWindow& out, std::uint64_t slice_end);
  [[nodiscard]] Task<ApiResult<>> open_slice(std::uint64_t first, std::uint64_t end);
  [[nodiscard]] Task<ApiResult<>> fill(std::span<char> out);

  BlobParts& parts_;
  PageQuestion question_;
  std::uint64_t from_;
  std::deque<ListedRange> ranges_;  // known and not yet taken
  std::uint64_t listed_ = 0;        // the end of the last range that was told
  std::string marker_;
  bool more_ = true;
  bool unlisted_ = false;  // the source has no page ranges
  int lists_ = 0;          // in a row that told nothing
  std::optional<OpenedSource> slice_;
  std::uint64_t slice_at_ = 0;
  std::uint64_t slice_end_ = 0;
};

}  // namespace freehold::blob
