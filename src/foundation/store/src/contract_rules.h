// What the contracts allow, as pure checks: every engine refuses the same input with the same error.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "store/chunk_store.h"
#include "store/partition_store.h"

namespace freehold::store {

inline constexpr char kReservedKeyByte = '\xff';  // keys beginning with it are the engine's own

[[nodiscard]] Result<> check_partition(const PartitionId& partition);
[[nodiscard]] Result<> check_key(BytesView key);
[[nodiscard]] Result<> check_commit(const Commit& commit);
// The bounds of a scan are no keys: they may be empty, and an end may be one byte longer than a key.
[[nodiscard]] Result<> check_scan(const PartitionId& partition, BytesView from, BytesView end);
[[nodiscard]] Result<> check_chunk(std::uint64_t size);
// kInvalidArgument for a transaction too old to be remembered.
[[nodiscard]] Result<> check_transaction_age(TransactionId transaction, const Clock& clock);

// A page of a scan ends when its rows hold this much.
inline constexpr std::size_t kScanPageBytes = 1024 * 1024;

}  // namespace freehold::store
