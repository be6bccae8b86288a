#include "blob/account_store.h"

#include "base/log.h"
#include "crypto/digest.h"
#include "route/storage_target.h"
#include "src/fields.h"
#include "src/row_keys.h"
#include "src/row_sealer.h"

namespace freehold::blob {
namespace {

constexpr std::size_t kSharedKeyBytes = 64;
constexpr std::string_view kAccountRow = "p";

// Whose key is withheld has no user delegation keys either.
constexpr std::string_view kDelegationPurpose = "freehold user delegation secret";
constexpr std::size_t kDelegationSecretBytes = 32;

enum : std::uint8_t {
  kSubscription = 1,
  kResourceGroup = 2,
  kTenant = 128,
  kAccount = 129,
  kKey1 = 130,
  kKey2 = 131,
  kWrappedKey = 132,
  kFlags = 133,
  kDelegationEpoch = 134
};
enum Flag : std::uint8_t { kSecureTransfer = 1, kEmulator = 2, kPublicAccess = 4 };

Bytes registry_key(std::string_view name) { return "a" + Bytes(name); }
Bytes wrap_context(AccountId id) { return "freehold account key " + to_string(id); }

Bytes encode_registry_row(TenantId tenant, AccountId id) {
  FieldWriter out;
  out.bytes(kTenant, tenant.view());
  out.bytes(kAccount, id.view());
  return out.finish();
}

Result<std::pair<TenantId, AccountId>> decode_registry_row(BytesView bytes) {
  FH_TRY(const auto fields, split_fields(bytes));
  std::optional<TenantId> tenant;
  std::optional<AccountId> id;
  for (const auto& field : fields) {
    if (field.id == kTenant) tenant = id_from_bytes<TenantId>(field.value);
    if (field.id == kAccount) id = id_from_bytes<AccountId>(field.value);
  }
  if (!tenant || !id) return fail(ErrorCode::kCorrupt, "an account's registry row is not as it was written");
  return std::pair(*tenant, *id);
}

Bytes encode_account_row(const NewAccount& account, BytesView wrapped) {
  FieldWriter out;
  out.bytes(kKey1, account.keys[0].view());
  out.bytes(kKey2, account.keys[1].view());
  out.bytes(kWrappedKey, wrapped);
  out.bytes(kSubscription, account.subscription.view());
  out.text(kResourceGroup, account.resource_group);
  const int flags = (account.secure_transfer_required ? kSecureTransfer : 0) | (account.emulator ? kEmulator : 0) |
                    (account.allow_public_access ? kPublicAccess : 0);
  out.bytes(kFlags, Bytes{static_cast<char>(flags)});
  return out.finish();
}

// The same row with the next delegation epoch. Whatever else it holds stays as it is.
Result<Bytes> with_next_epoch(BytesView row) {
  FH_TRY(const auto fields, split_fields(row));
  FieldWriter out;
  std::uint64_t epoch = 0;
  for (const auto& field : fields) {
    if (field.id == kDelegationEpoch)
      epoch = field_u64(field.value).value_or(0);
    else
      out.bytes(field.id, field.value);
  }
  out.u64(kDelegationEpoch, epoch + 1);
  return out.finish();
}

// Fills the account from its opened row; the wrapped account key is returned.
Result<Bytes> read_account_row(BytesView bytes, gate::StorageAccount& account) {
  FH_TRY(const auto fields, split_fields(bytes));
  Bytes wrapped;
  for (const auto& field : fields) {
    if (field.id == kKey1)
      account.keys[0] = Secret(field.value);
    else if (field.id == kKey2)
      account.keys[1] = Secret(field.value);
    else if (field.id == kWrappedKey)
      wrapped = field.value;
    else if (field.id == kSubscription)
      account.subscription = id_from_bytes<SubscriptionId>(field.value).value_or(SubscriptionId{});
    else if (field.id == kResourceGroup)
      account.resource_group = field.value;
    else if (field.id == kFlags && field.value.size() == 1) {
      account.secure_transfer_required = (field.value[0] & kSecureTransfer) != 0;
      account.emulator = (field.value[0] & kEmulator) != 0;
      account.allow_public_access = account.emulator || (field.value[0] & kPublicAccess) != 0;
    } else if (field.id == kDelegationEpoch) {
      const auto epoch = field_u64(field.value);
      if (!epoch) return fail(ErrorCode::kCorrupt, "an account row's epoch is not as it was written");
      account.delegation_epoch = *epoch;
    } else if (field.id >= kFirstCriticalField) {
      return fail(ErrorCode::kUnsupported, "an account row needs a newer program");
    }
  }
  if (wrapped.empty() || account.keys[0].empty()) return fail(ErrorCode::kCorrupt, "an account row lacks its keys");
  return wrapped;
}

}  // namespace

Task<Result<Committed>> settle(store::PartitionStore& rows, store::Commit commit) {
  auto result = co_await store::commit_settled(rows, std::move(commit));
  switch (result.outcome) {
    case store::CommitOutcome::kOk:
      co_return Committed{true, false};
    case store::CommitOutcome::kConflict:
      co_return Committed{false, false};
    case store::CommitOutcome::kUnknown:
      co_return Committed{false, true};
    case store::CommitOutcome::kFenced:
      co_return fail(ErrorCode::kUnavailable, "this process no longer owns the partition");
    case store::CommitOutcome::kUnavailable:
      break;
  }
  co_return std::unexpected(std::move(result.error));
}

AccountStore::AccountStore(Options options) : options_(options) {}
AccountStore::~AccountStore() = default;

Task<Result<AccountStore::Entry>> AccountStore::read_account(TenantId tenant, AccountId id, std::string name) {
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto partition = row_keys::account_partition(tenant, id);
  FH_CO_TRY(const auto stored, co_await options_.rows.get(partition, Bytes(kAccountRow)));
  if (!stored) co_return fail(ErrorCode::kCorrupt, "the registry names an account that has no row");
  FH_CO_TRY(auto plain, sealer.open(partition, kAccountRow, *stored));
  auto account = std::make_shared<gate::StorageAccount>();
  account->id = id;
  account->tenant = tenant;
  account->name = name;
  auto wrapped = read_account_row(plain, *account);
  wipe(plain);
  if (!wrapped) co_return pass_on(wrapped);
  Entry entry;
  auto key = co_await options_.wrapper.unwrap(tenant, std::move(*wrapped), wrap_context(id));
  if (!key && key.error().code != ErrorCode::kDenied) co_return pass_on(key);
  if (key) {
    account->delegation_secret = crypto::hkdf_expand(key->view(), kDelegationPurpose, kDelegationSecretBytes);
    entry.key = std::make_shared<const Secret>(std::move(*key));
  }
  entry.account = std::move(account);
  if (!entry.key)
    log_warning("an account's key is withheld: its data can't be read", {{"account", entry.account->name}});
  co_return entry;
}

Task<Result<>> AccountStore::load() {
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto registry = row_keys::registry_partition();
  Bytes from = "a";
  while (true) {
    FH_CO_TRY(auto page, co_await options_.rows.scan(registry, from, "b", 1000));
    for (const auto& row : page.rows) {
      FH_CO_TRY(const auto plain, sealer.open(registry, row.key, row.value));
      FH_CO_TRY(const auto ids, decode_registry_row(plain));
      FH_CO_TRY(auto entry, co_await read_account(ids.first, ids.second, row.key.substr(1)));
      remember(std::move(entry));
    }
    if (!page.more || page.rows.empty()) co_return Result<>();
    from = page.rows.back().key + '\0';
  }
}

Task<Result<AccountId>> AccountStore::create_account(NewAccount account) {
  if (!gate::is_account_name(account.name)) {
    co_return fail(ErrorCode::kInvalidArgument, "an account name is 3 to 24 lower-case letters and digits");
  }
  if (account.keys[0].size() != kSharedKeyBytes || account.keys[1].size() != kSharedKeyBytes) {
    co_return fail(ErrorCode::kInvalidArgument, "a shared key has 64 bytes");
  }
  if (find(account.name)) co_return fail(ErrorCode::kConflict, "the account name is taken");
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto id = random_id<AccountId>(options_.random);
  Secret account_key(std::size_t{32});
  options_.random.fill(account_key.span());
  FH_CO_TRY(const auto wrapped, co_await options_.wrapper.wrap(account.tenant, account_key.clone(), wrap_context(id)));
  const auto partition = row_keys::account_partition(account.tenant, id);
  auto plain = encode_account_row(account, wrapped);
  auto sealed = sealer.seal(partition, kAccountRow, plain);
  wipe(plain);
  if (!sealed) co_return pass_on(sealed);

  // The account first, then its name: a crash between leaves an account that nothing names, and no name without
  // account.
  store::Commit rows{partition, options_.epoch, options_.hybrid.next_transaction(), {}, {}, {}};
  rows.puts.push_back({Bytes(kAccountRow), std::move(*sealed)});
  FH_CO_TRY(const auto kept, co_await settle(options_.rows, std::move(rows)));
  if (!kept.applied) co_return fail(ErrorCode::kUnavailable, "the account's row could not be kept");

  const auto registry = row_keys::registry_partition();
  const auto key = registry_key(account.name);
  FH_CO_TRY(auto entry_row, sealer.seal(registry, key, encode_registry_row(account.tenant, id)));
  store::Commit naming{registry, options_.epoch, options_.hybrid.next_transaction(), {}, {}, {}};
  naming.expect.push_back(store::absent(key));
  naming.puts.push_back({key, std::move(entry_row)});
  FH_CO_TRY(const auto named, co_await settle(options_.rows, std::move(naming)));
  if (named.unknown) co_return fail(ErrorCode::kUnavailable, "whether the account was created can't be known");
  if (!named.applied) co_return fail(ErrorCode::kConflict, "the account name is taken");

  FH_CO_TRY(auto entry, co_await read_account(account.tenant, id, account.name));
  remember(std::move(entry));
  co_return id;
}

Task<Result<>> AccountStore::revoke_delegation_keys(std::string name) {
  const auto account = find(name);
  if (!account) co_return fail(ErrorCode::kNotFound, "there is no such account");
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto partition = row_keys::account_partition(account->tenant, account->id);
  FH_CO_TRY(auto stored, co_await options_.rows.get(partition, Bytes(kAccountRow)));
  if (!stored) co_return fail(ErrorCode::kCorrupt, "the registry names an account that has no row");
  FH_CO_TRY(auto plain, sealer.open(partition, kAccountRow, *stored));
  auto next = with_next_epoch(plain);
  wipe(plain);
  if (!next) co_return pass_on(next);
  auto sealed = sealer.seal(partition, kAccountRow, *next);
  wipe(*next);
  if (!sealed) co_return pass_on(sealed);
  store::Commit rows{partition, options_.epoch, options_.hybrid.next_transaction(), {}, {}, {}};
  rows.expect.push_back(store::equals(Bytes(kAccountRow), std::move(*stored)));
  rows.puts.push_back({Bytes(kAccountRow), std::move(*sealed)});
  FH_CO_TRY(const auto done, co_await settle(options_.rows, std::move(rows)));
  if (done.unknown) co_return fail(ErrorCode::kUnavailable, "whether the keys were revoked can't be known");
  if (!done.applied) co_return fail(ErrorCode::kConflict, "the account was changed meanwhile");
  FH_CO_TRY(auto entry, co_await read_account(account->tenant, account->id, account->name));
  remember(std::move(entry));
  co_return Result<>();
}

void AccountStore::remember(Entry entry) {
  const std::unique_lock lock(mutex_);
  keys_[entry.account->id] = entry.key;
  auto name = entry.account->name;
  by_name_[std::move(name)] = std::move(entry);
}

std::shared_ptr<const gate::StorageAccount> AccountStore::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second.account;
}

std::vector<std::shared_ptr<const gate::StorageAccount>> AccountStore::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<const gate::StorageAccount>> accounts;
  for (const auto& [name, entry] : by_name_) accounts.push_back(entry.account);
  return accounts;
}

Result<std::shared_ptr<const Secret>> AccountStore::account_key(AccountId id) const {
  const std::shared_lock lock(mutex_);
  const auto found = keys_.find(id);
  if (found == keys_.end() || !found->second) return fail(ErrorCode::kDenied, "the account's key is withheld");
  return found->second;
}

}  // namespace freehold::blob
