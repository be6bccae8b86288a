// PageCollector: filling holes. The rows of a hole's windows are emptied step by step under the blob's lock; then the
// hole leaves the blob's row, and what only the emptied rows covered is trimmed.
#include <boost/asio/post.hpp>

#include "src/page_collector.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {
constexpr int kTries = 16;
constexpr std::uint32_t kWindowsPerStep = 8;  // two rows of 35 KiB each, and what the first names: within a commit
}  // namespace

// Empties rows that the hole voids. An older row of the window must be covered by an empty one of the blob's version;
// where there is none, no row says the same.
Task<Result<PageCollector::Step>> PageCollector::plan_fill(store::PartitionId partition, std::string name,
                                                           PageState page, PageHole hole, std::uint32_t from) {
  Step step;
  step.next = from;
  const auto now = blobs_.hybrid().next();
  for (std::uint32_t done = 0; done < kWindowsPerStep && step.next < hole.end; ++done) {
    FH_CO_TRY(const auto found,
              co_await blobs_.rows().scan(partition, row_keys::page_window(name, page.generation, step.next, ~0ULL),
                                          row_keys::page_window(name, page.generation, hole.end, ~0ULL), 1));
    const auto place = found.rows.empty() ? std::nullopt : row_keys::page_place(found.rows.front().key);
    step.next = place ? place->window + 1 : hole.end;
    if (!place) break;
    FH_CO_TRY(const auto rows, co_await newest_rows(blobs_.rows(), partition, name, page.generation, place->window, 2));
    if (rows.empty() || rows.front().pages.stamp >= hole.stamp || rows.front().pages.empty()) continue;
    const bool in_place = rows.front().version == page.version;
    const auto* older = rows.size() > (in_place ? 1U : 0U) ? &rows[in_place ? 1 : 0] : nullptr;
    const auto key = row_keys::page_window(name, page.generation, place->window, page.version);
    step.expect.push_back(in_place ? store::equals(key, rows.front().raw) : store::absent(key));
    if (older != nullptr) {
      const auto older_key = row_keys::page_window(name, page.generation, place->window, older->version);
      step.expect.push_back(store::equals(older_key, older->raw));
      step.puts.push_back({key, encode_page_window(PageWindow{now, {}, {}})});
    } else {
      step.deletes.push_back(key);
    }
    if (!in_place) continue;
    std::vector<const PageWindow*> named;
    if (older != nullptr) named.push_back(&older->pages);
    auto segments = only_in(rows.front().pages, named);
    std::move(segments.begin(), segments.end(), std::back_inserter(step.dead));
  }
  co_return step;
}

Task<Result<bool>> PageCollector::drop_hole(JobPass pass, store::PartitionId partition, std::string name,
                                            StoredBlob current, PageHole hole) {
  Step step;
  const auto key = row_keys::blob(name);
  step.expect.push_back(store::equals(key, current.raw));
  std::erase(current.row.page->holes, hole);
  FH_CO_TRY(auto value, co_await blobs_.encode(partition, name, current.row));
  step.puts.push_back({key, std::move(value)});
  co_return co_await take_step(pass, std::move(partition), std::move(step));
}

Task<Result<>> PageCollector::fill_holes(JobPass pass, store::PartitionId partition, std::string name,
                                         std::uint64_t generation, Living living) {
  const auto executor = co_await boost::asio::this_coro::executor;
  std::optional<PageHole> under_way;
  std::uint32_t from = 0;
  for (int tries = 0; tries < kTries;) {
    FH_CO_TRY(auto turn, co_await blobs_.lock(partition, name));
    FH_CO_TRY(auto current, co_await blobs_.read(partition, name));
    if (!current || !current->row.page || current->row.page->generation != generation) co_return Result<>();
    const auto page = *current->row.page;
    if (page.holes.empty()) co_return Result<>();
    if (under_way != page.holes.front()) {
      under_way = page.holes.front();
      from = under_way->from;
    }
    FH_CO_TRY(auto step, co_await plan_fill(partition, name, page, *under_way, from));
    const auto next = step.next;
    // A snapshot taken meanwhile would make this step's version the wrong one.
    step.expect.push_back(store::equals(row_keys::blob(name), current->raw));
    FH_CO_TRY(const bool filled, co_await take_step(pass, partition, std::move(step)));
    if (!filled) {
      ++tries;
      continue;
    }
    from = next;
    if (from >= under_way->end) {
      FH_CO_TRY(const bool dropped, co_await drop_hole(pass, partition, name, std::move(*current), *under_way));
      turn = {};
      if (!dropped) {
        ++tries;
        continue;
      }
      FH_CO_CHECK_OK(
          co_await trim(pass, partition, name, {generation, under_way->from, under_way->end, false}, living));
      under_way.reset();
    }
    turn = {};
    co_await boost::asio::post(executor, runtime::use_task);  // requests go first
  }
  co_return fail(ErrorCode::kUnavailable, "holes could not be filled: the blob is being written");
}

}  // namespace freehold::blob
