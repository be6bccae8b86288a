// What is restored into a pool from a full backup.
//
// A pool's keys have two places, of which one is in use. A full restore fills the other one while nothing else is done
// with the pool, switches to it in one commit of the pool's row, and destroys then what was in use before.
#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "base/log.h"
#include "src/backup.h"
#include "src/hsm_backup.h"
#include "src/hsm_secrets.h"
#include "src/token_material.h"

namespace freehold::vault {
namespace {

constexpr std::size_t kVersionsACommit = 10;  // of 68 KiB at most, of a commit's 1 MiB
constexpr std::size_t kAssignmentsACommit = 500;
constexpr std::size_t kDefinitionsACommit = 10;
constexpr int kTries = 16;
// `purge_at` of a key that isn't whole yet (and is `purging`): whoever purges it sets the time, by which its restore
// knows that it is over.
constexpr std::int64_t kBeingRestored = 0;

// A backup that this pool opens, and where its parts are read from.
struct OpenedBackup {
  PoolStorage storage;
  BackupSeal seal;
  BackupManifest manifest;

  [[nodiscard]] Task<Result<std::vector<BackedKey>>> part(std::uint32_t number) const {
    FH_CO_TRY(const Bytes blob, co_await storage.get(part_name(number)));
    FH_CO_TRY(const Secret plain, seal.open_part(manifest.id, number, blob));
    co_return read_keys(plain.view());
  }
};
using OpenedPtr = std::shared_ptr<const OpenedBackup>;

Task<Result<OpenedPtr>> open_backup_of(PoolParts& parts, VaultPtr pool, PoolStorage storage) {
  FH_CO_TRY(const auto secrets, co_await unwrap_secrets(parts.wrapper, pool));
  BackupSeal seal(secrets.backup);
  FH_CO_TRY(const Bytes blob, co_await storage.get(std::string(kManifestName)));
  FH_CO_TRY(auto manifest, seal.open_manifest(blob));
  co_return std::make_shared<const OpenedBackup>(
      OpenedBackup{std::move(storage), std::move(seal), std::move(manifest)});
}

// Each record of a backup, in its order, until `each` says that it has seen enough.
using EachKey = std::function<Task<Result<bool>>(BackedKey key)>;

Task<Result<>> visit_keys(const JobRun& run, OpenedPtr backup, EachKey each) {
  std::uint64_t records = 0;
  for (std::uint32_t i = 0; i < backup->manifest.parts; ++i) {
    FH_CO_CHECK_OK(run.go_on());
    FH_CO_TRY(auto keys, co_await backup->part(i));
    records += keys.size();
    for (auto& key : keys) {
      FH_CO_CHECK_OK(run.go_on());
      FH_CO_TRY(const bool more, co_await each(std::move(key)));
      if (!more) co_return Result<>();
    }
  }
  if (records != backup->manifest.records) co_return fail(ErrorCode::kCorrupt, "The backup lacks keys.");
  co_return Result<>();
}

Task<Result<BackedKey>> bind_key(PoolParts& parts, VaultPtr pool, OpenedPtr backup, BackedKey key) {
  if (!std::ranges::all_of(key.versions, is_in_token)) {
    co_return fail(ErrorCode::kInvalidArgument, "The backup has a key that software protects.");
  }
  const std::string name = key.head.name;
  auto bound = co_await bind_here(parts.vault, pool, backup->manifest.tenant, name, std::move(key.versions));
  if (!bound) co_return fail(bound.error().code, "The key " + name + ": " + bound.error().message);
  key.versions = std::move(*bound);
  co_return std::move(key);
}

Result<> settled(Result<gate::ApiResult<>> done) {
  if (!done) return std::unexpected(done.error());
  if (!*done) return fail(ErrorCode::kInvalidArgument, done->error().message);
  return {};
}

// The first versions of a key with its head, where its name is free; or more of them.
Task<Result<>> put_versions(PoolParts& parts, VaultPtr place, BackedKey key, bool first) {
  const auto head = std::make_shared<const ItemHead>(std::move(key.head));
  for (std::size_t i = 0; i < key.versions.size(); i += kVersionsACommit) {
    std::vector<std::shared_ptr<const ItemContent>> versions;
    for (std::size_t j = i; j < std::min(i + kVersionsACommit, key.versions.size()); ++j) {
      versions.push_back(std::make_shared<const ItemContent>(std::move(key.versions[j])));
    }
    const bool with_head = first && i == 0;
    const auto put = [head, versions, with_head, life = key.life](const ItemState& state) -> ApiResult<ItemChange> {
      ItemChange out{.versions = versions, .only_if_new = true};
      if (!with_head) return out;
      if (state.live || state.deleted) return vault_errors::exists(ItemKind::kKey, head->name);
      (life == Life::kLive ? out.live : out.deleted) = *head;
      return out;
    };
    FH_CO_CHECK_OK(settled(co_await parts.vault.items.change(place, ItemKind::kKey, head->name, {}, put, {})));
  }
  co_return Result<>();
}

// A key of more versions than a commit takes comes under the head of one that is being purged, so that nobody is shown
// a part of it; the last commit makes it the key's. What broke off is purged like anything else that is to be.
Task<Result<>> put_pieces(PoolParts& parts, VaultPtr pool, BackedKey key) {
  ItemHead unseen = key.head;
  unseen.purging = true;
  unseen.purge_at = kBeingRestored;
  for (std::size_t i = 0; i < key.versions.size(); i += kVersionsACommit) {
    const auto end = std::min(i + kVersionsACommit, key.versions.size());
    std::vector<std::shared_ptr<const ItemContent>> versions;
    for (std::size_t j = i; j < end; ++j) {
      versions.push_back(std::make_shared<const ItemContent>(std::move(key.versions[j])));
    }
    const bool first = i == 0, last = end == key.versions.size();
    const auto put = [&key, &unseen, versions, first, last](const ItemState& state) -> ApiResult<ItemChange> {
      const bool ours = state.deleted && state.deleted->purging && state.deleted->purge_at == kBeingRestored;
      if (state.live || state.deleted.has_value() == first) return vault_errors::exists(ItemKind::kKey, key.head.name);
      if (!first && !ours) return vault_errors::being_purged(ItemKind::kKey, key.head.name);
      ItemChange out{.remove_deleted = last, .versions = versions, .only_if_new = true};
      if (first) out.deleted = unseen;
      if (last) out.live = key.head;
      return out;
    };
    FH_CO_CHECK_OK(settled(co_await parts.vault.items.change(pool, ItemKind::kKey, key.head.name, {}, put, {})));
  }
  co_return Result<>();
}

// All of it, or nothing that anybody sees.
Task<Result<>> put_whole(PoolParts& parts, VaultPtr pool, BackedKey key) {
  if (key.versions.size() <= kVersionsACommit) co_return co_await put_versions(parts, pool, std::move(key), true);
  const std::string name = key.head.name;
  // Of an earlier one that broke off.
  FH_CO_CHECK_OK(co_await parts.vault.items.purge(pool, ItemKind::kKey, name));
  const auto done = co_await put_pieces(parts, pool, std::move(key));
  if (done) co_return done;
  const auto gone = co_await parts.vault.items.purge(pool, ItemKind::kKey, name);
  if (!gone) log_warning("a part of a key that wasn't restored is destroyed later", {{"error", gone.error().message}});
  co_return done;
}

// What the record before was of.
struct Last {
  std::string name;
  Life life = Life::kLive;
  bool left_out = false;

  // Is it of the same key still?
  bool goes_on(const BackedKey& key) {
    const std::string of = to_lower(key.head.name);
    const bool same = of == name && key.life == life;
    name = of;
    life = key.life;
    return same;
  }
};

// A key that was deleted or recovered while an older backup was taken stands in it twice: the first one is taken.
Task<Result<bool>> put_aside(PoolParts& parts, VaultPtr place, OpenedPtr backup, Last* last, BackedKey key) {
  const bool more = last->goes_on(key);
  if (!more) {
    last->left_out = false;
    for (const Life life : {Life::kLive, Life::kDeleted}) {
      FH_CO_TRY(const auto there, co_await parts.vault.items.head(place, ItemKind::kKey, life, last->name));
      last->left_out = last->left_out || there.has_value();
    }
  }
  if (last->left_out) co_return true;
  FH_CO_TRY(auto bound, co_await bind_key(parts, place, backup, std::move(key)));
  FH_CO_CHECK_OK(co_await put_versions(parts, place, std::move(bound), !more));
  co_return true;
}

Task<Result<bool>> try_key(PoolParts& parts, VaultPtr pool, OpenedPtr backup, BackedKey key) {
  FH_CO_TRY([[maybe_unused]] const auto bound, co_await bind_key(parts, pool, backup, std::move(key)));
  co_return true;
}

// The records of one key.
Task<Result<bool>> gather(std::optional<BackedKey>* found, std::string name, BackedKey key) {
  const bool its = key.life == Life::kLive && equals_ignoring_case(key.head.name, name);
  if (!its) co_return !*found;
  if (!*found) {
    *found = std::move(key);
  } else {
    std::ranges::move(key.versions, std::back_inserter((*found)->versions));
  }
  if ((*found)->versions.size() > kMaxBackupVersions) {
    co_return fail(ErrorCode::kInvalidArgument, "The key has more versions than are restored of one (500).");
  }
  co_return true;
}

// The pool with its keys in the other place.
VaultPtr other_place(const Vault& pool) {
  auto out = std::make_shared<Vault>(pool);
  out->pool->second_place = !pool.pool->second_place;
  return out;
}

// The row of a pool, as it is by then.
Task<Result<VaultPtr>> change_pool(PoolParts& parts, VaultPtr pool, VaultStore::Edit edit) {
  for (int i = 0; i < kTries; ++i) {
    const auto now = parts.vault.vaults.find(pool->name);
    if (!now || now->id != pool->id) co_return fail(ErrorCode::kConflict, "The Managed HSM was deleted.");
    const auto done = co_await parts.vault.vaults.change(now, edit);
    if (!done && done.error().code == ErrorCode::kConflict) continue;
    if (!done) co_return std::unexpected(done.error());
    auto next = std::make_shared<Vault>(*now);
    edit(*next);
    co_return VaultPtr(std::move(next));
  }
  co_return fail(ErrorCode::kUnavailable, "The Managed HSM is changed time and again.");
}

bool is_administrator(const PoolAssignment& each) {
  return each.scope == "/" && each.role == gate::authz::role_id(kPoolAdministrator);
}

using AssignmentIds = std::set<RoleAssignmentId>;

AssignmentIds ids_of(const BackupManifest& manifest) {
  AssignmentIds out;
  for (const auto& each : manifest.assignments) out.insert(each.id);
  return out;
}

// Roles of another tenant's principals say nothing here.
bool brings_roles(const BackupManifest& manifest, const Vault& pool) { return manifest.tenant == pool.tenant; }

// Who is administrator now stays one, so that nobody is locked out by what was long ago.
Result<> check_roles(const BackupManifest& manifest, const PoolRoles& now) {
  const auto comes = ids_of(manifest);
  const auto stay = std::ranges::count_if(
      now.assignments(), [&](const auto& each) { return is_administrator(each) && !comes.contains(each.id); });
  if (comes.size() + static_cast<std::size_t>(stay) > kMaxPoolAssignments ||
      manifest.definitions.size() > kMaxPoolDefinitions) {
    return fail(ErrorCode::kInvalidArgument, "The backup has more roles than the pool can have.");
  }
  return {};
}

Task<Result<>> change_roles(PoolParts& parts, VaultPtr pool, PoolRoleStore::Edit edit) {
  const auto done = co_await parts.roles.change(pool, std::move(edit));
  if (!done) co_return fail(ErrorCode::kUnavailable, done.error().message);
  co_return Result<>();
}

// Pages of what a commit takes; what goes goes first, so that there are never more than there may be.
Task<Result<>> put_roles(PoolParts& parts, VaultPtr pool, const JobRun& run, OpenedPtr backup) {
  const auto& manifest = backup->manifest;
  if (!brings_roles(manifest, *pool)) co_return Result<>();
  const auto comes = std::make_shared<const AssignmentIds>(ids_of(manifest));
  std::vector<RoleAssignmentId> gone;
  std::vector<RoleId> gone_definitions;
  const auto now = parts.roles.find(pool->id);
  for (const auto& each : now->assignments()) {
    if (!comes->contains(each.id) && !is_administrator(each)) gone.push_back(each.id);
  }
  for (const auto& each : now->custom()) {
    const bool stays = std::ranges::any_of(manifest.definitions, [&](const auto& d) { return d.id == each.id; });
    if (!stays) gone_definitions.push_back(each.id);
  }
  std::vector<RoleChange> pages;
  const auto add = [&pages](const auto& all, std::size_t most, auto member) {
    for (std::size_t i = 0; i < all.size(); i += most) {
      const auto end = std::min(i + most, all.size());
      (pages.emplace_back().*member)
          .assign(all.begin() + static_cast<std::ptrdiff_t>(i), all.begin() + static_cast<std::ptrdiff_t>(end));
    }
  };
  add(gone, kAssignmentsACommit, &RoleChange::remove_assignments);
  add(gone_definitions, kDefinitionsACommit, &RoleChange::remove_definitions);
  add(manifest.definitions, kDefinitionsACommit, &RoleChange::put_definitions);
  add(manifest.assignments, kAssignmentsACommit, &RoleChange::put_assignments);
  for (const auto& page : pages) {
    FH_CO_CHECK_OK(run.go_on());
    FH_CO_CHECK_OK(
        co_await change_roles(parts, pool, [&page](const PoolRoles&) -> ApiResult<RoleChange> { return page; }));
  }
  co_return Result<>();
}

}  // namespace

// Whether a commit that switched places was kept isn't known where the store was away: the row is written once more
// before anything is destroyed.
Task<Result<>> clear_spare_keys(PoolParts& parts, VaultPtr pool, ItemStore::GoOn go_on) {
  FH_CO_TRY(const bool empty, co_await parts.vault.items.is_empty(other_place(*pool), ItemKind::kKey));
  if (empty) co_return Result<>();
  FH_CO_TRY(const auto now, co_await change_pool(parts, pool, [](Vault&) {}));
  const auto done = co_await parts.vault.items.clear(other_place(*now), ItemKind::kKey, std::move(go_on));
  parts.vault.keys.forget(pool->id);
  co_return done;
}

Task<Result<std::string>> try_restore(PoolParts& parts, VaultPtr pool, const JobRun& run, PoolStorage storage) {
  FH_CO_TRY(const auto backup, co_await open_backup_of(parts, pool, std::move(storage)));
  if (brings_roles(backup->manifest, *pool)) {
    FH_CO_CHECK_OK(check_roles(backup->manifest, *parts.roles.find(pool->id)));
  }
  const auto each = [&parts, pool, backup](BackedKey key) { return try_key(parts, pool, backup, std::move(key)); };
  FH_CO_CHECK_OK(co_await visit_keys(run, backup, each));
  co_return backup->storage.url();
}

Task<Result<std::string>> restore_pool(PoolParts& parts, VaultPtr seen, const JobRun& run, PoolStorage storage) {
  FH_CO_CHECK_OK(co_await run.until_idle());
  FH_CO_CHECK_OK(run.go_on());
  const auto pool = parts.vault.vaults.find(seen->name);
  if (!pool) co_return fail(ErrorCode::kConflict, "The Managed HSM was deleted.");
  FH_CO_TRY(const auto backup, co_await open_backup_of(parts, pool, std::move(storage)));
  if (brings_roles(backup->manifest, *pool)) {
    FH_CO_CHECK_OK(check_roles(backup->manifest, *parts.roles.find(pool->id)));
  }
  FH_CO_CHECK_OK(co_await clear_spare_keys(parts, pool, run.go_on));
  const auto place = other_place(*pool);
  Last last;
  const auto each = [&parts, &last, place, backup](BackedKey key) {
    return put_aside(parts, place, backup, &last, std::move(key));
  };
  FH_CO_CHECK_OK(co_await visit_keys(run, backup, each));
  FH_CO_CHECK_OK(run.go_on());
  const auto switched = co_await change_pool(
      parts, pool, [second = place->pool->second_place](Vault& next) { next.pool->second_place = second; });
  if (!switched) co_return std::unexpected(switched.error());
  parts.vault.keys.forget(pool->id);
  FH_CO_CHECK_OK(co_await put_roles(parts, pool, run, backup));
  const auto cleared = co_await clear_spare_keys(parts, *switched, run.go_on);
  if (!cleared) {
    log_warning("keys that a restore replaced are destroyed later", {{"error", cleared.error().message}});
  }
  co_return backup->storage.url();
}

Task<Result<std::string>> restore_key(PoolParts& parts, VaultPtr pool, const JobRun& run, PoolStorage storage,
                                      std::string name) {
  FH_CO_TRY(const auto backup, co_await open_backup_of(parts, pool, std::move(storage)));
  std::optional<BackedKey> found;
  FH_CO_CHECK_OK(
      co_await visit_keys(run, backup, [&found, name](BackedKey key) { return gather(&found, name, std::move(key)); }));
  if (!found) co_return fail(ErrorCode::kNotFound, "The backup has no key " + name + ".");
  FH_CO_TRY(auto bound, co_await bind_key(parts, pool, backup, std::move(*found)));
  FH_CO_CHECK_OK(co_await put_whole(parts, pool, std::move(bound)));
  co_return backup->storage.url();
}

}  // namespace freehold::vault
