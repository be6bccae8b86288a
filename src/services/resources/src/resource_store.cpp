#include "src/resource_store.h"

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/model_row.h"

namespace freehold::resources {

struct ResourceStore::Table {
  Table(keys::SealedStore store, TenantId id) : rows(store, store::make_partition_id(id, "resources")) {}
  const keys::SealedRows rows;
  runtime::Turn turn;
  std::shared_ptr<const TenantState> state;  // guarded by the store's mutex once it is among the tables
};

void Draft::put(Subscription subscription) {
  rows_.puts.push_back({row_key(subscription), encode(subscription)});
  const auto id = subscription.id;
  state_.subscriptions[id] = std::make_shared<const Subscription>(std::move(subscription));
}

void Draft::put(ManagementGroup group) {
  rows_.puts.push_back({row_key(group), encode(group)});
  const std::string key = to_lower(group.name);
  state_.management_groups[key] = std::make_shared<const ManagementGroup>(std::move(group));
}

void Draft::put(ResourceGroup group) {
  rows_.puts.push_back({row_key(group), encode(group)});
  const std::string key = group_key(group.subscription, group.name);
  state_.groups[key] = std::make_shared<const ResourceGroup>(std::move(group));
}

void Draft::put(Lock lock) {
  rows_.puts.push_back({row_key(lock), encode(lock)});
  const std::string key = lock_key(lock.scope, lock.name);
  state_.locks[key] = std::make_shared<const Lock>(std::move(lock));
}

void Draft::put(Operation operation) {
  rows_.puts.push_back({row_key(operation), encode(operation)});
  const auto id = operation.id;
  state_.operations[id] = std::make_shared<const Operation>(std::move(operation));
}

void Draft::remove_management_group(const std::string& key) {
  const auto at = state_.management_groups.find(key);
  if (at == state_.management_groups.end()) return;
  rows_.deletes.push_back(row_key(*at->second));
  state_.management_groups.erase(at);
}

void Draft::remove_group(const std::string& key) {
  const auto at = state_.groups.find(key);
  if (at == state_.groups.end()) return;
  rows_.deletes.push_back(row_key(*at->second));
  state_.groups.erase(at);
}

void Draft::remove_lock(const std::string& key) {
  const auto at = state_.locks.find(key);
  if (at == state_.locks.end()) return;
  rows_.deletes.push_back(row_key(*at->second));
  state_.locks.erase(at);
}

void Draft::remove_locks_below(const std::string& scope) {
  std::vector<std::string> keys;
  for (const auto& [key, lock] : state_.locks) {
    if (key.starts_with(scope + "\n") || key.starts_with(scope + "/")) keys.push_back(key);
  }
  for (const auto& key : keys) remove_lock(key);
}

void Draft::remove_operation(OperationId id) {
  const auto at = state_.operations.find(id);
  if (at == state_.operations.end()) return;
  rows_.deletes.push_back(row_key(*at->second));
  state_.operations.erase(at);
}

ResourceStore::ResourceStore(keys::SealedStore store)
    : store_(store), nothing_(std::make_shared<const TenantState>()) {}
ResourceStore::~ResourceStore() = default;

Task<Result<>> ResourceStore::load(TenantId tenant) {
  auto table = std::make_shared<Table>(store_, tenant);
  auto state = std::make_shared<TenantState>();
  state->tenant = tenant;
  FH_CO_TRY(const auto subscriptions, co_await table->rows.load(Bytes(1, kSubscriptionPrefix), kMaxSubscriptions));
  for (const auto& row : subscriptions) {
    FH_CO_TRY(auto found, decode_subscription(tenant, row.value));
    state->subscriptions[found.id] = std::make_shared<const Subscription>(std::move(found));
  }
  FH_CO_TRY(const auto managing, co_await table->rows.load(Bytes(1, kManagementGroupPrefix), kMaxManagementGroups));
  for (const auto& row : managing) {
    FH_CO_TRY(auto found, decode_management_group(row.value));
    const std::string key = to_lower(found.name);
    state->management_groups[key] = std::make_shared<const ManagementGroup>(std::move(found));
  }
  FH_CO_TRY(const auto groups, co_await table->rows.load(Bytes(1, kGroupPrefix), kMaxSubscriptions * kMaxGroups));
  for (const auto& row : groups) {
    FH_CO_TRY(auto found, decode_group(row.value));
    const std::string key = group_key(found.subscription, found.name);
    state->groups[key] = std::make_shared<const ResourceGroup>(std::move(found));
  }
  FH_CO_TRY(const auto locks, co_await table->rows.load(Bytes(1, kLockPrefix), kMaxLocks));
  for (const auto& row : locks) {
    FH_CO_TRY(auto found, decode_lock(row.value));
    const std::string key = lock_key(found.scope, found.name);
    state->locks[key] = std::make_shared<const Lock>(std::move(found));
  }
  FH_CO_TRY(const auto operations, co_await table->rows.load(Bytes(1, kOperationPrefix), 2 * kMaxOperations));
  for (const auto& row : operations) {
    FH_CO_TRY(auto found, decode_operation(row.value));
    const auto id = found.id;
    state->operations[id] = std::make_shared<const Operation>(std::move(found));
  }
  table->state = std::move(state);
  const std::unique_lock lock(mutex_);
  for (const auto& [id, subscription] : table->state->subscriptions) homes_[id] = tenant;
  tables_[tenant] = std::move(table);
  co_return Result<>();
}

std::shared_ptr<const TenantState> ResourceStore::state(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? nothing_ : at->second->state;
}

std::vector<TenantId> ResourceStore::tenants() const {
  const std::shared_lock lock(mutex_);
  std::vector<TenantId> out;
  for (const auto& [tenant, table] : tables_) out.push_back(tenant);
  return out;
}

Task<gate::ApiResult<>> ResourceStore::change(TenantId tenant, Edit edit) {
  const auto table = table_of(tenant);
  if (table == nullptr) co_return std::unexpected(arm_errors::unavailable("the tenant isn't loaded"));
  const auto turn = co_await table->turn.take();
  if (!turn) co_return std::unexpected(arm_errors::of(turn.error()));
  Draft draft(*state(tenant));
  FH_CO_CHECK_OK(edit(draft));
  if (draft.rows_.puts.empty() && draft.rows_.deletes.empty()) co_return gate::ApiResult<>();
  const auto written = co_await table->rows.change(std::move(draft.rows_));
  if (!written) co_return std::unexpected(arm_errors::of(written.error()));
  auto next = std::make_shared<const TenantState>(std::move(draft.state_));
  const std::unique_lock lock(mutex_);
  for (const auto& [id, subscription] : next->subscriptions) homes_[id] = tenant;
  table->state = std::move(next);
  co_return gate::ApiResult<>();
}

std::shared_ptr<ResourceStore::Table> ResourceStore::table_of(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? nullptr : at->second;
}

// A subscription's id is random and its tenant's alone. Asked for every path that names one, before anybody is proved.
std::optional<TenantId> ResourceStore::tenant_of(SubscriptionId subscription) const {
  const std::shared_lock lock(mutex_);
  const auto home = homes_.find(subscription);
  const auto at = home == homes_.end() ? tables_.end() : tables_.find(home->second);
  if (at == tables_.end() || !at->second->state->subscriptions.contains(subscription)) return std::nullopt;
  return home->second;
}

std::vector<std::string> ResourceStore::groups_above(TenantId tenant, SubscriptionId subscription) const {
  const auto all = state(tenant);
  const auto found = all->subscription(subscription);
  return found == nullptr ? std::vector<std::string>() : all->groups_from_root(found->parent);
}

std::vector<std::string> ResourceStore::groups_above(TenantId tenant, std::string_view group) const {
  const auto all = state(tenant);
  const auto found = all->management_groups.find(to_lower(group));
  if (found == all->management_groups.end()) return {};
  return all->groups_from_root(found->second->parent);
}

}  // namespace freehold::resources
