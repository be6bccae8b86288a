// DeliveryCursor: how far a setting's logs were delivered, and what is on its way. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace freehold::insights {

// In the audit log: a line of a leaf's batch.
struct LogPosition {
  std::uint64_t leaf = 0;
  std::uint64_t line = 0;
  friend auto operator<=>(const LogPosition&, const LogPosition&) = default;
};

// A block that one append makes, and where: who finds the blob at `position` hasn't made it, who finds it at its end or
// behind has.
struct PlannedAppend {
  std::string category;
  std::string hour;
  unsigned part = 0;
  std::uint64_t position = 0;
  std::uint64_t length = 0;
  friend bool operator==(const PlannedAppend&, const PlannedAppend&) = default;
};

// Durable before the first of its appends, gone with the last: who finds one after a crash ends it.
struct DeliveryPlan {
  LogPosition until = {};          // of logs: lines from the cursor to here
  std::vector<Bytes> events = {};  // of the activity log: names of the queued events (event_tag)
  std::vector<PlannedAppend> appends = {};
  friend bool operator==(const DeliveryPlan&, const DeliveryPlan&) = default;
};

struct DeliveryCursor {
  LogPosition at = {};
  std::optional<DeliveryPlan> plan = {};
  friend bool operator==(const DeliveryCursor&, const DeliveryCursor&) = default;
};

// docs/formats/activity-rows.md
[[nodiscard]] Bytes encode(const DeliveryCursor& cursor);
[[nodiscard]] Result<DeliveryCursor> decode_cursor(BytesView row);

}  // namespace freehold::insights
