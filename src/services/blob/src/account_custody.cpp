// AccountStore: accounts whose keys are under keys of their customers.
#include <algorithm>
#include <set>

#include "base/log.h"
#include "blob/account_store.h"
#include "crypto/digest.h"
#include "src/account_key.h"
#include "src/account_row.h"
#include "src/account_secrets.h"
#include "src/encryption_scopes.h"
#include "src/keyed_lock.h"
#include "src/service_keys.h"

namespace freehold::blob {

// The one that is there goes on if nothing changed: with it the key stays in memory.
std::shared_ptr<AccountKeyHold> AccountStore::hold_for(TenantId tenant, AccountId id, const AccountRow& row) const {
  auto by = row.custody->by;
  by.tenant = tenant;
  {
    const std::shared_lock lock(mutex_);
    const auto found = by_id_.find(id);
    const auto old = found == by_id_.end() ? nullptr : found->second.hold;
    const bool same =
        old != nullptr && old->is_customers() && old->by() == by && old->wrapped() == row.custody->wrapped;
    if (same) return old;
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

// In the name of whoever is to use the key from now on: of the key that it is under, where that is, or of the one that
// it shall be under, should that be the old one at another place (a vault's backup). The vault has to let him in, and
// has to have the very version that wrapped it: so nobody comes by it who couldn't be given it by the vault's owner.
Task<Result<std::shared_ptr<const Secret>>> AccountStore::reopen(AccountId id, std::shared_ptr<AccountKeyHold> hold,
                                                                 keys::CustomerKey by) const {
  auto there = hold->by();
  there.identity = by.identity;
  auto elsewhere = there;
  elsewhere.home = by.home;
  elsewhere.vault = by.vault;
  elsewhere.name = by.name;
  Result<std::shared_ptr<const Secret>> key = fail(ErrorCode::kDenied, "the account's key is withheld");
  for (const auto& opener : {there, elsewhere}) {
    auto may = co_await options_.customer_keys->look(opener, hold->wrapped().version);
    if (!may) {
      key = pass_on(may);
      continue;
    }
    auto opened = co_await options_.customer_keys->unwrap(opener, hold->wrapped(), wrap_context(id));
    if (opened) co_return std::make_shared<const Secret>(std::move(*opened));
    // Another key, that happens to be called the same.
    if (opened.error().code == ErrorCode::kCorrupt) opened.error().code = ErrorCode::kDenied;
    key = pass_on(opened);
  }
  co_return key;
}

// The account's key itself never changes: whoever was faster has put the same one elsewhere, and this comes later.
Task<Result<>> AccountStore::set_custody(AccountId id, std::optional<keys::CustomerKey> by) {
  FH_CO_TRY(const auto before, entry_of(id));
  const auto tenant = before.record->account->tenant;
  std::optional<AccountCustody> custody;
  ServiceWrapped wrapped;
  auto has = co_await account_key(id);
  Result<std::shared_ptr<const Secret>> key = has ? has->secret : nullptr;
  if (!has) key = pass_on(has);
  const bool refused = !has && has.error().code == ErrorCode::kDenied;
  if (refused && by && before.hold != nullptr && before.hold->is_customers()) {
    key = co_await reopen(id, before.hold, *by);
  }
  if (!key) co_return pass_on(key);
  if (by) {
    FH_CO_TRY(custody, co_await put_under(id, tenant, std::move(*by), *key));
  } else {
    FH_CO_TRY(wrapped, co_await service_keys_->wrap(tenant, (*key)->clone(), wrap_context(id)));
  }
  auto done = co_await change(id, [wrapped, custody](AccountRow& row) {
    if (row.erasure != keys::ErasureId{}) row.to_erase.push_back(row.erasure);
    row.wrapped_key = wrapped.wrapped;
    row.erasure = wrapped.erasure;
    row.custody = custody;
  });
  if (!done && done.error().code == ErrorCode::kConflict) co_await service_keys_->drop(wrapped);
  if (done) co_await erase_left(id);
  co_return done;
}

// The row named them in the very commit that put the key elsewhere: a crash between leaves them to the next start.
Task<> AccountStore::erase_left(AccountId id) {
  const auto entry = any_entry_of(id);
  if (!entry || entry->deleting || entry->to_erase.empty()) co_return;
  const auto gone = entry->to_erase;
  if (!co_await service_keys_->erase(gone)) co_return;
  const auto done = co_await change(id, [gone](AccountRow& row) {
    std::erase_if(row.to_erase, [&](const auto& one) { return std::ranges::find(gone, one) != gone.end(); });
  });
  static_cast<void>(done);  // it is erased; that a row still says so costs another look
}

Task<Result<>> AccountStore::set_identity(AccountId id, AccountIdentity identity) {
  return change(id, [identity = std::move(identity)](AccountRow& row) { row.identity = identity; });
}

bool AccountStore::is_key_used_by(TenantId tenant, PrincipalId identity) const {
  if (scopes_->is_key_used_by(tenant, identity)) return true;
  const std::shared_lock lock(mutex_);
  return std::ranges::any_of(by_id_, [&](const auto& one) {
    const auto& entry = one.second;
    return !entry.deleting && entry.record->account->tenant == tenant && entry.record->customer_key &&
           entry.record->customer_key->identity == identity;
  });
}

Task<Result<AccountKey>> AccountStore::account_key(AccountId id) {
  auto entry = any_entry_of(id);
  if (entry && entry->stale) {
    FH_CO_CHECK_OK(co_await refresh(id));
    entry = any_entry_of(id);
  }
  if (!entry || entry->hold == nullptr) co_return fail(ErrorCode::kDenied, "the account's key is withheld");
  if (entry->key != nullptr) co_return with_outer(*entry, AccountKey{entry->key, entry->hold});
  FH_CO_TRY(auto key, co_await entry->hold->key());
  co_return with_outer(*entry, AccountKey{std::move(key), entry->hold});
}

Task<Result<>> AccountStore::look_at_key(AccountId id) {
  FH_CO_TRY(auto entry, any_entry_of(id));
  if (entry.stale) {
    FH_CO_CHECK_OK(co_await refresh(id));
    FH_CO_TRY(entry, any_entry_of(id));
  }
  if (entry.hold == nullptr) co_return fail(ErrorCode::kDenied, "the account's key is withheld");
  co_return co_await entry.hold->look();
}

// The key of before may be under another one by now: nobody uses it until the row was read again.
void AccountStore::doubt(AccountId id) {
  auto entry = any_entry_of(id);
  if (!entry) return;
  entry->key = nullptr;
  entry->stale = true;
  entry->hold = std::make_shared<AccountKeyHold>(
      Error{ErrorCode::kUnavailable, "what the account's key is under has to be read again", ""});
  remember(std::move(*entry));
}

Task<Result<>> AccountStore::refresh(AccountId id) {
  FH_CO_TRY(const auto before, any_entry_of(id));
  const auto account = before.record->account;
  FH_CO_TRY(const auto turn, co_await turns_->lock(account->name));
  FH_CO_TRY(const auto now, any_entry_of(id));
  if (!now.stale) co_return Result<>();
  FH_CO_TRY(auto entry, co_await read_account(account->tenant, id, account->name));
  entry.deleting = now.deleting;
  remember(std::move(entry));
  co_return Result<>();
}

Task<Result<>> AccountStore::follow_rotation(AccountId id, std::shared_ptr<AccountKeyHold> hold) {
  if (!hold->by().version.empty()) co_return Result<>();
  FH_CO_CHECK_OK(co_await hold->look());
  if (hold->newest() == hold->wrapped().version) co_return Result<>();
  FH_CO_TRY(auto key, co_await hold->key(AccountKeyHold::Use::kOwn));
  FH_CO_TRY(const auto custody, co_await put_under(id, hold->by().tenant, hold->by(), std::move(key)));
  const auto seen = hold->wrapped();
  co_return co_await change(id, [seen, custody](AccountRow& row) {
    // Unless its owner has put it under another one meanwhile.
    if (row.custody && row.custody->wrapped == seen) row.custody = custody;
  });
}

void AccountStore::tidy_keys() const {
  const std::shared_lock lock(mutex_);
  for (const auto& [id, entry] : by_id_) {
    if (entry.hold != nullptr) entry.hold->tidy();
  }
  scopes_->tidy_keys();
}

bool AccountStore::wants_care(const Entry& entry, bool follow_rotations, bool may_erase) {
  if (entry.deleting || entry.hold == nullptr) return false;
  return entry.stale || (may_erase && !entry.to_erase.empty()) || entry.hold->wants_care(follow_rotations);
}

std::vector<TenantId> AccountStore::tenants_to_look_after(bool follow_rotations) const {
  std::set<TenantId> found = scopes_->tenants_to_look_after(follow_rotations);
  const std::shared_lock lock(mutex_);
  const bool may_erase = service_keys_->may_erase();
  for (const auto& [id, entry] : by_id_) {
    if (wants_care(entry, follow_rotations, may_erase)) found.insert(entry.record->account->tenant);
  }
  return {found.begin(), found.end()};
}

std::vector<std::pair<AccountId, AccountStore::Entry>> AccountStore::to_look_after(TenantId tenant,
                                                                                   bool follow_rotations) const {
  std::vector<std::pair<AccountId, Entry>> found;
  const bool may_erase = service_keys_->may_erase();
  const std::shared_lock lock(mutex_);
  for (const auto& [id, entry] : by_id_) {
    const bool ours = entry.record->account->tenant == tenant;
    if (ours && wants_care(entry, follow_rotations, may_erase)) found.emplace_back(id, entry);
  }
  return found;
}

Task<> AccountStore::look_after_keys(TenantId tenant, bool follow_rotations) {
  for (const auto& [id, entry] : to_look_after(tenant, follow_rotations)) {
    const auto& hold = entry.hold;
    if (entry.stale) {
      static_cast<void>(co_await refresh(id));  // the next round tries again
      continue;
    }
    if (service_keys_->may_erase()) co_await erase_left(id);
    if ((follow_rotations || hold->is_rotated()) && hold->may_follow()) {
      const auto done = co_await follow_rotation(id, hold);
      if (!done) hold->put_off_following();
      if (!done && done.error().code != ErrorCode::kDenied) {
        log_warning("an account's key can't follow the rotation of its customer's",
                    {{"account", entry.record->account->name}, {"error", done.error().message}});
      }
    }
    if (hold->is_used()) static_cast<void>(co_await hold->hold());  // a refusal is the next user's to be told
  }
  co_await scopes_->look_after_keys(tenant, follow_rotations);
}

Task<> AccountStore::look_after_keys(bool follow_rotations) {
  for (const auto tenant : tenants_to_look_after(follow_rotations)) co_await look_after_keys(tenant, follow_rotations);
  tidy_keys();
}

}  // namespace freehold::blob
