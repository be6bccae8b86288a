// Where the log's rows stand (docs/formats/audit-log.md): partitions and keys of the log, its settled rows and the map
// of pseudonyms. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "store/partition_store.h"

namespace freehold::gate::audit {

inline constexpr std::string_view kCheckpointKey = "checkpoint";
inline constexpr std::string_view kHistoryPrefix = "checkpoint/";  // + size: at most one an hour is kept
inline constexpr std::string_view kLeafPrefix = "leaf/";
inline constexpr std::string_view kBatchPrefix = "batch/";
inline constexpr std::string_view kSettledPrefix = "settled/";
inline constexpr std::string_view kSpooledPrefix = "spooled/";  // + id of a spool file that is in the log
inline constexpr std::size_t kAttachedIdBytes = 16;

[[nodiscard]] store::PartitionId log_partition(std::string_view front_end);
// Holds nothing: settled rows name spooled records as rows of it.
[[nodiscard]] store::PartitionId spool_partition(std::string_view front_end);
[[nodiscard]] store::PartitionId pseudonym_partition(TenantId tenant);

[[nodiscard]] Bytes indexed_key(std::string_view prefix, std::uint64_t index);
[[nodiscard]] std::optional<std::uint64_t> index_of_key(std::string_view prefix, BytesView key);
// The first key after all that begin with `prefix`.
[[nodiscard]] Bytes after_prefix(std::string_view prefix);
// C2SP tlog-tiles: "tile/<level>/<index>", the index in groups of three digits ("x001/067").
[[nodiscard]] Bytes tile_key(unsigned level, std::uint64_t index);

// Attached rows that went into one commit's batches, and still await deletion in their partitions.
struct SettledRow {
  store::PartitionId partition;
  std::vector<Bytes> keys;  // kAttachedPrefix + id
};
[[nodiscard]] Bytes encode_settled(const std::vector<SettledRow>& rows);
[[nodiscard]] std::optional<std::vector<SettledRow>> decode_settled(BytesView bytes);

}  // namespace freehold::gate::audit
