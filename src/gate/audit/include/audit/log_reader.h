// LogReader: what is durable in a log, batch by batch, for who passes its owners' records on to them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "audit_format/checkpoint.h"
#include "audit_format/leaf.h"

namespace freehold::gate::audit {

// Batches stand in the order in which they became durable and never move: who remembers how far it read misses none.
// Each is held against its leaf, but not against the tree: that is the verifier's business. Thread-safe; what it
// borrows outlives it.
class LogReader {
 public:
  // `key` is the log's public key.
  LogReader(store::PartitionStore& store, TenantAuditKeys& keys, std::string_view front_end, VerifierKey key);

  // Where the next batch will stand: 0 in an empty log. kCorrupt: the stored checkpoint isn't signed by the log's key.
  [[nodiscard]] runtime::Task<Result<std::uint64_t>> end() const;
  // The leaves from `from` on, in order, `most` (up to limits::kScanLimit) of them. kCorrupt: one is missing or
  // damaged.
  [[nodiscard]] runtime::Task<Result<std::vector<Leaf>>> leaves(std::uint64_t from, std::uint32_t most) const;
  // A leaf's batch as it rests. kNotFound: it was pruned.
  [[nodiscard]] runtime::Task<Result<Bytes>> sealed(std::uint64_t index) const;
  // The records' lines. Some milliseconds of work: for a pool thread. kUnavailable: the tenant's key can't be had;
  // kCorrupt: it isn't what its leaf says.
  [[nodiscard]] Result<Bytes> open(const Leaf& leaf, BytesView sealed) const;

 private:
  store::PartitionStore& store_;
  TenantAuditKeys& keys_;
  store::PartitionId partition_;
  VerifierKey key_;
};

}  // namespace freehold::gate::audit
