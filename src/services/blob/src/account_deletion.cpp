// AccountStore: the end of an account, from the moment its name is taken away until the name is free again.
//
// The registry's row is the journal: `deleting` in it is what the answer stands on, and it goes last. What lies between
// (fencing, the purge of each container, the account's own rows) is repeated after a crash until it is done.
#include "blob/account_store.h"
#include "src/account_key.h"
#include "src/account_row.h"
#include "src/encryption_scopes.h"
#include "src/keyed_lock.h"
#include "src/row_keys.h"
#include "src/row_sealer.h"
#include "src/service_keys.h"

namespace freehold::blob {

Task<Result<>> AccountStore::begin_deletion(AccountId id) {
  FH_CO_TRY(const auto found, entry_of(id));
  const auto account = found.record->account;
  FH_CO_TRY(const auto turn, co_await turns_->lock(account->name));
  FH_CO_TRY(auto entry, entry_of(id));
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto registry = row_keys::registry_partition();
  const Bytes key = "a" + Bytes(account->name);
  FH_CO_TRY(auto stored, co_await options_.rows.get(registry, key));
  if (!stored) co_return fail(ErrorCode::kCorrupt, "an account's name isn't in the registry");
  FH_CO_TRY(auto row, sealer.seal(registry, key,
                                  encode_registry_row({.tenant = account->tenant, .account = id, .deleting = true})));
  store::Commit commit{registry, options_.epoch, options_.hybrid.next_transaction(), {}, {}, {}};
  commit.reserve = store::DiskReserve::kMayUse;
  commit.expect.push_back(store::equals(key, std::move(*stored)));
  commit.puts.push_back({key, std::move(row)});
  FH_CO_TRY(const auto done, co_await settle(options_.rows, std::move(commit)));
  if (done.unknown) co_return fail(ErrorCode::kUnavailable, "whether the account was deleted can't be known");
  if (!done.applied) co_return fail(ErrorCode::kConflict, "the account was changed meanwhile");
  entry.deleting = true;
  remember(std::move(entry));
  co_return co_await fence({account->tenant, id, account->name});
}

Task<Result<>> AccountStore::fence(DeletedAccount account) {
  store::Commit commit{row_keys::account_partition(account.tenant, account.id),
                       options_.epoch,
                       options_.hybrid.next_transaction(),
                       {},
                       {},
                       {}};
  commit.reserve = store::DiskReserve::kMayUse;
  commit.puts.push_back({Bytes(row_keys::kClosedAccount), Bytes(1, static_cast<char>(kRowVersion))});
  FH_CO_TRY(const auto done, co_await settle(options_.rows, std::move(commit)));
  if (!done.applied) co_return fail(ErrorCode::kUnavailable, "the account could not be fenced");
  co_return Result<>();
}

std::vector<DeletedAccount> AccountStore::deleted() const {
  const std::shared_lock lock(mutex_);
  std::vector<DeletedAccount> result;
  for (const auto& [name, entry] : by_name_) {
    if (entry.deleting) result.push_back({entry.record->account->tenant, entry.record->account->id, name});
  }
  return result;
}

WallTime AccountStore::created(AccountId id) const {
  const auto entry = any_entry_of(id);
  return entry ? entry->record->created : WallTime();
}

// Of the account and of its scopes, while rows still say what there is: no copy of the disks has them after that.
Task<Result<>> AccountStore::erase_keys(TenantId tenant, AccountId id) {
  FH_CO_TRY(auto ids, co_await scopes_->erasable(tenant, id));
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto partition = row_keys::account_partition(tenant, id);
  FH_CO_TRY(const auto stored, co_await options_.rows.get(partition, "p"));
  if (stored) {
    FH_CO_TRY(auto plain, sealer.open(partition, "p", *stored));
    auto row = decode_account_row(plain);
    wipe(plain);
    if (!row) co_return pass_on(row);
    if (row->erasure != keys::ErasureId{}) ids.push_back(row->erasure);
    ids.insert(ids.end(), row->to_erase.begin(), row->to_erase.end());
  }
  co_return co_await service_keys_->erase(std::move(ids));
}

// The account's row goes last of its rows: it holds the key that whatever else is left would need. The fence stays for
// ever: a late request must not find the account open again.
Task<Result<>> AccountStore::remove_rows(store::PartitionId partition) {
  store::Commit commit{partition, options_.epoch, options_.hybrid.next_transaction(), {}, {}, {}};
  commit.reserve = store::DiskReserve::kMayUse;
  commit.deletes = {Bytes(row_keys::kServiceProperties), Bytes("p")};
  FH_CO_TRY(const auto done, co_await settle(options_.rows, std::move(commit)));
  if (!done.applied) co_return fail(ErrorCode::kUnavailable, "a deleted account's rows could not be removed");
  co_return Result<>();
}

Task<Result<>> AccountStore::finish_deletion(AccountId id) {
  DeletedAccount account;
  for (auto& one : deleted()) {
    if (one.id == id) account = std::move(one);
  }
  if (account.name.empty()) co_return fail(ErrorCode::kNotFound, "no such account is being deleted");
  FH_CO_TRY(const auto turn, co_await turns_->lock(account.name));
  FH_CO_TRY(const auto entry, any_entry_of(id));
  // Who acted for it: until here he opened what had to be removed.
  const auto own = entry.record->identity.own;
  if (own != PrincipalId{} && options_.identities != nullptr) {
    FH_CO_CHECK_OK(co_await options_.identities->remove(account.tenant, own));
  }
  FH_CO_CHECK_OK(co_await erase_keys(account.tenant, id));
  FH_CO_CHECK_OK(co_await remove_rows(row_keys::account_partition(account.tenant, id)));
  store::Commit commit{row_keys::registry_partition(), options_.epoch, options_.hybrid.next_transaction(), {}, {}, {}};
  commit.reserve = store::DiskReserve::kMayUse;
  commit.deletes.push_back("a" + Bytes(account.name));
  FH_CO_TRY(const auto done, co_await settle(options_.rows, std::move(commit)));
  if (!done.applied) co_return fail(ErrorCode::kUnavailable, "a deleted account's name could not be freed");
  {
    const std::unique_lock lock(mutex_);
    by_name_.erase(account.name);
    by_id_.erase(id);
  }
  scopes_->forget(id);
  if (entry.hold != nullptr) {
    entry.hold->supersede(std::make_shared<AccountKeyHold>(Error{ErrorCode::kDenied, "the account was deleted", ""}));
  }
  co_return Result<>();
}

}  // namespace freehold::blob
