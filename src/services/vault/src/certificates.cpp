// Certificates: create, import, get, update, policies, deletion. Source: "Certificates" of the data plane reference.
#include "base/encoding.h"
#include "src/certificate_backup.h"
#include "src/certificate_checks.h"
#include "src/certificate_issuers.h"
#include "src/certificate_requests.h"
#include "src/item_operations.h"

namespace freehold::vault {
namespace {

using http::Method;
using States = ItemStore::States;
using Changes = ItemStore::Changes;

// The same name and version at another collection: "kid" and "sid" of a certificate.
std::string beside(const std::string& id, std::string_view collection) {
  constexpr std::string_view kOwn = "/certificates/";
  std::string out = id;
  return out.replace(out.find(kOwn), kOwn.size(), "/" + std::string(collection) + "/");
}

Json show_listed_certificate(const ItemVersion& version, const std::string& id) {
  const Json open = Json::parse(version.open, nullptr, false);
  return {{"id", id}, {"x5t", open.value("x5t", "")}, {"subject", open.value("subject", "")}};
}

Json show_certificate(const ItemVersion& version, const std::string& id) {
  const Json open = Json::parse(version.open, nullptr, false);
  return {{"id", id},
          {"kid", beside(id, "keys")},
          {"sid", beside(id, "secrets")},
          {"x5t", open.value("x5t", "")},
          {"cer", open.value("cer", "")},
          {"contentType", version.content_type}};
}

Json show_policy(const VaultCall& call, const ItemHead& head) {
  Json policy = kept_of(head).value("policy", Json::object());
  policy["id"] = item_id(call, kCertificateApi, head.name) + "/policy";
  policy["attributes"] = {
      {"enabled", true}, {"created", head.current.attributes.created}, {"updated", head.current.attributes.updated}};
  return policy;
}

Json show_operation(const VaultCall& call, const ItemHead& head) {
  const std::string id = item_id(call, kCertificateApi, head.name);
  Json out = kept_of(head).value("operation", Json::object());
  out["id"] = id + "/pending";
  out["target"] = id;
  out["issuer"] = member(kept_of(head).value("policy", Json::object()), "issuer");
  out["cancellation_requested"] = false;
  return out;
}

Json show_with_policy(const VaultCall& call, const ItemHead& head, const ItemVersion& version) {
  Json out = show_item(call, kCertificateApi, head.name, version);
  out["policy"] = show_policy(call, head);
  return out;
}

ApiResult<NewCertificate> read_new(const VaultCall& call) {
  NewCertificate made;
  FH_CHECK_OK(read_attributes(call.body, made.attributes));
  FH_CHECK_OK(read_tags(call.body, made.tags));
  return made;
}

// The common name of who is to sign, if that is an authority of the vault.
Task<ApiResult<std::string>> signer_of(VaultParts& parts, const VaultCall& call, Json policy) {
  const auto issuer = issuer_of(policy);
  if (issuer == kSelf || issuer == kUnknown) co_return std::string();
  FH_CO_TRY(const auto authority, co_await find_authority(parts, call.vault, issuer, call.seconds()));
  co_return authority.common_name;
}

Task<Reply> create_certificate(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(auto made, read_new(call));
  FH_CO_TRY(made.policy, read_certificate_policy(member(call.body, "policy")));
  FH_CO_TRY(const auto spec, key_spec_of(made.policy));
  FH_CO_CHECK_OK(check_hsm({spec.type, spec.hsm}, *call.vault));
  FH_CO_CHECK_OK(parts.throttle.take(call.vault->id, creation(spec.hsm)));
  FH_CO_TRY(const auto signer, co_await signer_of(parts, call, made.policy));
  FH_CO_TRY(const auto hold, check_to_be(parts, call, name, made, signer));
  made.check = check_of(parts, call, name, made);
  if (issuer_of(made.policy) == kUnknown) co_return co_await begin_request(parts, call, std::move(made));
  FH_CO_TRY(const auto head,
            co_await issue_certificate(parts, call.vault, name, std::move(made), call.now, call.audit));
  auto response = json_answer(show_operation(call, head));
  response.status = 202;
  co_return response;
}

Task<Reply> import_certificate(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(auto made, read_new(call));
  const auto& secret_props = member(member(call.body, "policy"), "secret_props");
  FH_CO_TRY(const auto type, said(word_member(secret_props, "contentType", {kPfxType, kPemType})));
  const auto& value = member(call.body, "value");
  const bool looks = value.is_string() && value.get_ref<const std::string&>().contains("-----BEGIN");
  const bool pem = looks || (type && *type == kPemType);
  FH_CO_TRY(auto bundle, co_await read_bundle(parts, call, pem));
  FH_CO_TRY(const auto facts, said(crypto::certificate_facts(bundle.certificate)));
  FH_CO_TRY(made.policy, policy_of_import(member(call.body, "policy"), bundle.key.numbers(),
                                          type.value_or(std::string(pem ? kPemType : kPfxType)), facts));
  made.check = check_of(parts, call, name, made);
  FH_CO_CHECK_OK(made.check(facts));  // before its key is taken anywhere
  FH_CO_TRY(auto key, co_await key_of_import(parts, call, name, std::move(bundle.key), made.policy));
  FH_CO_TRY(const auto head,
            co_await put_certificate(parts, call.vault, name, std::move(key), std::move(bundle.certificate),
                                     std::move(bundle.chain), std::move(made), call.seconds(), call.audit));
  co_return json_answer(show_with_policy(call, head, head.current));
}

Task<ApiResult<ItemHead>> head_of(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(auto head, said(co_await parts.items.head(call.vault, ItemKind::kCertificate, Life::kLive, name)));
  if (!head) co_return vault_errors::not_found(ItemKind::kCertificate, name);
  co_return std::move(*head);
}

Task<Reply> get_certificate(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(const auto live, said(co_await parts.items.head(call.vault, ItemKind::kCertificate, Life::kLive, name)));
  if (!live) {
    FH_CO_TRY(const auto waiting, co_await waiting_certificate(parts, call));
    if (!waiting.is_null()) co_return json_answer(waiting);
  }
  FH_CO_TRY(const auto head, co_await head_of(parts, call));
  FH_CO_TRY(const auto version, version_in(call, kCertificateApi));
  FH_CO_TRY(const auto found, said(co_await parts.items.find(call.vault, ItemKind::kCertificate, head.name, version)));
  if (!found) co_return vault_errors::not_found(ItemKind::kCertificate, head.name + "/" + version);
  co_return json_answer(show_with_policy(call, head, found->shown));
}

Task<Reply> get_policy(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto head, co_await head_of(parts, call));
  co_return json_answer(show_policy(call, head));
}

Task<Reply> merge_certificate(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(auto made, read_new(call));
  FH_CO_TRY(const auto head, co_await merge_request(parts, call, std::move(made)));
  auto response = json_answer(show_with_policy(call, head, head.current));
  response.status = 201;
  co_return response;
}

Task<Reply> get_operation(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto waiting, co_await waiting_operation(parts, call));
  if (!waiting.is_null()) co_return json_answer(waiting);
  FH_CO_TRY(const auto head, co_await head_of(parts, call));
  if (!kept_of(head).contains("operation")) {
    co_return vault_errors::not_found(ItemKind::kCertificate, head.name + "/pending");
  }
  co_return json_answer(show_operation(call, head));
}

// Alters what the head keeps; answers with how `show` shows it.
Task<Reply> change_kept(VaultParts& parts, VaultCall& call, std::function<ApiResult<>(Json& kept)> alter,
                        Json (*show)(const VaultCall&, const ItemHead&)) {
  FH_CO_TRY(const auto name, name_in(call));
  const auto now = std::make_shared<ItemHead>();
  const auto shown = std::make_shared<ItemHead>();
  const auto edit = [name, alter, now, shown](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.live) return vault_errors::not_found(ItemKind::kCertificate, name);
    *shown = *now = *state.live;
    Json kept = kept_of(*state.live);
    FH_CHECK_OK(alter(kept));
    now->policy = kept.dump();
    return ItemChange{.live = *now};
  };
  FH_CO_CHECK_OK(co_await change_item(kCertificateApi, parts, call, name, {}, edit));
  co_return json_answer(show(call, show == &show_operation ? *shown : *now));
}

Task<Reply> update_policy(VaultParts& parts, VaultCall& call) {
  Json given = call.body;
  FH_CO_TRY(const auto head, co_await head_of(parts, call));
  Json merged = kept_of(head).value("policy", Json::object());
  merged.merge_patch(given);
  FH_CO_TRY(const Json policy, read_certificate_policy(merged));
  const auto signer = issuer_of(policy) == kSelf ? std::string() : issuer_name_of(head.current);
  FH_CO_TRY(const auto hold, check_policies(parts, call, ItemKind::kCertificate, head.name,
                                            seen_certificate(policy, head.current, signer)));
  co_return co_await change_kept(
      parts, call,
      [policy](Json& kept) -> ApiResult<> {
        kept["policy"] = policy;
        return {};
      },
      &show_policy);
}

// What is under way can be cancelled; a certificate that is there is no longer under way.
Task<Reply> update_operation(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto cancel, said(bool_member(call.body, "cancellation_requested")));
  if (!cancel || !*cancel) co_return vault_errors::bad_parameter("'cancellation_requested' must be true.");
  FH_CO_TRY(const auto waiting, co_await cancel_request(parts, call));
  if (!waiting.is_null()) co_return json_answer(waiting);
  FH_CO_TRY(const auto head, co_await head_of(parts, call));
  if (!kept_of(head).contains("operation")) {
    co_return vault_errors::not_found(ItemKind::kCertificate, head.name + "/pending");
  }
  co_return vault_errors::bad_parameter("The operation has ended, and can't be cancelled any more.");
}

Task<Reply> delete_operation(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto waiting, co_await waiting_operation(parts, call));
  if (!waiting.is_null()) {
    FH_CO_CHECK_OK(co_await drop_request(parts, call));
    co_return json_answer(waiting);
  }
  co_return co_await change_kept(
      parts, call,
      [name = std::string(call.segment(1))](Json& kept) -> ApiResult<> {
        if (kept.erase("operation") == 0) return vault_errors::not_found(ItemKind::kCertificate, name + "/pending");
        return {};
      },
      &show_operation);
}

// Attributes and tags; whether it is enabled holds for its key and its secret too.
Task<Reply> update_certificate(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto head, co_await head_of(parts, call));
  FH_CO_TRY(const auto version, version_in(call, kCertificateApi));
  const auto shown = std::make_shared<ItemVersion>();
  const auto hold = std::make_shared<ObjectPolicies::Hold>();
  const auto edit = [&parts, &call, name = head.name, shown, hold](const States& states) -> ApiResult<Changes> {
    Changes out;
    for (const auto& [kind, state] : states) {
      if (!state.live || !state.version) return vault_errors::not_found(ItemKind::kCertificate, name);
      ItemContent next = state.version->clone();
      ItemAttributes asked = next.shown.attributes;
      FH_CHECK_OK(read_attributes(call.body, asked));
      next.shown.attributes.enabled = asked.enabled;
      next.shown.attributes.updated = call.seconds();
      FH_CHECK_OK(read_tags(call.body, next.shown.tags));
      if (kind == ItemKind::kCertificate) {
        *shown = next.shown;
        const Json policy = kept_of(*state.live).value("policy", Json::object());
        FH_TRY(*hold, check_version(parts, call, name, policy, *shown));
      }
      ItemChange change;
      if (state.live->current.version == next.shown.version) {
        change.live = *state.live;
        change.live->current = next.shown;
      }
      change.versions.push_back(std::make_shared<const ItemContent>(std::move(next)));
      out.emplace(kind, std::move(change));
    }
    return out;
  };
  using Which = VersionWanted::Which;
  const VersionWanted wanted{version.empty() ? Which::kNewest : Which::kNamed, version};
  FH_CO_TRY(const auto done, said(co_await parts.items.change_together(call.vault, kCertificateKinds, head.name, wanted,
                                                                       edit, call.audit)));
  FH_CO_CHECK_OK(done);
  if (!shown->attributes.enabled) drop_unwrapped(parts, call.vault->id);
  co_return json_answer(show_with_policy(call, head, *shown));
}

constexpr std::int64_t kSecondsADay = 86'400;

// What becomes of each of the three heads.
using HeadChange = std::function<ApiResult<ItemChange>(const ItemState& state)>;

Task<ApiResult<>> change_heads(VaultParts& parts, VaultCall& call, std::string name, HeadChange each, AuditRow audit) {
  const auto edit = [each](const States& states) -> ApiResult<Changes> {
    Changes out;
    for (const auto& [kind, state] : states) {
      FH_TRY(auto change, each(state));
      out.emplace(kind, std::move(change));
    }
    return out;
  };
  auto done = co_await parts.items.change_together(call.vault, kCertificateKinds, name, {}, edit, audit);
  if (!done) co_return vault_errors::of(done.error());
  co_return std::move(*done);
}

Task<Reply> delete_certificate(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(ItemHead head, co_await head_of(parts, call));
  const auto now = call.seconds();
  const auto end = now + call.vault->settings.retention_days * kSecondsADay;
  const auto each = [name = head.name, now, end](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.live) return vault_errors::not_found(ItemKind::kCertificate, name);
    ItemChange change{.deleted = *state.live, .remove_live = true};
    change.deleted->deleted = now;
    change.deleted->purge_at = end;
    return change;
  };
  FH_CO_CHECK_OK(co_await change_heads(parts, call, head.name, each, call.audit));
  drop_unwrapped(parts, call.vault->id);
  head.deleted = now;
  head.purge_at = end;
  Json json = show_deleted(call, kCertificateApi, head);
  json["policy"] = show_policy(call, head);
  co_return json_answer(json);
}

Task<Reply> recover_certificate(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  const auto each = [name](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.deleted) return vault_errors::deleted_not_found(ItemKind::kCertificate, name);
    if (state.deleted->purging) return vault_errors::being_purged(ItemKind::kCertificate, name);
    ItemChange change{.live = *state.deleted, .remove_deleted = true};
    change.live->deleted = change.live->purge_at = 0;
    return change;
  };
  FH_CO_CHECK_OK(co_await change_heads(parts, call, name, each, call.audit));
  FH_CO_TRY(const auto head, co_await head_of(parts, call));
  co_return json_answer(show_with_policy(call, head, head.current));
}

Task<Reply> purge_certificate(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  if (call.vault->settings.purge_protection) co_return vault_errors::purge_protected();
  const auto each = [name](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.deleted) return vault_errors::deleted_not_found(ItemKind::kCertificate, name);
    ItemChange change{.deleted = *state.deleted};
    change.deleted->purging = true;
    return change;
  };
  FH_CO_CHECK_OK(co_await change_heads(parts, call, name, each, {}));
  const std::vector kinds = {ItemKind::kSecret, ItemKind::kKey, ItemKind::kCertificate};
  FH_CO_CHECK_OK(said(co_await parts.items.erase(call.vault, kinds, name)));  // all at once
  for (const auto kind : kinds) {
    FH_CO_CHECK_OK(said(co_await parts.items.purge(call.vault, kind, name)));
  }
  parts.keys.forget(call.vault->id);
  co_return empty_answer();
}

template <auto operation>
constexpr VaultHandler of_certificates = &of_kind<kCertificateApi, operation>;

using gate::AuditClass;
constexpr std::string_view kRead = "Microsoft.KeyVault/vaults/certificates/read";
constexpr std::string_view kWrite = "Microsoft.KeyVault/vaults/certificates/update/action";
constexpr std::string_view kCreate = "Microsoft.KeyVault/vaults/certificates/create/action";
constexpr std::string_view kContactsWrite = "Microsoft.KeyVault/vaults/certificatecontacts/write";
constexpr std::string_view kIssuersRead = "Microsoft.KeyVault/vaults/certificatecas/read";
constexpr std::string_view kIssuersWrite = "Microsoft.KeyVault/vaults/certificatecas/write";

}  // namespace

const KindApi kCertificateApi{.kind = ItemKind::kCertificate,
                              .collection = "certificates",
                              .deleted = "deletedcertificates",
                              .show = &show_certificate,
                              .show_listed = &show_listed_certificate};

std::span<const VaultRow> certificate_rows() {
  static const std::vector<VaultRow> rows = {
      {"GetCertificateContacts", Method::kGet, {"/certificates/contacts"}, kContactsWrite, &get_contacts},
      {"SetCertificateContacts",
       Method::kPut,
       {"/certificates/contacts"},
       kContactsWrite,
       &set_contacts,
       AuditClass::kWrite},
      {"DeleteCertificateContacts",
       Method::kDelete,
       {"/certificates/contacts"},
       kContactsWrite,
       &delete_contacts,
       AuditClass::kWrite},
      with_slash({"GetCertificateIssuers", Method::kGet, {"/certificates/issuers"}, kIssuersRead, &list_issuers}),
      {"GetCertificateIssuer", Method::kGet, {"/certificates/issuers/{issuer}"}, kIssuersRead, &get_issuer},
      {"SetCertificateIssuer",
       Method::kPut,
       {"/certificates/issuers/{issuer}"},
       kIssuersWrite,
       &set_issuer,
       AuditClass::kWrite},
      {"UpdateCertificateIssuer",
       Method::kPatch,
       {"/certificates/issuers/{issuer}"},
       kIssuersWrite,
       &update_issuer,
       AuditClass::kWrite},
      {"DeleteCertificateIssuer",
       Method::kDelete,
       {"/certificates/issuers/{issuer}"},
       kIssuersWrite,
       &delete_issuer,
       AuditClass::kWrite},
      {"CreateCertificate",
       Method::kPost,
       {"/certificates/{name}/create"},
       kCreate,
       &create_certificate,
       AuditClass::kWrite},
      {"ImportCertificate",
       Method::kPost,
       {"/certificates/{name}/import"},
       "Microsoft.KeyVault/vaults/certificates/import/action",
       &import_certificate,
       AuditClass::kWrite},
      {"MergeCertificate",
       Method::kPost,
       {"/certificates/{name}/pending/merge"},
       kCreate,
       &merge_certificate,
       AuditClass::kWrite},
      {"GetCertificateOperation", Method::kGet, {"/certificates/{name}/pending"}, kRead, &get_operation},
      {"UpdateCertificateOperation",
       Method::kPatch,
       {"/certificates/{name}/pending"},
       kWrite,
       &update_operation,
       AuditClass::kWrite},
      {"DeleteCertificateOperation",
       Method::kDelete,
       {"/certificates/{name}/pending"},
       kWrite,
       &delete_operation,
       AuditClass::kWrite},
      {"GetCertificatePolicy", Method::kGet, {"/certificates/{name}/policy"}, kRead, &get_policy},
      {"UpdateCertificatePolicy",
       Method::kPatch,
       {"/certificates/{name}/policy"},
       kWrite,
       &update_policy,
       AuditClass::kWrite},
      with_slash({"GetCertificateVersions",
                  Method::kGet,
                  {"/certificates/{name}/versions"},
                  kRead,
                  of_certificates<list_item_versions>}),
      with_slash({"GetCertificate",
                  Method::kGet,
                  {"/certificates/{name}", "/certificates/{name}/{version}"},
                  kRead,
                  &get_certificate}),
      with_slash({"UpdateCertificate",
                  Method::kPatch,
                  {"/certificates/{name}", "/certificates/{name}/{version}"},
                  kWrite,
                  &update_certificate,
                  AuditClass::kWrite}),
      with_slash({"GetCertificates", Method::kGet, {"/certificates"}, kRead, of_certificates<list_items>}),
      with_slash({"DeleteCertificate",
                  Method::kDelete,
                  {"/certificates/{name}"},
                  "Microsoft.KeyVault/vaults/certificates/delete",
                  &delete_certificate,
                  AuditClass::kWrite}),
      {"BackupCertificate",
       Method::kPost,
       {"/certificates/{name}/backup"},
       "Microsoft.KeyVault/vaults/certificates/backup/action",
       &backup_certificate},
      {"RestoreCertificate",
       Method::kPost,
       {"/certificates/restore"},
       "Microsoft.KeyVault/vaults/certificates/restore/action",
       &restore_certificate,
       AuditClass::kWrite},
      with_slash({"GetDeletedCertificates",
                  Method::kGet,
                  {"/deletedcertificates"},
                  kRead,
                  of_certificates<list_deleted_items>}),
      with_slash({"GetDeletedCertificate",
                  Method::kGet,
                  {"/deletedcertificates/{name}"},
                  kRead,
                  of_certificates<get_deleted_item>}),
      {"RecoverDeletedCertificate",
       Method::kPost,
       {"/deletedcertificates/{name}/recover"},
       "Microsoft.KeyVault/vaults/certificates/recover/action",
       &recover_certificate,
       AuditClass::kWrite},
      with_slash({"PurgeDeletedCertificate",
                  Method::kDelete,
                  {"/deletedcertificates/{name}"},
                  "Microsoft.KeyVault/vaults/certificates/purge/action",
                  &purge_certificate,
                  AuditClass::kControl})};
  return rows;
}

}  // namespace freehold::vault
