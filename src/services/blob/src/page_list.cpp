#include "src/page_list.h"

#include <algorithm>

#include "src/listing_rules.h"
#include "src/xml_text.h"

namespace freehold::blob {

void PageList::add_range(std::uint32_t window, PageSpan span, bool cleared) {
  const auto begin = window * kWindowBytes;
  const auto first = std::max(begin + span.first * kBlobPageBytes, range_.offset);
  const auto last = std::min(begin + span.end() * kBlobPageBytes, range_.end());
  if (first >= last) return;
  if (!ranges_.empty() && ranges_.back().cleared == cleared && ranges_.back().offset + ranges_.back().length == first) {
    ranges_.back().length += last - first;
  } else {
    ranges_.push_back({first, last - first, cleared});
  }
}

void PageList::add(const WindowStates& window, std::optional<std::uint64_t> since) {
  WindowDiff diff;
  if (since) {
    diff = diff_windows(window.now, window.before, *since);
  } else {
    diff.written = written_spans(window.now);
  }
  auto cleared = diff.cleared.begin();
  for (const auto& span : diff.written) {
    for (; cleared != diff.cleared.end() && cleared->first < span.first; ++cleared) {
      add_range(window.window, *cleared, true);
    }
    add_range(window.window, span, false);
  }
  for (; cleared != diff.cleared.end(); ++cleared) add_range(window.window, *cleared, true);
}

std::string PageList::xml(std::optional<std::uint64_t> next, bool paged) const {
  std::string out(kXmlDeclaration);
  out += "<PageList>";
  const auto count = std::min<std::size_t>(ranges_.size(), most_);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& range = ranges_[i];
    // The next answer begins there, and must not tell of a part of this one again.
    auto end = range.offset + range.length;
    if (next) end = std::min(end, *next);
    if (end <= range.offset) continue;
    const std::string name = range.cleared ? "ClearRange" : "PageRange";
    out += '<' + name + "><Start>" + std::to_string(range.offset) + "</Start><End>" + std::to_string(end - 1) +
           "</End></" + name + '>';
  }
  if (paged) out += next ? "<NextMarker>" + make_page_marker(*next) + "</NextMarker>" : "<NextMarker />";
  out += "</PageList>";
  return out;
}

std::string make_page_marker(std::uint64_t offset) {
  Bytes place;
  append_u64(place, offset);
  return make_marker(place);
}

std::optional<std::uint64_t> open_page_marker(std::string_view marker) {
  const auto place = open_marker(marker);
  if (!place || place->size() != 8) return std::nullopt;
  ByteReader in(*place);
  return in.u64();
}

}  // namespace freehold::blob
