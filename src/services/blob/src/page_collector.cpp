#include "src/page_collector.h"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "src/row_keys.h"

namespace freehold::blob {
namespace {

constexpr int kTries = 16;
// Well within a commit: a row is 35 KiB at most, and a segment takes 37 bytes of one and perhaps a deletion.
constexpr std::size_t kRowsPerStep = 200;
constexpr std::size_t kBytesPerStep = 120 * 1024;

std::unexpected<Error> again_later() {
  return fail(ErrorCode::kUnavailable, "pages could not be collected: the blob is being written");
}

// Template, because the steps of the collector are its own.
template <class Step>
bool is_full(const Step& step) {
  std::size_t bytes = 0;
  for (const auto& row : step.expect) bytes += row.key.size() + (row.value ? row.value->size() : 0);
  return step.deletes.size() >= kRowsPerStep || bytes >= kBytesPerStep;
}

}  // namespace

Task<Result<>> PageCollector::collect(JobPass pass, store::PartitionId partition, std::string name, PageGarbage garbage,
                                      Living living) {
  if (garbage.holes) {
    co_return co_await fill_holes(pass, std::move(partition), std::move(name), garbage.generation, std::move(living));
  }
  co_return co_await trim(pass, std::move(partition), std::move(name), garbage, std::move(living));
}

Task<Result<>> PageCollector::remove_content(JobPass, BytesView row) {
  FH_CO_TRY(const auto window, decode_page_window(row));
  for (const auto& segment : window.segments) {
    if (segment.place != Segment::Place::kChunk) continue;
    FH_CO_CHECK_OK(co_await content_.chunks().remove(segment.id));
  }
  co_return Result<>();
}

Task<Result<bool>> PageCollector::take_step(JobPass, store::PartitionId partition, Step step) {
  auto commit = blobs_.begin_collecting(std::move(partition));
  commit.expect = std::move(step.expect);
  commit.puts = std::move(step.puts);
  commit.deletes = std::move(step.deletes);
  for (const auto& segment : step.dead) {
    if (segment.place == Segment::Place::kInline) {
      commit.deletes.push_back(row_keys::content(segment.id));
    } else {
      // Whatever becomes of the commit: nothing that is read names it, and nothing ever will again.
      FH_CO_CHECK_OK(co_await content_.chunks().remove(segment.id));
    }
  }
  std::sort(commit.deletes.begin(), commit.deletes.end());
  commit.deletes.erase(std::unique(commit.deletes.begin(), commit.deletes.end()), commit.deletes.end());
  if (commit.puts.empty() && commit.deletes.empty()) co_return true;
  FH_CO_TRY(const auto done, co_await blobs_.commit(std::move(commit)));
  co_return done.applied;
}

bool PageCollector::Living::sees(std::uint64_t row, std::optional<std::uint64_t> newer) const {
  if (base && (!newer || *newer > *base)) return true;
  const auto first = snapshots.lower_bound(row);
  return first != snapshots.end() && (!newer || *first < *newer);
}

// The blob itself first: a snapshot taken after that is of its version or a later one.
Task<Result<PageCollector::Living>> PageCollector::living(store::PartitionId partition, std::string name,
                                                          std::uint64_t generation) {
  Living result;
  FH_CO_TRY(const auto base, co_await blobs_.read(partition, name));
  if (base && base->row.page && base->row.page->generation == generation) result.base = base->row.page->version;
  const auto end = row_keys::snapshots_after(name);
  auto from = row_keys::snapshots_from(name);
  while (true) {
    FH_CO_TRY(const auto page, co_await blobs_.rows().scan(partition, from, end, 1000));
    for (const auto& stored : page.rows) {
      FH_CO_TRY(const auto row, decode_blob_row(stored.value));
      if (row.page && row.page->generation == generation) result.snapshots.insert(row.page->version);
    }
    if (!page.more || page.rows.empty()) co_return result;
    from = page.rows.back().key + '\0';
  }
}

Task<Result<PageCollector::WindowRows>> PageCollector::next_window(store::PartitionId partition, std::string name,
                                                                   std::uint64_t generation, std::uint32_t from,
                                                                   std::uint32_t end) {
  WindowRows result{end, {}};
  auto key = row_keys::page_window(name, generation, from, ~std::uint64_t{0});
  auto last = row_keys::page_window(name, generation, end, ~std::uint64_t{0});
  // One row tells which window it is; the rest of its rows follow.
  std::uint32_t limit = 1;
  while (true) {
    FH_CO_TRY(auto page, co_await blobs_.rows().scan(partition, key, last, limit));
    for (auto& row : page.rows) {
      const auto place = row_keys::page_place(row.key);
      if (!place) co_return fail(ErrorCode::kCorrupt, "a page window's key can't be read");
      FH_CO_TRY(auto pages, decode_page_window(row.value));
      result.window = place->window;
      key = row.key + '\0';
      result.rows.push_back({place->window, place->version, std::move(pages), std::move(row.value)});
    }
    if (!page.more || page.rows.empty()) co_return result;
    last = row_keys::after_window(name, generation, result.window);
    limit = 1000;
  }
}

// Rows that nothing sees go; so do the oldest ones that are left, if they only say that the window is empty. A window
// of very many snapshots takes several steps: the next one begins with it again.
void PageCollector::plan_trim(const std::string& name, std::uint64_t generation, const WindowRows& window,
                              const Living& living, Step& step) {
  std::vector<const StoredWindow*> kept;
  std::vector<const StoredWindow*> dead;
  std::optional<std::uint64_t> newer;
  for (const auto& row : window.rows) {
    (living.sees(row.version, newer) ? kept : dead).push_back(&row);
    newer = row.version;
  }
  while (!kept.empty() && kept.back()->pages.empty()) {
    dead.push_back(kept.back());
    kept.pop_back();
  }
  step.next = window.window + 1;
  if (dead.empty()) return;
  const auto key_of = [&](const StoredWindow& row) {
    return row_keys::page_window(name, generation, window.window, row.version);
  };
  // A writer may change only the newest row, or lean on a dead one when it decides what its own commit frees.
  if (!kept.empty()) step.expect.push_back(store::equals(key_of(*kept.front()), kept.front()->raw));
  std::size_t going = 0;
  while (going < dead.size() && !is_full(step)) {
    const auto& row = *dead[going++];
    step.expect.push_back(store::equals(key_of(row), row.raw));
    step.deletes.push_back(key_of(row));
  }
  std::vector<const PageWindow*> named;
  for (const auto* row : kept) named.push_back(&row->pages);
  for (auto i = going; i < dead.size(); ++i) named.push_back(&dead[i]->pages);
  for (std::size_t i = 0; i < going; ++i) {
    auto segments = only_in(dead[i]->pages, named);
    std::move(segments.begin(), segments.end(), std::back_inserter(step.dead));
  }
  if (going < dead.size()) step.next = window.window;
}

Task<Result<>> PageCollector::trim(JobPass pass, store::PartitionId partition, std::string name, PageGarbage garbage,
                                   Living living) {
  const auto executor = co_await boost::asio::this_coro::executor;
  int tries = 0;
  for (auto from = garbage.from; from < garbage.end;) {
    Step step;
    step.next = from;
    while (step.next < garbage.end && !is_full(step)) {
      FH_CO_TRY(const auto window, co_await next_window(partition, name, garbage.generation, step.next, garbage.end));
      step.next = garbage.end;
      if (!window.rows.empty()) plan_trim(name, garbage.generation, window, living, step);
    }
    const auto next = step.next;
    FH_CO_TRY(const bool taken, co_await take_step(pass, partition, std::move(step)));
    if (!taken && ++tries == kTries) co_return again_later();
    if (taken) from = next;
    co_await boost::asio::post(executor, runtime::use_task);  // requests go first
  }
  co_return Result<>();
}

}  // namespace freehold::blob
