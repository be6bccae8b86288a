#include "contract_rules.h"

#include <algorithm>

#include "base/limits.h"
#include "store/hybrid_clock.h"

namespace freehold::store {
namespace {

constexpr std::size_t kTenantBytes = 16;

std::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::kInvalidArgument, std::move(message)); }

Result<> check_value(BytesView value) {
  if (value.empty()) return refuse("an empty value can't be stored");
  if (value.size() > limits::kValueBytes) return refuse("the value is longer than a row may be");
  return {};
}

Result<std::size_t> checked_size(const Commit& commit) {
  std::size_t size = commit.partition.value.size();
  for (const auto& e : commit.expect) {
    FH_CHECK_OK(check_key(e.key));
    size += e.key.size() + (e.value ? e.value->size() : 0);
  }
  for (const auto& p : commit.puts) {
    FH_CHECK_OK(check_key(p.key));
    FH_CHECK_OK(check_value(p.value));
    size += p.key.size() + p.value.size();
  }
  for (const auto& d : commit.deletes) {
    FH_CHECK_OK(check_key(d));
    size += d.size();
  }
  return size;
}

bool has_duplicate(const Commit& commit) {
  if (commit.puts.size() + commit.deletes.size() < 2) return false;
  std::vector<BytesView> keys;
  keys.reserve(commit.puts.size() + commit.deletes.size());
  for (const auto& p : commit.puts) keys.emplace_back(p.key);
  for (const auto& d : commit.deletes) keys.emplace_back(d);
  std::ranges::sort(keys);
  return std::ranges::adjacent_find(keys) != keys.end();
}

}  // namespace

Result<> check_partition(const PartitionId& partition) {
  if (partition.value.size() < kTenantBytes) return refuse("a partition's id begins with a tenant's");
  if (partition.value.size() > limits::kPartitionIdBytes) return refuse("the partition's id is too long");
  return {};
}

Result<> check_key(BytesView key) {
  if (key.empty()) return refuse("an empty key can't be stored");
  if (key.size() > limits::kKeyBytes) return refuse("the key is too long");
  if (key.front() == kReservedKeyByte) return refuse("keys beginning with 0xff are the engine's own");
  return {};
}

Result<> check_commit(const Commit& commit) {
  FH_CHECK_OK(check_partition(commit.partition));
  if (commit.expect.size() + commit.puts.size() + commit.deletes.size() > limits::kCommitItems) {
    return refuse("the commit has too many items");
  }
  FH_TRY(const std::size_t size, checked_size(commit));
  if (size > limits::kCommitBytes) return refuse("the commit is too large");
  if (has_duplicate(commit)) return refuse("a key stands twice in the commit");
  return {};
}

Result<> check_scan(const PartitionId& partition, BytesView from, BytesView end) {
  FH_CHECK_OK(check_partition(partition));
  if (from.size() > limits::kKeyBytes + 1 || end.size() > limits::kKeyBytes + 1) return refuse("the bound is too long");
  return {};
}

Result<> check_chunk(std::uint64_t size) {
  if (size == 0) return refuse("an empty chunk can't be stored");
  if (size > limits::kChunkBytes) return refuse("the chunk is too large");
  return {};
}

Result<> check_transaction_age(TransactionId transaction, const Clock& clock) {
  const auto oldest = clock.now() - kTransactionMemory;
  if (HybridClock::wall_time(transaction.hybrid_time) < oldest) return refuse("the transaction is too old to be known");
  return {};
}

}  // namespace freehold::store
