// Collector::sweep: chunks that were put and never named, because the process died or a client left at the wrong
// moment.
//
// A chunk is removed only if no request claims it and no row names it. Rows give chunks on to each other while the
// sweep looks: from staged blocks to blobs, from all to garbage, never back; rows of a page blob's window only from the
// newest to a newer one, which stands before it (page_window.h). So it looks in that order and can't miss one.
#include <boost/asio/post.hpp>

#include "base/log.h"
#include "src/collector.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

constexpr std::size_t kCandidates = 200'000;
constexpr std::string_view kWatermark =
    "sweep";  // in the registry's partition: all chunks below it are known to be named

}  // namespace

Task<Result<std::vector<std::pair<AccountRef, store::PartitionId>>>> Collector::partitions() {
  std::vector<std::pair<AccountRef, store::PartitionId>> result;
  for (const auto& account : accounts_.all()) {
    const auto ref = ref_of(*account);
    std::string from;
    while (true) {
      FH_CO_TRY(const auto page, co_await containers_.list(ref, from, "", 1000));
      for (const auto& [name, row] : page.containers) {
        result.emplace_back(ref, row_keys::container_partition(ref.tenant, ref.account, row.id));
      }
      if (!page.more || page.containers.empty()) break;
      from = page.containers.back().first + '\0';
    }
    FH_CO_TRY(const auto deleted, co_await containers_.deleted(ref));
    for (const auto& container : deleted) {
      result.emplace_back(ref, row_keys::container_partition(ref.tenant, ref.account, container.id));
    }
  }
  co_return result;
}

Task<Result<std::size_t>> Collector::sweep(gate::Pipeline& door) {
  std::size_t removed = 0;
  FH_CO_CHECK_OK(co_await door.run_job<SweepChunks>(
      gate::Job{.principal = "blob collector", .resource = "/"},
      [this, &removed](gate::Permit<SweepChunks> p) { return sweep_under(std::move(p), removed); }));
  FH_CO_CHECK_OK(co_await discard_stale_blocks(door));
  co_return removed;
}

// The watermark's commit can't carry the record: what was removed is gone before it, whether it comes about or not.
Task<Result<>> Collector::sweep_under(gate::Permit<SweepChunks> permit, std::size_t& removed) {
  const JobPass pass(permit);
  const auto registry = row_keys::registry_partition();
  FH_CO_TRY(const auto stored, co_await blobs_.rows().get(registry, Bytes(kWatermark)));
  const auto from = stored ? store::chunk_id_from_bytes(*stored).value_or(store::ChunkId{}) : store::ChunkId{};
  auto bound = content_.claims().bound();
  Candidates candidates;
  FH_CO_CHECK_OK(co_await list_candidates(pass, from, bound, candidates.ids));
  if (candidates.empty()) {
    permit.nothing_done();
    co_return Result<>();
  }
  FH_CO_TRY(const auto all, co_await partitions());
  for (const auto& [account, partition] : all) {
    FH_CO_CHECK_OK(co_await spare_named(pass, account, partition, candidates));
    if (candidates.empty()) break;
  }
  for (const auto& id : candidates.ids) {
    FH_CO_CHECK_OK(co_await content_.chunks().remove(id));
    ++removed;
  }
  if (removed > 0) log_info("removed chunks that nothing named", {{"chunks", removed}});
  if (removed == 0) permit.nothing_done();
  store::Commit commit{registry, blobs_.epoch(), blobs_.hybrid().next_transaction(), {}, {}, {}};
  commit.reserve = store::DiskReserve::kMayUse;
  commit.puts.push_back({Bytes(kWatermark), store::to_bytes(bound)});
  FH_CO_TRY(const auto done, co_await blobs_.commit(std::move(commit)));
  static_cast<void>(done);  // not applied: the next sweep looks at the same chunks again
  co_return Result<>();
}

// Chunks from the watermark on and below `bound`, which is drawn in to where the list was cut off.
Task<Result<>> Collector::list_candidates(JobPass, store::ChunkId from, store::ChunkId& bound,
                                          std::set<store::ChunkId>& candidates) {
  bool more = true;
  while (more && from < bound && candidates.size() < kCandidates) {
    FH_CO_TRY(const auto page, co_await content_.chunks().list(from, 1000));
    for (const auto& chunk : page.chunks) {
      if (chunk.id < bound) candidates.insert(chunk.id);
    }
    more = page.more && !page.chunks.empty();
    if (more) from = {page.chunks.back().id.hybrid_time, page.chunks.back().id.random + 1};
  }
  if (more && from < bound) bound = from;
  co_return Result<>();
}

Task<Result<>> Collector::spare_named(JobPass pass, AccountRef account, store::PartitionId partition,
                                      Candidates& candidates) {
  const auto executor = co_await boost::asio::this_coro::executor;
  for (const char prefix : {row_keys::kStagedPrefix, row_keys::kBlobPrefix, row_keys::kPagePrefix,
                            row_keys::kGarbagePrefix, row_keys::kSharedGarbagePrefix}) {
    Bytes from(1, prefix);
    const auto end = row_keys::after_prefix(from);
    while (!candidates.empty()) {
      FH_CO_TRY(const auto page, co_await blobs_.rows().scan(partition, from, end, 500));
      for (const auto& row : page.rows) {
        FH_CO_CHECK_OK(co_await spare_row(pass, account, partition, row, candidates));
      }
      if (!page.more || page.rows.empty()) break;
      from = page.rows.back().key + '\0';
      co_await boost::asio::post(executor, runtime::use_task);  // requests go first
    }
  }
  co_return Result<>();
}

Task<Result<>> Collector::spare_row(JobPass pass, AccountRef account, store::PartitionId partition, store::KeyValue row,
                                    Candidates& candidates) {
  switch (row.key.front()) {
    case row_keys::kStagedPrefix: {
      FH_CO_TRY(auto block, decode_staged_block(row.value));
      co_return co_await spare_layout(pass, account, partition, {}, LayoutRef{{std::move(block)}, {}},
                                      Manifests::kThere, candidates);
    }
    case row_keys::kBlobPrefix: {
      FH_CO_TRY(auto blob, decode_blob_row(row.value));
      co_return co_await spare_layout(pass, account, partition, blob.wrapped_key, std::move(blob.layout),
                                      Manifests::kThere, candidates);
    }
    case row_keys::kPagePrefix: {
      FH_CO_TRY(auto window, decode_page_window(row.value));
      for (const auto& segment : window.segments) candidates.ids.erase(segment.id);
      co_return Result<>();
    }
    default: {
      FH_CO_TRY(auto garbage, decode_garbage_row(row.value));
      for (const auto& id : garbage.chunks) candidates.ids.erase(id);
      co_return co_await spare_layout(pass, account, partition, garbage.wrapped_key, std::move(garbage.expand),
                                      Manifests::kMayBeGone, candidates);
    }
  }
}

Task<Result<>> Collector::spare_layout(JobPass, AccountRef account, store::PartitionId partition, Bytes wrapped_key,
                                       LayoutRef layout, Manifests manifests, Candidates& candidates) {
  const auto spare = [&candidates](const Layout& part) {
    for (const auto* segments : distinct_segments(part)) {
      for (const auto& segment : *segments) candidates.ids.erase(segment.id);
    }
  };
  spare(layout.direct);
  if (layout.manifests.empty()) co_return Result<>();
  auto place = co_await place_of(account, partition, wrapped_key);
  if (!place && place.error().code != ErrorCode::kDenied) co_return pass_on(place);
  for (const auto& manifest : layout.manifests) {
    candidates.ids.erase(manifest.id);
    if (!candidates.looked_into.insert(manifest.id).second) continue;
    Result<Layout> part = fail(ErrorCode::kDenied, "the account's key is withheld");
    if (place) part = co_await content_.load_manifest(*place, manifest);
    // What it names is older than it is, and nobody can tell: all of that stays, and no other tenant's sweep is held
    // up.
    if (!part && part.error().code == ErrorCode::kDenied) {
      candidates.ids.erase(candidates.ids.begin(), candidates.ids.upper_bound(manifest.id));
      continue;
    }
    // Garbage half collected: what it alone named is gone already, and the manifest was the last of it.
    if (!part && part.error().code == ErrorCode::kNotFound && manifests == Manifests::kMayBeGone) continue;
    // Should a blob's be gone, the row has changed since it was read: nothing is removed.
    if (!part) co_return pass_on(part);
    spare(*part);
  }
  co_return Result<>();
}

}  // namespace freehold::blob
