// SettingStore: a tenant's diagnostic settings, how far each was delivered, and the events of the activity log that
// wait for a setting. Persistence only; in the activity log's own partition, so that an event and its places in queues
// are one commit.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "keys/sealed_page.h"
#include "runtime/turn.h"
#include "src/activity_event.h"
#include "src/delivery_cursor.h"
#include "src/diagnostic_setting.h"

namespace freehold::insights {

using runtime::Task;

// An event that waits for a setting.
struct QueuedEvent {
  Bytes key;  // of its row
  ActivityEvent event;
};
// What tells a setting's queued events apart.
[[nodiscard]] Bytes event_tag(const ActivityEvent& event);
// The row that puts an event into a setting's queue.
[[nodiscard]] store::KeyValue queued_row(SettingId setting, const ActivityEvent& event);

// Owned by InsightsService; load() first. Thread-safe: changes wait for each other, settings and cursors are read from
// memory.
class SettingStore {
 public:
  SettingStore(keys::SealedStore store, TenantId tenant);
  [[nodiscard]] TenantId tenant() const { return tenant_; }
  [[nodiscard]] Task<Result<>> load();

  [[nodiscard]] std::vector<SettingPtr> all() const;
  [[nodiscard]] SettingPtr find(const std::string& key) const;  // null: there is none
  // Of exactly this resource, or of it and everything below; by key_of() of it.
  [[nodiscard]] std::vector<SettingPtr> of(const std::string& resource) const;
  [[nodiscard]] std::vector<SettingPtr> at_and_below(const std::string& resource) const;
  // Those that want a subscription's events.
  [[nodiscard]] std::vector<SettingId> wanting(const std::optional<SubscriptionId>& subscription) const;

  // Makes one, or replaces the one of its name: one that goes to the same account goes on where that one is. `begin` is
  // where the log of a new one begins. 409 (check_beside), 503.
  [[nodiscard]] Task<gate::ApiResult<SettingPtr>> put(DiagnosticSetting setting, LogPosition begin, SettingId fresh);
  // With its cursor; what is queued for it is forgotten later. Idempotent.
  [[nodiscard]] Task<Result<>> remove(std::string key);

  [[nodiscard]] DeliveryCursor cursor(SettingId setting) const;
  // Without making it durable: what lies between concerned nobody.
  void pass_by(SettingId setting, LogPosition at);
  // Durable when it ends well, and then the events are out of the queue. False: the setting is gone, nothing happened.
  [[nodiscard]] Task<Result<bool>> keep(SettingId setting, DeliveryCursor cursor, std::vector<Bytes> delivered = {});
  // The oldest events that wait for a setting.
  [[nodiscard]] Task<Result<std::vector<QueuedEvent>>> queued(SettingId setting, std::uint32_t limit) const;
  // Takes out of the queues what is older, and all of settings that are gone; how many of those that are there lost.
  [[nodiscard]] Task<Result<std::size_t>> forget_queued(WallTime before) const;

 private:
  struct Entry {
    SettingPtr setting;
    DeliveryCursor cursor;
  };
  [[nodiscard]] Result<> take_in(const std::vector<store::KeyValue>& settings,
                                 std::map<SettingId, DeliveryCursor> where);
  [[nodiscard]] bool has(SettingId setting) const;
  [[nodiscard]] std::vector<SettingPtr> with_front(const std::string& front) const;
  [[nodiscard]] Task<Result<std::size_t>> forget_of(SettingId setting, Bytes end) const;

  TenantId tenant_;
  keys::SealedStore store_;
  keys::SealedRows rows_;
  mutable runtime::Turn turn_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<SettingId, std::string> keys_;
};

}  // namespace freehold::insights
