#include "src/certificate_backup.h"

#include "base/encoding.h"
#include "src/backup.h"
#include "src/certificate_checks.h"
#include "src/token_material.h"

namespace freehold::vault {
namespace {

using States = ItemStore::States;
using Changes = ItemStore::Changes;

// What is restored of one kind, shared by the tries to commit it.
struct Restored {
  ItemHead head;
  std::vector<std::shared_ptr<const ItemContent>> versions;
};
using RestoredKinds = std::map<ItemKind, std::shared_ptr<const Restored>>;
using Backups = std::map<ItemKind, Backup>;

vault_errors::Refusal too_long() { return vault_errors::bad_parameter("It is longer than a backup may be."); }

vault_errors::Refusal no_backup() { return vault_errors::bad_parameter("Backup blob could not be restored."); }

Task<ApiResult<Bytes>> sealed_kind(VaultParts& parts, VaultCall& call, ItemKind kind, std::string name) {
  FH_CO_TRY(auto head, said(co_await parts.items.head(call.vault, kind, Life::kLive, name)));
  if (!head) co_return vault_errors::not_found(ItemKind::kCertificate, name);
  FH_CO_TRY(auto versions, said(co_await parts.items.contents(call.vault, kind, name)));
  FH_CO_TRY(const Secret key, said(parts.row_keys.row_key(call.vault->tenant)));
  auto sealed = seal_backup({std::move(*head), std::move(versions)}, kind, *call.vault, key, parts.random);
  if (!sealed) co_return too_long();
  co_return std::move(*sealed);
}

// The three of one name, in the order of kCertificateKinds; each is sealed as its kind.
ApiResult<Backups> read_blob(BytesView blob, const Vault& vault, const Secret& key) {
  ByteReader in(blob);
  Backups out;
  std::string name;
  for (const auto kind : kCertificateKinds) {
    auto backup = open_backup(in.sized(2 * kMaxBackupBytes), kind, vault, key);
    if (!backup) return no_backup();
    const auto lower = to_lower(backup->head.name);
    if (!name.empty() && name != lower) return no_backup();
    name = lower;
    out.emplace(kind, std::move(*backup));
  }
  if (!in.done()) return no_backup();
  return out;
}

// Keys of a token are bound to this vault, as they were to the one that they come from.
Task<ApiResult<RestoredKinds>> bring_here(VaultParts& parts, VaultPtr vault, Backups backups) {
  RestoredKinds out;
  for (auto& [kind, backup] : backups) {
    FH_CO_TRY(auto versions,
              said(co_await bind_here(parts, vault, vault->tenant, backup.head.name, std::move(backup.versions))));
    auto restored = std::make_shared<Restored>(Restored{.head = std::move(backup.head), .versions = {}});
    for (auto& each : versions) {
      restored->versions.push_back(std::make_shared<const ItemContent>(std::move(each)));
    }
    out.emplace(kind, std::move(restored));
  }
  co_return out;
}

// Any version can be used by its name, with the key that it has.
ApiResult<std::vector<ObjectPolicies::Hold>> check_restored(const VaultParts& parts, const VaultCall& call,
                                                            const Backups& backups) {
  const auto& certificates = backups.at(ItemKind::kCertificate);
  const auto& keys = backups.at(ItemKind::kKey).versions;
  const Json policy = kept_of(certificates.head).value("policy", Json::object());
  std::vector<ObjectPolicies::Hold> out;
  for (const auto& each : certificates.versions) {
    const auto& version = each.shown.version;
    const auto key = std::ranges::find_if(keys, [&](const auto& one) { return one.shown.version == version; });
    if (key == keys.end()) return no_backup();
    FH_TRY(auto hold, check_version(parts, call, certificates.head.name, policy, each.shown, &key->shown));
    out.push_back(std::move(hold));
  }
  return out;
}

}  // namespace

Task<Reply> backup_certificate(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  Bytes blob;
  for (const auto kind : kCertificateKinds) {
    FH_CO_TRY(const Bytes sealed, co_await sealed_kind(parts, call, kind, name));
    append_sized(blob, sealed);
  }
  if (blob.size() > kMaxBackupBytes) co_return too_long();
  co_return json_answer({{"value", to_base64url(blob)}});
}

Task<Reply> restore_certificate(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto text, said(text_member(call.body, "value", 2 * kMaxBackupBytes)));
  const auto blob = from_base64url(text.value_or(""));
  if (!blob || blob->empty()) co_return vault_errors::bad_parameter("'value' is required: the backup, in base64url.");
  FH_CO_TRY(const Secret key, said(parts.row_keys.row_key(call.vault->tenant)));
  FH_CO_TRY(auto backups, read_blob(*blob, *call.vault, key));
  FH_CO_TRY(const auto holds, check_restored(parts, call, backups));
  if (std::ranges::any_of(backups.at(ItemKind::kKey).versions, &is_in_token)) {
    FH_CO_CHECK_OK(parts.throttle.take(call.vault->id, Transaction::kHsmKeyCreation));
  }
  FH_CO_TRY(const auto kinds, co_await bring_here(parts, call.vault, std::move(backups)));
  const auto& head = kinds.at(ItemKind::kCertificate)->head;
  const auto edit = [kinds](const States& states) -> ApiResult<Changes> {
    Changes out;
    for (const auto& [kind, state] : states) {
      const auto& restored = *kinds.at(kind);
      if (state.live || state.deleted) return vault_errors::exists(kind, restored.head.name);
      out.emplace(kind, ItemChange{.live = restored.head, .versions = restored.versions, .only_if_new = true});
    }
    return out;
  };
  FH_CO_TRY(const auto done,
            said(co_await parts.items.change_together(call.vault, kCertificateKinds, head.name, {}, edit, call.audit)));
  FH_CO_CHECK_OK(done);
  co_return json_answer(show_item(call, kCertificateApi, head.name, head.current));
}

}  // namespace freehold::vault
