// Back up, and restore into a vault where the name is free.
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "src/backup.h"
#include "src/item_operations.h"
#include "src/object_policies.h"
#include "src/token_material.h"

namespace freehold::vault {
namespace {

ApiResult<Bytes> blob_of(const Json& body) {
  FH_TRY(const auto text, said(text_member(body, "value", 2 * kMaxBackupBytes)));
  if (!text) return vault_errors::bad_parameter("'value' is required: the backup.");
  auto bytes = from_base64url(*text);
  if (!bytes) return vault_errors::bad_parameter("'value' is not base64url.");
  return std::move(*bytes);
}

}  // namespace

Task<Reply> backup_item(const KindApi& api, VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(auto head, said(co_await parts.items.head(call.vault, api.kind, Life::kLive, name)));
  if (!head) co_return vault_errors::not_found(api.kind, name);
  if (head->current.managed) co_return vault_errors::not_implemented("Backing up a part of a certificate");
  FH_CO_TRY(auto versions, said(co_await parts.items.contents(call.vault, api.kind, name)));
  FH_CO_TRY(const Secret key, said(parts.row_keys.row_key(call.vault->tenant)));
  const auto sealed = seal_backup({std::move(*head), std::move(versions)}, api.kind, *call.vault, key, parts.random);
  if (!sealed) co_return vault_errors::bad_parameter("It is longer than a backup may be.");
  co_return json_answer({{"value", to_base64url(*sealed)}});
}

Task<Reply> restore_item(const KindApi& api, VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto blob, blob_of(call.body));
  FH_CO_TRY(const Secret key, said(parts.row_keys.row_key(call.vault->tenant)));
  FH_CO_TRY(auto backup, said(open_backup(blob, api.kind, *call.vault, key)));
  // Cut out of a certificate's backup: alone it would be bound to a certificate that isn't there.
  if (backup.head.current.managed) {
    co_return vault_errors::bad_parameter("Backup blob could not be restored: it is a part of a certificate's.");
  }
  if (std::ranges::any_of(backup.versions, &is_in_token)) {
    FH_CO_CHECK_OK(parts.throttle.take(call.vault->id, Transaction::kHsmKeyCreation));
  }
  if (api.kind == ItemKind::kKey) {
    FH_CO_TRY(backup.versions, said(co_await bind_here(parts, call.vault, call.vault->tenant, backup.head.name,
                                                       std::move(backup.versions))));
  }
  // Any version can be used by its name.
  std::vector<ObjectPolicies::Hold> holds;
  for (const auto& each : backup.versions) {
    FH_CO_TRY(auto hold, check_policies(parts, call, api.kind, backup.head.name, seen_item(api.kind, each.shown)));
    holds.push_back(std::move(hold));
  }
  const auto head = std::make_shared<ItemHead>(std::move(backup.head));
  std::vector<std::shared_ptr<const ItemContent>> versions;
  for (auto& each : backup.versions) versions.push_back(std::make_shared<const ItemContent>(std::move(each)));
  const auto edit = [&api, head, versions](const ItemState& state) -> ApiResult<ItemChange> {
    if (state.live || state.deleted) return vault_errors::exists(api.kind, head->name);
    return ItemChange{.live = *head, .versions = versions, .only_if_new = true};
  };
  FH_CO_CHECK_OK(co_await change_item(api, parts, call, head->name, {}, edit));
  co_return json_answer(show_item(call, api, head->name, head->current));
}

}  // namespace freehold::vault
