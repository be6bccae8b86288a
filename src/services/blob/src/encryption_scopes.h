// EncryptionScopes: keys besides an account's own, each for the blobs that name it. Keeps: E2a, E2b, E4.
//
// Source: "Encryption scopes for Blob storage". A scope has a random key of its own, wrapped by the service
// (ServiceKeys) or by a key of a vault, under the same lease as an account's (AccountKeyHold). It wraps the keys of the
// blobs in it; what is said about them rests under the account's key like that of others (notes.h).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "blob/account_store.h"
#include "src/account_key.h"
#include "src/encryption_scope_row.h"

namespace freehold::blob {

inline constexpr std::size_t kScopesPerAccount = 10'000;                      // Azure's
inline constexpr std::string_view kAccountScope = "$account-encryption-key";  // no scope at all

// 3 to 63 letters and digits.
[[nodiscard]] bool is_scope_name(std::string_view name);

// A scope as it is. Immutable; a change makes a new one.
struct ScopeRecord {
  std::string name;
  bool enabled = true;
  WallTime created = {};
  WallTime modified = {};
  std::optional<keys::CustomerKey> by = {};  // under which its key is; none: the service's
  std::string by_version = {};               // that has wrapped it
  bool infrastructure_encryption = false;    // what is in it is sealed twice, whatever its account says
};

// What a PUT or PATCH asks for; what it leaves out stays, or is as Azure has it for a new one.
struct ScopeChange {
  std::optional<bool> enabled = {};
  enum class Source : std::uint8_t { kAsItIs, kService, kCustomer };
  Source source = Source::kAsItIs;
  std::optional<keys::CustomerKey> by = {};  // of kCustomer
  bool infrastructure_encryption = false;    // of a new one
};

// Owned by AccountStore; thread-safe once its load() has ended. Names differ by case alone: one is the other.
class EncryptionScopes {
 public:
  EncryptionScopes(AccountStore::Options options, ServiceKeys& service_keys);
  ~EncryptionScopes();

  // Those of one account. Once, before requests.
  [[nodiscard]] Task<Result<>> load(TenantId tenant, AccountId account);
  // Makes one or changes it. kDenied: the key of a vault that has its key, or is to have it, may not be used;
  // kInvalidArgument: that isn't fit for it; kExhausted: there are too many; kUnavailable; kConflict: another change
  // came between, or the account is deleted.
  [[nodiscard]] Task<Result<std::shared_ptr<const ScopeRecord>>> change(TenantId tenant, AccountId account,
                                                                        std::string name, ScopeChange change);
  [[nodiscard]] std::shared_ptr<const ScopeRecord> find(AccountId account, std::string_view name) const;
  // In order of name.
  [[nodiscard]] std::vector<std::shared_ptr<const ScopeRecord>> list(AccountId account) const;
  // Its key, whether it is enabled or not, with that of its own second layer: kNotFound; kDenied, kUnavailable as an
  // account's. AccountStore::scope_key() adds the account's.
  [[nodiscard]] Task<Result<AccountKey>> key(AccountId account, std::string name) const;
  // As AccountStore's, which calls them.
  [[nodiscard]] std::set<TenantId> tenants_to_look_after(bool follow_rotations) const;
  [[nodiscard]] Task<> look_after_keys(TenantId tenant, bool follow_rotations);
  void tidy_keys() const;
  [[nodiscard]] bool is_key_used_by(TenantId tenant, PrincipalId identity) const;
  // What the service's wrapping of the account's scopes' keys depends on, or did.
  [[nodiscard]] Task<Result<std::vector<keys::ErasureId>>> erasable(TenantId tenant, AccountId account) const;
  // Those of an account whose rows are gone.
  void forget(AccountId account);

 private:
  struct Entry {
    TenantId tenant;
    std::shared_ptr<const ScopeRecord> record;
    std::shared_ptr<const Secret> key;     // null: withheld, or held
    std::shared_ptr<AccountKeyHold> hold;  // null: withheld, and nobody to ask
    std::shared_ptr<const Secret> outer = nullptr;
    std::vector<keys::ErasureId> to_erase = {};
  };
  using Scopes = std::map<std::string, Entry, std::less<>>;  // by name in lower case
  [[nodiscard]] Result<Entry> entry_of(AccountId account, std::string_view name) const;
  [[nodiscard]] Task<Result<Entry>> entry_for(TenantId tenant, AccountId account, ScopeRow row) const;
  [[nodiscard]] Task<Result<>> wrap(TenantId tenant, AccountId account, ScopeRow& row,
                                    std::shared_ptr<const Secret> key) const;
  [[nodiscard]] Task<Result<>> store(TenantId tenant, AccountId account, ScopeRow row, std::optional<Bytes> expected);
  [[nodiscard]] Task<Result<>> follow_rotation(AccountId account, std::string name);
  // Destroys what the entry says, and takes it out of the row.
  [[nodiscard]] Task<> erase_left(TenantId tenant, AccountId account, std::string name);
  [[nodiscard]] Task<> erase_left_in_turn(TenantId tenant, AccountId account, std::string name);
  // The key as it is to be wrapped anew. Where the old key's holder refuses, the new one may open what that has
  // wrapped: the same key in another vault, or by another identity.
  [[nodiscard]] Task<Result<std::shared_ptr<const Secret>>> opened(AccountId account, ScopeRow row,
                                                                   std::optional<keys::CustomerKey> by) const;
  void remember(AccountId account, Entry entry);

  // Changes that are being stored, by account. One whose account is forgotten meanwhile must not come back by them.
  struct Changes {
    int running = 0;
    bool forgotten = false;
  };
  class Storing;

  const AccountStore::Options options_;
  ServiceKeys& service_keys_;
  std::unique_ptr<KeyedLock> turns_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<AccountId, Scopes> scopes_;
  std::unordered_map<AccountId, Changes> changes_;
};

}  // namespace freehold::blob
