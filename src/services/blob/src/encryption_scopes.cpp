#include "src/encryption_scopes.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/log.h"
#include "src/keyed_lock.h"
#include "src/row_keys.h"
#include "src/row_sealer.h"
#include "src/service_keys.h"

namespace freehold::blob {
namespace {

constexpr std::size_t kNameBytesLeast = 3;
constexpr std::size_t kNameBytesMost = 63;

Bytes wrap_context(AccountId account, std::string_view name) {
  return "freehold encryption scope key " + to_string(account) + " " + to_lower(name);
}
Bytes outer_context(AccountId account, std::string_view name) {
  return "freehold infrastructure key " + to_string(account) + " " + to_lower(name);
}

// All of an account's.
Task<Result<std::vector<ScopeRow>>> stored_scopes(const AccountStore::Options& options, TenantId tenant,
                                                  AccountId account) {
  const RowSealer sealer(options.row_keys, options.random);
  const auto partition = row_keys::account_partition(tenant, account);
  Bytes from = row_keys::scope("");
  const auto end = row_keys::after_prefix(from);
  std::vector<ScopeRow> out;
  while (true) {
    FH_CO_TRY(const auto page, co_await options.rows.scan(partition, from, end, 1000));
    for (const auto& stored : page.rows) {
      FH_CO_TRY(const auto plain, sealer.open(partition, stored.key, stored.value));
      FH_CO_TRY(auto row, decode_scope_row(plain));
      out.push_back(std::move(row));
    }
    if (!page.more || page.rows.empty()) co_return out;
    from = page.rows.back().key + '\0';
  }
}

}  // namespace

bool is_scope_name(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return name.size() >= kNameBytesLeast && name.size() <= kNameBytesMost && std::ranges::all_of(name, fits);
}

EncryptionScopes::EncryptionScopes(AccountStore::Options options, ServiceKeys& service_keys)
    : options_(options), service_keys_(service_keys), turns_(std::make_unique<KeyedLock>()) {}
EncryptionScopes::~EncryptionScopes() = default;

// As long as one lives, forget() leaves word for remember().
class EncryptionScopes::Storing {
 public:
  Storing(EncryptionScopes& scopes, AccountId account) : scopes_(scopes), account_(account) {
    const std::unique_lock lock(scopes_.mutex_);
    ++scopes_.changes_[account_].running;
  }
  ~Storing() {
    const std::unique_lock lock(scopes_.mutex_);
    const auto found = scopes_.changes_.find(account_);
    if (--found->second.running == 0) scopes_.changes_.erase(found);
  }
  Storing(const Storing&) = delete;
  Storing& operator=(const Storing&) = delete;

 private:
  EncryptionScopes& scopes_;
  const AccountId account_;
};

void EncryptionScopes::remember(AccountId account, Entry entry) {
  std::shared_ptr<AccountKeyHold> old;
  const auto hold = entry.hold;
  {
    const std::unique_lock lock(mutex_);
    if (const auto found = changes_.find(account); found != changes_.end() && found->second.forgotten) return;
    auto& scopes = scopes_[account];
    auto key = to_lower(entry.record->name);
    if (const auto found = scopes.find(key); found != scopes.end()) old = found->second.hold;
    scopes.insert_or_assign(std::move(key), std::move(entry));
  }
  if (old != nullptr && hold != nullptr && old != hold) old->supersede(hold);
}

void EncryptionScopes::forget(AccountId account) {
  Scopes gone;
  {
    const std::unique_lock lock(mutex_);
    if (const auto found = scopes_.find(account); found != scopes_.end()) gone = std::move(found->second);
    scopes_.erase(account);
    if (const auto found = changes_.find(account); found != changes_.end()) found->second.forgotten = true;
  }
  const auto refused = std::make_shared<AccountKeyHold>(Error{ErrorCode::kDenied, "the account was deleted", ""});
  for (const auto& [name, entry] : gone) {
    if (entry.hold != nullptr) entry.hold->supersede(refused);
  }
}

Result<EncryptionScopes::Entry> EncryptionScopes::entry_of(AccountId account, std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto scopes = scopes_.find(account);
  if (scopes == scopes_.end()) return fail(ErrorCode::kNotFound, "there is no such encryption scope");
  const auto found = scopes->second.find(to_lower(name));
  if (found == scopes->second.end()) return fail(ErrorCode::kNotFound, "there is no such encryption scope");
  return found->second;
}

std::shared_ptr<const ScopeRecord> EncryptionScopes::find(AccountId account, std::string_view name) const {
  auto entry = entry_of(account, name);
  return entry ? std::move(entry->record) : nullptr;
}

std::vector<std::shared_ptr<const ScopeRecord>> EncryptionScopes::list(AccountId account) const {
  std::vector<std::shared_ptr<const ScopeRecord>> found;
  const std::shared_lock lock(mutex_);
  const auto scopes = scopes_.find(account);
  if (scopes == scopes_.end()) return found;
  for (const auto& [name, entry] : scopes->second) found.push_back(entry.record);
  return found;
}

Task<Result<AccountKey>> EncryptionScopes::key(AccountId account, std::string name) const {
  FH_CO_TRY(auto entry, entry_of(account, name));
  const bool lacks = entry.record->infrastructure_encryption && entry.outer == nullptr;
  if (entry.hold == nullptr || lacks) co_return fail(ErrorCode::kDenied, "the encryption scope's key is withheld");
  auto key = std::move(entry.key);
  if (key == nullptr) {
    FH_CO_TRY(key, co_await entry.hold->key());
  }
  co_return AccountKey{std::move(key), std::move(entry.hold), entry.record->name, std::move(entry.outer)};
}

Task<Result<>> EncryptionScopes::load(TenantId tenant, AccountId account) {
  FH_CO_TRY(auto rows, co_await stored_scopes(options_, tenant, account));
  for (auto& row : rows) {
    FH_CO_TRY(auto entry, co_await entry_for(tenant, account, std::move(row)));
    remember(account, std::move(entry));
  }
  co_return Result<>();
}

// The hold that is there goes on if nothing changed: with it the key stays in memory.
Task<Result<EncryptionScopes::Entry>> EncryptionScopes::entry_for(TenantId tenant, AccountId account,
                                                                  ScopeRow row) const {
  Entry entry{.tenant = tenant, .record = nullptr, .key = nullptr, .hold = nullptr};
  const auto context = wrap_context(account, row.name);
  auto record = std::make_shared<ScopeRecord>(ScopeRecord{.name = row.name,
                                                          .enabled = row.enabled,
                                                          .created = row.created,
                                                          .modified = row.modified,
                                                          .infrastructure_encryption = !row.wrapped_outer.empty()});
  entry.to_erase = std::move(row.to_erase);
  if (!row.wrapped_outer.empty()) {
    auto outer = co_await options_.wrapper.unwrap(tenant, row.wrapped_outer, outer_context(account, row.name));
    if (!outer && !is_withheld(outer.error(), to_string(account) + " " + row.name)) co_return pass_on(outer);
    if (outer) entry.outer = std::make_shared<const Secret>(std::move(*outer));
  }
  if (row.by) {
    row.by->tenant = tenant;
    const auto old = entry_of(account, row.name);
    const bool same = old && old->hold != nullptr && old->hold->is_customers() && old->hold->by() == *row.by &&
                      old->hold->wrapped() == row.wrapped;
    if (same) {
      entry.hold = old->hold;
    } else if (options_.customer_keys != nullptr) {
      entry.hold =
          std::make_shared<AccountKeyHold>(*options_.customer_keys, options_.clock, *row.by, row.wrapped, context);
    }
    record->by = std::move(row.by);
    record->by_version = std::move(row.wrapped.version);
  } else {
    auto key = co_await service_keys_.unwrap(tenant, {row.wrapped_key, row.erasure}, context);
    if (!key && !is_withheld(key.error(), to_string(account) + " " + record->name)) co_return pass_on(key);
    if (key) entry.key = std::make_shared<const Secret>(std::move(*key));
    if (key) entry.hold = std::make_shared<AccountKeyHold>(entry.key);
  }
  entry.record = std::move(record);
  co_return entry;
}

Task<Result<>> EncryptionScopes::wrap(TenantId tenant, AccountId account, ScopeRow& row,
                                      std::shared_ptr<const Secret> key) const {
  const auto context = wrap_context(account, row.name);
  if (row.erasure != keys::ErasureId{}) row.to_erase.push_back(row.erasure);
  row.erasure = {};
  row.wrapped_key.clear();
  row.wrapped = {};
  if (!row.by) {
    FH_CO_TRY(auto wrapped, co_await service_keys_.wrap(tenant, key->clone(), context));
    row.wrapped_key = std::move(wrapped.wrapped);
    row.erasure = wrapped.erasure;
    co_return Result<>();
  }
  if (options_.customer_keys == nullptr) co_return fail(ErrorCode::kUnsupported, "there are no customers' keys");
  FH_CO_TRY(row.wrapped, co_await options_.customer_keys->wrap(*row.by, key->clone(), context));
  co_return Result<>();
}

Task<Result<>> EncryptionScopes::store(TenantId tenant, AccountId account, ScopeRow row,
                                       std::optional<Bytes> expected) {
  const Storing storing(*this, account);
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto partition = row_keys::account_partition(tenant, account);
  const auto key = row_keys::scope(row.name);
  FH_CO_TRY(auto sealed, sealer.seal(partition, key, encode_scope_row(row)));
  store::Commit commit{partition, options_.epoch, options_.hybrid.next_transaction(), {}, {}, {}};
  commit.expect.push_back(expected ? store::equals(key, std::move(*expected)) : store::absent(key));
  commit.expect.push_back(store::absent(Bytes(row_keys::kClosedAccount)));
  commit.puts.push_back({key, std::move(sealed)});
  FH_CO_TRY(const auto done, co_await settle(options_.rows, std::move(commit)));
  if (done.unknown) co_return fail(ErrorCode::kUnavailable, "whether the encryption scope was changed can't be known");
  if (!done.applied) co_return fail(ErrorCode::kConflict, "the encryption scope was changed meanwhile");
  FH_CO_TRY(auto entry, co_await entry_for(tenant, account, std::move(row)));
  remember(account, std::move(entry));
  co_return Result<>();
}

Task<Result<std::shared_ptr<const ScopeRecord>>> EncryptionScopes::change(TenantId tenant, AccountId account,
                                                                          std::string name, ScopeChange change) {
  FH_CO_TRY(const auto turn, co_await turns_->lock(std::string(account.view()) + to_lower(name)));
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto partition = row_keys::account_partition(tenant, account);
  const auto at = row_keys::scope(name);
  const auto now = store::HybridClock::wall_time(options_.hybrid.next());
  FH_CO_TRY(auto stored, co_await options_.rows.get(partition, at));
  ScopeRow row{.name = name, .created = now};
  if (stored) {
    FH_CO_TRY(const auto plain, sealer.open(partition, at, *stored));
    FH_CO_TRY(row, decode_scope_row(plain));
  } else if (list(account).size() >= kScopesPerAccount) {
    co_return fail(ErrorCode::kExhausted, "there are too many encryption scopes");
  }
  if (!stored && change.infrastructure_encryption) {
    Secret outer(crypto::kAeadKeyBytes);
    options_.random.fill(outer.span());
    FH_CO_TRY(row.wrapped_outer,
              co_await options_.wrapper.wrap(tenant, std::move(outer), outer_context(account, name)));
  }
  row.enabled = change.enabled.value_or(row.enabled);
  row.modified = now;
  if (row.by) row.by->tenant = tenant;
  const auto was = row.erasure;
  auto by = row.by;
  if (change.source == ScopeChange::Source::kService) by.reset();
  if (change.source == ScopeChange::Source::kCustomer) by = std::move(change.by);
  if (!stored || by != row.by) {
    std::shared_ptr<const Secret> secret;
    if (stored) {
      FH_CO_TRY(secret, co_await opened(account, row, by));
    } else {
      Secret made(std::size_t{32});
      options_.random.fill(made.span());
      secret = std::make_shared<const Secret>(std::move(made));
    }
    row.by = std::move(by);
    FH_CO_CHECK_OK(co_await wrap(tenant, account, row, std::move(secret)));
  }
  const auto made = row.erasure;
  const auto done = co_await store(tenant, account, std::move(row), std::move(stored));
  if (!done && done.error().code == ErrorCode::kConflict && made != was) co_await service_keys_.drop({{}, made});
  FH_CO_CHECK_OK(done);
  co_await erase_left_in_turn(tenant, account, name);
  co_return find(account, name);
}

Task<> EncryptionScopes::erase_left(TenantId tenant, AccountId account, std::string name) {
  const auto turn = co_await turns_->lock(std::string(account.view()) + to_lower(name));
  if (turn) co_await erase_left_in_turn(tenant, account, std::move(name));
}

// As of accounts: the row named them in the very commit that put the key elsewhere.
Task<> EncryptionScopes::erase_left_in_turn(TenantId tenant, AccountId account, std::string name) {
  const auto entry = entry_of(account, name);
  if (!entry || entry->to_erase.empty() || !co_await service_keys_.erase(entry->to_erase)) co_return;
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto partition = row_keys::account_partition(tenant, account);
  const auto at = row_keys::scope(name);
  auto stored = co_await options_.rows.get(partition, at);
  if (!stored || !*stored) co_return;
  const auto plain = sealer.open(partition, at, **stored);
  if (!plain) co_return;
  auto row = decode_scope_row(*plain);
  if (!row) co_return;
  row->to_erase.clear();
  static_cast<void>(co_await store(tenant, account, std::move(*row), std::move(*stored)));  // or another look says so
}

Task<Result<std::vector<keys::ErasureId>>> EncryptionScopes::erasable(TenantId tenant, AccountId account) const {
  FH_CO_TRY(const auto rows, co_await stored_scopes(options_, tenant, account));
  std::vector<keys::ErasureId> found;
  for (const auto& row : rows) {
    if (row.erasure != keys::ErasureId{}) found.push_back(row.erasure);
    found.insert(found.end(), row.to_erase.begin(), row.to_erase.end());
  }
  co_return found;
}

Task<Result<std::shared_ptr<const Secret>>> EncryptionScopes::opened(AccountId account, ScopeRow row,
                                                                     std::optional<keys::CustomerKey> by) const {
  auto held = co_await key(account, row.name);
  if (held) co_return std::move(held->secret);
  if (held.error().code != ErrorCode::kDenied || !by || !row.by) co_return pass_on(held);
  auto reopened = co_await options_.customer_keys->unwrap(*by, row.wrapped, wrap_context(account, row.name));
  if (reopened) co_return std::make_shared<const Secret>(std::move(*reopened));
  // Another key, that happens to be called the same.
  if (reopened.error().code == ErrorCode::kCorrupt) reopened.error().code = ErrorCode::kDenied;
  co_return pass_on(reopened);
}

Task<Result<>> EncryptionScopes::follow_rotation(AccountId account, std::string name) {
  FH_CO_TRY(const auto entry, entry_of(account, name));
  const auto& hold = entry.hold;
  if (hold == nullptr || !hold->is_customers() || !hold->by().version.empty()) co_return Result<>();
  FH_CO_CHECK_OK(co_await hold->look());
  if (hold->newest() == hold->wrapped().version) co_return Result<>();
  FH_CO_TRY(auto key, co_await hold->key(AccountKeyHold::Use::kOwn));
  FH_CO_TRY(const auto turn, co_await turns_->lock(std::string(account.view()) + to_lower(name)));
  const RowSealer sealer(options_.row_keys, options_.random);
  const auto partition = row_keys::account_partition(entry.tenant, account);
  const auto at = row_keys::scope(name);
  FH_CO_TRY(auto stored, co_await options_.rows.get(partition, at));
  if (!stored) co_return Result<>();
  FH_CO_TRY(const auto plain, sealer.open(partition, at, *stored));
  FH_CO_TRY(auto row, decode_scope_row(plain));
  if (row.wrapped != hold->wrapped()) co_return Result<>();  // its owner has put it under another one meanwhile
  row.by->tenant = entry.tenant;
  FH_CO_CHECK_OK(co_await wrap(entry.tenant, account, row, std::move(key)));
  co_return co_await store(entry.tenant, account, std::move(row), std::move(stored));
}

void EncryptionScopes::tidy_keys() const {
  const std::shared_lock lock(mutex_);
  for (const auto& [account, scopes] : scopes_) {
    for (const auto& [name, entry] : scopes) {
      if (entry.hold != nullptr) entry.hold->tidy();
    }
  }
}

bool EncryptionScopes::is_key_used_by(TenantId tenant, PrincipalId identity) const {
  const std::shared_lock lock(mutex_);
  return std::ranges::any_of(scopes_, [&](const auto& account) {
    return std::ranges::any_of(account.second, [&](const auto& one) {
      const auto& [name, entry] = one;
      return entry.tenant == tenant && entry.record->by && entry.record->by->identity == identity;
    });
  });
}

std::set<TenantId> EncryptionScopes::tenants_to_look_after(bool follow_rotations) const {
  std::set<TenantId> found;
  const bool may_erase = service_keys_.may_erase();
  const std::shared_lock lock(mutex_);
  for (const auto& [account, scopes] : scopes_) {
    for (const auto& [name, entry] : scopes) {
      const bool held = entry.hold != nullptr && entry.hold->wants_care(follow_rotations);
      if (held || (may_erase && !entry.to_erase.empty())) found.insert(entry.tenant);
    }
  }
  return found;
}

Task<> EncryptionScopes::look_after_keys(TenantId tenant, bool follow_rotations) {
  std::vector<std::pair<AccountId, std::pair<std::string, std::shared_ptr<AccountKeyHold>>>> held;
  std::vector<std::pair<AccountId, std::string>> left;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [account, scopes] : scopes_) {
      for (const auto& [name, entry] : scopes) {
        if (entry.tenant == tenant && !entry.to_erase.empty()) left.emplace_back(account, name);
        const bool ours = entry.hold != nullptr && entry.tenant == tenant;
        if (ours && entry.hold->wants_care(follow_rotations)) held.push_back({account, {name, entry.hold}});
      }
    }
  }
  for (const auto& [account, name] : left) {
    if (service_keys_.may_erase()) co_await erase_left(tenant, account, name);
  }
  for (const auto& [account, one] : held) {
    const auto& [name, hold] = one;
    if ((follow_rotations || hold->is_rotated()) && hold->may_follow()) {
      const auto done = co_await follow_rotation(account, name);
      if (!done) hold->put_off_following();
      if (!done && done.error().code != ErrorCode::kDenied) {
        log_warning("an encryption scope's key can't follow the rotation of its customer's",
                    {{"scope", name}, {"error", done.error().message}});
      }
    }
    if (hold->is_used()) static_cast<void>(co_await hold->hold());  // a refusal is the next user's to be told
  }
}

}  // namespace freehold::blob
