// An audit log in memory, which can be taken away. For tests of the pipeline and of services.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "audit/audit.h"

namespace freehold::gate::testing {

// Thread-safe.
class FakeLog final : public audit::Log {
 public:
  enum class Way { kAppended, kSettled, kDurable };
  struct Entry {
    Way way;
    audit::Record record;
  };

  [[nodiscard]] Result<audit::Slot> reserve(TenantId tenant) override {
    if (away_ || tenant == refused_) return fail(ErrorCode::kUnavailable, "the audit log is away");
    ++open_slots_;
    return audit::Slot(std::shared_ptr<void>(this, [this](void*) { --open_slots_; }));
  }
  void append(audit::Slot, audit::Record record) override { keep(Way::kAppended, std::move(record)); }
  [[nodiscard]] audit::AttachedRecord attach(const store::PartitionId&, const audit::Record&) override {
    auto number = ++attached_;
    return {.row = {.key = Bytes(audit::kAttachedPrefix) + std::to_string(number), .value = "record"},
            .number = number};
  }
  void settle(audit::Slot, store::PartitionId, audit::AttachedRecord, audit::Record record) override {
    keep(Way::kSettled, std::move(record));
  }
  [[nodiscard]] runtime::Task<Result<>> append_durably(audit::Record record) override {
    if (away_ || not_durable_) co_return fail(ErrorCode::kUnavailable, "the audit log is away");
    keep(Way::kDurable, std::move(record));
    co_return Result<>();
  }

  // From now on no record is taken, or again.
  void take_away(bool away) { away_ = away; }
  // That tenant's log has no room.
  void refuse(TenantId tenant) { refused_ = tenant; }
  // Reservations go well, durable records don't.
  void lose_durability(bool lost) { not_durable_ = lost; }
  // What was recorded since the last call, in order.
  [[nodiscard]] std::vector<Entry> take_entries() {
    std::lock_guard lock(mutex_);
    return std::exchange(entries_, {});
  }
  [[nodiscard]] int open_slots() const { return open_slots_; }

 private:
  void keep(Way way, audit::Record record) {
    std::lock_guard lock(mutex_);
    entries_.push_back({way, std::move(record)});
  }

  std::atomic<bool> away_{false};
  std::optional<TenantId> refused_;  // set by a test before it asks
  std::atomic<bool> not_durable_{false};
  std::atomic<int> open_slots_{0};
  std::atomic<std::uint64_t> attached_{0};
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace freehold::gate::testing
