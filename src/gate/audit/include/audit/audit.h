// Audit: every decision of the gate, as a record in a tamper-evident log (DESIGN section 7). Keeps: A6, E1.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"
#include "runtime/task.h"
#include "store/partition_store.h"

namespace freehold::gate::audit {

// One request, decided and done. Never content, keys, signatures, SAS; caller and address are pseudonymised by the log.
struct Record {
  WallTime time;
  RequestId request;
  TenantId tenant;
  std::string_view operation;   // the route's name
  std::string_view credential;  // "SharedKey", "AccountSas", "Anonymous", "LocalOperator", "SystemJob"
  std::string caller;           // pseudonymised
  std::string address;          // pseudonymised
  std::string resource;         // "/account/container/blob", as decoded
  std::string_view decision;    // "allowed" | "denied"
  std::string reason;           // the error code of a refusal, or empty
  int status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

// A reservation: as long as it lives, its record is certain to find room. Movable; giving it up unused frees the room.
class Slot {
 public:
  Slot() = default;
  // `release` runs its deleter when the slot is spent or given up.
  explicit Slot(std::shared_ptr<void> release) : release_(std::move(release)) {}
  Slot(Slot&&) noexcept = default;
  Slot& operator=(Slot&&) noexcept = default;
  [[nodiscard]] bool valid() const { return release_ != nullptr; }

 private:
  std::shared_ptr<void> release_;  // shared with the log that made it, which may be destroyed first
};

// The row that carries a write's record inside the write's own commit: put it among the commit's puts.
struct AttachedRecord {
  store::KeyValue row;
  std::uint64_t number = 0;
};

// The log of one front end. Thread-safe.
class Log {
 public:
  virtual ~Log() = default;
  // Room for one record, or kUnavailable: the log can't take it (full, failing, stopped), and so the request must fail.
  [[nodiscard]] virtual Result<Slot> reserve(TenantId tenant) = 0;
  // For reads and refusals: the record goes into the next batch (at most 200 ms or 4,096 records later).
  virtual void append(Slot slot, Record record) = 0;
  // For writes: makes the sealed row of the record before the commit...
  [[nodiscard]] virtual AttachedRecord attach(const store::PartitionId& partition, const Record& record) = 0;
  // ...and after the commit was Ok, hands the record over to the next batch, after which the row is deleted. If the
  // process dies between, recovery finds the row.
  virtual void settle(Slot slot, store::PartitionId partition, AttachedRecord attached, Record record) = 0;
  // For operators and the control plane: durable when the task ends well.
  [[nodiscard]] virtual runtime::Task<Result<>> append_durably(Record record) = 0;
};

// The tenant's keys for the log, supplied by app/ from the key ring. Thread-safe, from memory.
class TenantAuditKeys {
 public:
  virtual ~TenantAuditKeys() = default;
  // 32 bytes each: seals batches; makes pseudonyms. kUnavailable if the tenant's key can't be had.
  [[nodiscard]] virtual Result<Secret> batch_key(TenantId tenant) = 0;
  [[nodiscard]] virtual Result<Secret> pseudonym_key(TenantId tenant) = 0;
};

// Keys under which attached rows stand in their partitions begin so; no service uses this prefix for rows of its own.
inline constexpr std::string_view kAttachedPrefix =
    "\x01"
    "audit/";

}  // namespace freehold::gate::audit
