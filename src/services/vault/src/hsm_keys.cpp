// Keys of pools: the operations of vaults' keys, by the data actions of pools.
#include <algorithm>

#include "base/check.h"
#include "base/encoding.h"
#include "src/backup.h"
#include "src/hsm_call.h"
#include "src/hsm_errors.h"
#include "src/jwk.h"
#include "src/token_material.h"

namespace freehold::vault {
namespace {

struct ActionOf {
  std::string_view operation;
  std::string_view action;
};

#define FH_POOL "Microsoft.KeyVault/managedHsm/"

// "Local RBAC built-in roles for Managed HSM": permitted operations.
constexpr ActionOf kActions[] = {
    {"CreateKey", FH_POOL "keys/create"},
    {"ImportKey", FH_POOL "keys/import/action"},
    {"GetKeyVersions", FH_POOL "keys/read/action"},
    {"GetKeyRotationPolicy", FH_POOL "keys/read/action"},
    {"UpdateKeyRotationPolicy", FH_POOL "keys/write/action"},
    {"RotateKey", FH_POOL "keys/rotate/action"},
    {"GetKey", FH_POOL "keys/read/action"},
    {"UpdateKey", FH_POOL "keys/write/action"},
    {"GetKeys", FH_POOL "keys/read/action"},
    {"DeleteKey", FH_POOL "keys/delete"},
    {"BackupKey", FH_POOL "keys/backup/action"},
    {"RestoreKey", FH_POOL "keys/restore/action"},
    {"GetDeletedKeys", FH_POOL "keys/deletedKeys/read/action"},
    {"GetDeletedKey", FH_POOL "keys/deletedKeys/read/action"},
    {"RecoverDeletedKey", FH_POOL "keys/deletedKeys/recover/action"},
    {"PurgeDeletedKey", FH_POOL "keys/deletedKeys/delete"},
    {"Encrypt", FH_POOL "keys/encrypt/action"},
    {"Decrypt", FH_POOL "keys/decrypt/action"},
    {"WrapKey", FH_POOL "keys/wrap/action"},
    {"UnwrapKey", FH_POOL "keys/unwrap/action"},
    {"Sign", FH_POOL "keys/sign/action"},
    {"Verify", FH_POOL "keys/verify/action"},
    {"Release", FH_POOL "keys/release/action"},
    {"GetKeyAttestation", FH_POOL "keys/read/action"},
    {"GetRandomBytes", FH_POOL "rng/action"},
};

#undef FH_POOL

using gate::Task;

const VaultRow& vault_row(std::string_view name) {
  const auto found = std::ranges::find(key_rows(), name, &VaultRow::name);
  FH_CHECK(found != key_rows().end());
  return *found;
}

// A pool makes no key that was ever outside of it.
Task<Reply> create_pool_key(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto kty, said(text_member(call.body, "kty", 16)));
  const auto kind = key_kind(kty.value_or(""));
  if (kind && !kind->hsm) co_return hsm_errors::software_key(*kty);
  co_return co_await vault_row("CreateKey").handler(parts, call);
}

// What is imported is the pool's from then on, however the request calls it.
Task<Reply> import_pool_key(VaultParts& parts, VaultCall& call) {
  call.body["Hsm"] = true;
  co_return co_await vault_row("ImportKey").handler(parts, call);
}

// A vault's backup has keys that software protects: none of them becomes a pool's.
Task<Reply> restore_pool_key(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto text, said(text_member(call.body, "value", 2 * kMaxBackupBytes)));
  const auto blob = from_base64url(text.value_or(""));
  if (!blob) co_return vault_errors::bad_parameter("'value' is not base64url.");
  FH_CO_TRY(const Secret key, said(parts.row_keys.row_key(call.vault->tenant)));
  FH_CO_TRY(const auto backup, said(open_backup(*blob, ItemKind::kKey, *call.vault, key)));
  if (!std::ranges::all_of(backup.versions, is_in_token)) {
    co_return hsm_errors::software_key("a key that software protects");
  }
  std::vector<ItemContent> one;
  one.push_back(backup.versions.front().clone());
  const auto tried = co_await bind_here(parts, call.vault, call.vault->tenant, backup.head.name, std::move(one));
  if (!tried && tried.error().code == ErrorCode::kCorrupt) {
    co_return vault_errors::bad_parameter(
        "Backup blob could not be restored: it was taken of a Managed HSM with another security domain.");
  }
  co_return co_await vault_row("RestoreKey").handler(parts, call);
}

}  // namespace

std::vector<VaultRow> pool_key_rows() {
  std::vector<VaultRow> rows(key_rows().begin(), key_rows().end());
  for (auto& row : rows) {
    const auto* found = std::ranges::find(kActions, row.name, &ActionOf::operation);
    // A row without one would be decided by an action of vaults, which no role of a pool gives.
    FH_CHECK(found != std::end(kActions));
    row.action = found->action;
    if (row.name == "CreateKey") row.handler = &create_pool_key;
    if (row.name == "ImportKey") row.handler = &import_pool_key;
    if (row.name == "RestoreKey") row.handler = &restore_pool_key;
  }
  return rows;
}

}  // namespace freehold::vault
