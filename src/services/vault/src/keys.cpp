// Keys: create, import, get, update; what they are used for is in key_use.cpp. Source: "Keys" of the data plane
// reference.
#include "src/key_material.h"
#include "src/key_operations.h"

namespace freehold::vault {
namespace {

using http::Method;

Json show_key(const ItemVersion& version, const std::string& id) {
  Json key = Json::parse(version.open, nullptr, false);
  if (!key.is_object()) key = Json::object();
  key.erase("bits");
  key["kid"] = id;
  return {{"key", std::move(key)}};
}

Json show_listed_key(const ItemVersion&, const std::string& id) { return {{"kid", id}}; }

// What a body says besides the key itself, into the version that is to be put.
ApiResult<> read_frame(const Json& body, std::int64_t now, ItemVersion& shown) {
  shown.attributes.created = shown.attributes.updated = now;
  FH_CHECK_OK(read_attributes(body, shown.attributes));
  return read_tags(body, shown.tags);
}

Task<Reply> put_key(VaultParts& parts, VaultCall& call, crypto::JoseKey key, std::vector<std::string> key_ops) {
  FH_CO_TRY(const auto name, name_in(call));
  auto content = content_of(key, key_ops, new_version(parts.random), {});
  FH_CO_CHECK_OK(read_frame(call.body, call.seconds(), content.shown));
  FH_CO_TRY(const Json json, co_await put_version(kKeyApi, parts, call, name, std::move(content)));
  co_return json_answer(json);
}

// Everything that could be refused is refused before the key is made, which may take seconds.
Task<Reply> create_key(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(auto spec, read_key_spec(call.body));
  ItemVersion tried;
  FH_CO_CHECK_OK(read_frame(call.body, call.seconds(), tried));
  const auto key_ops = spec.key_ops;
  FH_CO_TRY(auto key, said(co_await make_key(parts, call.vault->tenant, std::move(spec))));
  co_return co_await put_key(parts, call, std::move(key), key_ops);
}

Task<Reply> import_key(VaultParts& parts, VaultCall& call) {
  FH_CO_CHECK_OK(refuse_release(call.body));
  FH_CO_TRY(const auto* jwk, said(object_member(call.body, "key")));
  if (jwk == nullptr) co_return vault_errors::bad_parameter("'key' is required: a JSON web key.");
  FH_CO_TRY(const auto hsm, said(bool_member(call.body, "Hsm")));
  if (!member(*jwk, "key_hsm").is_null()) co_return vault_errors::not_implemented("Importing a wrapped key");
  auto read = std::make_shared<ReadJwk>();
  FH_CO_TRY(*read, said(read_jwk(*jwk)));
  if (read->kind.hsm || (hsm && *hsm)) co_return vault_errors::not_implemented("A key in an HSM");
  FH_CO_TRY(auto ops, said(read_key_ops(*jwk)));
  auto key_ops = ops ? std::move(*ops) : default_key_ops(read->kind.type);
  // Whether the numbers belong together takes tests for primes.
  FH_CO_TRY(auto key, said(co_await parts.making.run(fair_key(call.vault->tenant), [read] {
              return crypto::JoseKey::from_numbers(read->open, read->hidden);
            })));
  co_return co_await put_key(parts, call, std::move(key), std::move(key_ops));
}

Task<Reply> get_key(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(const auto version, version_in(call, kKeyApi));
  FH_CO_TRY(const auto found, said(co_await parts.items.find(call.vault, ItemKind::kKey, name, version)));
  if (!found) co_return vault_errors::not_found(ItemKind::kKey, version.empty() ? name : name + "/" + version);
  co_return json_answer(show_item(call, kKeyApi, name, found->shown));
}

Task<Reply> update_key(VaultParts& parts, VaultCall& call) {
  FH_CO_CHECK_OK(refuse_release(call.body));
  FH_CO_TRY(const auto ops, said(read_key_ops(call.body)));
  co_return co_await update_version(kKeyApi, parts, call, [ops](ItemContent& content) -> ApiResult<> {
    if (!ops) return {};
    Json shown = Json::parse(content.shown.open, nullptr, false);
    shown["key_ops"] = *ops;
    content.shown.open = shown.dump();
    return {};
  });
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
                  of_keys<delete_item>,
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
       {"/keys/{name}/{version}/release", "/keys/{name}//release"},
       "Microsoft.KeyVault/vaults/keys/release/action",
       nullptr},
      {"GetKeyAttestation",
       Method::kGet,
       {"/keys/{name}/{version}/attestation", "/keys/{name}//attestation"},
       kRead,
       nullptr},
      {"GetRandomBytes", Method::kPost, {"/rng"}, "Microsoft.KeyVault/vaults/rng/action", &get_random_bytes}};
  return rows;
}

}  // namespace freehold::vault
