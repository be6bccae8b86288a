// AccountStore: the storage accounts of the region, their SharedKeys and their encryption keys. Keeps: E1, E2a.
#pragma once

#include <array>
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
#include "crypto/key_wrapper.h"
#include "keys/sealed_rows.h"
#include "runtime/task.h"
#include "store/hybrid_clock.h"
#include "store/partition_store.h"

namespace freehold::blob {

using runtime::Task;

using keys::RowKeySource;

struct NewAccount {
  TenantId tenant;
  std::string name;
  SubscriptionId subscription = {};
  std::string resource_group = {};
  std::array<Secret, 2> keys;  // SharedKey: 64 bytes each
  bool secure_transfer_required = true;
  bool emulator = false;
  bool allow_public_access = false;  // may its containers be opened to anonymous readers? The emulator's always may
};

// Owned by app/ (through BlobService); thread-safe once load() has ended. Account rows are sealed under the tenant's
// row key, the registry of names under the region's. The account key lies wrapped by the KeyWrapper and unwrapped in
// memory.
class AccountStore final : public gate::AccountDirectory {
 public:
  struct Options {
    store::PartitionStore& rows;
    store::Epoch epoch;
    store::HybridClock& hybrid;
    crypto::KeyWrapper& wrapper;
    RowKeySource& row_keys;
    Random& random;
  };
  explicit AccountStore(Options options);
  ~AccountStore() override;

  // Reads every account. Once, before requests. An account whose key the wrapper refuses is there, but its key is
  // kDenied.
  [[nodiscard]] Task<Result<>> load();
  // kConflict: the name is taken. kInvalidArgument: no account name, or a key that isn't 64 bytes.
  [[nodiscard]] Task<Result<AccountId>> create_account(NewAccount account);

  // Makes every user delegation key that was given out worthless, and with them the SAS signed by them. kNotFound;
  // kConflict: another change came between.
  [[nodiscard]] Task<Result<>> revoke_delegation_keys(std::string name);

  [[nodiscard]] std::shared_ptr<const gate::StorageAccount> find(std::string_view name) const override;
  [[nodiscard]] std::vector<std::shared_ptr<const gate::StorageAccount>> all() const;
  // The key that wraps the account's blob keys; shared with the requests that began under it.
  [[nodiscard]] Result<std::shared_ptr<const Secret>> account_key(AccountId id) const;

 private:
  struct Entry {
    std::shared_ptr<const gate::StorageAccount> account;
    std::shared_ptr<const Secret> key;  // null: withheld
  };
  [[nodiscard]] Task<Result<Entry>> read_account(TenantId tenant, AccountId id, std::string name);
  void remember(Entry entry);

  Options options_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Entry, std::less<>> by_name_;
  std::unordered_map<AccountId, std::shared_ptr<const Secret>> keys_;
};

}  // namespace freehold::blob
