// ResourceStore: what the resource manager keeps of each tenant, sealed, and answered from memory. Keeps: E1, H1.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "authz/scope.h"
#include "keys/sealed_rows.h"
#include "route/api_error.h"
#include "runtime/turn.h"
#include "src/model.h"

namespace freehold::resources {

using runtime::Task;

// A change of a tenant's state: what is put here becomes rows of one commit, and is seen by all once it is durable.
class Draft {
 public:
  explicit Draft(const TenantState& before) : state_(before) {}
  [[nodiscard]] const TenantState& state() const { return state_; }
  void put(Subscription subscription);
  void put(ManagementGroup group);
  void put(ResourceGroup group);
  void put(Lock lock);
  void put(Operation operation);
  void remove_management_group(const std::string& key);
  void remove_group(const std::string& key);
  void remove_lock(const std::string& key);
  // Every lock of the scope and of what is below it (lower case).
  void remove_locks_below(const std::string& scope);
  void remove_operation(OperationId id);

 private:
  friend class ResourceStore;
  TenantState state_;
  keys::RowChange rows_;
};

// Says no by its error, and then nothing changes.
using Edit = std::function<gate::ApiResult<>(Draft& draft)>;

// Owned by ResourcesService. Thread-safe once its tenants are loaded. One tenant's rows are in one partition; changes
// of a tenant wait for each other.
class ResourceStore final : public gate::authz::ManagementTree {
 public:
  explicit ResourceStore(keys::SealedStore store);
  ~ResourceStore() override;

  // Reads a tenant's rows; before anything else is asked of the tenant.
  [[nodiscard]] Task<Result<>> load(TenantId tenant);
  // Never null: of an unknown tenant it is empty.
  [[nodiscard]] std::shared_ptr<const TenantState> state(TenantId tenant) const;
  [[nodiscard]] std::vector<TenantId> tenants() const;
  // In effect, for every request that begins after it, when it ends well. 503 if the rows couldn't be written.
  [[nodiscard]] Task<gate::ApiResult<>> change(TenantId tenant, Edit edit);

  [[nodiscard]] std::optional<TenantId> tenant_of(SubscriptionId subscription) const override;
  [[nodiscard]] std::vector<std::string> groups_above(TenantId tenant, SubscriptionId subscription) const override;
  [[nodiscard]] std::vector<std::string> groups_above(TenantId tenant, std::string_view group) const override;

 private:
  struct Table;
  [[nodiscard]] std::shared_ptr<Table> table_of(TenantId tenant) const;

  keys::SealedStore store_;
  std::shared_ptr<const TenantState> nothing_;
  mutable std::shared_mutex mutex_;                     // guards the map and the tables' states
  std::map<TenantId, std::shared_ptr<Table>> tables_;   // shared with changes under way
  std::unordered_map<SubscriptionId, TenantId> homes_;  // of every subscription that any tenant has or had
};

}  // namespace freehold::resources
