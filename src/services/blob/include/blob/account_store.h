// AccountStore: the storage accounts of the region, their SharedKeys and their encryption keys. Keeps: E1, E2a.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "authn/account.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "blob/account_settings.h"
#include "crypto/key_wrapper.h"
#include "keys/customer_keys.h"
#include "keys/erasure_tree.h"
#include "keys/sealed_rows.h"
#include "resource/managed_identities.h"
#include "runtime/task.h"
#include "store/hybrid_clock.h"
#include "store/partition_store.h"

namespace freehold::blob {

using runtime::Task;

using keys::RowKeySource;

struct AccountRow;
struct AccountCustody;
struct AccountKey;
class AccountKeyHold;
class EncryptionScopes;
class KeyedLock;
class ServiceKeys;

struct NewAccount {
  TenantId tenant;
  std::string name;
  SubscriptionId subscription = {};
  std::string resource_group = {};
  std::array<Secret, 2> keys;  // SharedKey: 64 bytes each
  AccountSettings settings = {};
  bool emulator = false;
  AccountIdentity identity = {};
  std::optional<keys::CustomerKey> customer_key = {};  // under which the account's key is to be from the beginning
};

// An account whose name was taken away and whose data is still there.
struct DeletedAccount {
  TenantId tenant;
  AccountId id;
  std::string name;
};

// Owned by app/ (through BlobService); thread-safe once load() has ended. Account rows are sealed under the tenant's
// row key, the registry of names under the region's. The account key lies wrapped by the service (ServiceKeys) and
// unwrapped in memory; or, where its owner has it under a key of a vault, wrapped by that alone, and in memory as long
// as the vault lets it be used (AccountKeyHold). A change holds for every find() after it was answered.
//
// Changes: kNotFound: no such account (any more); kConflict: another change came between; kUnavailable: it wasn't
// kept, or nobody knows.
class AccountStore final : public gate::AccountDirectory {
 public:
  struct Options {
    store::PartitionStore& rows;
    store::Epoch epoch;
    store::HybridClock& hybrid;
    crypto::KeyWrapper& wrapper;
    RowKeySource& row_keys;
    Random& random;
    const Clock& clock;
    keys::CustomerKeys* customer_keys = nullptr;              // null: there are none
    gate::resource::ManagedIdentities* identities = nullptr;  // who acts for accounts; null: nobody
    // What the service's wrapping of a key depends on, so that it can be destroyed; null: nothing.
    keys::ErasureTree* erasure = nullptr;
  };
  explicit AccountStore(Options options);
  ~AccountStore() override;

  // Reads every account. Once, before requests. An account whose key the wrapper refuses is there, but its key is
  // kDenied.
  [[nodiscard]] Task<Result<>> load();
  // kConflict: the name is taken, or an account of that name is still being removed. kInvalidArgument: no account name,
  // or a key that isn't 64 bytes. What a customer's key says is as set_custody() has it.
  [[nodiscard]] Task<Result<AccountId>> create_account(NewAccount account);

  [[nodiscard]] Task<Result<>> change_settings(AccountId id, AccountSettings settings);
  [[nodiscard]] Task<Result<>> move(AccountId id, SubscriptionId subscription, std::string resource_group);
  // Takes the account's key from under what it is under, and puts it under that one; nullopt: under the service's.
  // What was stored stays as it is. Where the one who used the old one may not any more, whoever is to use the new one
  // may open it too, if the vault lets him. kDenied: the one it is under withholds it, or the one it shall be under
  // doesn't let itself be used; kInvalidArgument: that isn't fit for it. What the service had of a key that is a
  // customer's now is destroyed in every copy of the disks when this answers, or, where the token can't do it then, by
  // look_after_keys().
  [[nodiscard]] Task<Result<>> set_custody(AccountId id, std::optional<keys::CustomerKey> by);
  [[nodiscard]] Task<Result<>> set_identity(AccountId id, AccountIdentity identity);
  // Takes keys out of memory whose lease is over. Waits for nobody. Called again and again, and so is the next.
  void tidy_keys() const;
  // Destroys what the service had of keys that are customers' now, where that isn't done yet, renews the leases of a
  // tenant's keys that are used, and puts keys under the newest version of their customers' keys
  // where those were rotated: where that is known, or, with `follow_rotations`, where the vault says so now.
  [[nodiscard]] Task<> look_after_keys(TenantId tenant, bool follow_rotations);
  // The tenants of whose keys that has something to do.
  [[nodiscard]] std::vector<TenantId> tenants_to_look_after(bool follow_rotations) const;
  // All of it, for every tenant.
  [[nodiscard]] Task<> look_after_keys(bool follow_rotations);
  // What was signed by the old one is worth nothing any more. `which` is 0 or 1.
  [[nodiscard]] Task<Result<>> replace_key(AccountId id, std::size_t which, Secret key);
  // Makes every user delegation key that was given out worthless, and with them the SAS signed by them.
  [[nodiscard]] Task<Result<>> revoke_delegation_keys(AccountId id);

  // The account is gone for everybody; its name isn't free before finish_deletion(). What it held is the collector's to
  // remove. No container can be made in it any more.
  [[nodiscard]] Task<Result<>> begin_deletion(AccountId id);
  [[nodiscard]] std::vector<DeletedAccount> deleted() const;
  // Once nothing of the account is left but its own rows: removes those, and frees the name.
  [[nodiscard]] Task<Result<>> finish_deletion(AccountId id);
  // Puts the fence up by which no container is made in the account. Idempotent.
  [[nodiscard]] Task<Result<>> fence(DeletedAccount account);

  [[nodiscard]] std::shared_ptr<const gate::StorageAccount> find(std::string_view name) const override;
  [[nodiscard]] std::shared_ptr<const AccountRecord> find_record(std::string_view name) const;
  [[nodiscard]] std::vector<std::shared_ptr<const AccountRecord>> records() const;
  // Is there an account of that name, or the rest of one?
  [[nodiscard]] bool is_taken(std::string_view name) const;
  [[nodiscard]] bool is_being_deleted(std::string_view name) const;
  [[nodiscard]] bool is_being_deleted(AccountId id) const;
  // When it was made; epoch: that isn't known, or there is no such account.
  [[nodiscard]] WallTime created(AccountId id) const;
  // Does an account that isn't being deleted have its key under one that this identity uses?
  [[nodiscard]] bool is_key_used_by(TenantId tenant, PrincipalId identity) const;
  // Those that are being deleted too: whoever has rows in the store.
  [[nodiscard]] std::vector<std::shared_ptr<const gate::StorageAccount>> all() const;
  // The key that wraps the account's blob keys. kDenied: it is withheld; kUnavailable: who has it can't be asked.
  [[nodiscard]] Task<Result<AccountKey>> account_key(AccountId id);
  // An encryption scope's, enabled or not: kNotFound; kDenied, kUnavailable as the account's.
  [[nodiscard]] Task<Result<AccountKey>> scope_key(AccountId id, std::string scope);
  // The one that has wrapped this blob key: the account's, or its encryption scope's, enabled or not (content_key.h).
  [[nodiscard]] Task<Result<AccountKey>> key_of(AccountId id, Bytes wrapped_blob_key);
  // Might the key be had now, as far as its vault tells without opening anything? Errors as account_key(); kNotFound:
  // there is no such account any more.
  [[nodiscard]] Task<Result<>> look_at_key(AccountId id);
  [[nodiscard]] EncryptionScopes& scopes() const { return *scopes_; }

 private:
  struct Entry {
    std::shared_ptr<const AccountRecord> record;
    std::shared_ptr<const Secret> key;     // null: withheld, or a customer's to give
    std::shared_ptr<AccountKeyHold> hold;  // null: of an account whose row is gone
    std::shared_ptr<const Secret> outer =
        nullptr;                                 // of infrastructure encryption; null: there is none, or it is withheld
    std::vector<keys::ErasureId> to_erase = {};  // what the service's wrapping of the key depended on
    bool deleting = false;
    bool stale = false;  // nobody knows what a change came to: the row is to be read before the key is used
  };
  using Change = std::function<void(AccountRow&)>;
  [[nodiscard]] Task<Result<Entry>> read_account(TenantId tenant, AccountId id, std::string name);
  [[nodiscard]] Task<Result<>> change(AccountId id, Change change);
  [[nodiscard]] std::shared_ptr<AccountKeyHold> hold_for(TenantId tenant, AccountId id, const AccountRow& row) const;
  [[nodiscard]] Task<Result<std::shared_ptr<const Secret>>> reopen(AccountId id, std::shared_ptr<AccountKeyHold> hold,
                                                                   keys::CustomerKey by) const;
  [[nodiscard]] std::vector<std::pair<AccountId, Entry>> to_look_after(TenantId tenant, bool follow_rotations) const;
  void doubt(AccountId id);
  [[nodiscard]] Task<Result<>> refresh(AccountId id);
  // Of any account, those that are being deleted too; kNotFound.
  [[nodiscard]] Result<Entry> any_entry_of(AccountId id) const;
  [[nodiscard]] Task<Result<AccountCustody>> put_under(AccountId id, TenantId tenant, keys::CustomerKey by,
                                                       std::shared_ptr<const Secret> account_key) const;
  [[nodiscard]] Task<Result<>> follow_rotation(AccountId id, std::shared_ptr<AccountKeyHold> hold);
  // An account's or scope's key, with that of the second layer where there is one.
  [[nodiscard]] static Result<AccountKey> with_outer(const Entry& entry, AccountKey key);
  [[nodiscard]] Task<Result<std::shared_ptr<const Secret>>> open_outer(TenantId tenant, AccountId id,
                                                                       const AccountRow& row) const;
  [[nodiscard]] static bool wants_care(const Entry& entry, bool follow_rotations, bool may_erase);
  // Destroys what the entry says, and takes it out of the row.
  [[nodiscard]] Task<> erase_left(AccountId id);
  [[nodiscard]] Task<Result<>> name(std::string name, TenantId tenant, AccountId id);
  [[nodiscard]] Task<Result<>> erase_keys(TenantId tenant, AccountId id);
  [[nodiscard]] Task<Result<>> remove_rows(store::PartitionId partition);
  // The living account of that id; kNotFound.
  [[nodiscard]] Result<Entry> entry_of(AccountId id) const;
  void remember(Entry entry);

  Options options_;
  std::unique_ptr<ServiceKeys> service_keys_;
  std::unique_ptr<KeyedLock> turns_;
  std::unique_ptr<EncryptionScopes> scopes_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Entry, std::less<>> by_name_;
  std::unordered_map<AccountId, Entry> by_id_;  // the same
};

}  // namespace freehold::blob
