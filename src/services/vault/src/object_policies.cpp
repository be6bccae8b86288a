#include "src/object_policies.h"

#include "base/encoding.h"

namespace freehold::vault {
namespace {

using gate::resource::DataType;
using gate::resource::PropertyAlias;

#define FH_KEY "Microsoft.KeyVault.Data/vaults/keys"
#define FH_SECRET "Microsoft.KeyVault.Data/vaults/secrets"
#define FH_CERTIFICATE "Microsoft.KeyVault.Data/vaults/certificates"
#define FH_ATTRIBUTES(type)                                              \
  {type "/attributes.createdOn", "properties.attributes.createdOn"},     \
      {type "/attributes.enabled", "properties.attributes.enabled"},     \
      {type "/attributes.expiresOn", "properties.attributes.expiresOn"}, \
      {type "/attributes.notBefore", "properties.attributes.notBefore"}, \
      {type "/attributes.updatedOn", "properties.attributes.updatedOn"}

constexpr PropertyAlias kKeys[] = {FH_ATTRIBUTES(FH_KEY),
                                   {FH_KEY "/ellipticCurveName", "properties.ellipticCurveName"},
                                   {FH_KEY "/keySize", "properties.keySize"},
                                   {FH_KEY "/keyType", "properties.keyType"},
                                   {FH_KEY "/scheduledRotationDate", "properties.scheduledRotationDate"}};
constexpr PropertyAlias kSecrets[] = {FH_ATTRIBUTES(FH_SECRET), {FH_SECRET "/contentType", "properties.contentType"}};
constexpr PropertyAlias kCertificates[] = {
    FH_ATTRIBUTES(FH_CERTIFICATE),
    {FH_CERTIFICATE "/issuer.commonName", "properties.issuer.commonName"},
    {FH_CERTIFICATE "/issuer.name", "properties.issuer.name"},
    {FH_CERTIFICATE "/keyProperties.ellipticCurveName", "properties.keyProperties.ellipticCurveName"},
    {FH_CERTIFICATE "/keyProperties.keySize", "properties.keyProperties.keySize"},
    {FH_CERTIFICATE "/keyProperties.keyType", "properties.keyProperties.keyType"},
    {FH_CERTIFICATE "/lifetimeAction.daysBeforeExpiry", "properties.lifetimeAction.daysBeforeExpiry"},
    {FH_CERTIFICATE "/lifetimeAction.lifetimePercentage", "properties.lifetimeAction.lifetimePercentage"},
    {FH_CERTIFICATE "/properties.validityInMonths", "properties.validityInMonths"}};

constexpr DataType kTypes[] = {{FH_KEY, kKeys}, {FH_SECRET, kSecrets}, {FH_CERTIFICATE, kCertificates}};

#undef FH_ATTRIBUTES
#undef FH_CERTIFICATE
#undef FH_SECRET
#undef FH_KEY

std::string time_text(std::int64_t seconds) { return rfc3339(WallTime(std::chrono::seconds(seconds))); }

Json seen(const ItemVersion& version, Json properties) {
  const auto& given = version.attributes;
  Json attributes = {
      {"enabled", given.enabled}, {"createdOn", time_text(given.created)}, {"updatedOn", time_text(given.updated)}};
  if (given.not_before) attributes["notBefore"] = time_text(*given.not_before);
  if (given.expires) attributes["expiresOn"] = time_text(*given.expires);
  properties["attributes"] = std::move(attributes);
  return {{"properties", std::move(properties)}, {"tags", version.tags}};
}

// "CN=example.test, O=Org": the name. Once it is signed, the certificate itself is asked.
std::string common_name(std::string_view subject) {
  constexpr std::string_view kName = "CN=";
  auto at = subject.find(kName);
  while (at != subject.npos && at > 0 && !std::string_view(" ,;").contains(subject[at - 1])) {
    at = subject.find(kName, at + 1);
  }
  if (at == subject.npos) return {};
  const auto rest = subject.substr(at + kName.size());
  return std::string(rest.substr(0, rest.find(',')));
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out.append(out.empty() ? "'" : "; '").append(name).append("'");
  return out;
}

}  // namespace

std::span<const DataType> object_types() { return kTypes; }

const DataType& object_type(ItemKind kind) {
  if (kind == ItemKind::kKey) return kTypes[0];
  return kind == ItemKind::kSecret ? kTypes[1] : kTypes[2];
}

Json seen_key(const ItemVersion& version, std::optional<std::int64_t> rotation_due) {
  const Json open = Json::parse(version.open, nullptr, false);
  Json properties = {{"keyType", open.value("kty", "")}};
  if (const auto n = from_base64url(open.value("n", "")); n && !n->empty()) properties["keySize"] = n->size() * 8;
  if (const auto& curve = member(open, "crv"); curve.is_string()) properties["ellipticCurveName"] = curve;
  if (rotation_due) properties["scheduledRotationDate"] = time_text(*rotation_due);
  return seen(version, std::move(properties));
}

Json seen_key(const KeySpec& spec, const ItemVersion& frame) {
  Json properties = {{"keyType", std::string(name_of(spec.type)) + (spec.hsm ? "-HSM" : "")}};
  if (spec.type == crypto::KeyType::kRsa) properties["keySize"] = spec.bits;
  if (spec.type == crypto::KeyType::kEc) properties["ellipticCurveName"] = crypto::name_of(spec.curve);
  return seen(frame, std::move(properties));
}

Json seen_secret(const ItemVersion& version) {
  Json properties = Json::object();
  if (!version.content_type.empty()) properties["contentType"] = version.content_type;
  return seen(version, std::move(properties));
}

Json seen_certificate(const Json& policy, const ItemVersion& version, std::string_view issuer) {
  const auto& key = member(policy, "key_props");
  const auto& x509 = member(policy, "x509_props");
  const auto& issuer_name = member(member(policy, "issuer"), "name");
  Json properties = {{"keyProperties", {{"keyType", member(key, "kty")}}}, {"issuer", {{"name", issuer_name}}}};
  if (const auto& bits = member(key, "key_size"); !bits.is_null()) properties["keyProperties"]["keySize"] = bits;
  if (const auto& crv = member(key, "crv"); !crv.is_null()) properties["keyProperties"]["ellipticCurveName"] = crv;
  if (const auto& months = member(x509, "validity_months"); !months.is_null()) properties["validityInMonths"] = months;
  // Whoever signs itself is its own issuer.
  const auto& subject = member(x509, "subject");
  const bool self = issuer_name == "Self" && subject.is_string();
  const std::string signer = self && issuer.empty() ? common_name(subject.get<std::string>()) : std::string(issuer);
  if (!signer.empty()) properties["issuer"]["commonName"] = signer;
  const auto& actions = member(policy, "lifetime_actions");
  if (actions.is_array() && !actions.empty()) {
    const auto& trigger = member(actions.front(), "trigger");
    Json action = Json::object();
    if (const auto& days = member(trigger, "days_before_expiry"); !days.is_null()) action["daysBeforeExpiry"] = days;
    if (const auto& part = member(trigger, "lifetime_percentage"); !part.is_null()) action["lifetimePercentage"] = part;
    properties["lifetimeAction"] = std::move(action);
  }
  return seen(version, std::move(properties));
}

Json seen_item(ItemKind kind, const ItemVersion& version) {
  return kind == ItemKind::kKey ? seen_key(version) : seen_secret(version);
}

ApiResult<ObjectPolicies::Hold> ObjectPolicies::check(const Vault& vault, ItemKind kind, std::string_view name,
                                                      Json object, WallTime now) const {
  if (policy_ == nullptr || vault.pool) return Hold();
  const auto& type = object_type(kind);
  const auto id = gate::resource::parse_resource_id(vault_path(vault));
  if (!id) return vault_errors::of({.code = ErrorCode::kInternal, .message = "a vault without an id", .detail = {}});
  const std::string collection(type.type.substr(type.type.rfind('/') + 1));
  auto hold = policy_->check({.container = *id,
                              .mode = kObjectMode,
                              .type = type.type,
                              .name = collection + "/" + std::string(name),
                              .resource = std::move(object),
                              .caller = {.tenant = vault.tenant, .object = {}, .now = now}});
  if (hold) return std::move(*hold);
  return vault_errors::forbidden_by_policies(kind, name, joined(hold.error().policies));
}

ApiResult<ObjectPolicies::Hold> check_policies(const VaultParts& parts, const VaultCall& call, ItemKind kind,
                                               std::string_view name, Json object) {
  if (parts.policies == nullptr) return ObjectPolicies::Hold();
  return parts.policies->check(*call.vault, kind, name, std::move(object), call.now);
}

}  // namespace freehold::vault
