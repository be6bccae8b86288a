// ActivityEvent: the beginning or the end of one act of the control plane, as it is kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "pipeline/activity.h"

namespace freehold::insights {

struct ActivityEvent {
  WallTime time;
  RequestId request;
  std::optional<SubscriptionId> subscription = {};  // none: what was done above all of them
  bool ended = false;
  std::string operation = {};  // "Microsoft.Storage/storageAccounts/write"
  std::string resource = {};   // its id, as far as the path names one
  std::string method = {};
  std::string correlation = {};
  std::string client_request = {};
  PrincipalId caller = {};  // by object id alone: names are looked up when somebody reads
  PrincipalId application = {};
  int status = 0;         // of an end
  std::string code = {};  // of an error
};

[[nodiscard]] ActivityEvent event_of(const gate::Act& act);
[[nodiscard]] ActivityEvent event_of(const gate::Act& act, const gate::ActEnding& ending);

// "Started", "Accepted", "Succeeded", "Failed".
[[nodiscard]] std::string_view status_of(const ActivityEvent& event);
// The beginning's is the request's id, the end's another one made of it.
[[nodiscard]] RequestId event_id(const ActivityEvent& event);

// Keys sort by subscription, and each one's by time, the newest first (docs/formats/activity-rows.md).
[[nodiscard]] Bytes key_of(const ActivityEvent& event);
// Before all of a subscription's events at that time or earlier; none: of what is above all subscriptions.
[[nodiscard]] Bytes key_at(const std::optional<SubscriptionId>& subscription, WallTime time);
// Behind all of them at that time or later; by default behind all there are.
[[nodiscard]] Bytes key_after(const std::optional<SubscriptionId>& subscription, WallTime time = {});
// The subscription that the key's event is of, the zero one's for none. kCorrupt.
[[nodiscard]] Result<SubscriptionId> subscription_of(BytesView key);

[[nodiscard]] Bytes encode(const ActivityEvent& event);
// kCorrupt; kUnsupported: a newer program wrote it.
[[nodiscard]] Result<ActivityEvent> decode(BytesView key, BytesView row);

}  // namespace freehold::insights
