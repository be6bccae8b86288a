// export-audit: a stretch of the log as files that anyone with the log's public key can verify. Keeps: A6.
#pragma once

#include <optional>
#include <string>

#include "audit/audit.h"
#include "audit_format/checkpoint.h"

namespace freehold::gate::audit {

struct ExportOptions {
  std::string front_end;  // whose log
  VerifierKey key;        // the log's public key: the stored checkpoint must be signed under it
  std::string folder;     // made if absent; must be empty
  // Batches with a record in [from, to] are exported whole; none given: all there are.
  std::optional<WallTime> from;
  std::optional<WallTime> to;
  // A signed checkpoint that the reader kept from before: the export then proves that the log continues it. Without
  // one, the newest that the log kept from before the first exported batch is taken.
  std::string earlier_checkpoint;
};

struct ExportSummary {
  std::uint64_t first_leaf = 0;
  std::uint64_t end_leaf = 0;
  std::uint64_t records = 0;
  std::uint64_t sealed_leaves = 0;  // of tenants whose keys can't be had: exported sealed
};

// Reads the log as its newest checkpoint says, also while it is being written, in memory that doesn't grow with it.
// Blocks on store and disk: for a pool thread or a command. kCorrupt names what doesn't fit; files written so far stay.
[[nodiscard]] Result<ExportSummary> export_audit(store::PartitionStore& store, TenantAuditKeys& keys,
                                                 const ExportOptions& options);

}  // namespace freehold::gate::audit
