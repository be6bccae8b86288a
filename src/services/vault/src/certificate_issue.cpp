#include "src/certificate_issue.h"

#include "base/encoding.h"

namespace freehold::vault {
namespace {

std::string issued_content_type(const Json& policy) { return content_type_of(policy); }

ItemVersion shown_certificate(const crypto::CertificateFacts& facts, const NewCertificate& made, std::string version,
                              std::int64_t now) {
  ItemVersion shown{.version = std::move(version), .attributes = made.attributes, .tags = made.tags};
  shown.attributes.created = shown.attributes.updated = now;
  shown.attributes.not_before = unix_seconds(facts.not_before);
  shown.attributes.expires = unix_seconds(facts.not_after);
  shown.content_type = issued_content_type(made.policy);
  shown.open =
      Json{{"x5t", to_base64url(facts.sha1)}, {"cer", to_base64(facts.der)}, {"subject", facts.subject}}.dump();
  return shown;
}

std::shared_ptr<ItemContent> key_version(const crypto::JoseKey& key, const ItemVersion& shown) {
  auto out = std::make_shared<ItemContent>(
      content_of(key, default_key_ops(key.numbers().type), shown.version, shown.attributes));
  out->shown.tags = shown.tags;
  out->shown.managed = true;
  return out;
}

// Azure has a PFX in base64, and PEM as it is.
std::shared_ptr<ItemContent> secret_version(const crypto::CertificateBundle& bundle, const ItemVersion& shown) {
  auto out = std::make_shared<ItemContent>();
  out->shown = shown;
  out->shown.open.clear();
  out->shown.managed = true;
  if (shown.content_type == kPemType) {
    out->material = crypto::write_pem(bundle);
  } else {
    Bytes text = to_base64(crypto::write_pfx(bundle).view());
    out->material = Secret(BytesView(text));
    wipe(text);
  }
  return out;
}

ApiResult<> check_free(const ItemStore::States& states, const std::string& name) {
  for (const auto& [kind, state] : states) {
    if (state.deleted && state.deleted->purging) return vault_errors::being_purged(kind, name);
    if (state.deleted) return vault_errors::deleted_but_recoverable(kind, name);
    if (kind != ItemKind::kCertificate && state.live && !state.live->current.managed) {
      return vault_errors::exists(kind, name);
    }
  }
  return {};
}

// The parts of one version, shared by the tries to commit them.
struct Parts {
  std::shared_ptr<ItemContent> certificate = std::make_shared<ItemContent>();
  std::shared_ptr<ItemContent> key;
  std::shared_ptr<ItemContent> secret;
};

}  // namespace

Task<ApiResult<ItemHead>> put_certificate(VaultParts& parts, VaultPtr vault, std::string name,
                                          crypto::CertificateBundle bundle, NewCertificate made, std::int64_t now,
                                          AuditRow audit) {
  FH_CO_TRY(const auto facts, said(crypto::certificate_facts(bundle.certificate)));
  Parts put;
  put.certificate->shown = shown_certificate(facts, made, new_version(parts.random), now);
  put.key = key_version(bundle.key, put.certificate->shown);
  put.secret = secret_version(bundle, put.certificate->shown);
  const Json kept = {{"policy", made.policy},
                     {"operation", {{"status", "completed"}, {"request_id", to_hex(parts.random.bytes(16))}}}};
  const auto head = std::make_shared<ItemHead>();
  const bool keep_tags = made.keep_tags;
  const auto edit = [put, name, head, keep_tags,
                     policy = kept.dump()](const ItemStore::States& states) -> ApiResult<ItemStore::Changes> {
    FH_CHECK_OK(check_free(states, name));
    ItemStore::Changes out;
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
  FH_CO_TRY(const auto done,
            said(co_await parts.items.change_together(vault, kCertificateKinds, name, {}, edit, audit)));
  FH_CO_CHECK_OK(done);
  co_return std::move(*head);
}

Task<ApiResult<ItemHead>> issue_certificate(VaultParts& parts, VaultPtr vault, std::string name, NewCertificate made,
                                            WallTime now, AuditRow audit) {
  FH_CO_TRY(auto spec, key_spec_of(made.policy));
  FH_CO_TRY(auto key, said(co_await make_key(parts, vault->tenant, std::move(spec))));
  Random* random = &parts.random;
  const auto terms = terms_of(made.policy);
  FH_CO_TRY(auto der, said(co_await parts.crypto.run(fair_key(vault->tenant), [key, terms, now, random] {
              return crypto::self_signed(key, terms, now, *random);
            })));
  crypto::CertificateBundle bundle{std::move(key), std::move(der), {}};
  co_return co_await put_certificate(parts, std::move(vault), std::move(name), std::move(bundle), std::move(made),
                                     unix_seconds(now), std::move(audit));
}

}  // namespace freehold::vault
