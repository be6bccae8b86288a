#include "src/certificate_issue.h"

#include "base/encoding.h"
#include "base/log.h"
#include "src/certificate_issuers.h"

namespace freehold::vault {
namespace {

ItemVersion shown_certificate(const crypto::CertificateFacts& facts, const NewCertificate& made, std::string version,
                              std::int64_t now) {
  ItemVersion shown{.version = std::move(version), .attributes = made.attributes, .tags = made.tags};
  shown.attributes.created = shown.attributes.updated = now;
  shown.attributes.not_before = unix_seconds(facts.not_before);
  shown.attributes.expires = unix_seconds(facts.not_after);
  shown.content_type = content_type_of(made.policy);
  shown.open =
      Json{{"x5t", to_base64url(facts.sha1)}, {"cer", to_base64(facts.der)}, {"subject", facts.subject}}.dump();
  return shown;
}

std::shared_ptr<ItemContent> key_version(ItemContent content, const ItemVersion& shown) {
  auto out = std::make_shared<ItemContent>(std::move(content));
  out->shown.attributes = shown.attributes;
  out->shown.tags = shown.tags;
  out->shown.managed = true;
  return out;
}

// What of the certificate is to be had as a secret: with its key, if the policy lets that go.
struct SecretText {
  std::optional<crypto::JoseKey> key;
  Bytes own;
  std::vector<Bytes> chain;
};

// Azure has a PFX in base64, and PEM as it is.
Secret secret_text(const SecretText& of, std::string_view type) {
  if (type == kPemType) {
    return of.key ? crypto::write_pem({*of.key, of.own, of.chain}) : crypto::write_pem(of.own, of.chain);
  }
  const Secret pfx = of.key ? crypto::write_pfx({*of.key, of.own, of.chain}) : crypto::write_pfx(of.own, of.chain);
  Bytes text = to_base64(pfx.view());
  Secret out{BytesView(text)};
  wipe(text);
  return out;
}

std::shared_ptr<ItemContent> secret_version(Secret text, const ItemVersion& shown) {
  auto out = std::make_shared<ItemContent>();
  out->shown = shown;
  out->shown.open.clear();
  out->shown.managed = true;
  out->material = std::move(text);
  return out;
}

ApiResult<> check_free(const ItemStore::States& states, const std::string& name) {
  for (const auto& [kind, state] : states) {
    if (kind == kWaiting) continue;
    if (state.deleted && state.deleted->purging) return vault_errors::being_purged(kind, name);
    if (state.deleted) return vault_errors::deleted_but_recoverable(kind, name);
    if (kind != ItemKind::kCertificate && state.live && !state.live->current.managed) {
      return vault_errors::exists(kind, name);
    }
  }
  return {};
}

// What waits, taken away: it is removed for good behind the commit.
ApiResult<ItemChange> end_request(const ItemState& state, const std::string& request, const std::string& name) {
  const bool waits = state.live && state.live->current.version == request &&
                     !Json::parse(state.live->current.open, nullptr, false).value("cancelled", false);
  if (!waits) return vault_errors::not_found(ItemKind::kCertificate, name + "/pending");
  ItemChange change{.deleted = *state.live, .remove_live = true};
  change.deleted->purging = true;
  return change;
}

// The parts of one version, shared by the tries to commit them.
struct Parts {
  std::shared_ptr<ItemContent> certificate = std::make_shared<ItemContent>();
  std::shared_ptr<ItemContent> key;
  std::shared_ptr<ItemContent> secret;
};

}  // namespace

Task<ApiResult<ItemHead>> put_certificate(VaultParts& parts, VaultPtr vault, std::string name, CertificateKey key,
                                          Bytes own, std::vector<Bytes> chain, NewCertificate made, std::int64_t now,
                                          AuditRow audit) {
  FH_CO_TRY(const auto facts, said(crypto::certificate_facts(own)));
  ObjectPolicies::Hold hold;
  if (made.check) {
    FH_CO_TRY(hold, made.check(facts));
  }
  Parts put;
  put.certificate->shown = shown_certificate(facts, made, key.content.shown.version, now);
  const auto& shown = put.certificate->shown;
  put.key = key_version(std::move(key.content), shown);
  const SecretText text{is_exportable(made.policy) ? key.here : std::nullopt, std::move(own), std::move(chain)};
  put.secret = secret_version(secret_text(text, shown.content_type), shown);
  const Json kept = {{"policy", made.policy},
                     {"operation", {{"status", "completed"}, {"request_id", to_hex(parts.random.bytes(16))}}}};
  const auto head = std::make_shared<ItemHead>();
  const bool keep_tags = made.keep_tags;
  const auto request = made.request;
  const auto edit = [put, name, head, keep_tags, request,
                     policy = kept.dump()](const ItemStore::States& states) -> ApiResult<ItemStore::Changes> {
    FH_CHECK_OK(check_free(states, name));
    ItemStore::Changes out;
    if (!request.empty()) {
      FH_TRY(auto ended, end_request(states.at(kWaiting), request, name));
      out.emplace(kWaiting, std::move(ended));
    }
    for (const auto& [kind, version] : {std::pair(ItemKind::kCertificate, put.certificate),
                                        std::pair(ItemKind::kKey, put.key), std::pair(ItemKind::kSecret, put.secret)}) {
      const auto& before = states.at(kind).live;
      if (keep_tags && before) version->shown.tags = before->current.tags;
      ItemChange change{.live = before ? *before : ItemHead{.name = name}};
      change.live->current = version->shown;
      if (kind == ItemKind::kCertificate) change.live->policy = policy;
      if (kind == ItemKind::kCertificate) *head = *change.live;
      change.versions.push_back(version);
      out.emplace(kind, std::move(change));
    }
    return out;
  };
  auto kinds = kCertificateKinds;
  if (!request.empty()) kinds.push_back(kWaiting);
  FH_CO_TRY(const auto done, said(co_await parts.items.change_together(vault, kinds, name, {}, edit, audit)));
  FH_CO_CHECK_OK(done);
  if (!request.empty()) {
    const auto purged = co_await parts.items.purge(vault, kWaiting, name);
    if (!purged) log_warning("what is left of a request stays for now", {{"error", purged.error().message}});
  }
  co_return std::move(*head);
}

Task<ApiResult<ItemHead>> issue_certificate(VaultParts& parts, VaultPtr vault, std::string name, NewCertificate made,
                                            WallTime now, AuditRow audit) {
  // Who signs is known before a key is made.
  std::optional<Authority> authority;
  if (const auto issuer = issuer_of(made.policy); issuer != kSelf) {
    FH_CO_TRY(auto found, co_await find_authority(parts, vault, issuer, unix_seconds(now)));
    authority.emplace(std::move(found));
  }
  std::shared_ptr<CertificateKey> key;
  if (reuses_key(made.policy)) {
    FH_CO_TRY(key, co_await same_key_again(parts, vault, name, made.policy));
  }
  if (!key) {
    FH_CO_TRY(auto fresh, co_await make_certificate_key(parts, vault, name, made.policy));
    key = std::make_shared<CertificateKey>(std::move(fresh));
  }
  const Bytes above = authority ? authority->certificate : Bytes();
  FH_CO_TRY(auto document,
            said(crypto::unsigned_certificate(key->open, terms_of(made.policy), above,
                                              authority ? authority->key.open : key->open, now, parts.random)));
  const std::string signer = authority ? authority->name : name;
  FH_CO_TRY(Bytes own,
            co_await sign_document(parts, vault, signer, authority ? authority->key : *key, std::move(document)));
  std::vector<Bytes> chain;
  if (authority) chain.push_back(above);
  co_return co_await put_certificate(parts, std::move(vault), std::move(name), std::move(*key), std::move(own),
                                     std::move(chain), std::move(made), unix_seconds(now), std::move(audit));
}

}  // namespace freehold::vault
