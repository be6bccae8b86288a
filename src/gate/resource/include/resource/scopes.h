// Scopes: what stands above resources, as the resource manager has it, for services that decide by it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "resource/change.h"

namespace freehold::gate::resource {

// Implemented by the resource manager, supplied by app/. Thread-safe, answers from memory.
class Scopes {
 public:
  virtual ~Scopes() = default;
  [[nodiscard]] virtual std::vector<SubscriptionId> subscriptions(TenantId tenant) const = 0;
  // Names, as they are written, of those that aren't being deleted.
  [[nodiscard]] virtual std::vector<std::string> group_names(TenantId tenant, SubscriptionId subscription) const = 0;
  // As the API shows them; null: there is none.
  [[nodiscard]] virtual Json subscription_json(TenantId tenant, SubscriptionId subscription) const = 0;
  [[nodiscard]] virtual Json group_json(TenantId tenant, SubscriptionId subscription, std::string_view name) const = 0;
  [[nodiscard]] virtual bool has_management_group(TenantId tenant, std::string_view name) const = 0;
};

}  // namespace freehold::gate::resource
