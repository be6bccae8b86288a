// AccountStore: accounts whose keys are under keys of their customers.
#include "base/log.h"
#include "blob/account_store.h"
#include "crypto/digest.h"
#include "src/account_key.h"
#include "src/account_row.h"
#include "src/account_secrets.h"

namespace freehold::blob {

// The one that is there goes on if nothing changed: with it the key stays in memory.
std::shared_ptr<AccountKeyHold> AccountStore::hold_for(TenantId tenant, AccountId id, const AccountRow& row) const {
  auto by = row.custody->by;
  by.tenant = tenant;
  {
    const std::shared_lock lock(mutex_);
    const auto found = by_id_.find(id);
    const auto old = found == by_id_.end() ? nullptr : found->second.hold;
    if (old != nullptr && old->by() == by && old->wrapped() == row.custody->wrapped) return old;
  }
  return std::make_shared<AccountKeyHold>(*options_.customer_keys, options_.clock, std::move(by), row.custody->wrapped,
                                          wrap_context(id));
}

Task<Result<AccountCustody>> AccountStore::put_under(AccountId id, TenantId tenant, keys::CustomerKey by,
                                                     std::shared_ptr<const Secret> account_key) const {
  if (options_.customer_keys == nullptr) co_return fail(ErrorCode::kUnsupported, "there are no customers' keys");
  AccountCustody custody{.by = by, .wrapped = {}, .wrapped_delegation = {}};
  FH_CO_TRY(custody.wrapped,
            co_await options_.customer_keys->wrap(std::move(by), account_key->clone(), wrap_context(id)));
  FH_CO_TRY(custody.wrapped_delegation,
            co_await options_.wrapper.wrap(tenant, delegation_secret(*account_key), delegation_context(id)));
  co_return custody;
}

// The account's key itself never changes: whoever was faster has put the same one elsewhere, and this comes later.
Task<Result<>> AccountStore::set_custody(AccountId id, std::optional<keys::CustomerKey> by) {
  FH_CO_TRY(const auto before, entry_of(id));
  const auto tenant = before.record->account->tenant;
  std::optional<AccountCustody> custody;
  Bytes wrapped_key;
  FH_CO_TRY(const auto key, co_await account_key(id));
  if (by) {
    FH_CO_TRY(custody, co_await put_under(id, tenant, std::move(*by), key.secret));
  } else {
    FH_CO_TRY(wrapped_key, co_await options_.wrapper.wrap(tenant, key.secret->clone(), wrap_context(id)));
  }
  co_return co_await change(id, [wrapped_key, custody](AccountRow& row) {
    row.wrapped_key = wrapped_key;
    row.custody = custody;
  });
}

Task<Result<>> AccountStore::set_identity(AccountId id, AccountIdentity identity) {
  return change(id, [identity = std::move(identity)](AccountRow& row) { row.identity = identity; });
}

Task<Result<>> AccountStore::follow_rotation(AccountId id, std::shared_ptr<AccountKeyHold> hold) {
  if (!hold->by().version.empty()) co_return Result<>();
  FH_CO_CHECK_OK(co_await hold->look());
  if (hold->newest() == hold->wrapped().version) co_return Result<>();
  FH_CO_TRY(auto key, co_await hold->key());
  FH_CO_TRY(const auto custody, co_await put_under(id, hold->by().tenant, hold->by(), std::move(key)));
  const auto seen = hold->wrapped();
  co_return co_await change(id, [seen, custody](AccountRow& row) {
    // Unless its owner has put it under another one meanwhile.
    if (row.custody && row.custody->wrapped == seen) row.custody = custody;
  });
}

Task<> AccountStore::look_after_keys(bool follow_rotations) {
  std::vector<std::pair<AccountId, std::shared_ptr<AccountKeyHold>>> held;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [id, entry] : by_id_) {
      if (entry.hold != nullptr && !entry.deleting) held.emplace_back(id, entry.hold);
    }
  }
  for (const auto& [id, hold] : held) {
    const bool rotated = !hold->newest().empty() && hold->newest() != hold->wrapped().version;
    if (follow_rotations || rotated) {
      const auto done = co_await follow_rotation(id, hold);
      if (!done && done.error().code != ErrorCode::kDenied) {
        log_warning("an account's key can't follow the rotation of its customer's", {{"error", done.error().message}});
      }
    }
    if (hold->is_used()) static_cast<void>(co_await hold->hold());  // a refusal is the next user's to be told
    hold->tidy();
  }
}

}  // namespace freehold::blob
