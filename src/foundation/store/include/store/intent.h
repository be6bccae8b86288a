// Intent: what spans partitions, written down before it is begun and resumed after a crash (DESIGN section 4).
#pragma once

#include <functional>
#include <map>
#include <string>

#include "store/hybrid_clock.h"
#include "store/partition_store.h"

namespace freehold::store {

struct Intent {
  TransactionId id;
  std::string kind;  // names the resumer: "delete-container"
  Bytes arguments;   // all that a resumer needs; at most kIntentBytes
};
inline constexpr std::size_t kIntentBytes = 32 * 1024;

// Carries an intent to its end. It may be called again after it was broken off anywhere, so each of its steps is
// idempotent (a commit that expects the state before it, and takes the state after it for done). An error of
// kUnavailable, kExhausted or kTimeout leaves the intent for resume(); any other means that it undid what it had done,
// and ends it.
using Resumer = std::function<Task<Result<>>(Intent)>;

// The intents of one owner, kept in its home partition under keys that begin with `prefix`. Resumers are registered
// before the first call; after that it is thread-safe, but one intent is carried by one caller: resume() at start,
// before run().
class IntentJournal {
 public:
  IntentJournal(PartitionStore& store, PartitionId home, Bytes prefix, Epoch epoch, HybridClock& ids);
  void on(std::string kind, Resumer resumer);

  // Writes the intent down, carries it out and strikes it off.
  [[nodiscard]] Task<Result<>> run(std::string kind, Bytes arguments);
  // The row that writes an intent down, for a commit of the caller's own in the home partition: the intent then begins
  // with what that commit changes, or not at all. carry_out() follows.
  [[nodiscard]] KeyValue row_of(const Intent& intent) const;
  [[nodiscard]] Task<Result<>> carry_out(Intent intent);
  // Carries out what a crash or an outage left. Returns how many intents remain.
  [[nodiscard]] Task<Result<std::uint64_t>> resume();

 private:
  [[nodiscard]] Bytes key_of(TransactionId id) const;
  [[nodiscard]] Task<Result<>> write(Commit commit);

  PartitionStore& store_;
  const PartitionId home_;
  const Bytes prefix_;
  const Epoch epoch_;
  HybridClock& ids_;
  std::map<std::string, Resumer> resumers_;
};

}  // namespace freehold::store
