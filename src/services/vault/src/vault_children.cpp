#include "src/vault_children.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "src/provider_errors.h"
#include "src/token_material.h"
#include "src/vault_answer.h"

namespace freehold::vault {
namespace {

using gate::resource::ApprovedChange;
using gate::resource::ChangeKind;
using gate::resource::Written;

constexpr std::size_t kMaxValueBytes = 25 * 1'024;
constexpr std::size_t kMaxListed = 10'000;  // for whoever doesn't ask by pages

// What the data plane refuses with, in the resource manager's words.
gate::ApiError told(gate::ApiError error) {
  if (error.status == 400) error.code = "BadRequest";
  if (error.status == 429) error.code = "TooManyRequests";
  return error;
}

template <class T>
ApiResult<T> told(ApiResult<T> result) {
  if (!result) return std::unexpected(told(std::move(result.error())));
  return result;
}

ItemKind kind_of(std::string_view type) { return type.ends_with("keys") ? ItemKind::kKey : ItemKind::kSecret; }

const Json& properties_of(const ApprovedChange& change) { return member(change->after, "properties"); }

// The resource manager has "attributes" and tags in other places than the data plane.
ApiResult<> read_common(const ApprovedChange& change, ItemVersion& shown) {
  FH_CHECK_OK(told(read_attributes(properties_of(change), shown.attributes)));
  FH_CHECK_OK(told(read_tags(change->after, shown.tags)));
  FH_TRY(const auto type, told(said(text_member(properties_of(change), "contentType", 255))));
  if (type) shown.content_type = *type;
  return {};
}

ApiResult<> check_free(ItemKind kind, const ItemState& state, std::string_view name) {
  if (state.deleted) return vault_errors::deleted_but_recoverable(kind, name);
  if (state.live && state.live->current.managed) {
    return provider_errors::bad_request("It belongs to a certificate, and only that changes it.");
  }
  return {};
}

// Names of the resource provider for what the data plane has (kty, keySize, curveName, keyOps).
Json key_body(const Json& properties) {
  Json body = Json::object();
  for (const auto& [theirs, ours] :
       {std::pair("kty", "kty"), std::pair("keySize", "key_size"), std::pair("curveName", "crv"),
        std::pair("keyOps", "key_ops"), std::pair("release_policy", "release_policy")}) {
    if (const auto& value = member(properties, theirs); !value.is_null()) body[ours] = value;
  }
  if (const auto& attributes = member(properties, "attributes"); attributes.is_object())
    body["attributes"] = attributes;
  return body;
}

Json show_times(const ItemAttributes& attributes) {
  Json out = {{"enabled", attributes.enabled}, {"created", attributes.created}, {"updated", attributes.updated}};
  if (attributes.not_before) out["nbf"] = *attributes.not_before;
  if (attributes.expires) out["exp"] = *attributes.expires;
  return out;
}

}  // namespace

void VaultChildren::add_types(gate::resource::Registry& registry) {
  using namespace gate::resource;
  const auto* vaults = registry.find("Microsoft.KeyVault/vaults");
  for (const auto* name : {"vaults/secrets", "vaults/keys"}) {
    const VerbSet patch = std::string_view(name) == "vaults/secrets" ? kPatch : VerbSet{0};
    registry.add({.provider = "Microsoft.KeyVault",
                  .type = name,
                  .api_versions = vaults->api_versions,
                  .verbs = kGet | kPut | kListInGroup | patch,
                  .tracked = false,
                  .data = {gate::DataClass::kCustomerContent},
                  .pages = true,
                  .behind = this});
  }
}

ApiResult<ObjectPolicies::Hold> VaultChildren::obeyed(const ApprovedChange& change, const Vault& vault, ItemKind kind,
                                                      Json object) const {
  if (parts_.policies == nullptr) return ObjectPolicies::Hold();
  return told(parts_.policies->check(vault, kind, change->id.name(), std::move(object), change->caller.now));
}

Task<ApiResult<VaultPtr>> VaultChildren::vault_of(ResourceId id, TenantId tenant) const {
  if (id.parts.size() != 1 || id.parts.front().names.empty() || !id.subscription) co_return VaultPtr();
  auto vault = parts_.vaults.known(id.parts.front().names.front());
  const bool there = vault && vault->tenant == tenant && vault->subscription == *id.subscription &&
                     equals_ignoring_case(vault->resource_group, id.group);
  if (!there) co_return VaultPtr();
  co_return co_await opened_vault(parts_, std::move(vault));
}

Json VaultChildren::show(const Vault& vault, ItemKind kind, const ItemHead& head, std::string_view origin) const {
  const std::string collection = kind == ItemKind::kKey ? "keys" : "secrets";
  const std::string uri = "https://" + to_lower(vault.name) + "." + place_.host_suffix + port_of_origin(origin) + "/" +
                          collection + "/" + head.name;
  const std::string word = kind == ItemKind::kKey ? "key" : "secret";
  Json properties = {{"attributes", show_times(head.current.attributes)},
                     {word + "Uri", uri},
                     {word + "UriWithVersion", uri + "/" + head.current.version}};
  if (!head.current.content_type.empty()) properties["contentType"] = head.current.content_type;
  if (kind == ItemKind::kKey) {
    const Json open = Json::parse(head.current.open, nullptr, false);
    properties["kty"] = member(open, "kty");
    properties["keyOps"] = member(open, "key_ops");
    if (open.contains("crv")) properties["curveName"] = open["crv"];
    if (const auto n = from_base64url(open.value("n", "")); n && !n->empty()) properties["keySize"] = n->size() * 8;
  }
  return {{"id", vault_path(vault) + "/" + collection + "/" + head.name},
          {"name", head.name},
          {"type", "Microsoft.KeyVault/" + std::string(vault.pool ? "managedHSMs/" : "vaults/") + collection},
          {"location", vault.settings.location},
          {"tags", head.current.tags},
          {"properties", std::move(properties)}};
}

Task<ApiResult<Json>> VaultChildren::get(ResourceId id, gate::resource::Reading reading) {
  FH_CO_TRY(const auto vault, co_await vault_of(id, reading.caller.tenant));
  if (!vault || !is_item_name(id.name())) co_return Json(nullptr);
  const auto kind = kind_of(id.parts.back().types.back());
  auto head = co_await parts_.items.head(vault, kind, Life::kLive, id.name());
  if (!head) co_return provider_errors::of(head.error());
  if (!*head) co_return Json(nullptr);
  co_return show(*vault, kind, **head, reading.caller.origin);
}

Task<ApiResult<std::vector<Json>>> VaultChildren::list(const gate::resource::ResourceType& type,
                                                       gate::resource::ListScope scope,
                                                       gate::resource::Reading reading) {
  std::vector<Json> out;
  if (!scope.parent) co_return out;
  FH_CO_TRY(const auto vault, co_await vault_of(*scope.parent, scope.tenant));
  if (!vault) co_return out;
  const auto kind = kind_of(type.type);
  const auto most = std::min(reading.most, kMaxListed);
  // Their ids are alike but for the name.
  std::string from = to_lower(reading.behind.substr(reading.behind.rfind('/') + 1));
  do {
    const auto wanted = std::min<std::size_t>(limits::kScanLimit, most - out.size());
    auto page = co_await parts_.items.list(vault, kind, Life::kLive, from, static_cast<std::uint32_t>(wanted));
    if (!page) co_return provider_errors::of(page.error());
    for (const auto& head : page->items) out.push_back(show(*vault, kind, head, reading.caller.origin));
    from = page->next;
  } while (!from.empty() && out.size() < most);
  co_return out;
}

Task<ApiResult<>> VaultChildren::put_secret(VaultPtr vault, ApprovedChange change) {
  const std::string name = change->id.name();
  const auto content = std::make_shared<ItemContent>();
  content->shown.version = new_version(parts_.random);
  content->shown.attributes.created = content->shown.attributes.updated = unix_seconds(change->caller.now);
  FH_CO_CHECK_OK(read_common(change, content->shown));
  const auto& value = member(properties_of(change), "value");
  if (!value.is_string() || value.get_ref<const std::string&>().size() > kMaxValueBytes) {
    co_return provider_errors::bad_request("'properties.value' is required: a text of at most 25 KB.");
  }
  content->material = Secret(BytesView(value.get_ref<const std::string&>()));
  FH_CO_TRY(const auto hold, obeyed(change, *vault, ItemKind::kSecret, seen_secret(content->shown)));
  const auto edit = [name, content](const ItemState& state) -> ApiResult<ItemChange> {
    FH_CHECK_OK(check_free(ItemKind::kSecret, state, name));
    ItemHead head = state.live ? *state.live : ItemHead{.name = name};
    head.current = content->shown;
    return ItemChange{.live = std::move(head), .versions = {content}};
  };
  auto done = co_await parts_.items.change(vault, ItemKind::kSecret, name, {}, edit, {});
  if (!done) co_return provider_errors::of(done.error());
  co_return std::move(*done);
}

// PATCH: the newest version's attributes, tags and content type.
Task<ApiResult<>> VaultChildren::update_secret(VaultPtr vault, ApprovedChange change) {
  const std::string name = change->id.name();
  const auto now = unix_seconds(change->caller.now);
  const auto hold = std::make_shared<ObjectPolicies::Hold>();
  const auto edit = [this, vault, hold, name, change, now](const ItemState& state) -> ApiResult<ItemChange> {
    FH_CHECK_OK(check_free(ItemKind::kSecret, state, name));
    if (!state.live || !state.version) return vault_errors::not_found(ItemKind::kSecret, name);
    auto next = std::make_shared<ItemContent>(state.version->clone());
    FH_CHECK_OK(read_common(change, next->shown));
    next->shown.attributes.updated = now;
    FH_TRY(*hold, obeyed(change, *vault, ItemKind::kSecret, seen_secret(next->shown)));
    ItemChange out{.live = *state.live};
    out.live->current = next->shown;
    out.versions.push_back(std::move(next));
    return out;
  };
  auto done =
      co_await parts_.items.change(vault, ItemKind::kSecret, name, {VersionWanted::Which::kNewest, {}}, edit, {});
  if (!done) co_return provider_errors::of(done.error());
  co_return std::move(*done);
}

// Azure: makes the first version; a key that is there already is left as it is.
Task<ApiResult<>> VaultChildren::create_key(VaultPtr vault, ApprovedChange change) {
  const std::string name = change->id.name();
  auto there = co_await parts_.items.head(vault, ItemKind::kKey, Life::kLive, name);
  if (!there) co_return provider_errors::of(there.error());
  if (*there) co_return ApiResult<>();
  if (!member(properties_of(change), "rotationPolicy").is_null()) {
    co_return provider_errors::unsupported("rotationPolicy", "set it in the vault.");
  }
  FH_CO_TRY(auto spec, told(read_key_spec(key_body(properties_of(change)))));
  ItemVersion tried;
  FH_CO_CHECK_OK(read_common(change, tried));
  FH_CO_CHECK_OK(told(check_hsm({spec.type, spec.hsm}, *vault)));
  const auto now = unix_seconds(change->caller.now);
  tried.attributes.created = tried.attributes.updated = now;
  FH_CO_TRY(const auto hold, obeyed(change, *vault, ItemKind::kKey, seen_key(spec, tried)));
  FH_CO_CHECK_OK(told(parts_.throttle.take(vault->id, creation(spec.hsm))));
  auto made = co_await make_version(parts_, vault, name, std::move(spec));
  if (!made) co_return provider_errors::of(made.error());
  const auto content = std::make_shared<ItemContent>(std::move(*made));
  content->shown.attributes = tried.attributes;
  content->shown.tags = tried.tags;
  const auto edit = [name, content](const ItemState& state) -> ApiResult<ItemChange> {
    FH_CHECK_OK(check_free(ItemKind::kKey, state, name));
    if (state.live) return vault_errors::conflict();
    return ItemChange{.live = ItemHead{.name = name, .current = content->shown}, .versions = {content}};
  };
  auto done = co_await parts_.items.change(vault, ItemKind::kKey, name, {}, edit, {});
  if (!done) co_return provider_errors::of(done.error());
  co_return std::move(*done);
}

Task<ApiResult<Written>> VaultChildren::put(ApprovedChange change) {
  FH_CO_TRY(const auto vault, co_await vault_of(change->id, change->caller.tenant));
  const auto name = change->id.name();
  if (!vault) co_return provider_errors::vault_not_found(change->id.parts.front().names.front());
  if (!is_item_name(name))
    co_return provider_errors::bad_request("Names have letters, digits and hyphens, 127 at most.");
  if (kind_of(change->id.parts.back().types.back()) == ItemKind::kKey) {
    FH_CO_CHECK_OK(co_await create_key(vault, change));
  } else if (change->kind == ChangeKind::kPatch && member(properties_of(change), "value").is_null()) {
    FH_CO_CHECK_OK(co_await update_secret(vault, change));
  } else {
    FH_CO_CHECK_OK(co_await put_secret(vault, change));
  }
  FH_CO_TRY(auto shown, co_await get(change->id, {.api_version = change->api_version, .caller = change->caller}));
  co_return Written{.status = 200, .resource = std::move(shown)};
}

// No row leads here: the data plane deletes.
Task<ApiResult<Written>> VaultChildren::remove(ApprovedChange) {
  co_return provider_errors::unsupported("DELETE", "secrets and keys are deleted in their vault.");
}

Task<ApiResult<gate::resource::ActionAnswer>> VaultChildren::act(gate::resource::ActionCall) {
  co_return provider_errors::unsupported("POST", "there is nothing of the kind.");
}

}  // namespace freehold::vault
