// The key spaces of a fault domain's rows (docs/formats/embedded-engine.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "disk/extents.h"
#include "store/chunk_store.h"
#include "store/partition_store.h"

namespace freehold::store::embedded {

// First bytes of keys. All but kLocal are the same in every domain of a placement.
enum class Space : char {
  kLocal = 0x01,       // this domain's own marks, never copied
  kHighest = 'H',      // hybrid timestamps of rows that are gone were not above this
  kPosition = 'P',     // the last applied batch
  kScanFrom = 'S',     // chunks of lower extents are all indexed
  kTouched = 'T',      // the keys that a recent batch changed
  kChunk = 'c',        // chunk id -> address
  kDead = 'd',         // address -> a removed chunk whose space is still to be given back
  kEpoch = 'e',        // lease name -> epoch
  kChange = 'l',       // partition, sequence -> change record
  kPartition = 'm',    // partition -> epoch, last change sequence
  kRow = 'p',          // partition, key -> value
  kTransaction = 'x',  // transaction, partition -> nothing
};

[[nodiscard]] Bytes local_key(BytesView name);
inline constexpr BytesView kTermMark = "term";              // the highest term this domain has voted for
inline constexpr BytesView kRebuildingMark = "rebuilding";  // its rows are a mixture until the mark is gone
inline constexpr BytesView kLogMark = "log";                // the last record of the commit log in these rows
inline constexpr BytesView kCleanMark = "clean";            // closed in order, with all copies equal

[[nodiscard]] Bytes space_key(Space space);
[[nodiscard]] Bytes touched_key(std::uint64_t sequence);
[[nodiscard]] Bytes chunk_key(ChunkId id);
[[nodiscard]] Bytes dead_key(std::uint32_t extent, std::uint64_t offset);
[[nodiscard]] Bytes epoch_key(BytesView name);
[[nodiscard]] Bytes partition_key(const PartitionId& partition);
[[nodiscard]] Bytes change_key(const PartitionId& partition, std::uint64_t sequence);
[[nodiscard]] Bytes row_prefix(const PartitionId& partition);
[[nodiscard]] Bytes transaction_key(TransactionId transaction, const PartitionId& partition);
[[nodiscard]] Bytes transaction_bound(std::uint64_t hybrid_time);  // all older transactions sort before it
// Ranges of rows that are deleted at once begin with keys of at most this length (transaction_bound()).
inline constexpr std::size_t kLongestRangeKey = 1 + 8;
// The first key behind all that begin with `prefix`.
[[nodiscard]] Bytes prefix_end(Bytes prefix);

// Where a domain stands in the history: batches are numbered without gaps, and each election begins a term, so that two
// histories that parted can be told apart.
struct Position {
  std::uint64_t term = 0;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};
[[nodiscard]] Bytes encode(const Position& position);
[[nodiscard]] std::optional<Position> decode_position(BytesView bytes);

// What a batch changed: single keys, and ranges where `end` isn't empty.
struct TouchedKey {
  Bytes key;
  Bytes end;
};
struct Touched {
  std::uint64_t term = 0;
  std::vector<TouchedKey> keys;
};
[[nodiscard]] std::optional<Touched> decode_touched(BytesView bytes);
void append_touched(Bytes& out, BytesView key, BytesView end);

struct PartitionMeta {
  std::uint64_t epoch = 0;
  std::uint64_t changes = 0;
};
[[nodiscard]] Bytes encode(const PartitionMeta& meta);
[[nodiscard]] std::optional<PartitionMeta> decode_partition_meta(BytesView bytes);

[[nodiscard]] Bytes encode(const disk::ExtentAddress& address);
[[nodiscard]] std::optional<disk::ExtentAddress> decode_address(BytesView bytes);

struct DeadChunk {
  ChunkId id;
  disk::ExtentAddress address;
};
[[nodiscard]] Bytes encode_dead(ChunkId id, std::uint32_t length);
[[nodiscard]] std::optional<DeadChunk> decode_dead(BytesView key, BytesView value);

[[nodiscard]] Bytes encode(const Change& change);
[[nodiscard]] std::optional<Change> decode_change(std::uint64_t sequence, BytesView bytes);

[[nodiscard]] Bytes encode_number(std::uint64_t value);
[[nodiscard]] std::optional<std::uint64_t> decode_number(BytesView bytes);

[[nodiscard]] disk::ChunkKey extent_key(ChunkId id);
[[nodiscard]] ChunkId chunk_id(const disk::ChunkKey& key);
[[nodiscard]] std::optional<ChunkId> chunk_id_of_key(BytesView chunk_key);

}  // namespace freehold::store::embedded
