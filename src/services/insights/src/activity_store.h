// ActivityStore: the events of one tenant, sealed, in one partition of its own. Persistence only.
#pragma once

#include <optional>
#include <vector>

#include "keys/sealed_page.h"
#include "src/activity_event.h"

namespace freehold::insights {

using runtime::Task;

// Owned by InsightsService. Thread-safe.
class ActivityStore {
 public:
  ActivityStore(keys::SealedStore store, TenantId tenant);
  [[nodiscard]] TenantId tenant() const { return tenant_; }

  // With `queued`, rows that are to be there with it (SettingStore). Durable when it ends well.
  [[nodiscard]] Task<Result<>> add(ActivityEvent event, std::vector<store::KeyValue> queued = {}) const;

  struct Page {
    std::vector<ActivityEvent> events;
    Bytes next;  // where the next page begins; empty: there is none
  };
  // At most `limit` events with from <= key < end (key_at(), key_after(), Page::next), the newest first.
  [[nodiscard]] Task<Result<Page>> page(Bytes from, Bytes end, std::uint32_t limit) const;
  // Removes what is older, some thousand rows a commit; how many it was.
  [[nodiscard]] Task<Result<std::size_t>> forget_before(WallTime time) const;

 private:
  TenantId tenant_;
  keys::SealedStore store_;
  keys::SealedRows rows_;
};

}  // namespace freehold::insights
