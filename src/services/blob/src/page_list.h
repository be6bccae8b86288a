// PageList: what Get Page Ranges answers. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/page_map.h"

namespace freehold::blob {

inline constexpr std::uint32_t kMostPageRanges = 10'000;  // of one answer (2020-10-02 and later)

struct ListedRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool cleared = false;  // of a diff: pages that were written then and aren't now
  friend bool operator==(const ListedRange&, const ListedRange&) = default;
};

// Ranges within `range`, in order of offset; what touches is one.
class PageList {
 public:
  PageList(ByteRange range, std::uint32_t most) : range_(range), most_(most) {}
  // Windows in ascending order. `since`: of a diff, the page version of the state before.
  void add(const WindowStates& window, std::optional<std::uint64_t> since);
  // More ranges than asked for have been seen: those that are left begin at next().
  [[nodiscard]] bool full() const { return ranges_.size() > most_; }
  [[nodiscard]] std::uint64_t next() const { return ranges_[most_].offset; }
  [[nodiscard]] std::size_t size() const { return ranges_.size(); }
  // `next`: where the following answer begins; nullopt: this is all. `paged`: does the version know markers?
  [[nodiscard]] std::string xml(std::optional<std::uint64_t> next, bool paged) const;

 private:
  void add_range(std::uint32_t window, PageSpan span, bool cleared);
  ByteRange range_;
  std::uint32_t most_;
  std::vector<ListedRange> ranges_;
};

// Markers are opaque to clients: the offset to go on from.
[[nodiscard]] std::string make_page_marker(std::uint64_t offset);
[[nodiscard]] std::optional<std::uint64_t> open_page_marker(std::string_view marker);

}  // namespace freehold::blob
