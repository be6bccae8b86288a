#include "keys/sealed_rows.h"

#include "base/check.h"
#include "base/limits.h"
#include "crypto/aead.h"
#include "keys/change_rows.h"
#include "keys/sealed_page.h"

namespace freehold::keys {
namespace {

// The place that a sealed row is bound to.
Bytes place_of(const store::PartitionId& partition, BytesView key) {
  Bytes context = "freehold row";
  append_sized(context, partition.value);
  context += key;
  return context;
}

// The first key after all that begin with `prefix`; prefixes are ASCII here.
Bytes after(Bytes prefix) {
  FH_CHECK(!prefix.empty() && prefix.back() != '\xff');
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace

runtime::Task<Result<std::vector<store::KeyValue>>> SealedRows::load(Bytes prefix, std::size_t limit) const {
  FH_CO_TRY(const Secret key, store_.row_keys.row_key(partition_.tenant()));
  std::vector<store::KeyValue> out;
  const Bytes end = after(prefix);
  Bytes from = std::move(prefix);
  while (true) {
    FH_CO_TRY(auto page, co_await store_.rows.scan(partition_, from, end, limits::kScanLimit));
    for (auto& row : page.rows) {
      if (out.size() == limit) co_return fail(ErrorCode::kExhausted, "a table has more rows than it may have");
      FH_CO_TRY(Bytes plain, crypto::open(key, place_of(partition_, row.key), row.value));
      out.push_back({std::move(row.key), std::move(plain)});
    }
    if (!page.more || page.rows.empty()) co_return out;
    from = out.back().key + '\0';
  }
}

runtime::Task<Result<SealedPage>> sealed_page(SealedStore store, store::PartitionId partition, Bytes from, Bytes end,
                                              std::uint32_t limit) {
  FH_CO_TRY(const Secret key, store.row_keys.row_key(partition.tenant()));
  FH_CO_TRY(auto found, co_await store.rows.scan(partition, std::move(from), std::move(end), limit));
  SealedPage out{.rows = {}, .more = found.more && !found.rows.empty()};
  for (auto& row : found.rows) {
    FH_CO_TRY(Bytes plain, crypto::open(key, place_of(partition, row.key), row.value));
    out.rows.push_back({std::move(row.key), std::move(plain)});
  }
  co_return out;
}

runtime::Task<Result<>> SealedRows::change(RowChange change) const {
  const auto reserve = change.puts.empty() ? store::DiskReserve::kMayUse : store::DiskReserve::kKeep;
  return change_rows(store_, partition_, std::move(change), reserve);
}

runtime::Task<Result<>> change_rows(SealedStore store, store::PartitionId partition, RowChange change,
                                    store::DiskReserve reserve) {
  FH_CO_TRY(const Secret key, store.row_keys.row_key(partition.tenant()));
  store::Commit commit{.partition = partition,
                       .epoch = store.epoch,
                       .transaction = store.hybrid.next_transaction(),
                       .expect = {},
                       .puts = std::move(change.as_is),
                       .deletes = std::move(change.deletes),
                       .reserve = reserve};
  for (Bytes& absent : change.absent) commit.expect.push_back(store::absent(std::move(absent)));
  for (auto& put : change.puts) {
    if (put.value.size() + crypto::kAeadNonceBytes + crypto::kAeadTagBytes > limits::kValueBytes) {
      co_return fail(ErrorCode::kExhausted, "a row is too long");
    }
    Bytes sealed = crypto::seal(key, place_of(partition, put.key), put.value, store.random);
    commit.puts.push_back({std::move(put.key), std::move(sealed)});
  }
  const auto result = co_await store::commit_settled(store.rows, std::move(commit));
  if (result.outcome == store::CommitOutcome::kOk) co_return Result<>();
  if (result.outcome == store::CommitOutcome::kConflict) co_return fail(ErrorCode::kConflict, "it is there already");
  if (result.outcome == store::CommitOutcome::kFenced) {
    co_return fail(ErrorCode::kUnavailable, "this process no longer owns the partition");
  }
  if (result.error.code == ErrorCode::kExhausted) co_return std::unexpected(result.error);
  co_return fail(ErrorCode::kUnavailable, "the change could not be kept", result.error.message);
}

}  // namespace freehold::keys
