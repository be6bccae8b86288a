#include "src/key_rotation.h"

#include "base/encoding.h"
#include "src/key_export.h"
#include "src/key_operations.h"
#include "src/object_policies.h"
#include "src/rotation_rules.h"
#include "src/token_material.h"

namespace freehold::vault {
namespace {

constexpr std::int64_t kMostRandomBytes = 128;

vault_errors::Refusal belongs_to_certificate() {
  return vault_errors::bad_parameter("It belongs to a certificate, and only that makes new versions of it.");
}

Json show_policy(const VaultCall& call, const ItemHead& head) {
  Json out = policy_of(head);
  out["id"] = item_id(call, kKeyApi, head.name) + "/rotationpolicy";
  return out;
}

ItemContent next_version(const ItemHead& head, const ItemContent& made, std::int64_t now) {
  auto content = made.clone();
  content.shown.attributes = {.exportable = head.current.attributes.exportable,
                              .expires = expiry_by_policy(head, now),
                              .created = now,
                              .updated = now};
  set_release_policy(content.shown, release_policy_of(head.current));
  content.shown.tags = head.current.tags;
  return content;
}

}  // namespace

Task<ApiResult<ItemVersion>> rotate(VaultParts& parts, VaultPtr vault, std::string name, std::int64_t now,
                                    AuditRow audit) {
  FH_CO_TRY(const auto head, said(co_await parts.items.head(vault, ItemKind::kKey, Life::kLive, name)));
  if (!head) co_return vault_errors::not_found(ItemKind::kKey, name);
  if (head->current.managed) co_return belongs_to_certificate();
  if (!head->current.attributes.enabled) co_return vault_errors::disabled(ItemKind::kKey, "rotate");
  FH_CO_TRY(auto spec, spec_of(Json::parse(head->current.open, nullptr, false)));
  FH_CO_CHECK_OK(check_hsm({spec.type, spec.hsm}, *vault));
  spec.leaving = head->current.attributes.exportable ? crypto::Leaving::kReleased : crypto::Leaving::kNever;
  FH_CO_TRY(auto next, said(co_await make_version(parts, vault, name, std::move(spec))));
  const auto key = std::make_shared<const ItemContent>(std::move(next));
  const auto made = std::make_shared<ItemVersion>();
  const std::string seen = head->current.version;
  const auto edit = [key, name, now, made, seen](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.live) return vault_errors::not_found(ItemKind::kKey, name);
    if (state.live->current.managed) return belongs_to_certificate();
    // Two at once would make two versions of which nobody asked for the second.
    if (state.live->current.version != seen) return vault_errors::conflict();
    auto content = std::make_shared<ItemContent>(next_version(*state.live, *key, now));
    *made = content->shown;
    ItemChange change{.live = *state.live};
    change.live->current = content->shown;
    change.versions.push_back(std::move(content));
    return change;
  };
  FH_CO_TRY(const auto done, said(co_await parts.items.change(vault, ItemKind::kKey, name, {}, edit, audit)));
  FH_CO_CHECK_OK(done);
  co_return std::move(*made);
}

Task<Reply> rotate_key(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(const auto head, said(co_await parts.items.head(call.vault, ItemKind::kKey, Life::kLive, name)));
  if (!head) co_return vault_errors::not_found(ItemKind::kKey, name);
  const auto kind = key_kind(Json::parse(head->current.open, nullptr, false).value("kty", ""));
  // What a vault does by itself isn't counted: nobody keeps its keys from rotating by asking for others.
  FH_CO_CHECK_OK(parts.throttle.take(call.vault->id, creation(kind && kind->hsm)));
  ItemVersion next = head->current;  // as the next version will be, but for its numbers
  next.attributes.not_before.reset();
  next.attributes.expires = expiry_by_policy(*head, call.seconds());
  next.attributes.created = next.attributes.updated = call.seconds();
  FH_CO_TRY(const auto hold, check_policies(parts, call, ItemKind::kKey, name, seen_key(next, rotation_due(*head))));
  FH_CO_TRY(const auto made, co_await rotate(parts, call.vault, name, call.seconds(), call.audit));
  co_return json_answer(show_item(call, kKeyApi, name, made));
}

Task<Reply> get_rotation_policy(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(const auto head, said(co_await parts.items.head(call.vault, ItemKind::kKey, Life::kLive, name)));
  if (!head) co_return vault_errors::not_found(ItemKind::kKey, name);
  co_return json_answer(show_policy(call, *head));
}

Task<Reply> set_rotation_policy(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  const auto now = std::make_shared<ItemHead>();
  const auto hold = std::make_shared<ObjectPolicies::Hold>();
  const auto edit = [&parts, &call, name, now, hold](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.live) return vault_errors::not_found(ItemKind::kKey, name);
    if (state.live->current.managed) return belongs_to_certificate();
    FH_TRY(const auto policy, read_rotation_policy(call.body, policy_of(*state.live), call.seconds()));
    *now = *state.live;
    now->policy = policy.dump();
    FH_TRY(*hold, check_policies(parts, call, ItemKind::kKey, name, seen_key(now->current, rotation_due(*now))));
    return ItemChange{.live = *now};
  };
  FH_CO_CHECK_OK(co_await change_item(kKeyApi, parts, call, name, {}, edit));
  co_return json_answer(show_policy(call, *now));
}

Task<Reply> get_random_bytes(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto count, said(number_member(call.body, "count")));
  if (!count || *count < 1 || *count > kMostRandomBytes) {
    co_return vault_errors::bad_parameter("'count' must be between 1 and 128.");
  }
  Bytes bytes = parts.random.bytes(static_cast<std::size_t>(*count));
  std::string text = to_base64url(bytes);
  wipe(bytes);
  Json json = {{"value", text}};
  wipe(text);
  co_return secret_answer(std::move(json));
}

}  // namespace freehold::vault
