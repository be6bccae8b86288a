#include "src/hsm_rows.h"

namespace freehold::vault {
namespace {

constexpr std::uint32_t kPage = 500;

const store::PartitionId& partition_of(const Vault& pool) { return pool.rows->partition; }

}  // namespace

Task<Result<std::vector<store::KeyValue>>> PoolRows::load(VaultPtr pool, Bytes prefix, std::size_t most) {
  std::vector<store::KeyValue> out;
  const RowSeal seal(*pool);
  Bytes end = prefix;
  end.back() = static_cast<char>(end.back() + 1);
  Bytes from = prefix;
  while (true) {
    FH_CO_TRY(auto page, co_await store_.rows.scan(partition_of(*pool), from, end, kPage));
    for (auto& row : page.rows) {
      if (out.size() == most) co_return fail(ErrorCode::kExhausted, "a pool has more rows than it can have");
      FH_CO_TRY(const Secret plain, seal.open(row.key, row.value));
      out.push_back({std::move(row.key), Bytes(plain.view())});
    }
    if (!page.more || page.rows.empty()) co_return out;
    from = out.back().key + '\0';
  }
}

Task<Result<std::optional<Secret>>> PoolRows::find(VaultPtr pool, Bytes key) {
  FH_CO_TRY(const auto row, co_await store_.rows.get(partition_of(*pool), key));
  if (!row) co_return std::optional<Secret>();
  FH_CO_TRY(Secret plain, RowSeal(*pool).open(key, *row));
  co_return std::optional<Secret>(std::move(plain));
}

Task<Result<>> PoolRows::change(VaultPtr pool, Change change) {
  const RowSeal seal(*pool);
  store::Commit commit{.partition = partition_of(*pool),
                       .epoch = store_.epoch,
                       .transaction = store_.hybrid.next_transaction(),
                       .expect = {},
                       .puts = {},
                       .deletes = std::move(change.deletes)};
  if (change.puts.empty()) commit.reserve = store::DiskReserve::kMayUse;
  for (auto& row : change.puts) {
    Bytes sealed = seal.seal(row.key, row.value, store_.random);
    wipe(row.value);
    commit.puts.push_back({std::move(row.key), std::move(sealed)});
  }
  const auto done = co_await store::commit_settled(store_.rows, std::move(commit));
  if (done.outcome == store::CommitOutcome::kOk) co_return Result<>();
  if (done.error.code == ErrorCode::kExhausted) co_return std::unexpected(done.error);
  co_return fail(ErrorCode::kUnavailable, "the change could not be kept", done.error.message);
}

}  // namespace freehold::vault
