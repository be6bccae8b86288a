// A leaf of the log's tree: what one sealed batch of one tenant's records amounts to (docs/formats/audit-log.md).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "audit_format/merkle.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace freehold::gate::audit {

inline constexpr std::size_t kBatchRecords = 4096;
inline constexpr std::size_t kLeafBytes = 121;

struct Leaf {
  TenantId tenant;
  std::uint64_t index = 0;  // its place in the log: swapped leaves show
  Hash sub_root{};          // root_of the record hashes
  std::uint32_t count = 0;  // records, 1..kBatchRecords
  WallTime first;           // earliest and latest time of a record
  WallTime last;
  Hash sealed_hash{};            // SHA-256 of the sealed batch
  std::uint32_t text_bytes = 0;  // of the records' text with line ends, before compression
  friend bool operator==(const Leaf&, const Leaf&) = default;
};

// The one encoding of a leaf, kLeafBytes long; its leaf_hash stands in the tree.
[[nodiscard]] Bytes encode_leaf(const Leaf& leaf);
// nullopt unless the bytes are exactly what encode_leaf makes.
[[nodiscard]] std::optional<Leaf> decode_leaf(BytesView bytes);

// That one record is in the log, in two steps: the record in its batch, the batch in the tree.
struct RecordProof {
  std::uint64_t position = 0;  // of the record in its batch
  std::vector<Hash> in_batch;
  Leaf leaf;
  std::vector<Hash> in_log;
  std::uint64_t log_size = 0;
};
[[nodiscard]] Result<RecordProof> prove_record(std::span<const Hash> batch, std::uint64_t position, const Leaf& leaf,
                                               const NodeSource& log, std::uint64_t log_size);
[[nodiscard]] bool verify_record(BytesView text, const RecordProof& proof, const Hash& log_root);

}  // namespace freehold::gate::audit
