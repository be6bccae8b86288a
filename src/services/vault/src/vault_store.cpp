#include "src/vault_store.h"

#include <mutex>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "keys/change_rows.h"
#include "src/item_row.h"
#include "src/vault_row.h"

namespace freehold::vault {
namespace {

constexpr std::size_t kMaxVaults = 100'000;  // those that were deleted included: all are in memory
constexpr std::uint32_t kPurgePage = 100;    // of rows, which can be long
constexpr char kVaultPrefix = 'v';

Bytes key_of(std::string_view name) { return kVaultPrefix + to_lower(name); }
Bytes context_of(const Vault& vault) { return "freehold vault key " + to_string(vault.id); }

// A key that is there while both halves are.
Secret both(const Secret& wrapped, const Secret& erasable) {
  Secret halves(wrapped.size() + erasable.size());
  std::ranges::copy(wrapped.view(), halves.span().begin());
  std::ranges::copy(erasable.view(), halves.span().begin() + static_cast<std::ptrdiff_t>(wrapped.size()));
  return crypto::hkdf_expand(halves.view(), "freehold vault key of two halves", crypto::kAeadKeyBytes);
}

std::shared_ptr<const VaultRows> rows_under(const Vault& vault, const Secret& key) {
  return std::make_shared<const VaultRows>(
      content_partition(vault.tenant, vault.id),
      crypto::hkdf_expand(key.view(), "freehold vault rows", crypto::kAeadKeyBytes));
}

bool is_version_row(BytesView key) { return key.size() > 2 && key[1] == 'v'; }

}  // namespace

store::PartitionId content_partition(TenantId tenant, VaultId id) {
  return store::make_partition_id(tenant, "v" + Bytes(id.view()));
}

VaultStore::VaultStore(keys::SealedStore store, crypto::KeyWrapper& wrapper, keys::ErasureTree& erasure,
                       std::string_view registry)
    : store_(store),
      wrapper_(wrapper),
      erasure_(erasure),
      rows_(store, store::make_partition_id(TenantId{}, registry)) {}

Task<Result<>> VaultStore::open_key(Vault& vault) {
  vault.network = network_of(vault.settings);  // whoever may not come in is told nothing of the key
  FH_CO_TRY(Secret key, co_await wrapper_.unwrap(vault.tenant, vault.wrapped_key, context_of(vault)));
  if (key.size() != crypto::kAeadKeyBytes) co_return fail(ErrorCode::kCorrupt, "a vault's key has another length");
  if (vault.erasure == keys::ErasureId{}) {
    vault.rows = rows_under(vault, key);
    co_return Result<>();
  }
  auto erasable = co_await erasure_.find(vault.erasure);
  if (!erasable && erasable.error().code == ErrorCode::kNotFound && vault.state == VaultState::kPurging) {
    co_return Result<>();
  }
  if (!erasable) co_return std::unexpected(erasable.error());
  vault.rows = rows_under(vault, both(key, *erasable));
  co_return Result<>();
}

Task<Result<>> VaultStore::load() {
  FH_CO_TRY(const auto rows, co_await rows_.load(Bytes(1, kVaultPrefix), kMaxVaults));
  std::vector<VaultPtr> going;
  for (const auto& row : rows) {
    FH_CO_TRY(auto decoded, decode_vault(row.value));
    auto vault = std::make_shared<Vault>(std::move(decoded));
    const auto opened = co_await open_key(*vault);
    if (!opened && opened.error().code != ErrorCode::kCorrupt && opened.error().code != ErrorCode::kNotFound) {
      co_return std::unexpected(opened.error());
    }
    // The others are served; it isn't until its key can be opened (opened()), and its name stays its own.
    if (!opened) {
      log_error("a vault's key can't be opened, and nothing that is in it",
                {{"vault", to_string(vault->id)}, {"error", opened.error().message}});
    }
    if (vault->state == VaultState::kPurging) going.push_back(vault);
    vaults_[to_lower(vault->name)] = std::move(vault);
  }
  for (const auto& vault : going) {
    const auto purged = co_await purge(vault);
    if (!purged) {
      log_warning("a vault that is being purged stays for now",
                  {{"vault", to_string(vault->id)}, {"error", purged.error().message}});
    }
  }
  co_return Result<>();
}

VaultPtr VaultStore::at(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = vaults_.find(to_lower(name));
  return found == vaults_.end() ? nullptr : found->second;
}

VaultPtr VaultStore::find(std::string_view name) const {
  auto found = known(name);
  return found && found->rows ? found : nullptr;
}

VaultPtr VaultStore::known(std::string_view name) const {
  auto found = at(name);
  return found && found->state == VaultState::kActive ? found : nullptr;
}

VaultPtr VaultStore::find_deleted(std::string_view name) const {
  auto found = at(name);
  // A pool has more than its key to be opened before it can be anything.
  const bool whole = found && (found->rows || !found->pool);
  return whole && found->state == VaultState::kDeleted ? found : nullptr;
}

Task<Result<VaultPtr>> VaultStore::opened(VaultPtr seen) {
  if (seen->rows) co_return seen;
  const auto not_now = [](std::string why) {
    return fail(ErrorCode::kUnavailable, "the vault's key can't be opened now", std::move(why));
  };
  if (opening_.exchange(true)) co_return not_now("another one is being tried");
  auto next = std::make_shared<Vault>(*seen);
  const auto tried = co_await open_key(*next);
  opening_ = false;
  if (!tried) co_return not_now(tried.error().message);
  const auto turn = co_await turn_.take();
  if (!turn) co_return std::unexpected(turn.error());
  const auto now = at(seen->name);
  if (!now || now->id != seen->id) co_return not_now("it was removed meanwhile");
  if (now->rows) co_return now;
  if (now != seen) {  // its settings were changed meanwhile
    auto rows = std::move(next->rows);
    next = std::make_shared<Vault>(*now);
    next->rows = std::move(rows);
  }
  log_info("a vault's key can be opened again", {{"vault", to_string(next->id)}});
  const std::unique_lock lock(mutex_);
  vaults_[to_lower(next->name)] = next;
  co_return next;
}

VaultStore::Counts VaultStore::counts(TenantId tenant, SubscriptionId subscription) const {
  const std::shared_lock lock(mutex_);
  Counts out;
  for (const auto& [name, vault] : vaults_) {
    if (vault->tenant != tenant) continue;
    ++out.of_tenant;
    if (vault->subscription != subscription) continue;
    ++(vault->state == VaultState::kActive ? out.in_use : out.deleted);
  }
  return out;
}

std::size_t VaultStore::count() const {
  const std::shared_lock lock(mutex_);
  return vaults_.size();
}

bool VaultStore::is_taken(std::string_view name) const { return at(name) != nullptr; }

std::vector<VaultPtr> VaultStore::listed(VaultState state) const {
  const std::shared_lock lock(mutex_);
  std::vector<VaultPtr> out;
  for (const auto& [name, vault] : vaults_) {
    if (vault->state == state) out.push_back(vault);
  }
  return out;
}

std::vector<VaultPtr> VaultStore::vaults(VaultState state) const {
  auto out = listed(state);
  if (state != VaultState::kPurging) std::erase_if(out, [](const VaultPtr& vault) { return !vault->rows; });
  return out;
}

std::vector<store::PartitionId> VaultStore::partitions() const {
  const std::shared_lock lock(mutex_);
  std::vector<store::PartitionId> out;
  for (const auto& [name, vault] : vaults_) out.push_back(content_partition(vault->tenant, vault->id));
  return out;
}

Task<Result<>> VaultStore::put(std::shared_ptr<Vault> vault, store::DiskReserve reserve) {
  const std::string name = to_lower(vault->name);
  keys::RowChange change;
  change.puts.push_back({key_of(name), encode_vault(*vault)});
  if (change.puts.front().value.size() > limits::kInlineContentBytes) {
    co_return fail(ErrorCode::kInvalidArgument, "the vault's access policies, rules and tags are too long together.");
  }
  FH_CO_CHECK_OK(co_await keys::change_rows(store_, rows_.partition(), std::move(change), reserve));
  const std::unique_lock lock(mutex_);
  vaults_[name] = std::move(vault);
  co_return Result<>();
}

Task<Result<>> VaultStore::create(Vault vault) {
  const auto turn = co_await turn_.take();
  if (!turn) co_return std::unexpected(turn.error());
  if (is_taken(vault.name)) co_return fail(ErrorCode::kConflict, "the name is taken");
  if (count() >= kMaxVaults) co_return fail(ErrorCode::kExhausted, "there are as many vaults as this region can have");
  auto made = std::make_shared<Vault>(std::move(vault));
  made->id = random_id<VaultId>(store_.random);
  Secret key(crypto::kAeadKeyBytes);
  store_.random.fill(key.span());
  FH_CO_TRY(made->wrapped_key, co_await wrapper_.wrap(made->tenant, key.clone(), context_of(*made)));
  FH_CO_TRY(const auto erasable, co_await erasure_.make(made->tenant));
  made->erasure = erasable.id;
  made->rows = rows_under(*made, both(key, erasable.secret));
  made->network = network_of(made->settings);
  co_return co_await put(std::move(made), store::DiskReserve::kKeep);
}

Task<Result<>> VaultStore::change(VaultPtr seen, Edit edit) {
  const auto turn = co_await turn_.take();
  if (!turn) co_return std::unexpected(turn.error());
  const auto now = at(seen->name);
  if (now != seen) {
    co_return fail(ErrorCode::kConflict, "the vault was changed by somebody else meanwhile");
  }
  auto next = std::make_shared<Vault>(*now);
  edit(*next);
  next->network = network_of(next->settings);
  const bool goes = next->state != VaultState::kActive;  // that frees space, and takes hardly any
  co_return co_await put(std::move(next), goes ? store::DiskReserve::kMayUse : store::DiskReserve::kKeep);
}

// The secrets of its objects hang from nothing any more: they only take up space.
Task<Result<>> VaultStore::drop_secrets(const Vault& vault, const std::vector<store::KeyValue>& rows) {
  if (!vault.rows) co_return Result<>();  // their names can't be read any more
  const RowSeal seal(vault);
  std::vector<keys::ErasureId> ids;
  for (const auto& row : rows) {
    if (!is_version_row(row.key)) continue;
    FH_CO_TRY(const Secret plain, seal.open(row.key, row.value));
    FH_CO_TRY(const auto content, decode_content(plain.view()));
    if (content.erasure != keys::ErasureId{}) ids.push_back(content.erasure);
  }
  co_return co_await erasure_.drop(std::move(ids));
}

// Pages of at most a commit's items; done again from the beginning after a crash.
Task<Result<>> VaultStore::remove_content(VaultPtr vault) {
  const auto partition = content_partition(vault->tenant, vault->id);
  while (true) {
    FH_CO_TRY(auto page, co_await store_.rows.scan(partition, Bytes(1, '\x02'), Bytes(1, '\x7f'), kPurgePage));
    if (page.rows.empty()) co_return Result<>();
    store::Commit commit{.partition = partition,
                         .epoch = store_.epoch,
                         .transaction = store_.hybrid.next_transaction(),
                         .expect = {},
                         .puts = {},
                         .deletes = {},
                         .reserve = store::DiskReserve::kMayUse};
    FH_CO_CHECK_OK(co_await drop_secrets(*vault, page.rows));
    for (auto& row : page.rows) commit.deletes.push_back(std::move(row.key));
    const auto done = co_await store::commit_settled(store_.rows, std::move(commit));
    if (done.outcome != store::CommitOutcome::kOk) {
      co_return fail(ErrorCode::kUnavailable, "a vault's content can't be removed now", done.error.message);
    }
  }
}

Task<Result<>> VaultStore::purge(VaultPtr seen) {
  if (seen->state == VaultState::kDeleted) {
    FH_CO_CHECK_OK(co_await change(seen, [](Vault& vault) { vault.state = VaultState::kPurging; }));
  }
  if (also_) {
    FH_CO_CHECK_OK(co_await also_(seen));
  }
  if (seen->erasure != keys::ErasureId{}) {
    FH_CO_CHECK_OK(co_await erasure_.erase({seen->erasure}));
  }
  FH_CO_CHECK_OK(co_await remove_content(seen));
  const auto turn = co_await turn_.take();
  if (!turn) co_return std::unexpected(turn.error());
  const std::string name = to_lower(seen->name);
  // Another purge of it was faster, and the name may be somebody else's by now.
  if (const auto now = at(name); !now || now->id != seen->id) co_return Result<>();
  keys::RowChange change;
  change.deletes.push_back(key_of(name));
  FH_CO_CHECK_OK(co_await rows_.change(std::move(change)));
  const std::unique_lock lock(mutex_);
  vaults_.erase(name);
  co_return Result<>();
}

}  // namespace freehold::vault
