// PageMap: which pages of a page blob are written and where they lie, as one state of it (the blob itself or a
// snapshot) has them. Reading only; page_edit.h writes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/blob_row.h"
#include "src/content_runs.h"
#include "src/page_window.h"
#include "store/partition_store.h"

namespace freehold::blob {

// A state of a page blob's pages. Value.
struct PageView {
  std::string name;
  PageState state;
  std::uint64_t length = 0;
};
[[nodiscard]] PageView view_of(std::string name, const BlobRow& row);
// Rows of that window and time hold nothing in this state: they were cleared later.
[[nodiscard]] bool is_void(const PageState& state, std::uint32_t window, std::uint64_t stamp);
// The windows that a blob of that length has.
[[nodiscard]] constexpr std::uint32_t windows_of(std::uint64_t length) {
  return static_cast<std::uint32_t>((length + kWindowBytes - 1) / kWindowBytes);
}

struct StoredWindow {
  std::uint32_t window = 0;
  std::uint64_t version = 0;
  PageWindow pages;
  Bytes raw;
};
// The newest rows of one window, newest first, at most `most`.
[[nodiscard]] Task<Result<std::vector<StoredWindow>>> newest_rows(store::PartitionStore& rows,
                                                                  store::PartitionId partition, std::string name,
                                                                  std::uint64_t generation, std::uint32_t window,
                                                                  std::uint32_t most);

// A window as one or two states have it.
struct WindowStates {
  std::uint32_t window = 0;
  PageWindow now;
  PageWindow before;
};
struct WindowPage {
  std::vector<WindowStates> windows;  // ascending; those that hold pages in one of the states
  std::uint32_t next = 0;             // all windows below were looked at
};
// Windows from `from` on, by one scan: a page of them is as they stood at one moment, or nearly so (two states of a
// window of very many snapshots may take more). `before` (nullopt: empty) is of the same generation.
[[nodiscard]] Task<Result<WindowPage>> read_windows(store::PartitionStore& rows, store::PartitionId partition,
                                                    PageView now, std::optional<PageView> before, std::uint32_t from,
                                                    std::uint32_t end);

// The bytes of a range, zeros where nothing is written. prepare() reads the first windows: 250 or so, and all of them
// as they stood at one moment; long ranges read on as they go.
class PageRuns final : public ContentRuns {
 public:
  PageRuns(store::PartitionStore& rows, store::PartitionId partition, PageView view, ByteRange range);
  [[nodiscard]] Task<Result<>> prepare();
  [[nodiscard]] Task<Result<ContentRun>> next() override;

 private:
  [[nodiscard]] Task<Result<>> read_on();
  void take_window(const WindowStates& window);

  store::PartitionStore& rows_;
  store::PartitionId partition_;
  PageView view_;
  std::uint64_t at_;   // where the next run begins
  std::uint64_t end_;  // of the range
  std::uint32_t next_window_;
  std::vector<std::pair<std::uint64_t, ContentRun>> runs_;  // written ones, with where they begin
  std::size_t taken_ = 0;
};

}  // namespace freehold::blob
