// Secrets: set, get, update; the rest is as for any object. Source: "Secrets" of the data plane reference.
#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "src/item_operations.h"

namespace freehold::vault {
namespace {

constexpr std::size_t kMaxValueBytes = 25 * 1'024;
constexpr std::size_t kMaxContentTypeBytes = 255;

Json show_secret(const ItemVersion& version, const std::string& id) {
  Json out = {{"id", id}};
  if (!version.content_type.empty()) out["contentType"] = version.content_type;
  return out;
}

ApiResult<> read_content_type(const Json& body, ItemVersion& version) {
  FH_TRY(const auto type, said(text_member(body, "contentType", kMaxContentTypeBytes)));
  if (type) version.content_type = *type;
  return {};
}

// With the value, by far the longest part. The JSON library looks at each of its characters twice; most values are
// letters, digits and signs, which stand in JSON as they are.
http::Response answer_with_value(Json json, BytesView value) {
  bool plain = true;  // without branches: the compiler takes many characters at once
  for (const char c : value) plain &= (c >= ' ') & (c <= '~') & (c != '"') & (c != '\\');
  if (!plain) {
    json["value"] = value;
    return secret_answer(std::move(json));
  }
  http::Response response = json_answer(json);
  Bytes& text = std::get<Bytes>(response.body);
  text.reserve(text.size() + value.size() + 16);
  text.pop_back();  // the object's end: it has an id at least
  text.append(R"(,"value":")").append(value).append("\"}");
  return response;
}

Task<Reply> set_secret(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  ItemContent content;
  auto& shown = content.shown;
  shown.version = new_version(parts.random);
  shown.attributes.created = shown.attributes.updated = call.seconds();
  FH_CO_CHECK_OK(read_attributes(call.body, shown.attributes));
  FH_CO_CHECK_OK(read_tags(call.body, shown.tags));
  FH_CO_CHECK_OK(read_content_type(call.body, shown));
  const auto& value = member(call.body, "value");
  if (!value.is_string()) co_return vault_errors::bad_parameter("'value' is required: the secret, a text.");
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > kMaxValueBytes) co_return vault_errors::bad_parameter("The secret value is longer than 25 KB.");
  content.material = Secret(BytesView(text));
  const Secret kept = content.material.clone();
  FH_CO_TRY(Json json, co_await put_version(kSecretApi, parts, call, name, std::move(content)));
  co_return answer_with_value(std::move(json), kept.view());
}

// As in Azure, a secret is told outside its nbf and exp too: those are for whoever uses it.
Task<Reply> get_secret(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(const auto version, version_in(call, kSecretApi));
  FH_CO_TRY(const auto found, said(co_await parts.items.find(call.vault, ItemKind::kSecret, name, version)));
  if (!found) co_return vault_errors::not_found(ItemKind::kSecret, version.empty() ? name : name + "/" + version);
  if (!found->shown.attributes.enabled) co_return vault_errors::disabled(ItemKind::kSecret, "get");
  co_return answer_with_value(show_item(call, kSecretApi, name, found->shown), found->material.view());
}

Task<Reply> update_secret(VaultParts& parts, VaultCall& call) {
  if (!member(call.body, "value").is_null()) {
    co_return vault_errors::bad_parameter("The value of a secret's version can't be changed: set a new version.");
  }
  co_return co_await update_version(kSecretApi, parts, call, [&call](ItemContent& content) -> ApiResult<> {
    return read_content_type(call.body, content.shown);
  });
}

template <auto operation>
constexpr VaultHandler of_secrets = &of_kind<kSecretApi, operation>;

using gate::AuditClass;
using http::Method;
constexpr std::string_view kReadMetadata = "Microsoft.KeyVault/vaults/secrets/readMetadata/action";

}  // namespace

const KindApi kSecretApi{.kind = ItemKind::kSecret,
                         .collection = "secrets",
                         .deleted = "deletedsecrets",
                         .show = &show_secret,
                         .show_listed = &show_secret};

std::span<const VaultRow> secret_rows() {
  static const std::array rows = {
      with_slash({"SetSecret",
                  Method::kPut,
                  {"/secrets/{name}"},
                  "Microsoft.KeyVault/vaults/secrets/setSecret/action",
                  &set_secret,
                  AuditClass::kWrite}),
      with_slash({"GetSecretVersions",
                  Method::kGet,
                  {"/secrets/{name}/versions"},
                  kReadMetadata,
                  of_secrets<list_item_versions>}),
      with_slash({"GetSecret",
                  Method::kGet,
                  {"/secrets/{name}", "/secrets/{name}/{version}"},
                  "Microsoft.KeyVault/vaults/secrets/getSecret/action",
                  &get_secret}),
      with_slash({"UpdateSecret",
                  Method::kPatch,
                  {"/secrets/{name}", "/secrets/{name}/{version}"},
                  "Microsoft.KeyVault/vaults/secrets/update/action",
                  &update_secret,
                  AuditClass::kWrite}),
      with_slash({"GetSecrets", Method::kGet, {"/secrets"}, kReadMetadata, of_secrets<list_items>}),
      with_slash({"DeleteSecret",
                  Method::kDelete,
                  {"/secrets/{name}"},
                  "Microsoft.KeyVault/vaults/secrets/delete",
                  of_secrets<delete_item>,
                  AuditClass::kWrite}),
      VaultRow{"BackupSecret",
               Method::kPost,
               {"/secrets/{name}/backup"},
               "Microsoft.KeyVault/vaults/secrets/backup/action",
               of_secrets<backup_item>},
      VaultRow{"RestoreSecret",
               Method::kPost,
               {"/secrets/restore"},
               "Microsoft.KeyVault/vaults/secrets/restore/action",
               of_secrets<restore_item>,
               AuditClass::kWrite},
      with_slash(
          {"GetDeletedSecrets", Method::kGet, {"/deletedsecrets"}, kReadMetadata, of_secrets<list_deleted_items>}),
      with_slash(
          {"GetDeletedSecret", Method::kGet, {"/deletedsecrets/{name}"}, kReadMetadata, of_secrets<get_deleted_item>}),
      VaultRow{"RecoverDeletedSecret",
               Method::kPost,
               {"/deletedsecrets/{name}/recover"},
               "Microsoft.KeyVault/vaults/secrets/recover/action",
               of_secrets<recover_item>,
               AuditClass::kWrite},
      with_slash({"PurgeDeletedSecret",
                  Method::kDelete,
                  {"/deletedsecrets/{name}"},
                  "Microsoft.KeyVault/vaults/secrets/purge/action",
                  of_secrets<purge_item>,
                  AuditClass::kControl})};
  return rows;
}

}  // namespace freehold::vault
