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
// Rows in the registry's partition. All chunks below this one are known to be named,
constexpr std::string_view kWatermark = "sweep";
// but for those of accounts that a sweep couldn't look into: from where it has to come back to them.
constexpr std::string_view kUnseen = "sweep/";
Bytes unseen_key(AccountId account) { return Bytes(kUnseen) + Bytes(account.view()); }

store::Commit begin_commit(BlobStore& blobs) {
  store::Commit commit{row_keys::registry_partition(), blobs.epoch(), blobs.hybrid().next_transaction(), {}, {}, {}};
  commit.reserve = store::DiskReserve::kMayUse;
  return commit;
}

}  // namespace

Task<Result<std::vector<std::pair<AccountRef, store::PartitionId>>>> Collector::partitions() {
  std::vector<std::pair<AccountRef, store::PartitionId>> result;
  for (const auto& account : accounts_.all()) {
    FH_CO_CHECK_OK(co_await add_partitions_of(ref_of(*account), result));
  }
  co_return result;
}

Task<Result<>> Collector::add_partitions_of(AccountRef ref,
                                            std::vector<std::pair<AccountRef, store::PartitionId>>& found) {
  std::string from;
  while (true) {
    FH_CO_TRY(const auto page, co_await containers_.list(ref, from, "", 1000));
    for (const auto& [name, row] : page.containers) {
      found.emplace_back(ref, row_keys::container_partition(ref.tenant, ref.account, row.id));
    }
    if (!page.more || page.containers.empty()) break;
    from = page.containers.back().first + '\0';
  }
  FH_CO_TRY(const auto deleted, co_await containers_.deleted(ref));
  for (const auto& container : deleted) {
    found.emplace_back(ref, row_keys::container_partition(ref.tenant, ref.account, container.id));
  }
  co_return Result<>();
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
  FH_CO_TRY(auto unseen, co_await read_unseen());
  FH_CO_TRY(const auto from, co_await sweep_from(unseen));
  const auto claimed = content_.claims().bound();
  auto bound = claimed;
  Candidates candidates;
  FH_CO_CHECK_OK(co_await list_candidates(pass, from, bound, candidates.ids));
  sweep_was_cut_ = bound < claimed;
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
  for (const auto& [account, lowest] : candidates.unseen) {
    const auto [at, fresh] = unseen.try_emplace(account, lowest);
    if (!fresh) at->second = std::min(at->second, lowest);
  }
  auto commit = begin_commit(blobs_);
  commit.puts.push_back({Bytes(kWatermark), store::to_bytes(bound)});
  for (const auto& [account, lowest] : unseen) commit.puts.push_back({unseen_key(account), store::to_bytes(lowest)});
  FH_CO_TRY(const auto done, co_await blobs_.commit(std::move(commit)));
  static_cast<void>(done);  // not applied: the next sweep looks at the same chunks again
  co_return Result<>();
}

Task<Result<Collector::Unseen>> Collector::read_unseen() {
  Unseen unseen;
  Bytes from(kUnseen);
  const auto end = row_keys::after_prefix(from);
  while (true) {
    FH_CO_TRY(const auto page, co_await blobs_.rows().scan(row_keys::registry_partition(), from, end, 1000));
    for (const auto& row : page.rows) {
      const auto id = id_from_bytes<AccountId>(BytesView(row.key).substr(kUnseen.size()));
      const auto lowest = store::chunk_id_from_bytes(row.value);
      if (!id || !lowest) co_return fail(ErrorCode::kCorrupt, "a row of the sweep is not as it was written");
      unseen.emplace(*id, *lowest);
    }
    if (!page.more || page.rows.empty()) co_return unseen;
    from = page.rows.back().key + '\0';
  }
}

// Of an account that is gone, or whose key may be used again, everything can be looked at again.
Task<Result<store::ChunkId>> Collector::sweep_from(Unseen& unseen) {
  FH_CO_TRY(const auto stored, co_await blobs_.rows().get(row_keys::registry_partition(), Bytes(kWatermark)));
  auto from = stored ? store::chunk_id_from_bytes(*stored).value_or(store::ChunkId{}) : store::ChunkId{};
  auto commit = begin_commit(blobs_);
  for (auto at = unseen.begin(); at != unseen.end();) {
    const auto light = co_await accounts_.look_at_key(at->first);
    if (!light && light.error().code != ErrorCode::kNotFound) {
      ++at;
      continue;
    }
    from = std::min(from, at->second);
    commit.deletes.push_back(unseen_key(at->first));
    to_sweep_.erase(at->first);
    at = unseen.erase(at);
  }
  if (commit.deletes.empty()) co_return from;
  commit.puts.push_back({Bytes(kWatermark), store::to_bytes(from)});
  FH_CO_TRY(const auto done, co_await blobs_.commit(std::move(commit)));
  if (!done.applied) co_return fail(ErrorCode::kUnavailable, "the sweep's watermark could not be kept");
  co_return from;
}

// Chunks are younger than their account.
Task<Result<>> Collector::sweep_again_from(AccountRef account) {
  if (to_sweep_.contains(account.account)) co_return Result<>();
  const auto created = accounts_.created(account.account);
  auto commit = begin_commit(blobs_);
  commit.puts.push_back({unseen_key(account.account), store::to_bytes({store::HybridClock::from_wall(created), 0})});
  FH_CO_TRY(const auto done, co_await blobs_.commit(std::move(commit)));
  if (!done.applied) co_return fail(ErrorCode::kUnavailable, "the sweep's watermark could not be kept");
  to_sweep_.insert(account.account);
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

// What a manifest names is older than it is, and nobody can tell: all of that stays, and no other tenant's sweep is
// held up. It is looked at again when that helps: damage doesn't mend.
void Collector::keep_unseen(AccountId account, store::ChunkId manifest, ErrorCode why, Candidates& candidates) {
  auto& ids = candidates.ids;
  const auto end = ids.upper_bound(manifest);
  if (end == ids.begin()) return;
  if (why == ErrorCode::kDenied || why == ErrorCode::kUnavailable) {
    const auto [at, fresh] = candidates.unseen.try_emplace(account, *ids.begin());
    if (!fresh) at->second = std::min(at->second, *ids.begin());
  }
  ids.erase(ids.begin(), end);
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
  for (const auto& manifest : layout.manifests) {
    candidates.ids.erase(manifest.id);
    if (!candidates.looked_into.insert(manifest.id).second) continue;
    Result<Layout> part;
    if (place) {
      part = co_await content_.load_manifest(*place, manifest);
    } else {
      part = std::unexpected(place.error());  // of each manifest
    }
    const bool unread = !place || (!part && part.error().code == ErrorCode::kDenied);
    if (unread && candidates.unread == Candidates::Unread::kFails) co_return pass_on(part);
    if (unread) {
      keep_unseen(account.account, manifest.id, part.error().code, candidates);
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
