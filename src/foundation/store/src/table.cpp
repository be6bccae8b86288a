#include "store/table.h"

#include <algorithm>

#include "base/limits.h"

namespace freehold::store {

Table::Table(PartitionStore& store, std::vector<TableRange> ranges)
    : store_(&store), ranges_(std::make_shared<const std::vector<TableRange>>(std::move(ranges))) {}

Result<Table> Table::make(PartitionStore& store, std::vector<TableRange> ranges) {
  if (ranges.empty() || !ranges.front().from.empty()) {
    return fail(ErrorCode::kInvalidArgument, "a table's first range begins at the empty key");
  }
  std::vector<PartitionId> partitions;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i > 0 && ranges[i].from <= ranges[i - 1].from) return fail(ErrorCode::kInvalidArgument, "ranges must ascend");
    partitions.push_back(ranges[i].partition);
  }
  std::ranges::sort(partitions);
  if (std::ranges::adjacent_find(partitions) != partitions.end()) {
    return fail(ErrorCode::kInvalidArgument, "a partition stands twice in a table");
  }
  return Table(store, std::move(ranges));
}

std::size_t Table::range_of(BytesView key) const {
  const auto after = std::ranges::upper_bound(*ranges_, key, {}, [](const TableRange& r) { return BytesView(r.from); });
  return static_cast<std::size_t>(after - ranges_->begin()) - 1;
}

const PartitionId& Table::partition_of(BytesView key) const { return (*ranges_)[range_of(key)].partition; }

Task<Result<std::optional<Bytes>>> Table::get(Bytes key) const {
  PartitionId partition = partition_of(key);
  return store_->get(std::move(partition), std::move(key));
}

Task<Result<ScanPage>> Table::scan(Bytes from, Bytes end, std::uint32_t limit) const {
  limit = std::min(limit, limits::kScanLimit);
  PartitionStore* store = store_;
  const auto ranges = ranges_;
  ScanPage all;
  for (std::size_t i = range_of(from); i < ranges->size(); ++i) {
    const TableRange& range = (*ranges)[i];
    if (!end.empty() && range.from >= end) break;
    const auto left = limit - static_cast<std::uint32_t>(all.rows.size());
    if (left == 0) {  // full; whether rows remain is worth one look
      FH_CO_TRY(const ScanPage next, co_await store->scan(range.partition, from, end, 1));
      all.more = !next.rows.empty();
      if (all.more) co_return all;
      continue;
    }
    FH_CO_TRY(ScanPage page, co_await store->scan(range.partition, from, end, left));
    std::ranges::move(page.rows, std::back_inserter(all.rows));
    if (page.more) {
      all.more = true;
      co_return all;
    }
  }
  co_return all;
}

Task<CommitResult> Table::commit(Commit commit) const {
  std::optional<std::size_t> range;
  bool one = true;
  const auto add = [&](const Bytes& key) {
    const std::size_t mine = range_of(key);
    one = one && (!range || *range == mine);
    range = mine;
  };
  for (const auto& e : commit.expect) add(e.key);
  for (const auto& p : commit.puts) add(p.key);
  for (const auto& d : commit.deletes) add(d);
  if (!range || !one) {
    Error error{ErrorCode::kInvalidArgument, "a commit's keys lie in one range of the table", {}};
    co_return CommitResult{CommitOutcome::kUnavailable, std::move(error)};
  }
  commit.partition = (*ranges_)[*range].partition;
  PartitionStore* store = store_;
  co_return co_await store->commit(std::move(commit));
}

}  // namespace freehold::store
