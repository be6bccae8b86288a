#include "src/key_transfer.h"

#include "base/encoding.h"

namespace freehold::vault {
namespace {

using vault_errors::bad_parameter;

constexpr std::size_t kMaxBlobBytes = 32 * 1'024;
constexpr std::size_t kMaxKidBytes = 512;
constexpr KeyUse kImport{"import", "import", true};

struct Transfer {
  std::string exchange;  // a key's name and version
  std::string version;
  Bytes text;
};

// "https://VAULT.../keys/NAME/VERSION" of this vault.
ApiResult<> read_kid(const VaultCall& call, std::string_view kid, Transfer& out) {
  const auto wrong = [] {
    return bad_parameter("'header.kid' of the key transfer blob must be the id of a key exchange key in this vault.");
  };
  const std::string host = "https://" + to_lower(call.vault->name) + ".";
  const std::string lower = to_lower(kid);
  const auto path = lower.find("/keys/");
  if (!lower.starts_with(host) || path == lower.npos) return wrong();
  const std::string rest = lower.substr(path + std::string_view("/keys/").size());
  const auto slash = rest.find('/');
  out.exchange = rest.substr(0, slash);
  if (slash != rest.npos) out.version = rest.substr(slash + 1);
  if (!is_item_name(out.exchange) || (!out.version.empty() && !is_item_version(out.version))) return wrong();
  return {};
}

ApiResult<Transfer> read_transfer(const VaultCall& call, const Json& jwk) {
  FH_TRY(const Bytes blob, said(bytes_member(jwk, "key_hsm", kMaxBlobBytes)));
  const Json json = Json::parse(blob, nullptr, false);
  if (!json.is_object()) return bad_parameter("'key_hsm' is no key transfer blob: it must be JSON in base64url.");
  FH_TRY(const auto schema, said(text_member(json, "schema_version", 16)));
  FH_TRY(const auto* header, said(object_member(json, "header")));
  if (schema.value_or("") != "1.0.0" || header == nullptr) {
    return bad_parameter("A key transfer blob has 'schema_version' 1.0.0 and a 'header'.");
  }
  FH_TRY(const auto kid, said(text_member(*header, "kid", kMaxKidBytes)));
  FH_TRY(const auto alg, said(text_member(*header, "alg", 16)));
  FH_TRY(const auto enc, said(text_member(*header, "enc", 64)));
  if (alg.value_or("") != "dir" || enc.value_or("") != "CKM_RSA_AES_KEY_WRAP") {
    return bad_parameter("A key transfer blob's header has 'alg' dir and 'enc' CKM_RSA_AES_KEY_WRAP.");
  }
  Transfer out;
  FH_CHECK_OK(read_kid(call, kid.value_or(""), out));
  FH_TRY(out.text, said(bytes_member(json, "ciphertext", crypto::kMaxTransferredKey)));
  if (out.text.empty()) return bad_parameter("'ciphertext' of the key transfer blob is required.");
  return out;
}

}  // namespace

Task<ApiResult<ItemContent>> take_transferred(VaultParts& parts, VaultCall& call, std::string name, Json jwk,
                                              crypto::Leaving leaving) {
  FH_CO_TRY(const auto kty, said(text_member(jwk, "kty", 16)));
  const auto kind = key_kind(kty.value_or(""));
  if (!kind || !kind->hsm) co_return bad_parameter("'kty' of a wrapped key must be RSA-HSM or EC-HSM.");
  FH_CO_CHECK_OK(check_hsm(*kind, *call.vault));
  FH_CO_TRY(auto ops, said(read_key_ops(jwk)));
  const auto key_ops = ops ? std::move(*ops) : default_key_ops(kind->type);
  FH_CO_CHECK_OK(check_ops(*kind, key_ops, leaving));
  FH_CO_TRY(auto transfer, read_transfer(call, jwk));
  FH_CO_TRY(auto* const tokens, said(tokens_of(parts)));
  const auto forgets = forgets_of(parts);
  FH_CO_TRY(const auto found,
            said(co_await parts.items.find(call.vault, ItemKind::kKey, transfer.exchange, transfer.version)));
  if (!found) co_return vault_errors::not_found(ItemKind::kKey, transfer.exchange);
  FH_CO_CHECK_OK(check_use(found->shown, kImport, call.seconds()));
  if (!is_in_token(*found)) co_return vault_errors::key_not_for("import");
  const KeyName by{.vault = call.vault, .name = transfer.exchange, .version = found->shown.version};
  FH_CO_TRY(auto use, said(token_use(by, *found, forgets)));
  const KeyName key{
      .vault = call.vault, .name = std::move(name), .version = new_version(parts.random), .leaving = leaving};
  FH_CO_TRY(const auto taken, said(co_await tokens->take_in_wrapped(std::move(use), std::move(transfer.text),
                                                                    kind->type, token_place(key))));
  co_return content_of(taken, key_ops, key);
}

}  // namespace freehold::vault
