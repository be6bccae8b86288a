#include "src/certificate_issuers.h"

#include "base/encoding.h"

namespace freehold::vault {
namespace {

using vault_errors::bad_parameter;

constexpr std::string_view kInternal = "InternalCA";
constexpr std::string_view kContactsName = "contacts";
constexpr std::size_t kMaxAdministrators = 25;

bool is_own_word(std::string_view issuer) {
  return equals_ignoring_case(issuer, kSelf) || equals_ignoring_case(issuer, kUnknown);
}

std::string issuer_id(const VaultCall& call, std::string_view name) {
  return call.origin + "/certificates/issuers/" + std::string(name);
}

Json settings_of(const ItemHead& head) {
  Json out = Json::parse(head.policy, nullptr, false);
  return out.is_object() ? out : Json::object();
}

Json show_issuer(const VaultCall& call, const ItemHead& head) {
  const auto& attributes = head.current.attributes;
  Json out = settings_of(head);
  out["id"] = issuer_id(call, head.name);
  out["attributes"] = {
      {"enabled", attributes.enabled}, {"created", attributes.created}, {"updated", attributes.updated}};
  return out;
}

ApiResult<std::string> issuer_in(const VaultCall& call) {
  if (!is_item_name(call.segment(2))) return vault_errors::invalid_name(call.segment(2));
  return std::string(call.segment(2));
}

// The texts of an object that may have no others.
ApiResult<Json> read_texts(const Json& given, std::initializer_list<std::string_view> names) {
  Json out = Json::object();
  for (const auto name : names) {
    FH_TRY(const auto text, said(text_member(given, name, 254)));
    if (text) out[std::string(name)] = *text;
  }
  return out;
}

ApiResult<Json> read_organization(const Json& body) {
  const auto& given = member(body, "org_details");
  FH_TRY(Json out, read_texts(given, {"id"}));
  FH_TRY(const auto* list, said(array_member(given, "admin_details", kMaxAdministrators)));
  out["admin_details"] = Json::array();
  if (list == nullptr) return out;
  for (const auto& each : *list) {
    FH_TRY(Json admin, read_texts(each, {"first_name", "last_name", "email", "phone"}));
    out["admin_details"].push_back(std::move(admin));
  }
  return out;
}

// What an issuer is, from a body that says all of it.
ApiResult<Json> read_issuer(const Json& body) {
  FH_TRY(const auto provider, said(text_member(body, "provider", 64)));
  if (!provider) return bad_parameter("'provider' is required.");
  if (!equals_ignoring_case(*provider, kInternal)) {
    return vault_errors::not_implemented("The provider '" + *provider + "' (there is 'InternalCA')");
  }
  const auto& credentials = member(body, "credentials");
  FH_TRY(const auto account, said(text_member(credentials, "account_id", kMaxItemNameBytes)));
  if (!account || !is_item_name(*account)) {
    return bad_parameter(
        "'credentials.account_id' is required: the name of the authority's certificate in this vault.");
  }
  if (!member(credentials, "pwd").is_null()) return bad_parameter("An internal authority has no password: 'pwd'.");
  FH_TRY(Json organization, read_organization(body));
  return Json{
      {"provider", kInternal}, {"credentials", {{"account_id", *account}}}, {"org_details", std::move(organization)}};
}

Task<ApiResult<Authority>> authority_named(VaultParts& parts, VaultPtr vault, std::string name, std::int64_t now) {
  const auto wrong = [&name](std::string_view what) {
    return bad_parameter("The certificate '" + name + "' of the issuer " + std::string(what));
  };
  FH_CO_TRY(const auto certificate, said(co_await parts.items.find(vault, ItemKind::kCertificate, name, "")));
  if (!certificate) co_return wrong("isn't there.");
  const auto& shown = certificate->shown;
  if (!shown.attributes.enabled) co_return wrong("is disabled.");
  if (shown.attributes.not_before.value_or(0) > now || shown.attributes.expires.value_or(now + 1) <= now) {
    co_return wrong("isn't valid now.");
  }
  auto der = from_base64(Json::parse(shown.open, nullptr, false).value("cer", ""));
  const auto facts = crypto::certificate_facts(der.value_or(Bytes()));
  if (!facts || !facts->authority) co_return wrong("is none of an authority.");
  FH_CO_TRY(const auto key, said(co_await parts.items.find(vault, ItemKind::kKey, name, shown.version)));
  if (!key || !key->shown.managed) co_return wrong("has no key.");
  FH_CO_TRY(auto opened, key_as_kept(*key));
  co_return Authority{std::move(name), std::move(opened), std::move(*der), facts->name};
}

Json show_contacts(const VaultCall& call, const ItemHead& head) {
  Json out = settings_of(head);
  out["id"] = call.origin + "/certificates/contacts";
  return out;
}

using Show = Json (*)(const VaultCall& call, const ItemHead& head);

// One of the two kinds: where its heads are, how they are shown, and what is said of one that isn't there.
struct HeadKind {
  ItemKind kind;
  Show show;
  vault_errors::Refusal (*absent)(std::string_view name);
};
const HeadKind kIssuers{kIssuer, &show_issuer, &vault_errors::no_issuer};
const HeadKind kAllContacts{kContacts, &show_contacts, [](std::string_view) { return vault_errors::no_contacts(); }};

Task<ApiResult<>> change_head(const HeadKind& kind, VaultParts& parts, VaultCall& call, std::string name,
                              ItemStore::Edit edit) {
  auto done = co_await parts.items.change(call.vault, kind.kind, std::move(name), {}, std::move(edit), call.audit);
  if (!done) co_return vault_errors::of(done.error());
  co_return std::move(*done);
}

Task<Reply> show_head(const HeadKind& kind, VaultParts& parts, VaultCall& call, std::string name) {
  FH_CO_TRY(const auto head, said(co_await parts.items.head(call.vault, kind.kind, Life::kLive, name)));
  if (!head) co_return kind.absent(name);
  co_return json_answer(kind.show(call, *head));
}

// What becomes of the head, which is as it was, or new.
using HeadEdit = std::function<ApiResult<>(ItemHead& head)>;

Task<Reply> put_head(const HeadKind& kind, VaultParts& parts, VaultCall& call, std::string name, bool only_if_there,
                     HeadEdit edit) {
  const auto put = std::make_shared<ItemHead>();
  const auto change = [&kind, name, only_if_there, edit, put,
                       now = call.seconds()](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.live && only_if_there) return kind.absent(name);
    *put = state.live ? *state.live : ItemHead{.name = name};
    FH_CHECK_OK(edit(*put));
    if (!state.live) put->current.attributes.created = now;
    put->current.attributes.updated = now;
    return ItemChange{.live = *put};
  };
  FH_CO_CHECK_OK(co_await change_head(kind, parts, call, name, change));
  co_return json_answer(kind.show(call, *put));
}

// For good, and at once: nothing of it was a secret.
Task<Reply> remove_head(const HeadKind& kind, VaultParts& parts, VaultCall& call, std::string name) {
  const auto removed = std::make_shared<ItemHead>();
  const auto change = [&kind, name, removed](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.live) return kind.absent(name);
    *removed = *state.live;
    return ItemChange{.remove_live = true};
  };
  FH_CO_CHECK_OK(co_await change_head(kind, parts, call, name, change));
  co_return json_answer(kind.show(call, *removed));
}

// Sets what a body says; 400 for an issuer whose certificate can't sign, so that it is known before it is needed.
Task<Reply> put_issuer(VaultParts& parts, VaultCall& call, std::string name, Json body, bool only_if_there) {
  FH_CO_TRY(const Json issuer, read_issuer(body));
  ItemAttributes attributes;
  FH_CO_CHECK_OK(read_attributes(call.body, attributes));
  FH_CO_TRY([[maybe_unused]] const auto authority,
            co_await authority_named(parts, call.vault, issuer["credentials"]["account_id"].get<std::string>(),
                                     call.seconds()));
  const auto edit = [issuer, &call, only_if_there](ItemHead& head) -> ApiResult<> {
    head.policy = issuer.dump();
    if (!only_if_there) head.current.attributes.enabled = true;
    return read_attributes(call.body, head.current.attributes);
  };
  co_return co_await put_head(kIssuers, parts, call, std::move(name), only_if_there, edit);
}

}  // namespace

Task<Reply> list_issuers(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto asked, page_asked(call));
  FH_CO_TRY(const auto found,
            said(co_await parts.items.list(call.vault, kIssuer, Life::kLive, asked.from, asked.limit)));
  Json items = Json::array();
  for (const auto& head : found.items) {
    items.push_back({{"id", issuer_id(call, head.name)}, {"provider", settings_of(head).value("provider", "")}});
  }
  co_return json_answer(page_json(call, asked, std::move(items), found.next));
}

Task<Reply> get_issuer(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, issuer_in(call));
  co_return co_await show_head(kIssuers, parts, call, name);
}

Task<Reply> set_issuer(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, issuer_in(call));
  if (is_own_word(name)) co_return bad_parameter("'Self' and 'Unknown' are no names of issuers.");
  co_return co_await put_issuer(parts, call, name, call.body, false);
}

Task<Reply> update_issuer(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, issuer_in(call));
  FH_CO_TRY(const auto head, said(co_await parts.items.head(call.vault, kIssuer, Life::kLive, name)));
  if (!head) co_return vault_errors::no_issuer(name);
  Json merged = settings_of(*head);
  merged.merge_patch(call.body);
  co_return co_await put_issuer(parts, call, name, std::move(merged), true);
}

Task<Reply> delete_issuer(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, issuer_in(call));
  co_return co_await remove_head(kIssuers, parts, call, name);
}

Task<Reply> get_contacts(VaultParts& parts, VaultCall& call) {
  co_return co_await show_head(kAllContacts, parts, call, std::string(kContactsName));
}

Task<Reply> set_contacts(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto* list, said(array_member(call.body, "contacts", kMaxContacts)));
  if (list == nullptr || list->empty()) co_return bad_parameter("'contacts' is required: a list.");
  Json contacts = Json::array();
  for (const auto& each : *list) {
    FH_CO_TRY(Json contact, read_texts(each, {"email", "name", "phone"}));
    if (!contact.value("email", "").contains('@')) co_return bad_parameter("A contact has an 'email'.");
    contacts.push_back(std::move(contact));
  }
  const auto edit = [kept = Json{{"contacts", std::move(contacts)}}.dump()](ItemHead& head) -> ApiResult<> {
    head.policy = kept;
    return {};
  };
  co_return co_await put_head(kAllContacts, parts, call, std::string(kContactsName), false, edit);
}

Task<Reply> delete_contacts(VaultParts& parts, VaultCall& call) {
  co_return co_await remove_head(kAllContacts, parts, call, std::string(kContactsName));
}

Task<ApiResult<Authority>> find_authority(VaultParts& parts, VaultPtr vault, std::string issuer, std::int64_t now) {
  FH_CO_TRY(const auto head, said(co_await parts.items.head(vault, kIssuer, Life::kLive, issuer)));
  if (!head) co_return bad_parameter("The issuer '" + issuer + "' isn't there.");
  if (!head->current.attributes.enabled) co_return bad_parameter("The issuer '" + issuer + "' is disabled.");
  const Json settings = settings_of(*head);
  co_return co_await authority_named(parts, vault, member(settings, "credentials").value("account_id", ""), now);
}

}  // namespace freehold::vault
