// Deletion that can be undone, and the end of it.
#include "src/item_operations.h"

namespace freehold::vault {
namespace {

constexpr std::int64_t kSecondsADay = 86'400;

vault_errors::Refusal belongs_to_certificate() {
  return vault_errors::bad_parameter("It belongs to a certificate, and goes and comes with that.");
}

// Marks a deleted item so that nobody recovers half of it.
ItemStore::Edit begin_purge(const KindApi& api, std::string name, std::int64_t now) {
  return [&api, name, now](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.deleted) return vault_errors::deleted_not_found(api.kind, name);
    if (state.deleted->current.managed) return belongs_to_certificate();
    ItemChange out{.deleted = *state.deleted};
    out.deleted->purging = true;
    out.deleted->purge_at = now;
    return out;
  };
}

}  // namespace

Task<Reply> delete_item(const KindApi& api, VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  const auto gone = std::make_shared<ItemHead>();
  const auto edit = [&api, &call, name, gone](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.live) return vault_errors::not_found(api.kind, name);
    if (state.live->current.managed) return belongs_to_certificate();
    *gone = *state.live;
    gone->deleted = call.seconds();
    gone->purge_at = call.seconds() + call.vault->settings.retention_days * kSecondsADay;
    return ItemChange{.deleted = *gone, .remove_live = true};
  };
  FH_CO_CHECK_OK(co_await change_item(api, parts, call, name, {}, edit));
  co_return json_answer(show_deleted(call, api, *gone));
}

Task<Reply> get_deleted_item(const KindApi& api, VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(const auto head, said(co_await parts.items.head(call.vault, api.kind, Life::kDeleted, name)));
  if (!head || head->purging) co_return vault_errors::deleted_not_found(api.kind, name);
  co_return json_answer(show_deleted(call, api, *head));
}

Task<Reply> recover_item(const KindApi& api, VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  const auto back = std::make_shared<ItemHead>();
  const auto edit = [&api, name, back](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.deleted) return vault_errors::deleted_not_found(api.kind, name);
    if (state.deleted->purging) return vault_errors::being_purged(api.kind, name);
    if (state.deleted->current.managed) return belongs_to_certificate();
    *back = *state.deleted;
    back->deleted = back->purge_at = 0;
    return ItemChange{.live = *back, .remove_deleted = true};
  };
  FH_CO_CHECK_OK(co_await change_item(api, parts, call, name, {}, edit));
  co_return json_answer(show_item(call, api, back->name, back->current));
}

Task<Reply> purge_item(const KindApi& api, VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  if (call.vault->settings.purge_protection) co_return vault_errors::purge_protected();
  call.audit = {};  // its record was durable before it began
  FH_CO_CHECK_OK(co_await change_item(api, parts, call, name, {}, begin_purge(api, name, call.seconds())));
  const auto purged = co_await parts.items.purge(call.vault, api.kind, name);
  if (api.kind == ItemKind::kKey) parts.keys.forget(call.vault->id);  // its secret may be gone, and its rows not yet
  FH_CO_CHECK_OK(said(purged));
  co_return empty_answer();
}

}  // namespace freehold::vault
