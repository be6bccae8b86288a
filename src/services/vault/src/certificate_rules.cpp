#include "src/certificate_rules.h"

#include <algorithm>

#include "base/encoding.h"

namespace freehold::vault {
namespace {

using vault_errors::bad_parameter;
using vault_errors::not_implemented;

constexpr std::size_t kMaxSubjectBytes = 1'024;
constexpr std::int64_t kMostMonths = 1'200;
constexpr std::int64_t kSecondsADay = 86'400;

ApiResult<Json> read_texts(const Json& object, std::string_view name) {
  FH_TRY(const auto* list, said(array_member(object, name, 100)));
  Json out = Json::array();
  if (list == nullptr) return out;
  for (const auto& each : *list) {
    if (!each.is_string()) return bad_parameter("'" + std::string(name) + "' must be a list of texts.");
    out.push_back(each);
  }
  return out;
}

// Those of a key in an HSM never leave it.
ApiResult<bool> read_exportable(const Json& props, bool hsm) {
  FH_TRY(const auto said_so, said(bool_member(props, "exportable")));
  if (hsm && said_so.value_or(false)) return bad_parameter("A key in an HSM can't be exported: 'exportable'.");
  return said_so.value_or(!hsm);
}

Json key_props(const KeyKind& kind, bool exportable, bool reuse) {
  return {{"exportable", exportable},
          {"reuse_key", reuse},
          {"kty", std::string(name_of(kind.type)) + (kind.hsm ? "-HSM" : "")}};
}

ApiResult<Json> read_key_props(const Json& given) {
  const auto& props = member(given, "key_props");
  FH_TRY(const auto reuse, said(bool_member(props, "reuse_key")));
  Json body = props.is_object() ? props : Json::object();
  if (member(body, "kty").is_null()) body["kty"] = "RSA";
  body.erase("key_ops");
  FH_TRY(const auto spec, read_key_spec(body));
  FH_TRY(const bool exportable, read_exportable(props, spec.hsm));
  if (spec.type == crypto::KeyType::kOct) return bad_parameter("A certificate's key is RSA or EC.");
  Json out = key_props({spec.type, spec.hsm}, exportable, reuse.value_or(false));
  if (spec.type == crypto::KeyType::kRsa) out["key_size"] = spec.bits;
  if (spec.type == crypto::KeyType::kEc) out["crv"] = crypto::name_of(spec.curve);
  return out;
}

ApiResult<Json> read_x509(const Json& given) {
  const auto& props = member(given, "x509_props");
  FH_TRY(const auto subject, said(text_member(props, "subject", kMaxSubjectBytes)));
  if (!subject || subject->empty()) return bad_parameter("'x509_props.subject' is required.");
  const auto& sans = member(props, "sans");
  if (!member(sans, "upns").empty()) return not_implemented("User principal names in a certificate");
  FH_TRY(Json dns, read_texts(sans, "dns_names"));
  FH_TRY(Json emails, read_texts(sans, "emails"));
  FH_TRY(Json ekus, read_texts(props, "ekus"));
  FH_TRY(Json uses, read_texts(props, "key_usage"));
  FH_TRY(const auto months, said(number_member(props, "validity_months")));
  if (months && (*months < 1 || *months > kMostMonths))
    return bad_parameter("'validity_months' is between 1 and 1200.");
  FH_TRY(const auto authority, said(bool_member(member(props, "basic_constraints"), "ca")));
  const bool ca = authority.value_or(false);
  if (ekus.empty() && !ca) ekus = {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"};
  if (uses.empty()) uses = ca ? Json{"keyCertSign", "cRLSign"} : Json{"digitalSignature", "keyEncipherment"};
  const bool signs = std::ranges::find(uses, Json("keyCertSign")) != uses.end();
  if (ca != signs) return bad_parameter("An authority, and nothing else, has the key usage 'keyCertSign'.");
  Json out = {{"subject", *subject},
              {"ekus", std::move(ekus)},
              {"key_usage", std::move(uses)},
              {"validity_months", months.value_or(12)},
              {"basic_constraints", {{"ca", ca}}}};
  if (!dns.empty() || !emails.empty()) out["sans"] = Json::object();
  if (!dns.empty()) out["sans"]["dns_names"] = std::move(dns);
  if (!emails.empty()) out["sans"]["emails"] = std::move(emails);
  return out;
}

// Azure: "1 to validity_in_months multiplied by 27".
constexpr std::int64_t kDaysAMonth = 27;

ApiResult<Json> read_actions(const Json& given, std::int64_t months) {
  FH_TRY(const auto* list, said(array_member(given, "lifetime_actions", 2)));
  Json out = Json::array();
  if (list == nullptr) {
    out.push_back({{"trigger", {{"lifetime_percentage", 80}}}, {"action", {{"action_type", "AutoRenew"}}}});
    return out;
  }
  for (const auto& each : *list) {
    const auto& trigger = member(each, "trigger");
    FH_TRY(const auto type, said(word_member(member(each, "action"), "action_type", {"AutoRenew", "EmailContacts"})));
    FH_TRY(const auto percentage, said(number_member(trigger, "lifetime_percentage")));
    FH_TRY(const auto days, said(number_member(trigger, "days_before_expiry")));
    if (!type || percentage.has_value() == days.has_value()) {
      return bad_parameter("A lifetime action has a type, and lifetime_percentage or days_before_expiry.");
    }
    if (percentage.value_or(1) < 1 || percentage.value_or(1) > 99 || days.value_or(1) < 1 ||
        days.value_or(1) > months * kDaysAMonth) {
      return bad_parameter("A lifetime action's trigger is out of range.");
    }
    Json when = percentage ? Json{{"lifetime_percentage", *percentage}} : Json{{"days_before_expiry", *days}};
    out.push_back({{"trigger", std::move(when)}, {"action", {{"action_type", *type}}}});
  }
  return out;
}

std::vector<std::string> texts(const Json& list) {
  return list.is_array() ? list.get<std::vector<std::string>>() : std::vector<std::string>();
}

}  // namespace

ApiResult<Json> read_certificate_policy(const Json& given) {
  if (!given.is_object()) return bad_parameter("'policy' is required.");
  FH_TRY(const auto issuer, said(text_member(member(given, "issuer"), "name", 64)));
  if (!issuer || issuer->empty()) return bad_parameter("'policy.issuer.name' is required.");
  const bool self = equals_ignoring_case(*issuer, kSelf);
  const bool unknown = equals_ignoring_case(*issuer, kUnknown);
  if (!is_item_name(*issuer)) return bad_parameter("'policy.issuer.name' is no name of an issuer.");
  FH_TRY(const auto type, said(word_member(member(given, "secret_props"), "contentType", {kPfxType, kPemType})));
  FH_TRY(Json key, read_key_props(given));
  FH_TRY(Json x509, read_x509(given));
  // Else whoever may have certificates would be an authority, without a right to the issuer's key.
  if (terms_of(Json{{"x509_props", x509}}).authority && !self && !unknown) {
    return bad_parameter("An issuer signs no authorities: 'basic_constraints'. There are 'Self' and 'Unknown'.");
  }
  FH_TRY(Json actions, read_actions(given, x509["validity_months"].get<std::int64_t>()));
  return Json{{"key_props", std::move(key)},
              {"secret_props", {{"contentType", type.value_or(std::string(kPfxType))}}},
              {"x509_props", std::move(x509)},
              {"lifetime_actions", std::move(actions)},
              {"issuer",
               {{"name", self      ? std::string(kSelf)
                         : unknown ? std::string(kUnknown)
                                   : *issuer}}}};
}

ApiResult<Json> policy_of_import(const Json& given, const crypto::PublicNumbers& key, std::string_view content_type,
                                 const crypto::CertificateFacts& facts) {
  const auto& asked = member(given, "key_props");
  FH_TRY(const auto kty, said(text_member(asked, "kty", 16)));
  FH_TRY(const auto reuse, said(bool_member(asked, "reuse_key")));
  const auto kind = kty ? key_kind(*kty) : KeyKind{key.type, false};
  if (!kind || kind->type != key.type) return bad_parameter("The key that came is of another type: 'kty'.");
  FH_TRY(const bool exportable, read_exportable(asked, kind->hsm));
  Json props = key_props(*kind, exportable, reuse.value_or(false));
  if (key.type == crypto::KeyType::kRsa) props["key_size"] = key.bits;
  if (key.type == crypto::KeyType::kEc) props["crv"] = crypto::name_of(key.curve);
  return Json{{"key_props", std::move(props)},
              {"secret_props", {{"contentType", content_type}}},
              {"x509_props", {{"subject", facts.subject}, {"basic_constraints", {{"ca", facts.authority}}}}},
              {"lifetime_actions", Json::array()},
              {"issuer", {{"name", kUnknown}}}};
}

ApiResult<KeySpec> key_spec_of(const Json& policy) { return read_key_spec(member(policy, "key_props")); }

std::string issuer_of(const Json& policy) {
  const auto& name = member(member(policy, "issuer"), "name");
  return name.is_string() ? name.get<std::string>() : std::string(kUnknown);
}

// Of before there was a choice, all are.
bool is_exportable(const Json& policy) { return member(member(policy, "key_props"), "exportable") != Json(false); }

bool reuses_key(const Json& policy) { return member(member(policy, "key_props"), "reuse_key") == Json(true); }

crypto::CertificateTerms terms_of(const Json& policy) {
  const auto& x509 = member(policy, "x509_props");
  const auto& sans = member(x509, "sans");
  return {.subject = x509.value("subject", ""),
          .dns_names = texts(member(sans, "dns_names")),
          .emails = texts(member(sans, "emails")),
          .extended_uses = texts(member(x509, "ekus")),
          .key_uses = texts(member(x509, "key_usage")),
          .validity_months = x509.value("validity_months", 12),
          .authority = member(member(x509, "basic_constraints"), "ca") == Json(true)};
}

std::string content_type_of(const Json& policy) {
  const auto& type = member(member(policy, "secret_props"), "contentType");
  return type.is_string() ? type.get<std::string>() : std::string(kPfxType);
}

Json kept_of(const ItemHead& head) {
  Json kept = Json::parse(head.policy, nullptr, false);
  return kept.is_object() ? kept : Json::object();
}

std::optional<std::int64_t> renewal_due(const ItemHead& head) {
  const auto& attributes = head.current.attributes;
  if (!attributes.expires || !attributes.not_before) return std::nullopt;
  const Json kept = kept_of(head);
  const auto& policy = member(kept, "policy");
  if (issuer_of(policy) == kUnknown) return std::nullopt;
  for (const auto& each : member(policy, "lifetime_actions")) {
    if (member(member(each, "action"), "action_type") != Json("AutoRenew")) continue;
    const auto& trigger = member(each, "trigger");
    const auto life = *attributes.expires - *attributes.not_before;
    // Whatever the policy says, nothing is renewed round by round.
    const auto soonest = attributes.created + kSecondsADay;
    if (const auto& part = member(trigger, "lifetime_percentage"); part.is_number_integer()) {
      return std::max(soonest, *attributes.not_before + life / 100 * part.get<std::int64_t>());
    }
    if (const auto& days = member(trigger, "days_before_expiry"); days.is_number_integer()) {
      return std::max(soonest, *attributes.expires - days.get<std::int64_t>() * kSecondsADay);
    }
  }
  return std::nullopt;
}

}  // namespace freehold::vault
