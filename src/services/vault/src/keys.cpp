// Keys: create, import, get, update; what they are used for is in key_use.cpp. Source: "Keys" of the data plane
// reference.
#include "src/key_export.h"
#include "src/key_operations.h"
#include "src/key_transfer.h"
#include "src/object_policies.h"
#include "src/token_material.h"

namespace freehold::vault {
namespace {

using http::Method;

Json show_key(const ItemVersion& version, const std::string& id) {
  Json key = Json::parse(version.open, nullptr, false);
  if (!key.is_object()) key = Json::object();
  key.erase("bits");
  key.erase(kReleasePolicyMember);
  key["kid"] = id;
  Json out = {{"key", std::move(key)}};
  if (auto policy = release_policy_of(version); !policy.is_null()) out[kReleasePolicyMember] = std::move(policy);
  return out;
}

Json show_listed_key(const ItemVersion&, const std::string& id) { return {{"kid", id}}; }

// What a body says besides the key itself, into the version that is to be put.
ApiResult<> read_frame(const Json& body, std::int64_t now, ItemVersion& shown) {
  shown.attributes.created = shown.attributes.updated = now;
  FH_CHECK_OK(read_attributes(body, shown.attributes));
  return read_tags(body, shown.tags);
}

Task<Reply> put_key(VaultParts& parts, VaultCall& call, ItemContent content, ReleaseTerms terms) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_CHECK_OK(read_frame(call.body, call.seconds(), content.shown));
  content.shown.attributes.exportable = terms.leaving == crypto::Leaving::kReleased;
  set_release_policy(content.shown, terms.policy);
  const auto follows = [terms](const ItemVersion& newest) { return check_follows(newest, terms); };
  FH_CO_TRY(const Json json, co_await put_version(kKeyApi, parts, call, name, std::move(content), follows));
  co_return json_answer(json);
}

// Everything that could be refused is refused before the key is made, which may take seconds.
Task<Reply> create_key(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(const auto leaving, asked_leaving(call.body));
  FH_CO_TRY(auto spec, read_key_spec(call.body, leaving));
  const KeyKind kind{spec.type, spec.hsm};
  FH_CO_TRY(const auto terms, read_release_terms(call.body, leaving, kind, *call.vault));
  FH_CO_CHECK_OK(check_hsm(kind, *call.vault));
  ItemVersion tried;
  FH_CO_CHECK_OK(read_frame(call.body, call.seconds(), tried));
  FH_CO_CHECK_OK(check_policies(parts, call, ItemKind::kKey, name, seen_key(spec, tried)));
  FH_CO_CHECK_OK(parts.throttle.take(call.vault->id, creation(spec.hsm)));
  FH_CO_TRY(auto content, said(co_await make_version(parts, call.vault, name, std::move(spec))));
  co_return co_await put_key(parts, call, std::move(content), terms);
}

Task<Reply> import_key(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto leaving, asked_leaving(call.body));
  FH_CO_TRY(const auto* jwk, said(object_member(call.body, "key")));
  if (jwk == nullptr) co_return vault_errors::bad_parameter("'key' is required: a JSON web key.");
  FH_CO_TRY(const auto hsm, said(bool_member(call.body, call.body.contains("hsm") ? "hsm" : "Hsm")));
  FH_CO_TRY(const auto name, name_in(call));
  ItemVersion tried;
  FH_CO_CHECK_OK(read_frame(call.body, call.seconds(), tried));
  if (!member(*jwk, "key_hsm").is_null()) {
    FH_CO_CHECK_OK(parts.throttle.take(call.vault->id, Transaction::kHsmKeyCreation));
    FH_CO_TRY(const auto terms, read_release_terms(call.body, leaving, {.hsm = true}, *call.vault));
    FH_CO_TRY(auto content, co_await take_transferred(parts, call, name, *jwk, leaving));
    co_return co_await put_key(parts, call, std::move(content), terms);
  }
  auto read = std::make_shared<ReadJwk>();
  FH_CO_TRY(*read, said(read_jwk(*jwk)));
  read->kind.hsm = read->kind.hsm || (hsm && *hsm);
  FH_CO_TRY(const auto terms, read_release_terms(call.body, leaving, read->kind, *call.vault));
  FH_CO_CHECK_OK(check_hsm(read->kind, *call.vault));
  FH_CO_TRY(auto ops, said(read_key_ops(*jwk)));
  auto key_ops = ops ? std::move(*ops) : default_key_ops(read->kind.type);
  FH_CO_CHECK_OK(check_ops(read->kind, key_ops, leaving));
  // Whether the numbers belong together takes tests for primes.
  FH_CO_TRY(auto key, said(co_await parts.making.run(fair_key(call.vault->tenant), [read] {
              return crypto::JoseKey::from_numbers(read->open, read->hidden);
            })));
  KeyName as{.vault = call.vault, .name = name, .version = new_version(parts.random), .leaving = leaving};
  if (!read->kind.hsm) co_return co_await put_key(parts, call, content_of(key, key_ops, as.version, {}), terms);
  FH_CO_CHECK_OK(parts.throttle.take(call.vault->id, Transaction::kHsmKeyCreation));
  FH_CO_TRY(auto* const tokens, said(tokens_of(parts)));
  FH_CO_TRY(const auto taken, said(co_await tokens->take_in(std::move(key), token_place(as))));
  co_return co_await put_key(parts, call, content_of(taken, key_ops, as), terms);
}

// What the newest version shows stands in the head of all of them: one row less to read.
Task<Reply> get_newest_key(VaultParts& parts, VaultCall& call, std::string name) {
  FH_CO_TRY(const auto head, said(co_await parts.items.head(call.vault, ItemKind::kKey, Life::kLive, name)));
  if (!head) co_return vault_errors::not_found(ItemKind::kKey, name);
  co_return json_answer(show_item(call, kKeyApi, name, head->current));
}

Task<Reply> get_key(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(const auto version, version_in(call, kKeyApi));
  if (version.empty()) co_return co_await get_newest_key(parts, call, name);
  FH_CO_TRY(const auto found, said(co_await parts.items.find(call.vault, ItemKind::kKey, name, version)));
  if (!found) co_return vault_errors::not_found(ItemKind::kKey, name + "/" + version);
  ItemVersion shown = found->shown;
  if (shown.attributes.exportable) {
    FH_CO_TRY(auto policy, co_await policy_in_force(parts, call, name));
    set_release_policy(shown, policy);
  }
  co_return json_answer(show_item(call, kKeyApi, name, shown));
}

Task<Reply> update_key(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto release, read_release_change(call.body, !call.segment(2).empty()));
  FH_CO_TRY(const auto ops, said(read_key_ops(call.body)));
  const auto disabled = std::make_shared<bool>(false);
  auto answer =
      co_await update_version(kKeyApi, parts, call, [ops, release, disabled](ItemContent& content) -> ApiResult<> {
        FH_CHECK_OK(alter_release(content.shown, release));
        *disabled = !content.shown.attributes.enabled && is_in_token(content);
        if (!ops) return {};
        Json shown = Json::parse(content.shown.open, nullptr, false);
        const auto kind = key_kind(shown.value("kty", ""));
        const auto& had = member(shown, "key_ops");
        const auto imports = [](const Json& list) { return list.is_array() && list == Json::array({"import"}); };
        if (imports(had) != imports(Json(*ops))) {
          return vault_errors::bad_parameter("A key exchange key is made for 'import', and stays so.");
        }
        if (kind) {
          FH_CHECK_OK(check_ops(*kind, *ops, leaving_of(content.shown)));
        }
        shown["key_ops"] = *ops;
        content.shown.open = shown.dump();
        return {};
      });
  if (*disabled) drop_unwrapped(parts, call.vault->id);
  co_return answer;
}

// As of any kind, and what is unwrapped of it goes at once.
Task<Reply> delete_key(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(auto answer, co_await delete_item(kKeyApi, parts, call));
  drop_unwrapped(parts, call.vault->id);
  co_return std::move(answer);
}

template <auto operation>
constexpr VaultHandler of_keys = &of_kind<kKeyApi, operation>;

using gate::AuditClass;
constexpr std::string_view kRead = "Microsoft.KeyVault/vaults/keys/read";

}  // namespace

const KindApi kKeyApi{.kind = ItemKind::kKey,
                      .collection = "keys",
                      .deleted = "deletedkeys",
                      .show = &show_key,
                      .show_listed = &show_listed_key};

std::span<const VaultRow> key_rows() {
  static const std::vector<VaultRow> rows = {
      {"CreateKey",
       Method::kPost,
       {"/keys/{name}/create"},
       "Microsoft.KeyVault/vaults/keys/create/action",
       &create_key,
       AuditClass::kWrite},
      with_slash({"ImportKey",
                  Method::kPut,
                  {"/keys/{name}"},
                  "Microsoft.KeyVault/vaults/keys/import/action",
                  &import_key,
                  AuditClass::kWrite}),
      with_slash({"GetKeyVersions", Method::kGet, {"/keys/{name}/versions"}, kRead, of_keys<list_item_versions>}),
      {"GetKeyRotationPolicy",
       Method::kGet,
       {"/keys/{name}/rotationpolicy"},
       "Microsoft.KeyVault/vaults/keyrotationpolicies/read",
       &get_rotation_policy},
      {"UpdateKeyRotationPolicy",
       Method::kPut,
       {"/keys/{name}/rotationpolicy"},
       "Microsoft.KeyVault/vaults/keyrotationpolicies/write",
       &set_rotation_policy,
       AuditClass::kWrite},
      {"RotateKey",
       Method::kPost,
       {"/keys/{name}/rotate"},
       "Microsoft.KeyVault/vaults/keys/rotate/action",
       &rotate_key,
       AuditClass::kWrite},
      with_slash({"GetKey", Method::kGet, {"/keys/{name}", "/keys/{name}/{version}"}, kRead, &get_key}),
      with_slash({"UpdateKey",
                  Method::kPatch,
                  {"/keys/{name}", "/keys/{name}/{version}"},
                  "Microsoft.KeyVault/vaults/keys/update/action",
                  &update_key,
                  AuditClass::kWrite}),
      with_slash({"GetKeys", Method::kGet, {"/keys"}, kRead, of_keys<list_items>}),
      with_slash({"DeleteKey",
                  Method::kDelete,
                  {"/keys/{name}"},
                  "Microsoft.KeyVault/vaults/keys/delete",
                  &delete_key,
                  AuditClass::kWrite}),
      {"BackupKey",
       Method::kPost,
       {"/keys/{name}/backup"},
       "Microsoft.KeyVault/vaults/keys/backup/action",
       of_keys<backup_item>},
      {"RestoreKey",
       Method::kPost,
       {"/keys/restore"},
       "Microsoft.KeyVault/vaults/keys/restore/action",
       of_keys<restore_item>,
       AuditClass::kWrite},
      with_slash({"GetDeletedKeys", Method::kGet, {"/deletedkeys"}, kRead, of_keys<list_deleted_items>}),
      with_slash({"GetDeletedKey", Method::kGet, {"/deletedkeys/{name}"}, kRead, of_keys<get_deleted_item>}),
      {"RecoverDeletedKey",
       Method::kPost,
       {"/deletedkeys/{name}/recover"},
       "Microsoft.KeyVault/vaults/keys/recover/action",
       of_keys<recover_item>,
       AuditClass::kWrite},
      with_slash({"PurgeDeletedKey",
                  Method::kDelete,
                  {"/deletedkeys/{name}"},
                  "Microsoft.KeyVault/vaults/keys/purge/action",
                  of_keys<purge_item>,
                  AuditClass::kControl}),
      {"Encrypt",
       Method::kPost,
       {"/keys/{name}/{version}/encrypt", "/keys/{name}//encrypt"},
       "Microsoft.KeyVault/vaults/keys/encrypt/action",
       &encrypt_with_key},
      {"Decrypt",
       Method::kPost,
       {"/keys/{name}/{version}/decrypt", "/keys/{name}//decrypt"},
       "Microsoft.KeyVault/vaults/keys/decrypt/action",
       &decrypt_with_key},
      {"WrapKey",
       Method::kPost,
       {"/keys/{name}/{version}/wrapkey", "/keys/{name}//wrapkey"},
       "Microsoft.KeyVault/vaults/keys/wrap/action",
       &wrap_with_key},
      {"UnwrapKey",
       Method::kPost,
       {"/keys/{name}/{version}/unwrapkey", "/keys/{name}//unwrapkey"},
       "Microsoft.KeyVault/vaults/keys/unwrap/action",
       &unwrap_with_key},
      {"Sign",
       Method::kPost,
       {"/keys/{name}/{version}/sign", "/keys/{name}//sign"},
       "Microsoft.KeyVault/vaults/keys/sign/action",
       &sign_with_key},
      {"Verify",
       Method::kPost,
       {"/keys/{name}/{version}/verify", "/keys/{name}//verify"},
       "Microsoft.KeyVault/vaults/keys/verify/action",
       &verify_with_key},
      {"Release",
       Method::kPost,
       {"/keys/{name}/{version}/release", "/keys/{name}//release", "/keys/{name}/release"},
       "Microsoft.KeyVault/vaults/keys/release/action",
       &release_key,
       AuditClass::kControl},
      {"GetKeyAttestation",
       Method::kGet,
       {"/keys/{name}/{version}/attestation", "/keys/{name}//attestation"},
       kRead,
       nullptr},
      {"GetRandomBytes", Method::kPost, {"/rng"}, "Microsoft.KeyVault/vaults/rng/action", &get_random_bytes}};
  return rows;
}

}  // namespace freehold::vault
