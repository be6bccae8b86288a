// FlatTree, for tests: every subscription of a tenant stands right below its root management group.
#pragma once

#include "authz/scope.h"

namespace freehold::gate::authz {

class FlatTree final : public ManagementTree {
 public:
  [[nodiscard]] std::optional<TenantId> tenant_of(SubscriptionId) const override { return std::nullopt; }
  [[nodiscard]] std::vector<std::string> groups_above(TenantId, SubscriptionId) const override { return {}; }
  [[nodiscard]] std::vector<std::string> groups_above(TenantId, std::string_view) const override { return {}; }
};

}  // namespace freehold::gate::authz
