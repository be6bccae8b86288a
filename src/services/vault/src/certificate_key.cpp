#include "src/certificate_key.h"

#include "base/encoding.h"

namespace freehold::vault {
namespace {

bool is_of(const CertificateKey& key, const KeySpec& spec) {
  if (key.open.type != spec.type || !key.here != spec.hsm) return false;
  return spec.type == crypto::KeyType::kRsa ? key.open.bits == spec.bits : key.open.curve == spec.curve;
}

// Is the private half in the certificate's secret? That says it, whatever became of the policy since.
Task<ApiResult<bool>> was_let_out(VaultParts& parts, VaultPtr vault, std::string name, std::string version) {
  FH_CO_TRY(const auto secret, said(co_await parts.items.find(vault, ItemKind::kSecret, name, version)));
  if (!secret) co_return false;
  co_return said(co_await parts.making.run(fair_key(vault->tenant), [secret]() -> Result<bool> {
    const auto text = secret->material.view();
    if (secret->shown.content_type == kPemType) return crypto::read_pem(text).has_value();
    auto pfx = from_base64(text).value_or(Bytes());
    const Secret held{BytesView(pfx)};
    wipe(pfx);
    return crypto::read_pfx(held.view(), Secret()).has_value();
  }));
}

}  // namespace

CertificateKey key_in_memory(VaultParts& parts, crypto::JoseKey key) {
  auto content = content_of(key, default_key_ops(key.numbers().type), new_version(parts.random), {});
  auto open = key.numbers();
  return {std::move(content), std::move(open), std::move(key)};
}

ApiResult<CertificateKey> key_as_kept(const ItemContent& content) {
  const Json shown = Json::parse(content.shown.open, nullptr, false);
  if (is_in_token(content)) {
    FH_TRY(auto open, said(public_numbers_of(shown)));
    return CertificateKey{content.clone(), std::move(open), std::nullopt};
  }
  FH_TRY(auto key, said(crypto::JoseKey::from_secret(type_of(shown), content.material)));
  auto open = key.numbers();
  return CertificateKey{content.clone(), std::move(open), std::move(key)};
}

Task<ApiResult<CertificateKey>> make_certificate_key(VaultParts& parts, VaultPtr vault, std::string name, Json policy) {
  FH_CO_TRY(auto spec, key_spec_of(policy));
  FH_CO_CHECK_OK(check_hsm({spec.type, spec.hsm}, *vault));
  FH_CO_TRY(const auto content, said(co_await make_version(parts, vault, std::move(name), std::move(spec))));
  co_return key_as_kept(content);
}

Task<ApiResult<CertificateKey>> take_into_token(VaultParts& parts, VaultPtr vault, std::string name,
                                                crypto::JoseKey key) {
  FH_CO_CHECK_OK(check_hsm({key.numbers().type, true}, *vault));
  FH_CO_CHECK_OK(parts.throttle.take(vault->id, Transaction::kHsmKeyCreation));
  const KeyName as{.vault = vault, .name = std::move(name), .version = new_version(parts.random)};
  FH_CO_TRY(auto* const tokens, said(tokens_of(parts)));
  const auto type = key.numbers().type;
  FH_CO_TRY(const auto taken, said(co_await tokens->take_in(std::move(key), token_place(as))));
  co_return key_as_kept(content_of(taken, default_key_ops(type), as));
}

Task<ApiResult<std::shared_ptr<CertificateKey>>> same_key_again(VaultParts& parts, VaultPtr vault, std::string name,
                                                                Json policy) {
  FH_CO_TRY(const auto before, said(co_await parts.items.find(vault, ItemKind::kKey, name, "")));
  if (!before || !before->shown.managed) co_return std::shared_ptr<CertificateKey>();
  FH_CO_TRY(auto key, key_as_kept(*before));
  FH_CO_TRY(const auto spec, key_spec_of(policy));
  if (!is_of(key, spec)) co_return std::shared_ptr<CertificateKey>();
  if (key.here) {
    if (is_exportable(policy)) {
      FH_CO_TRY(const bool out, co_await was_let_out(parts, vault, name, before->shown.version));
      if (!out) co_return std::shared_ptr<CertificateKey>();
    }
    co_return std::make_shared<CertificateKey>(key_in_memory(parts, std::move(*key.here)));
  }
  const KeyName from{.vault = vault, .name = name, .version = before->shown.version};
  const KeyName to{.vault = vault, .name = name, .version = new_version(parts.random)};
  FH_CO_TRY(auto use, said(token_use(from, *before, forgets_of(parts))));
  FH_CO_TRY(auto* const tokens, said(tokens_of(parts)));
  FH_CO_TRY(const auto moved, said(co_await tokens->move(std::move(use.key), token_place(from), token_place(to))));
  FH_CO_TRY(auto again, key_as_kept(content_of(moved, default_key_ops(key.open.type), to)));
  co_return std::make_shared<CertificateKey>(std::move(again));
}

Task<ApiResult<Bytes>> sign_document(VaultParts& parts, VaultPtr vault, std::string name, const CertificateKey& key,
                                     crypto::UnsignedDocument document) {
  if (key.here) {
    co_return said(co_await parts.crypto.run(fair_key(vault->tenant), [mine = *key.here, document]() -> Result<Bytes> {
      FH_TRY(const Bytes signature, mine.sign(document.algorithm, document.digest));
      return crypto::signed_document(document, signature);
    }));
  }
  const KeyName named{.vault = vault, .name = std::move(name), .version = key.content.shown.version};
  FH_CO_TRY(auto use, said(token_use(named, key.content, forgets_of(parts))));
  FH_CO_TRY(auto* const tokens, said(tokens_of(parts)));
  FH_CO_TRY(const Bytes signature,
            said(co_await tokens->sign(std::move(use), document.algorithm, Bytes(document.digest))));
  co_return crypto::signed_document(document, signature);
}

Task<ApiResult<crypto::CertificateBundle>> read_bundle(VaultParts& parts, VaultCall& call, bool pem) {
  FH_CO_TRY(auto text, said(text_member(call.body, "value", 2 * crypto::kMaxCertificateBundle)));
  if (!text) co_return vault_errors::bad_parameter("'value' is required: the certificate with its key.");
  FH_CO_TRY(auto password, said(text_member(call.body, "pwd", 1'024)));
  if (!password) password.emplace();
  const auto secret = std::make_shared<Secret>(BytesView(*password));
  wipe(*password);
  auto bytes = pem ? std::optional<Bytes>(*text) : from_base64(*text);
  wipe(*text);
  if (!bytes) co_return vault_errors::bad_parameter("'value' is neither PEM nor base64.");
  const auto bundle = std::make_shared<Secret>(BytesView(*bytes));
  wipe(*bytes);
  co_return said(co_await parts.making.run(fair_key(call.vault->tenant), [bundle, secret, pem] {
    return pem ? crypto::read_pem(bundle->view()) : crypto::read_pfx(bundle->view(), *secret);
  }));
}

Task<ApiResult<CertificateKey>> key_of_import(VaultParts& parts, VaultCall& call, std::string name, crypto::JoseKey key,
                                              Json policy) {
  FH_CO_TRY(const auto spec, key_spec_of(policy));
  if (spec.hsm) co_return co_await take_into_token(parts, call.vault, std::move(name), std::move(key));
  co_return key_in_memory(parts, std::move(key));
}

}  // namespace freehold::vault
