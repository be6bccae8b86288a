#include "src/page_map.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

constexpr std::uint32_t kRowsAtOnce = 256;
constexpr std::uint64_t kNewest = std::numeric_limits<std::uint64_t>::max();

std::unexpected<Error> no_page_key() { return fail(ErrorCode::kCorrupt, "a page window's key can't be read"); }

Result<StoredWindow> decode_stored(store::KeyValue row) {
  const auto place = row_keys::page_place(row.key);
  if (!place) return no_page_key();
  FH_TRY(auto pages, decode_page_window(row.value));
  return StoredWindow{place->window, place->version, std::move(pages), std::move(row.value)};
}

// The window as that state has it: its newest row up to the state's version, unless that was cleared since.
Task<Result<PageWindow>> resolve(store::PartitionStore& rows, store::PartitionId partition, PageView view,
                                 std::uint32_t window) {
  const auto& state = view.state;
  FH_CO_TRY(auto page,
            co_await rows.scan(partition, row_keys::page_window(view.name, state.generation, window, state.version),
                               row_keys::after_window(view.name, state.generation, window), 1));
  if (page.rows.empty()) co_return PageWindow();
  FH_CO_TRY(auto stored, decode_stored(std::move(page.rows.front())));
  if (is_void(state, window, stored.pages.stamp)) co_return PageWindow();
  co_return std::move(stored.pages);
}

// Takes the rows of one window, newest first, and picks what each state sees.
class Picker {
 public:
  Picker(const PageView& now, const std::optional<PageView>& before) : now_(now), before_(before) {}

  Result<> take(const store::KeyValue& row, row_keys::PagePlace place) {
    const bool for_now = !has_now_ && place.version <= now_.state.version;
    const bool for_before = before_ && !has_before_ && place.version <= before_->state.version;
    if (!for_now && !for_before) return {};
    FH_TRY(auto pages, decode_page_window(row.value));
    has_now_ |= for_now;
    has_before_ |= for_before;
    if (for_before && !is_void(before_->state, place.window, pages.stamp)) states_.before = pages;
    if (for_now && !is_void(now_.state, place.window, pages.stamp)) states_.now = std::move(pages);
    return {};
  }
  [[nodiscard]] bool complete() const { return has_now_ && (!before_ || has_before_); }
  void finish(std::uint32_t window, std::vector<WindowStates>& out) {
    states_.window = window;
    if (!states_.now.empty() || !states_.before.empty()) out.push_back(std::move(states_));
    states_ = {};
    has_now_ = has_before_ = false;
  }

 private:
  const PageView& now_;
  const std::optional<PageView>& before_;
  WindowStates states_;
  bool has_now_ = false;
  bool has_before_ = false;
};

}  // namespace

PageView view_of(std::string name, const BlobRow& row) {
  return {std::move(name), row.page.value_or(PageState{}), row.length};
}

bool is_void(const PageState& state, std::uint32_t window, std::uint64_t stamp) {
  return std::any_of(state.holes.begin(), state.holes.end(), [&](const PageHole& hole) {
    return window >= hole.from && window < hole.end && stamp < hole.stamp;
  });
}

Task<Result<std::vector<StoredWindow>>> newest_rows(store::PartitionStore& rows, store::PartitionId partition,
                                                    std::string name, std::uint64_t generation, std::uint32_t window,
                                                    std::uint32_t most) {
  FH_CO_TRY(auto page,
            co_await rows.scan(std::move(partition), row_keys::page_window(name, generation, window, kNewest),
                               row_keys::after_window(name, generation, window), most));
  std::vector<StoredWindow> result;
  for (auto& row : page.rows) {
    FH_CO_TRY(auto stored, decode_stored(std::move(row)));
    result.push_back(std::move(stored));
  }
  co_return result;
}

Task<Result<WindowPage>> read_windows(store::PartitionStore& rows, store::PartitionId partition, PageView now,
                                      std::optional<PageView> before, std::uint32_t from, std::uint32_t end) {
  FH_CHECK(!before || before->state.generation == now.state.generation);
  const auto key = [&](std::uint32_t window) {
    return row_keys::page_window(now.name, now.state.generation, window, kNewest);
  };
  FH_CO_TRY(const auto page, co_await rows.scan(partition, key(from), key(end), kRowsAtOnce));
  WindowPage result{{}, end};
  Picker picker(now, before);
  std::optional<std::uint32_t> window;
  for (const auto& row : page.rows) {
    const auto place = row_keys::page_place(row.key);
    if (!place) co_return no_page_key();
    if (window && *window != place->window) picker.finish(*window, result.windows);
    window = place->window;
    FH_CO_CHECK_OK(picker.take(row, *place));
  }
  if (!window) co_return result;
  if (!page.more || picker.complete()) {
    picker.finish(*window, result.windows);
  } else {
    // The page ended amid the rows of a window.
    WindowStates last{*window, {}, {}};
    FH_CO_TRY(last.now, co_await resolve(rows, partition, now, *window));
    if (before) {
      FH_CO_TRY(last.before, co_await resolve(rows, partition, *before, *window));
    }
    if (!last.now.empty() || !last.before.empty()) result.windows.push_back(std::move(last));
  }
  if (page.more) result.next = *window + 1;
  co_return result;
}

PageRuns::PageRuns(store::PartitionStore& rows, store::PartitionId partition, PageView view, ByteRange range)
    : rows_(rows),
      partition_(std::move(partition)),
      view_(std::move(view)),
      at_(range.offset),
      end_(range.end()),
      next_window_(static_cast<std::uint32_t>(range.offset / kWindowBytes)) {}

Task<Result<>> PageRuns::prepare() { return read_on(); }

Task<Result<>> PageRuns::read_on() {
  runs_.clear();
  taken_ = 0;
  FH_CO_TRY(const auto page,
            co_await read_windows(rows_, partition_, view_, std::nullopt, next_window_, windows_of(end_)));
  for (const auto& window : page.windows) take_window(window);
  next_window_ = page.next;
  co_return Result<>();
}

void PageRuns::take_window(const WindowStates& window) {
  const auto begin = window.window * kWindowBytes;
  for (const auto& piece : window.now.pieces) {
    auto first = begin + piece.first * kBlobPageBytes;
    const auto last = std::min(begin + piece.end() * kBlobPageBytes, end_);
    auto offset = piece.from * kBlobPageBytes;
    if (first < at_) {
      offset += at_ - first;
      first = at_;
    }
    if (first >= last) continue;
    runs_.push_back({first, {window.now.segments[piece.segment], static_cast<std::uint32_t>(offset), last - first}});
  }
}

Task<Result<ContentRun>> PageRuns::next() {
  FH_CHECK(at_ < end_);
  while (taken_ == runs_.size() && next_window_ < windows_of(end_)) {
    FH_CO_CHECK_OK(co_await read_on());
  }
  const auto written = taken_ < runs_.size() ? runs_[taken_].first : end_;
  if (written > at_) {
    const ContentRun zeros{std::nullopt, 0, written - at_};
    at_ = written;
    co_return zeros;
  }
  const auto run = runs_[taken_++].second;
  at_ += run.length;
  co_return run;
}

}  // namespace freehold::blob
