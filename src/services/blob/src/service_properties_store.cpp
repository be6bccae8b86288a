#include "src/service_properties_store.h"

#include "src/row_keys.h"

namespace freehold::blob {

Task<Result<ServicePropertiesStore::Stored>> ServicePropertiesStore::read(AccountRef account) {
  const auto partition = row_keys::account_partition(account.tenant, account.account);
  const Bytes key(row_keys::kServiceProperties);
  FH_CO_TRY(auto raw, co_await rows_.get(partition, key));
  if (!raw) co_return Stored{};
  FH_CO_TRY(const auto plain, sealer_.open(partition, key, *raw));
  FH_CO_TRY(auto properties, decode_service_properties(plain));
  co_return Stored{std::move(properties), std::move(*raw)};
}

Task<Result<>> ServicePropertiesStore::load(AccountRef account) {
  FH_CO_TRY(auto stored, co_await read(account));
  if (stored.raw) remember(account.account, std::move(stored.properties));
  co_return Result<>();
}

std::shared_ptr<const ServiceProperties> ServicePropertiesStore::find(AccountId account) const {
  static const auto kDefaults = std::make_shared<const ServiceProperties>();
  const std::shared_lock lock(mutex_);
  const auto found = known_.find(account);
  return found == known_.end() ? kDefaults : found->second;
}

Task<Result<Committed>> ServicePropertiesStore::change(AccountRef account, Change change, AuditRow audit) {
  const auto partition = row_keys::account_partition(account.tenant, account.account);
  const Bytes key(row_keys::kServiceProperties);
  FH_CO_TRY(const auto turn, co_await turns_.lock(Bytes(account.account.view())));
  FH_CO_TRY(auto stored, co_await read(account));
  auto next = std::move(stored.properties);
  change(next);
  FH_CO_TRY(auto sealed, sealer_.seal(partition, key, encode_service_properties(next)));
  store::Commit commit{partition, epoch_, hybrid_.next_transaction(), {}, {}, {}};
  commit.expect.push_back(stored.raw ? store::equals(key, std::move(*stored.raw)) : store::absent(key));
  commit.expect.push_back(store::absent(Bytes(row_keys::kClosedAccount)));
  commit.puts.push_back({key, std::move(sealed)});
  if (audit) commit.puts.push_back(audit(partition));
  FH_CO_TRY(const auto done, co_await settle(rows_, std::move(commit)));
  if (done.applied) remember(account.account, std::move(next));
  co_return done;
}

void ServicePropertiesStore::remember(AccountId account, ServiceProperties properties) {
  const std::unique_lock lock(mutex_);
  known_[account] = std::make_shared<const ServiceProperties>(std::move(properties));
  bool any = false;
  for (const auto& [id, of] : known_) any = any || !of->cors.empty();
  any_cors_.store(any, std::memory_order_relaxed);
}

}  // namespace freehold::blob
