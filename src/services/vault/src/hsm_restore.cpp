// What is restored into a pool from a full backup.
#include <algorithm>

#include "base/encoding.h"
#include "src/hsm_backup.h"
#include "src/hsm_secrets.h"
#include "src/token_material.h"

namespace freehold::vault {
namespace {

constexpr std::uint32_t kPage = 100;

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

Task<Result<>> read_all_parts(OpenedPtr backup) {
  std::uint64_t keys = 0;
  for (std::uint32_t i = 0; i < backup->manifest.parts; ++i) {
    FH_CO_TRY(const auto found, co_await backup->part(i));
    keys += found.size();
  }
  if (keys != backup->manifest.keys) co_return fail(ErrorCode::kCorrupt, "The backup lacks keys.");
  co_return Result<>();
}

Result<> settled(Result<gate::ApiResult<>> done) {
  if (!done) return std::unexpected(done.error());
  if (!*done) return fail(ErrorCode::kInvalidArgument, done->error().message);
  return {};
}

// All keys there are, for good.
Task<Result<>> clear_keys(PoolParts& parts, VaultPtr pool) {
  for (const Life life : {Life::kLive, Life::kDeleted}) {
    while (true) {
      FH_CO_TRY(const auto page, co_await parts.vault.items.list(pool, ItemKind::kKey, life, {}, kPage));
      if (page.items.empty()) break;
      for (const auto& head : page.items) {
        const auto mark = [](const ItemState& state) -> gate::ApiResult<ItemChange> {
          ItemChange out{.deleted = state.live ? state.live : state.deleted, .remove_live = state.live.has_value()};
          if (out.deleted) out.deleted->purging = true;
          return out;
        };
        FH_CO_CHECK_OK(settled(co_await parts.vault.items.change(pool, ItemKind::kKey, head.name, {}, mark, {})));
        FH_CO_CHECK_OK(co_await parts.vault.items.purge(pool, ItemKind::kKey, head.name));
      }
    }
  }
  parts.vault.keys.forget(pool->id);
  co_return Result<>();
}

Task<Result<>> put_key(PoolParts& parts, VaultPtr pool, BackedKey key) {
  const auto head = std::make_shared<const ItemHead>(std::move(key.head));
  if (!std::ranges::all_of(key.versions, is_in_token)) {
    co_return fail(ErrorCode::kInvalidArgument, "The backup has a key that software protects.");
  }
  auto bound = co_await bind_here(parts.vault, pool, head->name, std::move(key.versions));
  if (!bound) co_return fail(bound.error().code, "The key " + head->name + ": " + bound.error().message);
  std::vector<std::shared_ptr<const ItemContent>> versions;
  for (auto& each : *bound) versions.push_back(std::make_shared<const ItemContent>(std::move(each)));
  const auto put = [head, versions, life = key.life](const ItemState& state) -> gate::ApiResult<ItemChange> {
    if (state.live || state.deleted) return vault_errors::exists(ItemKind::kKey, head->name);
    ItemChange out{.versions = versions, .only_if_new = true};
    (life == Life::kLive ? out.live : out.deleted) = *head;
    return out;
  };
  co_return settled(co_await parts.vault.items.change(pool, ItemKind::kKey, head->name, {}, put, {}));
}

bool is_administrator(const PoolAssignment& each) {
  return each.scope == "/" && each.role == gate::authz::role_id(kPoolAdministrator);
}

// Those of the backup; who is administrator now stays one, so that nobody is locked out by what was long ago.
Task<Result<>> put_roles(PoolParts& parts, VaultPtr pool, OpenedPtr backup) {
  const auto& manifest = backup->manifest;
  if (manifest.tenant != pool->tenant) co_return Result<>();
  const auto done = co_await parts.roles.change(pool, [backup](const PoolRoles& now) -> ApiResult<RoleChange> {
    RoleChange out{.put_assignments = backup->manifest.assignments, .put_definitions = backup->manifest.definitions};
    for (const auto& each : now.assignments()) {
      const bool comes_back = std::ranges::any_of(out.put_assignments, [&](const auto& a) { return a.id == each.id; });
      if (!comes_back && !is_administrator(each)) out.remove_assignments.push_back(each.id);
    }
    for (const auto& each : now.custom()) {
      const bool comes_back = std::ranges::any_of(out.put_definitions, [&](const auto& d) { return d.id == each.id; });
      if (!comes_back) out.remove_definitions.push_back(each.id);
    }
    return out;
  });
  if (!done) co_return fail(ErrorCode::kUnavailable, done.error().message);
  co_return Result<>();
}

}  // namespace

Task<Result<std::string>> try_restore(PoolParts& parts, VaultPtr pool, PoolStorage storage) {
  FH_CO_TRY(const auto backup, co_await open_backup_of(parts, pool, std::move(storage)));
  FH_CO_CHECK_OK(co_await read_all_parts(backup));
  co_return backup->storage.url();
}

Task<Result<std::string>> restore_pool(PoolParts& parts, VaultPtr pool, PoolStorage storage) {
  FH_CO_TRY(const auto backup, co_await open_backup_of(parts, pool, std::move(storage)));
  FH_CO_CHECK_OK(co_await read_all_parts(backup));
  FH_CO_CHECK_OK(co_await clear_keys(parts, pool));
  for (std::uint32_t i = 0; i < backup->manifest.parts; ++i) {
    FH_CO_TRY(auto keys, co_await backup->part(i));
    for (auto& key : keys) {
      FH_CO_CHECK_OK(co_await put_key(parts, pool, std::move(key)));
    }
  }
  FH_CO_CHECK_OK(co_await put_roles(parts, pool, backup));
  co_return backup->storage.url();
}

Task<Result<std::string>> restore_key(PoolParts& parts, VaultPtr pool, PoolStorage storage, std::string name) {
  FH_CO_TRY(const auto backup, co_await open_backup_of(parts, pool, std::move(storage)));
  for (std::uint32_t i = 0; i < backup->manifest.parts; ++i) {
    FH_CO_TRY(auto keys, co_await backup->part(i));
    for (auto& key : keys) {
      if (key.life != Life::kLive || !equals_ignoring_case(key.head.name, name)) continue;
      FH_CO_CHECK_OK(co_await put_key(parts, pool, std::move(key)));
      co_return backup->storage.url();
    }
  }
  co_return fail(ErrorCode::kNotFound, "The backup has no key " + name + ".");
}

}  // namespace freehold::vault
