// The durable log of one front end: records in sealed batches, the batches' tree in tiles, signed checkpoints
// (DESIGN section 7, docs/formats/audit-log.md). Keeps: A6, E1, R4.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "audit_format/checkpoint.h"
#include "base/random.h"
#include "store/hybrid_clock.h"

namespace freehold::disk {
class Disk;
}

namespace freehold::gate::audit {

struct LogOptions {
  std::string front_end;  // names the log's partition: letters, digits, '-' and '.'
  std::string origin;     // the log's name in checkpoints and in its public key; no white space, no '+'
  Secret signing_seed;    // Ed25519, 32 bytes
  // The process's term: the log's own commits and the deletions of settled rows carry it, so it must be the epoch under
  // which the services of this process commit to their partitions.
  store::Epoch epoch;
  std::size_t queue_records = 65'536;  // reservations and records not yet durable; one tenant may hold three quarters
  std::chrono::milliseconds linger{100};           // how long a record waits for company; half of the promised 200 ms
  std::chrono::milliseconds refuse_after{2000};    // reserve() fails once the store has refused for so long
  std::chrono::milliseconds settled_linger{1000};  // how long a settled row may wait for its grouped deletion
  // Where records wait, sealed and durable, while the store takes no commits (a region that can only be read audits,
  // too). Every directory that can be reached gets a copy. Without a disk nothing is spooled.
  disk::Disk* disk = nullptr;
  std::vector<std::string> spool_directories;
  std::uint64_t spool_bytes = 64ull << 20;  // beyond it the log refuses, as it does without a spool
  bool background = true;                   // false: nothing is written before flush() (tests, offline tools)
};

// What recover() found in one partition.
struct Recovered {
  std::uint64_t appended = 0;        // had never reached a batch; they are in the log now
  std::uint64_t already_logged = 0;  // were in a batch; only their deletion was missing
  std::uint64_t unreadable = 0;      // don't open; left where they are, and in the process log
};

// Log with what only its owner calls. Owned by app/, which stops it after the pipeline has drained and before the store
// goes. All members are thread-safe. Those below block on the store: call them from start-up, a pool thread or a
// command, never from a loop. A record's string_views must stay valid until the log is stopped (route rows do).
class DurableLog : public Log {
 public:
  // Appends attached rows of `partition` that an earlier process left behind, each exactly once: a row whose id stands
  // in a `settled/` row (written in the batch's own commit) is only deleted; any other is appended. Rows of this
  // process are told by their number and left alone, so the partition may already be in use.
  [[nodiscard]] virtual Result<Recovered> recover(store::PartitionId partition) = 0;
  // Makes what is queued durable now, in the log or in the spool; kUnavailable (or what the store said) if it couldn't.
  [[nodiscard]] virtual Result<> flush() = 0;
  // Flushes, deletes settled rows, and takes no more records. Idempotent.
  virtual void stop() = 0;
  // The newest signed checkpoint, or empty before the first batch.
  [[nodiscard]] virtual std::string checkpoint() const = 0;
  [[nodiscard]] virtual const VerifierKey& verifier_key() const = 0;
  // The value behind a pseudonym of the tenant, for those who may ask. kNotFound: unknown or erased.
  [[nodiscard]] virtual Result<std::string> resolve_pseudonym(TenantId tenant, std::string_view pseudonym) = 0;
  // Forgets the value behind a pseudonym for good. The records and the tree stay as they are; should the same value
  // come again, it gets another pseudonym. kNotFound: unknown or already erased.
  [[nodiscard]] virtual Result<> erase_pseudonym(TenantId tenant, std::string_view pseudonym) = 0;
};

// Opens or begins the log. The stored checkpoint's signature, the tree's right edge and the last leaves must agree with
// each other: kCorrupt if they don't, and nothing is changed. The references must outlive the log.
[[nodiscard]] Result<std::unique_ptr<DurableLog>> open_log(LogOptions options, store::PartitionStore& store,
                                                           TenantAuditKeys& keys, const Clock& clock, Random& random,
                                                           store::HybridClock& hybrid);

}  // namespace freehold::gate::audit
