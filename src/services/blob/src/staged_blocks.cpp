// Collector: staged blocks that were never committed. "Put Block": what nobody adds to or commits for a week is gone.
#include "src/block_list_rules.h"
#include "src/collector.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

constexpr std::chrono::hours kKept{7 * 24};

// Ids of content hold the time at which it was put.
std::uint64_t put_at(const Block& block) {
  std::uint64_t newest = 0;
  for (const auto& segment : block.segments) newest = std::max(newest, segment.id.hybrid_time);
  return newest;
}

}  // namespace

Task<Result<>> Collector::discard_stale_blocks(gate::Pipeline& door) {
  FH_CO_TRY(const auto all, co_await partitions());
  Result<> fault;
  for (const auto& [account, partition] : all) {
    const auto job = job_for({account, partition, {}, std::nullopt});
    for (Bytes from(1, row_keys::kStagedPrefix); !from.empty();) {
      auto done = co_await door.run_job<DiscardStagedBlocks>(
          job, [this, account, partition, &from](gate::Permit<DiscardStagedBlocks> permit) {
            return discard_next(std::move(permit), account, partition, from);
          });
      if (done) continue;
      fault = std::move(done);  // of one container, and no reason to leave out the others
      break;
    }
  }
  co_return fault;
}

Task<Result<>> Collector::discard_next(gate::Permit<DiscardStagedBlocks> permit, AccountRef account,
                                       store::PartitionId partition, Bytes& from) {
  const JobPass pass(permit);
  const auto end = row_keys::after_prefix(Bytes(1, row_keys::kStagedPrefix));
  const auto bound = store::HybridClock::from_wall(store::HybridClock::wall_time(blobs_.hybrid().next()) - kKept);
  std::optional<StagedSet> set;  // the one that the rows seen last belong to
  for (bool more = true; more;) {
    FH_CO_TRY(const auto page, co_await blobs_.rows().scan(partition, from, end, 1000));
    for (const auto& row : page.rows) {
      auto key = row_keys::parse_staged(row.key);
      if (!key) co_return fail(ErrorCode::kCorrupt, "a staged block's key can't be read");
      if (set && (set->name != key->name || set->generation != key->generation)) {
        from = row.key;
        const auto whole = std::exchange(set, std::nullopt);
        if (whole->newest < bound) {
          FH_CO_TRY(const bool gone, co_await discard_staged(pass, account, partition, *whole));
          if (gone) co_return Result<>();
        }
      }
      if (!set) set = StagedSet{std::move(key->name), key->generation, key->generation};
      FH_CO_TRY(const auto block, decode_staged_block(row.value));
      set->newest = std::max(set->newest, put_at(block));
      from = row.key + '\0';
    }
    more = page.more && !page.rows.empty();
  }
  from.clear();
  if (set && set->newest < bound) {
    FH_CO_TRY(const bool gone, co_await discard_staged(pass, account, partition, *set));
    if (gone) co_return Result<>();
  }
  permit.nothing_done();
  co_return Result<>();
}

// Every block that is put changes the blob's row, which the commit expects as it was.
Task<Result<bool>> Collector::discard_staged(JobPass pass, AccountRef account, store::PartitionId partition,
                                             StagedSet staged) {
  FH_CO_TRY(const auto turn, co_await blobs_.lock(partition, staged.name));
  FH_CO_TRY(auto current, co_await blobs_.read(partition, staged.name));
  const bool same = current && current->row.staging && current->row.staging->generation == staged.generation;
  if (!same) co_return false;  // committed or discarded since, or garbage already
  // One may have been put since they were looked at.
  FH_CO_TRY(const auto blocks, co_await blobs_.list_staged(partition, staged.name, staged.generation, kStagedPerBlob));
  if (std::ranges::any_of(blocks, [&](const Block& block) { return put_at(block) > staged.newest; })) co_return false;
  auto commit = blobs_.begin(partition, staged.name, current);
  commit.reserve = store::DiskReserve::kMayUse;
  const auto key = row_keys::blob(staged.name);
  if (current->row.committed()) {
    current->row.staging.reset();
    FH_CO_TRY(auto value, co_await blobs_.encode(partition, staged.name, current->row));
    commit.puts.push_back({key, std::move(value)});
  } else {
    commit.deletes.push_back(key);
  }
  GarbageRow garbage;
  garbage.staged_name = staged.name;
  garbage.staged_generation = staged.generation;
  garbage.staged_content = true;
  auto garbage_key = row_keys::garbage(blobs_.hybrid().next_chunk());
  commit.puts.push_back({garbage_key, encode_garbage_row(garbage)});
  commit.puts.push_back(pass.audit_row(partition));
  FH_CO_TRY(const auto done, co_await blobs_.commit(std::move(commit)));
  // Another front end, or the container's end, came between.
  if (!done.applied) co_return fail(ErrorCode::kUnavailable, "staged blocks changed while they were discarded");
  add_garbage(account, std::move(partition), std::move(garbage_key), staged.name);
  co_return true;
}

}  // namespace freehold::blob
