// The bounded way from the loops to the flusher: reservations, and stripes of records.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "audit/audit.h"
#include "runtime/completion.h"

namespace freehold::gate::audit {

// What most records don't have: an attached row, someone who waits.
struct EntryExtra {
  store::PartitionId partition;
  Bytes attached_key;  // kAttachedPrefix + id, or empty
  std::optional<runtime::Completion<Result<>>> done;
  bool spooled = false;  // stands in the spool: nothing is lost if this entry is
};

struct Entry {
  Slot slot;
  Record record;
  bool pseudonymised = false;
  std::unique_ptr<EntryExtra> extra;
};

// Room for a number of records, each held from reserve() until the record is durable. No tenant, told by a byte of its
// id, holds more than three quarters (I1: one tenant's burst leaves room for others). Thread-safe; shared by the slots
// that it gave out, which may outlive the log.
class Room : public std::enable_shared_from_this<Room> {
 public:
  explicit Room(std::size_t limit) : limit_(limit), share_(limit - limit / 4) {}
  [[nodiscard]] std::optional<Slot> take(TenantId tenant);
  [[nodiscard]] std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  void give_back(std::size_t bucket);

  const std::size_t limit_;
  const std::size_t share_;
  std::atomic<std::size_t> taken_{0};
  std::array<std::atomic<std::uint32_t>, 256> by_tenant_{};
};

// Thread-safe. Appending locks a stripe that other threads rarely use.
class Queue {
 public:
  // Returns how many records have been appended since the last take_all(), this one included.
  std::size_t append(Entry entry);
  // Moves everything to the end of `out`.
  void take_all(std::vector<Entry>& out);

 private:
  static constexpr std::size_t kStripes = 16;
  struct alignas(64) Stripe {
    std::mutex mutex;
    std::vector<Entry> entries;
  };
  std::array<Stripe, kStripes> stripes_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace freehold::gate::audit
