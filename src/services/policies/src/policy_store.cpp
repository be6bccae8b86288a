#include "src/policy_store.h"

#include "base/log.h"
#include "src/classification_policies.h"
#include "src/policy_errors.h"
#include "src/policy_row.h"

namespace freehold::policies {
namespace {

constexpr std::size_t kMaxRows = 400'000;

}  // namespace

struct PolicyStore::Table {
  Table(keys::SealedStore store, TenantId id) : rows(store, store::make_partition_id(id, "policies")) {}
  const keys::SealedRows rows;
  runtime::Turn turn;
  // Guarded by the store's mutex once it is among the tables.
  std::shared_ptr<const TenantPolicies> state;
  std::shared_ptr<PolicyEpoch> epoch;
};

void PolicyDraft::put(EntryPtr entry) {
  decides_ = decides_ || next_.is_in_force(entry->kind, entry->id.text());
  auto keys = row_keys(entry->id);
  auto rows = encode(*entry);
  // An earlier, longer one leaves no part behind.
  for (std::size_t part = rows.size(); part < keys.size(); ++part) rows_.deletes.push_back(std::move(keys[part]));
  for (auto& row : rows) rows_.puts.push_back(std::move(row));
  next_.put(std::move(entry));
}

void PolicyDraft::remove(const Entry& entry) {
  decides_ = decides_ || next_.is_in_force(entry.kind, entry.id.text());
  for (auto& key : row_keys(entry.id)) rows_.deletes.push_back(std::move(key));
  next_.erase(entry.kind, entry.key());
}

PolicyStore::PolicyStore(keys::SealedStore store, const gate::policy::AliasTable& aliases)
    : store_(store), aliases_(aliases), nothing_(std::make_shared<const TenantPolicies>()) {}
PolicyStore::~PolicyStore() = default;

Task<Result<>> PolicyStore::load(TenantId tenant) {
  auto table = std::make_shared<Table>(store_, tenant);
  FH_CO_TRY(const auto rows, co_await table->rows.load(Bytes(1, kEntryPrefix), kMaxRows));
  FH_CO_TRY(auto stored, decode(rows));
  std::array<EntryMap, kKinds> maps;
  for (auto& entry : shipped_policies(aliases_)) maps[static_cast<std::size_t>(entry->kind)][entry->key()] = entry;
  for (auto& one : stored) {
    auto entry = make_entry(one.kind, std::move(one.id), one.body, aliases_);
    if (!entry) co_return fail(ErrorCode::kCorrupt, "a stored policy can't be read", entry.error().message);
    maps[static_cast<std::size_t>(one.kind)][(*entry)->key()] = std::move(*entry);
  }
  auto state = std::make_shared<TenantPolicies>(std::move(maps));
  state->compile_what_fits();
  if (!state->broken().empty()) {
    log_error("policy assignments don't fit their definitions any more: writes at their scopes are refused",
              {{"assignments", state->broken().size()}});
  }
  table->state = std::move(state);
  table->epoch = std::make_shared<PolicyEpoch>();
  const std::unique_lock lock(mutex_);
  tables_[tenant] = std::move(table);
  co_return Result<>();
}

std::shared_ptr<const TenantPolicies> PolicyStore::state(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? nothing_ : at->second->state;
}

PolicyStore::Entered PolicyStore::enter(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  if (at == tables_.end()) return {nothing_, nullptr};
  return {at->second->state, at->second->epoch};
}

Task<gate::ApiResult<>> PolicyStore::change(TenantId tenant, PolicyEdit edit) {
  const auto table = table_of(tenant);
  if (table == nullptr) co_return std::unexpected(policy_errors::unavailable("the tenant isn't loaded"));
  auto turn = co_await table->turn.take();
  if (!turn) co_return std::unexpected(policy_errors::of(turn.error()));
  PolicyDraft draft(*state(tenant));
  FH_CO_CHECK_OK(edit(draft));
  if (draft.rows_.puts.empty() && draft.rows_.deletes.empty()) co_return gate::ApiResult<>();
  if (draft.decides_) {
    const auto fits = draft.next_.compile_unless_worse(*state(tenant));
    if (!fits) co_return std::unexpected(policy_errors::of(fits.error()));
  }
  const auto written = co_await table->rows.change(std::move(draft.rows_));
  if (!written) co_return std::unexpected(policy_errors::of(written.error()));
  runtime::Completion<bool> ended;
  {
    const std::unique_lock lock(mutex_);
    table->state = std::make_shared<const TenantPolicies>(std::move(draft.next_));
    if (!draft.decides_) co_return gate::ApiResult<>();
    ended = table->epoch->ended;
    auto fresh = std::make_shared<PolicyEpoch>();
    table->epoch->next = fresh;
    table->epoch = std::move(fresh);
  }
  *turn = {};  // others may go on while this one waits
  co_await ended.wait();
  co_return gate::ApiResult<>();
}

std::shared_ptr<PolicyStore::Table> PolicyStore::table_of(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? nullptr : at->second;
}

}  // namespace freehold::policies
