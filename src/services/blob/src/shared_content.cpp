// Content that a blob and its snapshots have in common: what one of them gives up stays while another names it.
//
// Only rows of one name share content, and a row comes to name what another names in two ways: a snapshot takes over
// all that the blob names, and a block list keeps blocks of the blob's own row. Both change the blob's row. So if that
// row is the same before and after the snapshots were looked through, no row of the name that isn't seen names what
// none of those seen does, and none ever will.
//
// Content that several gave up stands in the garbage of each, and the last of these removes it: only reads that began
// before that one can still need it.
#include "src/collector.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {
// The last of them with the writers of the blob kept away.
constexpr int kAttempts = 4;
constexpr store::ChunkId kLastChunk{~std::uint64_t{0}, ~std::uint64_t{0}};
}  // namespace

Task<Result<>> Collector::spare_shared(JobPass pass, AccountRef account, store::PartitionId partition, Sharing sharing,
                                       std::set<store::ChunkId>& candidates) {
  if (sharing.name.empty() || candidates.empty()) co_return Result<>();
  // What the others name has to be known: what can't be read now might be given up for good.
  Candidates left{.ids = std::move(candidates), .unread = Candidates::Unread::kFails};
  for (int attempt = 1;; ++attempt) {
    KeyedLock::Guard turn;
    if (attempt == kAttempts) {
      // Writers came between each time: now they wait, but not for what was looked into before.
      FH_CO_TRY(turn, co_await blobs_.lock(partition, sharing.name));
    }
    FH_CO_TRY(const bool same, co_await look_through(pass, account, partition, sharing, left));
    if (same) break;
    if (attempt == kAttempts) co_return fail(ErrorCode::kUnavailable, "a blob changed while its garbage was looked at");
  }
  candidates = std::move(left.ids);
  co_return Result<>();
}

Task<Result<bool>> Collector::look_through(JobPass pass, AccountRef account, store::PartitionId partition,
                                           Sharing sharing, Candidates& candidates) {
  const auto& name = sharing.name;
  FH_CO_TRY(auto base, co_await blobs_.rows().get(partition, row_keys::blob(name)));
  if (base) {
    FH_CO_CHECK_OK(co_await spare_row(pass, account, partition, {row_keys::blob(name), *base}, candidates));
  }
  FH_CO_CHECK_OK(co_await spare_range(pass, account, partition, row_keys::snapshots_from(name),
                                      row_keys::snapshots_after(name), candidates));
  // What was given up again since then goes with that garbage: reads that began in between may still need it.
  FH_CO_CHECK_OK(co_await spare_range(pass, account, partition, sharing.garbage_key + '\0',
                                      row_keys::shared_garbage(name, kLastChunk), candidates));
  FH_CO_TRY(const auto after, co_await blobs_.rows().get(partition, row_keys::blob(name)));
  co_return after == base;
}

Task<Result<>> Collector::spare_range(JobPass pass, AccountRef account, store::PartitionId partition, Bytes from,
                                      Bytes end, Candidates& candidates) {
  while (!candidates.empty()) {
    FH_CO_TRY(const auto page, co_await blobs_.rows().scan(partition, from, end, 500));
    for (const auto& row : page.rows) {
      FH_CO_CHECK_OK(co_await spare_row(pass, account, partition, row, candidates));
    }
    if (!page.more || page.rows.empty()) break;
    from = page.rows.back().key + '\0';
  }
  co_return Result<>();
}

Task<Result<Layout>> Collector::unshared(JobPass pass, AccountRef account, store::PartitionId partition,
                                         Sharing sharing, Layout layout) {
  if (sharing.name.empty()) co_return layout;
  std::set<store::ChunkId> candidates;
  for (const auto* segments : distinct_segments(layout)) {
    for (const auto& segment : *segments) candidates.insert(segment.id);
  }
  FH_CO_CHECK_OK(co_await spare_shared(pass, account, partition, std::move(sharing), candidates));
  Layout own;
  for (const auto* segments : distinct_segments(layout)) {
    std::vector<Segment> left;
    std::ranges::copy_if(*segments, std::back_inserter(left),
                         [&](const Segment& segment) { return candidates.contains(segment.id); });
    own.push_back({{}, std::move(left)});
  }
  co_return own;
}

}  // namespace freehold::blob
