#include "src/item_operations.h"

#include "base/encoding.h"
#include "src/object_policies.h"

namespace freehold::vault {
namespace {

// What the name of a deleted item, or of a part of a certificate, is refused with.
ApiResult<> check_free(const KindApi& api, const ItemState& state) {
  if (state.live && state.live->current.managed) {
    return vault_errors::bad_parameter("It belongs to a certificate, and only that makes new versions of it.");
  }
  if (!state.deleted) return {};
  if (state.deleted->purging) return vault_errors::being_purged(api.kind, state.deleted->name);
  return vault_errors::deleted_but_recoverable(api.kind, state.deleted->name);
}

template <class Items, class Show>
Json shown_all(const Items& items, const Show& show) {
  Json out = Json::array();
  for (const auto& each : items) out.push_back(show(each));
  return out;
}

using ShowHead = Json (*)(const VaultCall& call, const KindApi& api, const ItemHead& head);

Task<Reply> list_of(const KindApi& api, VaultParts& parts, VaultCall& call, Life life, ShowHead show) {
  FH_CO_TRY(const auto asked, page_asked(call));
  FH_CO_TRY(auto found, said(co_await parts.items.list(call.vault, api.kind, life, asked.from, asked.limit)));
  std::erase_if(found.items, [](const ItemHead& head) { return head.purging; });  // nobody gets those back
  auto items = shown_all(found.items, [&](const ItemHead& head) { return show(call, api, head); });
  co_return json_answer(page_json(call, asked, std::move(items), found.next));
}

}  // namespace

std::string new_version(Random& random) { return to_hex(random.bytes(kVersionDigits / 2)); }

Task<ApiResult<>> change_item(const KindApi& api, VaultParts& parts, VaultCall& call, std::string name,
                              VersionWanted wanted, ItemStore::Edit edit) {
  auto done = co_await parts.items.change(call.vault, api.kind, std::move(name), std::move(wanted), std::move(edit),
                                          call.audit);
  if (!done) co_return vault_errors::of(done.error());
  co_return std::move(*done);
}

Task<ApiResult<Json>> put_version(const KindApi& api, VaultParts& parts, VaultCall& call, std::string name,
                                  ItemContent content, FollowCheck follows) {
  FH_CO_TRY(const auto hold, check_policies(parts, call, api.kind, name, seen_item(api.kind, content.shown)));
  const auto made = std::make_shared<const ItemContent>(std::move(content));
  const auto edit = [&api, name, made, follows](const ItemState& state) -> ApiResult<ItemChange> {
    FH_CHECK_OK(check_free(api, state));
    if (follows && state.live) {
      FH_CHECK_OK(follows(state.live->current));
    }
    ItemHead head = state.live ? *state.live : ItemHead{.name = name};
    head.current = made->shown;
    return ItemChange{.live = std::move(head), .versions = {made}};
  };
  FH_CO_CHECK_OK(co_await change_item(api, parts, call, name, {}, edit));
  co_return show_item(call, api, name, made->shown);
}

Task<Reply> update_version(const KindApi& api, VaultParts& parts, VaultCall& call, ContentEdit edit) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(const auto version, version_in(call, api));
  using Which = VersionWanted::Which;
  const auto shown = std::make_shared<ItemVersion>();
  const auto hold = std::make_shared<ObjectPolicies::Hold>();
  const auto change = [&api, &parts, &call, name, edit, shown, hold](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.live || !state.version) return vault_errors::not_found(api.kind, name);
    if (state.live->current.managed) {
      return vault_errors::bad_parameter("It belongs to a certificate, and only that changes it.");
    }
    ItemContent next = state.version->clone();
    FH_CHECK_OK(read_attributes(call.body, next.shown.attributes));
    FH_CHECK_OK(read_tags(call.body, next.shown.tags));
    FH_CHECK_OK(edit(next));
    next.shown.attributes.updated = call.seconds();
    FH_TRY(*hold, check_policies(parts, call, api.kind, name, seen_item(api.kind, next.shown)));
    *shown = next.shown;
    ItemChange out;
    if (state.live->current.version == next.shown.version) {
      out.live = *state.live;
      out.live->current = next.shown;
    }
    out.versions.push_back(std::make_shared<const ItemContent>(std::move(next)));
    return out;
  };
  FH_CO_CHECK_OK(co_await change_item(api, parts, call, name,
                                      {version.empty() ? Which::kNewest : Which::kNamed, version}, change));
  co_return json_answer(show_item(call, api, name, *shown));
}

Task<Reply> list_items(const KindApi& api, VaultParts& parts, VaultCall& call) {
  return list_of(api, parts, call, Life::kLive, &show_listed);
}

Task<Reply> list_item_versions(const KindApi& api, VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto asked, page_asked(call));
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(const auto live, said(co_await parts.items.head(call.vault, api.kind, Life::kLive, name)));
  if (!live) co_return json_answer(page_json(call, asked, Json::array(), {}));
  FH_CO_TRY(const auto found, said(co_await parts.items.versions(call.vault, api.kind, name, asked.from, asked.limit)));
  auto items = shown_all(found.versions,
                         [&](const ItemVersion& each) { return show_listed_version(call, api, live->name, each); });
  co_return json_answer(page_json(call, asked, std::move(items), found.next));
}

Task<Reply> list_deleted_items(const KindApi& api, VaultParts& parts, VaultCall& call) {
  return list_of(api, parts, call, Life::kDeleted, &show_listed_deleted);
}

}  // namespace freehold::vault
