#include "blob/account_store.h"

#include "base/check.h"
#include "base/log.h"
#include "route/storage_target.h"
#include "src/account_key.h"
#include "src/account_row.h"
#include "src/account_secrets.h"
#include "src/content_key.h"
#include "src/encryption_scopes.h"
#include "src/keyed_lock.h"
#include "src/row_keys.h"
#include "src/row_sealer.h"
#include "src/service_keys.h"

namespace freehold::blob {
namespace {

constexpr std::size_t kSharedKeyBytes = 64;
constexpr std::string_view kAccountRow = "p";

Bytes registry_key(std::string_view name) { return "a" + Bytes(name); }

gate::NetworkRules network_of(const AccountSettings& settings) {
  gate::NetworkRules rules{.public_network = settings.public_network, .admits_all = settings.admits_all};
  for (const auto& text : settings.ip_rules) {
    const auto range = gate::parse_ip_network(text);
    FH_CHECK(range.has_value());  // who set it and who read it have looked
    rules.admitted.push_back(*range);
  }
  return rules;
}

std::shared_ptr<gate::StorageAccount> account_of(TenantId tenant, AccountId id, std::string name, const AccountRow& row,
                                                 const Secret* delegation_secret) {
  const auto& settings = row.settings;
  auto account = std::make_shared<gate::StorageAccount>();
  account->id = id;
  account->tenant = tenant;
  account->name = std::move(name);
  account->subscription = row.subscription;
  account->resource_group = row.resource_group;
  account->keys = {row.keys[0].clone(), row.keys[1].clone()};
  account->secure_transfer_required = settings.secure_transfer_required;
  account->emulator = row.emulator;
  account->allow_public_access = settings.allow_public_access;
  account->allow_shared_key = settings.allow_shared_key;
  // The listeners speak nothing older than 1.2: only what goes beyond is left to be asked.
  account->minimum_tls = settings.minimum_tls > kTls12 ? settings.minimum_tls : std::uint16_t{0};
  account->network = network_of(settings);
  if (delegation_secret != nullptr) account->delegation_secret = delegation_secret->clone();
  account->delegation_epoch = row.delegation_epoch;
  return account;
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

AccountStore::AccountStore(Options options)
    : options_(options),
      service_keys_(std::make_unique<ServiceKeys>(options.wrapper, options.erasure, options.random, options.clock)),
      turns_(std::make_unique<KeyedLock>()),
      scopes_(std::make_unique<EncryptionScopes>(options, *service_keys_)) {}
AccountStore::~AccountStore() = default;

Task<Result<AccountStore::Entry>> AccountStore::read_account(TenantId tenant, AccountId id, std::string name) {
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto partition = row_keys::account_partition(tenant, id);
  FH_CO_TRY(const auto stored, co_await options_.rows.get(partition, Bytes(kAccountRow)));
  if (!stored) co_return fail(ErrorCode::kCorrupt, "the registry names an account that has no row");
  FH_CO_TRY(auto plain, sealer.open(partition, kAccountRow, *stored));
  auto row = decode_account_row(plain);
  wipe(plain);
  if (!row) co_return pass_on(row);
  Entry entry;
  auto key = row->custody
                 ? co_await options_.wrapper.unwrap(tenant, row->custody->wrapped_delegation, delegation_context(id))
                 : co_await service_keys_->unwrap(tenant, {row->wrapped_key, row->erasure}, wrap_context(id));
  if (!key && !is_withheld(key.error(), name)) co_return pass_on(key);
  FH_CO_TRY(entry.outer, co_await open_outer(tenant, id, *row));
  entry.to_erase = row->to_erase;
  std::optional<Secret> delegation;
  if (key && row->custody) {
    delegation = std::move(*key);
  } else if (key) {
    entry.key = std::make_shared<const Secret>(std::move(*key));
    delegation = delegation_secret(*entry.key);
    entry.hold = std::make_shared<AccountKeyHold>(entry.key);
  } else if (!row->custody) {
    entry.hold = std::make_shared<AccountKeyHold>(Error{ErrorCode::kDenied, "the account's key is withheld", ""});
  }
  auto record = std::make_shared<AccountRecord>();
  record->account = account_of(tenant, id, std::move(name), *row, delegation ? &*delegation : nullptr);
  record->identity = std::move(row->identity);
  if (row->custody) {
    entry.hold = hold_for(tenant, id, *row);
    record->customer_key = entry.hold->by();
    record->customer_key_version = row->custody->wrapped.version;
  }
  record->settings = std::move(row->settings);
  record->created = row->created;
  record->keys_created = row->keys_created;
  entry.record = std::move(record);
  co_return entry;
}

// An account that was being deleted may have lost its row already: its name is all that is left of it then.
Task<Result<>> AccountStore::load() {
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto registry = row_keys::registry_partition();
  Bytes from = "a";
  while (true) {
    FH_CO_TRY(auto page, co_await options_.rows.scan(registry, from, "b", 1000));
    for (const auto& row : page.rows) {
      FH_CO_TRY(const auto plain, sealer.open(registry, row.key, row.value));
      FH_CO_TRY(const auto named, decode_registry_row(plain));
      auto entry = co_await read_account(named.tenant, named.account, row.key.substr(1));
      if (!entry && named.deleting && entry.error().code == ErrorCode::kCorrupt) {
        auto nothing = std::make_shared<AccountRecord>();
        nothing->account =
            account_of(named.tenant, named.account, row.key.substr(1), AccountRow{.emulator = false}, nullptr);
        entry = Entry{.record = std::move(nothing), .key = nullptr, .hold = nullptr};
      }
      if (!entry) co_return pass_on(entry);
      FH_CO_CHECK_OK(co_await scopes_->load(named.tenant, named.account));
      entry->deleting = named.deleting;
      remember(std::move(*entry));
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
  FH_CO_TRY(const auto turn, co_await turns_->lock(account.name));
  if (is_taken(account.name)) co_return fail(ErrorCode::kConflict, "the account name is taken");
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto id = random_id<AccountId>(options_.random);
  Secret made(std::size_t{32});
  options_.random.fill(made.span());
  const auto account_key = std::make_shared<const Secret>(std::move(made));
  AccountRow row{.keys = std::move(account.keys),
                 .emulator = account.emulator,
                 .subscription = account.subscription,
                 .resource_group = std::move(account.resource_group),
                 .settings = std::move(account.settings),
                 .identity = std::move(account.identity)};
  if (account.customer_key) {
    FH_CO_TRY(row.custody, co_await put_under(id, account.tenant, *account.customer_key, account_key));
  } else {
    FH_CO_TRY(auto wrapped, co_await service_keys_->wrap(account.tenant, account_key->clone(), wrap_context(id)));
    row.wrapped_key = std::move(wrapped.wrapped);
    row.erasure = wrapped.erasure;
  }
  if (row.settings.infrastructure_encryption) {
    Secret outer(crypto::kAeadKeyBytes);
    options_.random.fill(outer.span());
    FH_CO_TRY(row.wrapped_outer, co_await options_.wrapper.wrap(account.tenant, std::move(outer), outer_context(id)));
  }
  row.created = store::HybridClock::wall_time(options_.hybrid.next());
  row.keys_created = {row.created, row.created};
  const auto partition = row_keys::account_partition(account.tenant, id);
  auto plain = encode_account_row(row);
  auto sealed = sealer.seal(partition, kAccountRow, plain);
  wipe(plain);
  if (!sealed) co_return pass_on(sealed);

  // The account first, then its name: a crash between leaves an account that nothing names, and no name without
  // account.
  store::Commit rows{partition, options_.epoch, options_.hybrid.next_transaction(), {}, {}, {}};
  rows.puts.push_back({Bytes(kAccountRow), std::move(*sealed)});
  FH_CO_TRY(const auto kept, co_await settle(options_.rows, std::move(rows)));
  if (!kept.applied && !kept.unknown) co_await service_keys_->drop({{}, row.erasure});
  if (!kept.applied) co_return fail(ErrorCode::kUnavailable, "the account's row could not be kept");
  FH_CO_CHECK_OK(co_await name(account.name, account.tenant, id));
  FH_CO_TRY(auto entry, co_await read_account(account.tenant, id, account.name));
  remember(std::move(entry));
  co_return id;
}

Task<Result<>> AccountStore::name(std::string name, TenantId tenant, AccountId id) {
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto registry = row_keys::registry_partition();
  const auto key = registry_key(name);
  FH_CO_TRY(auto row, sealer.seal(registry, key, encode_registry_row({.tenant = tenant, .account = id})));
  store::Commit naming{registry, options_.epoch, options_.hybrid.next_transaction(), {}, {}, {}};
  naming.expect.push_back(store::absent(key));
  naming.puts.push_back({key, std::move(row)});
  FH_CO_TRY(const auto named, co_await settle(options_.rows, std::move(naming)));
  if (named.unknown) co_return fail(ErrorCode::kUnavailable, "whether the account was created can't be known");
  if (!named.applied) co_return fail(ErrorCode::kConflict, "the account name is taken");
  co_return Result<>();
}

Task<Result<>> AccountStore::change(AccountId id, Change change) {
  FH_CO_TRY(const auto before, entry_of(id));
  const auto name = before.record->account->name;
  const auto tenant = before.record->account->tenant;
  FH_CO_TRY(const auto turn, co_await turns_->lock(name));
  FH_CO_CHECK_OK(entry_of(id));  // deleted while this waited
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto partition = row_keys::account_partition(tenant, id);
  FH_CO_TRY(auto stored, co_await options_.rows.get(partition, Bytes(kAccountRow)));
  if (!stored) co_return fail(ErrorCode::kCorrupt, "the registry names an account that has no row");
  FH_CO_TRY(auto plain, sealer.open(partition, kAccountRow, *stored));
  auto row = decode_account_row(plain);
  wipe(plain);
  if (!row) co_return pass_on(row);
  change(*row);
  auto next = encode_account_row(*row);
  auto sealed = sealer.seal(partition, kAccountRow, next);
  wipe(next);
  if (!sealed) co_return pass_on(sealed);
  store::Commit rows{partition, options_.epoch, options_.hybrid.next_transaction(), {}, {}, {}};
  rows.expect.push_back(store::equals(Bytes(kAccountRow), std::move(*stored)));
  rows.puts.push_back({Bytes(kAccountRow), std::move(*sealed)});
  FH_CO_TRY(const auto done, co_await settle(options_.rows, std::move(rows)));
  if (done.unknown) {
    doubt(id);
    co_return fail(ErrorCode::kUnavailable, "whether the account was changed can't be known");
  }
  if (!done.applied) co_return fail(ErrorCode::kConflict, "the account was changed meanwhile");
  auto entry = co_await read_account(tenant, id, name);
  if (!entry) {
    doubt(id);
    co_return pass_on(entry);
  }
  remember(std::move(*entry));
  co_return Result<>();
}

// The lambdas outlive the calls: each is moved into the frame of change().
Task<Result<>> AccountStore::change_settings(AccountId id, AccountSettings settings) {
  return change(id, [settings = std::move(settings)](AccountRow& row) { row.settings = settings; });
}

Task<Result<>> AccountStore::move(AccountId id, SubscriptionId subscription, std::string resource_group) {
  return change(id, [subscription, group = std::move(resource_group)](AccountRow& row) {
    row.subscription = subscription;
    row.resource_group = group;
  });
}

Task<Result<>> AccountStore::replace_key(AccountId id, std::size_t which, Secret key) {
  FH_CHECK(which < 2 && key.size() == kSharedKeyBytes);
  const auto now = store::HybridClock::wall_time(options_.hybrid.next());
  auto fresh = std::make_shared<Secret>(std::move(key));  // std::function wants what can be copied
  return change(id, [fresh, which, now](AccountRow& row) {
    row.keys[which] = fresh->clone();
    row.keys_created[which] = now;
  });
}

Task<Result<>> AccountStore::revoke_delegation_keys(AccountId id) {
  return change(id, [](AccountRow& row) { ++row.delegation_epoch; });
}

// Requests under way go by the hold under which they began: it asks the new one from here on.
void AccountStore::remember(Entry entry) {
  std::shared_ptr<AccountKeyHold> old;
  const auto hold = entry.hold;
  {
    const std::unique_lock lock(mutex_);
    const auto& account = *entry.record->account;
    if (const auto found = by_id_.find(account.id); found != by_id_.end()) old = found->second.hold;
    by_id_.insert_or_assign(account.id, entry);
    by_name_.insert_or_assign(account.name, std::move(entry));
  }
  if (old != nullptr && hold != nullptr && old != hold) old->supersede(hold);
}

Result<AccountStore::Entry> AccountStore::any_entry_of(AccountId id) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return fail(ErrorCode::kNotFound, "there is no such account");
  return found->second;
}

Result<AccountStore::Entry> AccountStore::entry_of(AccountId id) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end() || found->second.deleting) {
    return fail(ErrorCode::kNotFound, "there is no such account");
  }
  return found->second;
}

std::shared_ptr<const gate::StorageAccount> AccountStore::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() || found->second.deleting ? nullptr : found->second.record->account;
}

std::shared_ptr<const AccountRecord> AccountStore::find_record(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() || found->second.deleting ? nullptr : found->second.record;
}

bool AccountStore::is_taken(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  return by_name_.find(name) != by_name_.end();
}

bool AccountStore::is_being_deleted(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_name_.find(name);
  return found != by_name_.end() && found->second.deleting;
}

std::vector<std::shared_ptr<const AccountRecord>> AccountStore::records() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<const AccountRecord>> records;
  for (const auto& [name, entry] : by_name_) {
    if (!entry.deleting) records.push_back(entry.record);
  }
  return records;
}

std::vector<std::shared_ptr<const gate::StorageAccount>> AccountStore::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<const gate::StorageAccount>> accounts;
  for (const auto& [name, entry] : by_name_) accounts.push_back(entry.record->account);
  return accounts;
}

bool AccountStore::is_being_deleted(AccountId id) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_id_.find(id);
  return found != by_id_.end() && found->second.deleting;
}

Task<Result<AccountKey>> AccountStore::key_of(AccountId id, Bytes wrapped_blob_key) {
  const auto scope = scope_of(wrapped_blob_key);
  if (scope.empty()) co_return co_await account_key(id);
  co_return co_await scope_key(id, std::string(scope));
}

Task<Result<AccountKey>> AccountStore::scope_key(AccountId id, std::string scope) {
  FH_CO_TRY(auto key, co_await scopes_->key(id, std::move(scope)));
  FH_CO_TRY(const auto entry, any_entry_of(id));
  co_return with_outer(entry, std::move(key));
}

// Content that is to be sealed twice is never sealed once for want of a key.
Result<AccountKey> AccountStore::with_outer(const Entry& entry, AccountKey key) {
  if (key.outer != nullptr || !entry.record->settings.infrastructure_encryption) return key;
  if (entry.outer == nullptr) return fail(ErrorCode::kDenied, "the account's infrastructure key is withheld");
  key.outer = entry.outer;
  return key;
}

Task<Result<std::shared_ptr<const Secret>>> AccountStore::open_outer(TenantId tenant, AccountId id,
                                                                     const AccountRow& row) const {
  if (row.wrapped_outer.empty()) co_return nullptr;
  auto key = co_await options_.wrapper.unwrap(tenant, row.wrapped_outer, outer_context(id));
  if (key) co_return std::make_shared<const Secret>(std::move(*key));
  if (is_withheld(key.error(), to_string(id))) co_return nullptr;
  co_return pass_on(key);
}

}  // namespace freehold::blob
