// Collector's removals: what garbage rows name, and chunks that no row ever will.
#include "src/collector.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {
// What a commit of deletions takes: keys of long names have 4 KiB.
constexpr std::size_t kRowsPerCommit = 1'000;
constexpr std::size_t kBytesPerCommit = 512 * 1024;
}  // namespace

Task<Result<ContentPlace>> Collector::place_of(AccountRef account, store::PartitionId partition,
                                               Bytes wrapped_key) const {
  FH_CO_TRY(const auto account_key, co_await accounts_.key_of(account.account, wrapped_key));
  FH_CO_TRY(auto key, open_blob_key(account_key, wrapped_key));
  co_return ContentPlace{
      .tenant = account.tenant, .partition = std::move(partition), .key = std::move(key), .hold = account_key.hold};
}

// Garbage that can't be removed keeps none of the rest. The record rides in the commit that takes the rows away: cut
// off before it, the rows are still there, and the job is done and recorded by whoever finds them.
Task<Result<>> Collector::collect_batch(gate::Permit<CollectGarbage> permit, Batch& batch) {
  const JobPass pass(permit);
  std::vector<Bytes> gone;
  for (auto& item : batch.items) {
    auto removed = co_await remove_named_by(pass, item, Others::kThere);
    if (!removed && removed.error().code == ErrorCode::kDenied) {
      batch.dark = true;
    } else if (!removed) {
      batch.fault = pass_on(removed);
      batch.failed.push_back(item);
    } else if (*removed == Removed::kNotYet) {
      batch.later.push_back(item);
    } else if (*removed == Removed::kNow) {
      gone.push_back(item.garbage_key);
    }
  }
  if (!gone.empty()) co_return co_await delete_rows(pass, batch.items.front().partition, std::move(gone), Step::kLast);
  if (!batch.failed.empty()) co_return batch.fault;
  permit.nothing_done();
  co_return Result<>();
}

Task<Result<Collector::Removed>> Collector::remove_named_by(JobPass pass, Item& item, Others others) {
  const auto& partition = item.partition;
  FH_CO_TRY(const auto stored, co_await blobs_.rows().get(partition, item.garbage_key));
  if (!stored) co_return Removed::kEarlier;
  FH_CO_TRY(auto garbage, decode_garbage_row(*stored));
  if (others == Others::kThere && !garbage.pages.empty()) {
    FH_CO_TRY(const bool ready, co_await ready_for_pages(item, garbage));
    if (!ready) co_return Removed::kNotYet;
  }
  const auto shared = others == Others::kThere ? Sharing{garbage.shared_name, item.garbage_key} : Sharing{};
  FH_CO_CHECK_OK(co_await remove_layout(pass, item.account, partition, garbage.wrapped_key, garbage.expand, shared));
  std::set<store::ChunkId> chunks(garbage.chunks.begin(), garbage.chunks.end());
  FH_CO_CHECK_OK(co_await spare_shared(pass, item.account, partition, shared, chunks));
  FH_CO_CHECK_OK(co_await remove_chunks(pass, std::move(chunks)));
  if (garbage.staged_generation != 0) {
    FH_CO_CHECK_OK(co_await remove_staged(pass, partition, garbage));
  }
  for (const auto& pages : garbage.pages) {
    PageCollector::Living living;  // nothing does where the others are gone
    if (others == Others::kThere) {
      const auto seen = item.living.find(pages.generation);
      // Taken for empty, it would take the pages of whatever lives.
      if (seen == item.living.end()) co_return fail(ErrorCode::kCorrupt, "garbage of pages that weren't looked up");
      living = seen->second;
    }
    FH_CO_CHECK_OK(co_await pages_.collect(pass, partition, garbage.page_name, pages, std::move(living)));
  }
  co_return Removed::kNow;
}

// A snapshot that was deleted after `since` may be read still, and only its own garbage waits for that. So what lives
// is looked up first, and what doesn't is taken once everybody has left who was here before.
Task<Result<bool>> Collector::ready_for_pages(Item& item, GarbageRow garbage) {
  if (!item.living.empty()) co_return true;
  for (const auto& pages : garbage.pages) {
    FH_CO_TRY(item.living[pages.generation],
              co_await pages_.living(item.partition, garbage.page_name, pages.generation));
  }
  item.since = blobs_.hybrid().next();
  co_return reads_.all_after(item.partition, garbage.page_name, item.since);
}

// Nothing is committed here that the record could ride in: it goes into the next batch.
Task<Result<>> Collector::remove_chunks(gate::Permit<RemoveAbandonedChunks>, std::vector<store::ChunkId>& chunks) {
  while (!chunks.empty()) {
    FH_CO_CHECK_OK(co_await content_.chunks().remove(chunks.back()));
    content_.claims().release({chunks.back()});
    chunks.pop_back();
  }
  co_return Result<>();
}

Task<Result<>> Collector::remove_layout(JobPass pass, AccountRef account, store::PartitionId partition,
                                        Bytes wrapped_key, LayoutRef layout, Sharing sharing) {
  FH_CO_TRY(auto direct, co_await unshared(pass, account, partition, sharing, std::move(layout.direct)));
  FH_CO_CHECK_OK(co_await remove_segments(pass, partition, std::move(direct)));
  if (layout.manifests.empty()) co_return Result<>();
  auto place = co_await place_of(account, partition, wrapped_key);
  if (!place) {
    const bool gone = sharing.name.empty() && accounts_.is_being_deleted(account.account);
    if (!gone || place.error().code == ErrorCode::kUnavailable) co_return pass_on(place);
    co_return co_await remove_unread(pass, account, std::move(layout.manifests));
  }
  for (const auto& manifest : layout.manifests) {
    auto part = co_await content_.load_manifest(*place, manifest);
    // Gone already: an earlier round removed its content before it.
    if (!part && part.error().code == ErrorCode::kNotFound) continue;
    if (!part) co_return pass_on(part);
    std::set<store::ChunkId> itself{manifest.id};
    FH_CO_CHECK_OK(co_await spare_shared(pass, account, partition, sharing, itself));
    if (itself.empty()) continue;  // named still, and all that it holds thereby
    FH_CO_TRY(auto own, co_await unshared(pass, account, partition, sharing, std::move(*part)));
    FH_CO_CHECK_OK(co_await remove_segments(pass, partition, std::move(own)));
    FH_CO_CHECK_OK(co_await remove_chunks(pass, std::move(itself)));
  }
  co_return Result<>();
}

Task<Result<>> Collector::remove_unread(JobPass pass, AccountRef account, std::vector<ManifestRef> manifests) {
  FH_CO_CHECK_OK(co_await sweep_again_from(account));
  std::set<store::ChunkId> chunks;
  for (const auto& manifest : manifests) chunks.insert(manifest.id);
  co_return co_await remove_chunks(pass, std::move(chunks));
}

Task<Result<>> Collector::remove_chunks(JobPass, std::set<store::ChunkId> chunks) {
  for (const auto& id : chunks) {
    FH_CO_CHECK_OK(co_await content_.chunks().remove(id));
  }
  co_return Result<>();
}

Task<Result<>> Collector::remove_segments(JobPass pass, store::PartitionId partition, Layout layout) {
  std::vector<Bytes> rows;
  for (const auto* segments : distinct_segments(layout)) {
    for (const auto& segment : *segments) {
      if (segment.place == Segment::Place::kInline) {
        rows.push_back(row_keys::content(segment.id));
      } else {
        FH_CO_CHECK_OK(co_await content_.chunks().remove(segment.id));
      }
    }
  }
  co_return co_await delete_rows(pass, std::move(partition), std::move(rows), Step::kMore);
}

Task<Result<>> Collector::remove_staged(JobPass pass, store::PartitionId partition, GarbageRow garbage) {
  const auto from = row_keys::staged(garbage.staged_name, garbage.staged_generation);
  const auto end = row_keys::staged(garbage.staged_name, garbage.staged_generation + 1);
  while (true) {
    FH_CO_TRY(const auto page, co_await blobs_.rows().scan(partition, from, end, kRowsPerCommit));
    std::vector<Bytes> keys;
    for (const auto& row : page.rows) {
      keys.push_back(row.key);
      if (!garbage.staged_content) continue;
      FH_CO_TRY(auto block, decode_staged_block(row.value));
      FH_CO_CHECK_OK(co_await remove_segments(pass, partition, Layout{std::move(block)}));
    }
    FH_CO_CHECK_OK(co_await delete_rows(pass, partition, std::move(keys), Step::kMore));
    if (!page.more || page.rows.empty()) co_return Result<>();
  }
}

Task<Result<>> Collector::delete_rows(JobPass pass, store::PartitionId partition, std::vector<Bytes> keys, Step step) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (auto key = keys.begin(); key != keys.end();) {
    auto commit = blobs_.begin_collecting(partition);
    std::size_t bytes = 0;
    while (key != keys.end() && commit.deletes.size() < kRowsPerCommit && bytes < kBytesPerCommit) {
      bytes += key->size();
      commit.deletes.push_back(std::move(*key++));
    }
    if (step == Step::kLast && key == keys.end()) commit.puts.push_back(pass.audit_row(partition));
    FH_CO_TRY(const auto done, co_await blobs_.commit(std::move(commit)));
    if (!done.applied) co_return fail(ErrorCode::kUnavailable, "garbage rows could not be deleted");
  }
  co_return Result<>();
}

}  // namespace freehold::blob
