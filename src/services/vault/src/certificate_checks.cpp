#include "src/certificate_checks.h"

#include "base/encoding.h"
#include "src/rotation_rules.h"

namespace freehold::vault {
namespace {

constexpr int kMostMonths = 12'000;
constexpr std::int64_t kSlack = 4 * 86'400;  // months differ by three days, and certificates begin minutes ago

// For how many months it is valid, whatever was asked for.
int months_of(const crypto::CertificateFacts& facts) {
  const auto from = unix_seconds(facts.not_before);
  const auto until = unix_seconds(facts.not_after);
  int months = 0;
  while (months < kMostMonths && after(from, {.months = months + 1}) <= until) ++months;
  return after(from, {.months = months}) + kSlack < until ? months + 1 : months;
}

ItemVersion frame_of(const VaultCall& call, const NewCertificate& made) {
  ItemVersion out{.attributes = made.attributes, .tags = made.tags};
  out.attributes.created = out.attributes.updated = call.seconds();
  return out;
}

// What a policy may not know of it any more: it may have been altered since.
void say_key(Json& policy, const ItemVersion& key) {
  const Json seen = member(seen_key(key), "properties");
  auto& props = policy["key_props"];
  props["kty"] = member(seen, "keyType");
  for (const auto& [ours, theirs] : {std::pair("key_size", "keySize"), std::pair("crv", "ellipticCurveName")}) {
    props.erase(ours);
    if (const auto& value = member(seen, theirs); !value.is_null()) props[ours] = value;
  }
}

}  // namespace

std::string issuer_name_of(const ItemVersion& certificate) {
  const Json open = Json::parse(certificate.open, nullptr, false);
  const auto der = from_base64(open.value("cer", ""));
  const auto facts = crypto::certificate_facts(der.value_or(Bytes()));
  return facts ? facts->issuer_name : std::string();
}

ApiResult<ObjectPolicies::Hold> check_to_be(const VaultParts& parts, const VaultCall& call, const std::string& name,
                                            const NewCertificate& made, std::string_view signer) {
  ItemVersion version = frame_of(call, made);
  const auto months = terms_of(made.policy).validity_months;
  version.attributes.expires = after(call.seconds(), {.months = months});
  return check_policies(parts, call, ItemKind::kCertificate, name, seen_certificate(made.policy, version, signer));
}

CertificateCheck check_of(const VaultParts& parts, const VaultCall& call, std::string name,
                          const NewCertificate& made) {
  return [&parts, &call, name = std::move(name), policy = made.policy,
          version = frame_of(call, made)](const crypto::CertificateFacts& facts) mutable {
    policy["x509_props"]["validity_months"] = months_of(facts);
    version.attributes.not_before = unix_seconds(facts.not_before);
    version.attributes.expires = unix_seconds(facts.not_after);
    return check_policies(parts, call, ItemKind::kCertificate, name,
                          seen_certificate(policy, version, facts.issuer_name));
  };
}

ApiResult<ObjectPolicies::Hold> check_version(const VaultParts& parts, const VaultCall& call, const std::string& name,
                                              Json policy, const ItemVersion& certificate, const ItemVersion* key) {
  if (key != nullptr && policy.is_object()) say_key(policy, *key);
  return check_policies(parts, call, ItemKind::kCertificate, name,
                        seen_certificate(policy, certificate, issuer_name_of(certificate)));
}

}  // namespace freehold::vault
