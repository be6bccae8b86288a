#include "src/embedded/rows.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "src/contract_rules.h"

namespace freehold::store::embedded {
namespace {

std::size_t bytes_of(const Commit& commit) {
  std::size_t bytes = commit.partition.value.size() + 128;
  for (const auto& row : commit.puts) bytes += row.key.size() + row.value.size() + 64;
  for (const auto& key : commit.deletes) bytes += key.size() + 64;
  for (const auto& e : commit.expect) bytes += e.key.size() + (e.value ? e.value->size() : 0) + 64;
  return bytes;
}

std::unexpected<Error> no_copy() { return fail(ErrorCode::kUnavailable, "no fault domain is at hand to read from"); }

}  // namespace

runtime::FairKey fair_key(TenantId tenant) {
  runtime::FairKey key = 0;
  std::memcpy(&key, tenant.bytes.data(), sizeof key);
  return key;
}

Task<CommitResult> EmbeddedRows::submit(TenantId tenant, std::unique_ptr<Op> op) {
  auto executor = co_await boost::asio::this_coro::executor;
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<runtime::Executor>&,
                                                 void(CommitResult)>(
      [this, tenant, executor](auto handler, std::unique_ptr<Op> mine) {
        mine->executor = executor;
        mine->done = [handler = std::move(handler)](CommitResult result) mutable {
          std::move(handler)(std::move(result));
        };
        if (queue_.push(tenant, mine)) return;
        CommitResult full{CommitOutcome::kUnavailable, Error{ErrorCode::kExhausted, "too many writes are waiting", {}}};
        boost::asio::post(executor, [mine = std::move(mine), full = std::move(full)]() mutable { mine->done(full); });
      },
      runtime::use_task, std::move(op));
}

Task<CommitResult> EmbeddedRows::commit(Commit commit) {
  if (auto ok = check_commit(commit); !ok) co_return CommitResult{CommitOutcome::kUnavailable, ok.error()};
  const TenantId tenant = commit.partition.tenant();
  auto op = std::make_unique<Op>();
  op->bytes = bytes_of(commit);
  op->commit = std::move(commit);
  co_return co_await submit(tenant, std::move(op));
}

template <class T, class Read>
Result<T> EmbeddedRows::from_any_copy(Read read) {
  unsigned tried = 0;
  bool damaged = false;
  Error last;
  while (FaultDomain* domain = replicator_.readable_after_wait(tried)) {
    tried |= 1u << domain->index();
    const auto opened = domain->opened();
    if (!opened) continue;
    Result<T> result = read(*opened);
    if (result) {
      counters_.damaged += damaged;
      return result;
    }
    last = result.error();
    if (last.code != ErrorCode::kCorrupt) continue;
    damaged = true;
    replicator_.note_damage(domain->index());
  }
  if (tried == 0) return no_copy();
  return std::unexpected(last);
}

Result<std::optional<Bytes>> EmbeddedRows::read_now(BytesView key) {
  return from_any_copy<std::optional<Bytes>>([key](OpenDomain& domain) { return domain.rows->get(key); });
}

std::optional<Result<std::optional<Bytes>>> EmbeddedRows::read_cached(BytesView key) {
  FaultDomain* domain = replicator_.readable();
  const auto opened = domain ? domain->opened() : nullptr;
  if (!opened) return std::nullopt;
  rocksdb::PinnableSlice value;
  bool found = false;
  const auto there = opened->rows->get_into(key, Wait::kNo, value, found);
  if (!there || !*there) return std::nullopt;  // an error is left to the slow path, which knows other copies
  if (!found) return std::optional<Bytes>();
  return std::optional<Bytes>(Bytes(value.data(), value.size()));
}

Task<Result<std::optional<Bytes>>> EmbeddedRows::read(TenantId tenant, Bytes key) {
  if (auto cached = read_cached(key)) co_return std::move(*cached);
  co_return co_await read_on_pool(tenant, std::move(key));
}

Task<Result<std::optional<Bytes>>> EmbeddedRows::read_on_pool(TenantId tenant, Bytes key) {
  return readers_.run(fair_key(tenant), [this, key = std::move(key)] { return read_now(key); });
}

Task<Result<std::optional<Bytes>>> EmbeddedRows::read_often(TenantId tenant, Bytes key) {
  const auto now = recent_.watch(key);
  if (auto recent = recent_.find(key, now)) co_return std::move(*recent);
  auto row = read_cached(key);
  if (!row) row = co_await read_on_pool(tenant, key);
  if (*row && **row) recent_.keep(key, ***row, now);
  co_return std::move(*row);
}

Task<Result<std::optional<Bytes>>> EmbeddedRows::get(PartitionId partition, Bytes key) {
  FH_CO_CHECK_OK(check_partition(partition));
  FH_CO_CHECK_OK(check_key(key));
  co_return co_await read_often(partition.tenant(), row_prefix(partition).append(key));
}

Result<bool> EmbeddedRows::page_of(OpenDomain& domain, const Range& range, Wait wait, ScanPage& page) {
  page = {};
  const rocksdb::Slice end(range.end);
  auto it = domain.rows->iterate(wait, &end);
  std::size_t bytes = 0;
  for (it->Seek(range.from); it->Valid(); it->Next()) {
    if (page.rows.size() == range.limit || bytes >= kScanPageBytes) {
      page.more = true;
      return true;
    }
    const auto key = it->key();
    const auto value = it->value();
    bytes += key.size() + value.size();
    page.rows.push_back({Bytes(key.data() + range.strip, key.size() - range.strip), Bytes(value.data(), value.size())});
  }
  if (it->status().ok()) return true;
  if (wait == Wait::kNo && it->status().IsIncomplete()) return false;
  return fail_rocksdb(it->status(), "scan");
}

Result<ScanPage> EmbeddedRows::range_now(const Range& range) {
  return from_any_copy<ScanPage>([this, &range](OpenDomain& domain) -> Result<ScanPage> {
    ScanPage page;
    FH_CHECK_OK(page_of(domain, range, Wait::kYes, page));
    return page;
  });
}

Task<Result<ScanPage>> EmbeddedRows::read_range(TenantId tenant, Range range) {
  if (FaultDomain* domain = replicator_.readable()) {
    const auto opened = domain->opened();
    ScanPage page;
    if (opened) {
      if (const auto cached = page_of(*opened, range, Wait::kNo, page); cached && *cached) co_return page;
    }
  }
  co_return co_await readers_.run(fair_key(tenant), [this, range = std::move(range)] { return range_now(range); });
}

Task<Result<ScanPage>> EmbeddedRows::scan(PartitionId partition, Bytes from, Bytes end, std::uint32_t limit) {
  FH_CO_CHECK_OK(check_scan(partition, from, end));
  if (!end.empty() && end <= from) co_return ScanPage{};
  const Bytes prefix = row_prefix(partition);
  Range range{prefix + from, end.empty() ? prefix_end(prefix) : prefix + end, prefix.size(),
              std::min(limit, limits::kScanLimit)};
  co_return co_await read_range(partition.tenant(), std::move(range));
}

Task<Result<bool>> EmbeddedRows::find_transaction(PartitionId partition, TransactionId transaction) {
  FH_CO_CHECK_OK(check_partition(partition));
  FH_CO_CHECK_OK(check_transaction_age(transaction, clock_));
  // Without a quorum a batch may be in one domain only: whether it counts isn't decided yet.
  if (!replicator_.serving()) co_return std::unexpected(replicator_.refusal());
  FH_CO_TRY(const auto row, co_await read(partition.tenant(), transaction_key(transaction, partition)));
  if (!replicator_.serving()) co_return std::unexpected(replicator_.refusal());
  co_return row.has_value();
}

Task<Result<std::vector<Change>>> EmbeddedRows::changes(PartitionId partition, std::uint64_t after,
                                                        std::uint32_t limit) {
  FH_CO_CHECK_OK(check_partition(partition));
  std::vector<Change> changes;
  if (after == UINT64_MAX) co_return changes;
  const Bytes from = change_key(partition, after + 1);
  const Bytes prefix = from.substr(0, from.size() - sizeof(std::uint64_t));
  Range range{from, prefix_end(prefix), prefix.size(), std::min(limit, limits::kScanLimit)};
  FH_CO_TRY(const ScanPage page, co_await read_range(partition.tenant(), std::move(range)));
  for (const auto& row : page.rows) {
    const auto sequence = decode_number(row.key);
    auto change = sequence ? decode_change(*sequence, row.value) : std::nullopt;
    if (!change) co_return fail(ErrorCode::kCorrupt, "stored rows are damaged", "change record");
    changes.push_back(std::move(*change));
  }
  co_return changes;
}

}  // namespace freehold::store::embedded
