#include "src/collector.h"

#include "base/log.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {
constexpr std::size_t kItemsInMemory = 100'000;
constexpr std::size_t kRowsPerCommit = 1'000;
constexpr std::chrono::milliseconds kRound{200};
constexpr std::chrono::seconds kFirstSweep{2};
constexpr std::chrono::hours kSweepEvery{24};
}  // namespace

void Collector::add(Item item) {
  item.since = blobs_.hybrid().next();
  const std::lock_guard lock(mutex_);
  if (items_.size() >= kItemsInMemory) {
    overflowed_ = true;
    return;
  }
  items_.push_back(std::move(item));
}

void Collector::add_garbage(AccountRef account, store::PartitionId partition, Bytes key) {
  add({account, std::move(partition), std::move(key), std::nullopt});
}

void Collector::add_container(AccountRef account, DeletedContainer container) {
  auto partition = row_keys::container_partition(account.tenant, account.account, container.id);
  add({account, std::move(partition), {}, std::move(container)});
}

void Collector::abandon(std::vector<store::ChunkId> chunks) {
  const std::lock_guard lock(mutex_);
  abandoned_.insert(abandoned_.end(), chunks.begin(), chunks.end());
}

std::size_t Collector::waiting() const {
  const std::lock_guard lock(mutex_);
  return items_.size() + abandoned_.size();
}

Result<ContentPlace> Collector::place_of(AccountRef account, store::PartitionId partition,
                                         BytesView wrapped_key) const {
  FH_TRY(const auto account_key, accounts_.account_key(account.account));
  FH_TRY(auto key, open_blob_key(*account_key, wrapped_key));
  return ContentPlace{account.tenant, std::move(partition), std::move(key)};
}

Task<Result<>> Collector::find_left_over() {
  for (const auto& account : accounts_.all()) {
    const auto ref = ref_of(*account);
    FH_CO_TRY(const auto deleted, co_await containers_.deleted(ref));
    for (const auto& container : deleted) add_container(ref, container);
  }
  FH_CO_TRY(const auto all, co_await partitions());
  for (const auto& [account, partition] : all) {
    Bytes from(1, row_keys::kGarbagePrefix);
    const auto end = row_keys::after_prefix(from);
    while (true) {
      FH_CO_TRY(const auto page, co_await blobs_.rows().scan(partition, from, end, 1000));
      for (const auto& row : page.rows) add_garbage(account, partition, row.key);
      if (!page.more || page.rows.empty()) break;
      from = page.rows.back().key + '\0';
    }
  }
  co_return Result<>();
}

Task<Result<std::size_t>> Collector::collect() {
  std::deque<Item> round;
  bool overflowed = false;
  {
    const std::lock_guard lock(mutex_);
    std::swap(round, items_);
    overflowed = std::exchange(overflowed_, false);
  }
  std::size_t finished = 0;
  Result<> fault = co_await remove_abandoned();
  for (auto& item : round) {
    if (reads_.all_after(item.since)) {
      Result<> done;
      if (item.container) {
        done = co_await purge(item);
      } else {
        done = co_await collect_garbage(item.account, item.partition, item.garbage_key);
      }
      if (done) {
        ++finished;
        continue;
      }
      fault = std::move(done);
    }
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
  }
  if (overflowed) {
    FH_CO_CHECK_OK(co_await find_left_over());
  }
  if (!fault) co_return pass_on(fault);
  co_return finished;
}

Task<Result<>> Collector::remove_abandoned() {
  std::vector<store::ChunkId> chunks;
  {
    const std::lock_guard lock(mutex_);
    std::swap(chunks, abandoned_);
  }
  while (!chunks.empty()) {
    auto removed = co_await content_.chunks().remove(chunks.back());
    if (!removed) {
      abandon(std::move(chunks));
      co_return pass_on(removed);
    }
    content_.claims().release({chunks.back()});
    chunks.pop_back();
  }
  co_return Result<>();
}

Task<Result<>> Collector::collect_garbage(AccountRef account, store::PartitionId partition, Bytes key) {
  FH_CO_TRY(const auto stored, co_await blobs_.rows().get(partition, key));
  if (!stored) co_return Result<>();
  FH_CO_TRY(auto garbage, decode_garbage_row(*stored));
  FH_CO_CHECK_OK(co_await remove_layout(account, partition, garbage.wrapped_key, garbage.expand));
  for (const auto& id : garbage.chunks) {
    FH_CO_CHECK_OK(co_await content_.chunks().remove(id));
  }
  if (garbage.staged_generation != 0) {
    FH_CO_CHECK_OK(co_await remove_staged(partition, std::move(garbage)));
  }
  co_return co_await delete_rows(partition, {key});
}

Task<Result<>> Collector::remove_layout(AccountRef account, store::PartitionId partition, Bytes wrapped_key,
                                        LayoutRef layout) {
  FH_CO_CHECK_OK(co_await remove_segments(partition, std::move(layout.direct)));
  if (layout.manifests.empty()) co_return Result<>();
  FH_CO_TRY(const auto place, place_of(account, partition, wrapped_key));
  for (const auto& manifest : layout.manifests) {
    auto part = co_await content_.load_manifest(place, manifest);
    // Gone already: an earlier round removed its content before it.
    if (!part && part.error().code == ErrorCode::kNotFound) continue;
    if (!part) co_return pass_on(part);
    FH_CO_CHECK_OK(co_await remove_segments(partition, std::move(*part)));
    FH_CO_CHECK_OK(co_await content_.chunks().remove(manifest.id));
  }
  co_return Result<>();
}

Task<Result<>> Collector::remove_segments(store::PartitionId partition, Layout layout) {
  std::vector<Bytes> rows;
  for (const auto& block : layout) {
    for (const auto& segment : block.segments) {
      if (segment.place == Segment::Place::kInline) {
        rows.push_back(row_keys::content(segment.id));
      } else {
        FH_CO_CHECK_OK(co_await content_.chunks().remove(segment.id));
      }
    }
  }
  co_return co_await delete_rows(std::move(partition), std::move(rows));
}

Task<Result<>> Collector::remove_staged(store::PartitionId partition, GarbageRow garbage) {
  const auto from = row_keys::staged(garbage.staged_name, garbage.staged_generation);
  const auto end = row_keys::staged(garbage.staged_name, garbage.staged_generation + 1);
  while (true) {
    FH_CO_TRY(const auto page, co_await blobs_.rows().scan(partition, from, end, kRowsPerCommit));
    std::vector<Bytes> keys;
    for (const auto& row : page.rows) {
      keys.push_back(row.key);
      if (!garbage.staged_content) continue;
      FH_CO_TRY(auto block, decode_staged_block(row.value));
      FH_CO_CHECK_OK(co_await remove_segments(partition, Layout{std::move(block)}));
    }
    FH_CO_CHECK_OK(co_await delete_rows(partition, std::move(keys)));
    if (!page.more || page.rows.empty()) co_return Result<>();
  }
}

Task<Result<>> Collector::delete_rows(store::PartitionId partition, std::vector<Bytes> keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (std::size_t first = 0; first < keys.size(); first += kRowsPerCommit) {
    store::Commit commit{partition, blobs_.epoch(), blobs_.hybrid().next_transaction(), {}, {}, {}};
    commit.reserve = store::DiskReserve::kMayUse;
    const auto end = std::min(first + kRowsPerCommit, keys.size());
    for (auto i = first; i < end; ++i) commit.deletes.push_back(std::move(keys[i]));
    FH_CO_TRY(const auto done, co_await blobs_.commit(std::move(commit)));
    if (!done.applied) co_return fail(ErrorCode::kUnavailable, "garbage rows could not be deleted");
  }
  co_return Result<>();
}

Task<> Collector::run(runtime::TaskScope& scope) {
  bool found = false;
  auto next_sweep = std::chrono::steady_clock::duration(kFirstSweep);
  auto since_sweep = std::chrono::steady_clock::duration::zero();
  while (co_await scope.sleep(kRound)) {
    since_sweep += kRound;
    if (!found) found = (co_await find_left_over()).has_value();
    Result<std::size_t> done = co_await collect();
    if (done && found && since_sweep >= next_sweep) {
      done = co_await sweep();
      since_sweep = {};
      next_sweep = kSweepEvery;
    }
    if (!done) log_debug("the collector will try again", {{"reason", std::string_view(done.error().message)}});
  }
}

}  // namespace freehold::blob
