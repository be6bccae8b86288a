// What Graph is told of objects: bodies, read by the schema.
#include <algorithm>

#include "base/encoding.h"
#include "base/json_depth.h"
#include "crypto/client_proof.h"
#include "src/authorize_rules.h"
#include "src/graph_errors.h"
#include "src/graph_json.h"

namespace freehold::directory::graph_json {
namespace {

namespace errors = graph_errors;

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

// What it means to ask for none of it: null, false, empty, or levels that hold nothing else.
bool says_nothing(const Json& value) {
  if (value.is_null() || value == false || (value.is_string() && value.get_ref<const std::string&>().empty())) {
    return true;
  }
  return (value.is_array() || value.is_object()) && std::ranges::all_of(value, says_nothing);
}

// Properties that Azure's objects have and these don't: taken where they say nothing, refused where they would.
constexpr std::string_view kAbsent[] = {"requiredResourceAccess",
                                        "appRoles",
                                        "api",
                                        "optionalClaims",
                                        "groupMembershipClaims",
                                        "info",
                                        "addIns",
                                        "parentalControlSettings",
                                        "verifiedPublisher",
                                        "passwordPolicies",
                                        "passwordCredentials",
                                        "implicitGrantSettings",
                                        "certification",
                                        "isDeviceOnlyAuthSupported",
                                        "oauth2RequirePostResponse",
                                        "samlMetadataUrl",
                                        "tokenEncryptionKeyId",
                                        "serviceManagementReference",
                                        "owners@odata.bind",
                                        "members@odata.bind",
                                        "groupTypes",
                                        "visibility",
                                        "isAssignableToRole",
                                        "preferredSingleSignOnMode",
                                        "onPremisesImmutableId",
                                        "ageGroup",
                                        "redirectUriSettings",
                                        "preferredTokenSigningKeyThumbprint",
                                        "alternativeSecurityIds",
                                        "physicalIds",
                                        "profileType",
                                        "defaultRedirectUri"};

ApiResult<AttributeValue> value_of(const AttributeSpec& spec, const Json& json) {
  const auto bad = [&spec] {
    return refuse(errors::bad_request("Invalid value specified for property '" + std::string(spec.name) + "'."));
  };
  AttributeValue out;
  if (json.is_boolean()) {
    out = json.get<bool>();
  } else if (json.is_string()) {
    out = json.get<std::string>();
  } else if (json.is_array()) {
    std::vector<std::string> texts;
    for (const auto& item : json) {
      if (!item.is_string()) return bad();
      texts.push_back(item.get<std::string>());
    }
    out = std::move(texts);
  } else {
    return bad();
  }
  if (!check_attribute(spec, out)) return bad();
  return out;
}

ApiResult<> check_redirects(const AttributeSpec& spec, const AttributeValue& value) {
  if (!spec.name.ends_with("redirectUris")) return {};
  for (const auto& uri : std::get<std::vector<std::string>>(value)) {
    if (!is_registrable_redirect(uri)) {
      return refuse(errors::bad_request("Invalid value specified for property '" + std::string(spec.name) +
                                        "': redirect URIs are https, http at loopback, or of a scheme with a dot; "
                                        "without fragment or wildcard."));
    }
  }
  return {};
}

ApiResult<> read_one(const std::string& name, const Json& json, ObjectKind kind, Attributes& attributes) {
  const auto* spec = find_attribute(kind, name);
  if (spec == nullptr) {
    const auto last = name.substr(name.rfind('.') + 1);
    if (std::ranges::find(kAbsent, last) == std::end(kAbsent)) return refuse(errors::invalid_property(name));
    if (says_nothing(json)) return {};
    return refuse(errors::not_implemented("The property '" + name + "'"));
  }
  if (spec->setter != Setter::kGraph) {
    if (says_nothing(json)) return {};
    return refuse(errors::bad_request("Property '" + name + "' is read-only and cannot be set."));
  }
  if (json.is_null()) {
    attributes.erase(name);
    return {};
  }
  FH_TRY(auto value, value_of(*spec, json));
  FH_CHECK_OK(check_redirects(*spec, value));
  attributes[name] = std::move(value);
  return {};
}

std::optional<Bytes> key_bytes(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  return from_base64(text);
}

ApiResult<CertificateCredential> read_certificate(const Json& json, const std::vector<CertificateCredential>& present,
                                                  Random& random) {
  if (!json.is_object()) return refuse(errors::invalid_property("keyCredentials"));
  FH_TRY(const auto key, read_text(json, "key"));
  FH_TRY(const auto id, read_text(json, "keyId"));
  if (key.empty()) {
    const auto known = std::ranges::find(present, id, [](const auto& held) { return to_string(held.id); });
    if (known == present.end()) return refuse(errors::bad_request("A key credential without its key must be known."));
    return *known;
  }
  for (const auto& [name, wanted] : {std::pair{"type", "AsymmetricX509Cert"}, std::pair{"usage", "Verify"}}) {
    FH_TRY(const auto given, read_text(json, name));
    if (!given.empty() && given != wanted) {
      return refuse(errors::not_implemented("A key credential of another " + std::string(name) + " than " + wanted));
    }
  }
  const auto bytes = key_bytes(key);
  const auto certificate = bytes ? crypto::read_client_certificate(*bytes)
                                 : Result<crypto::ClientCertificate>(fail(ErrorCode::kInvalidArgument, "no base64"));
  if (!certificate || bytes->size() > 4'096) {
    return refuse(errors::bad_request("Key credential: an X.509 certificate with an RSA key is needed, in base64."));
  }
  FH_TRY(const auto name, read_text(json, "displayName"));
  FH_TRY(const auto start, read_time(json, "startDateTime"));
  FH_TRY(const auto end, read_time(json, "endDateTime"));
  CertificateCredential out{.id = parse_guid<SecretId>(id).value_or(random_id<SecretId>(random)),
                            .name = name.substr(0, 256),
                            .der = *bytes,
                            .sha1 = certificate->sha1,
                            .sha256 = certificate->sha256,
                            .start = std::max(start.value_or(WallTime{}), certificate->validity.not_before),
                            .expiry = std::min(end.value_or(WallTime::max()), certificate->validity.not_after)};
  if (out.expiry <= out.start) return refuse(errors::bad_request("Key credential end date is invalid."));
  return out;
}

}  // namespace

ApiResult<std::string> read_text(const Json& body, std::string_view name) {
  const auto at = body.find(name);
  if (at == body.end() || at->is_null()) return std::string();
  if (!at->is_string()) return refuse(errors::invalid_property(name));
  return at->get<std::string>();
}

ApiResult<std::optional<bool>> read_flag(const Json& body, std::string_view name) {
  const auto at = body.find(name);
  if (at == body.end() || at->is_null()) return std::optional<bool>();
  if (!at->is_boolean()) return refuse(errors::invalid_property(name));
  return std::optional(at->get<bool>());
}

ApiResult<std::optional<WallTime>> read_time(const Json& body, std::string_view name) {
  FH_TRY(auto text, read_text(body, name));
  if (text.empty()) return std::optional<WallTime>();
  // "+00:00" is what Python writes for Z.
  if (text.ends_with("+00:00")) text.replace(text.size() - 6, 6, "Z");
  const auto time = parse_iso8601(text);
  if (!time) return refuse(errors::invalid_property(name));
  return time;
}

ApiResult<> read_attributes(const Json& body, ObjectKind kind, std::span<const std::string_view> own,
                            Attributes& attributes) {
  for (const auto& [name, value] : body.items()) {
    if (std::ranges::find(own, name) != own.end() || name.starts_with("@odata.")) continue;
    const bool level = name == "web" || name == "publicClient" || name == "spa";
    if (!level || kind != ObjectKind::kApplication) {
      FH_CHECK_OK(read_one(name, value, kind, attributes));
      continue;
    }
    if (value.is_null()) continue;
    if (!value.is_object()) return refuse(errors::invalid_property(name));
    for (const auto& [inner, inner_value] : value.items()) {
      FH_CHECK_OK(read_one(name + "." + inner, inner_value, kind, attributes));
    }
  }
  return {};
}

ApiResult<std::vector<CertificateCredential>> read_certificates(const Json& body,
                                                                const std::vector<CertificateCredential>& present,
                                                                Random& random) {
  const auto at = body.find("keyCredentials");
  if (at == body.end()) return present;
  std::vector<CertificateCredential> out;
  if (at->is_null()) return out;
  if (!at->is_array() || at->size() > kMaxCertificates) return refuse(errors::invalid_property("keyCredentials"));
  for (const auto& entry : *at) {
    FH_TRY(auto certificate, read_certificate(entry, present, random));
    out.push_back(std::move(certificate));
  }
  return out;
}

// `jwks` is this cloud's own: nothing may be fetched from the issuer.
ApiResult<FederatedCredential> read_federated(const Json& body, FederatedCredential credential) {
  for (const auto& [name, value] : body.items()) {
    if (name == "audiences") {
      FH_TRY(auto texts, value_of({.name = "audiences", .type = AttributeType::kTexts, .most = 600}, value));
      credential.audiences = std::get<std::vector<std::string>>(texts);
    } else if (name == "jwks") {
      credential.key_set = value.is_string() ? value.get<std::string>() : value.dump();
    } else if (name == "name" || name == "issuer" || name == "subject" || name == "description") {
      FH_TRY(auto text, read_text(body, name));
      if (text.size() > 600) return refuse(errors::invalid_property(name));
      auto& field = name == "name"      ? credential.name
                    : name == "issuer"  ? credential.issuer
                    : name == "subject" ? credential.subject
                                        : credential.description;
      field = std::move(text);
    } else if (!name.starts_with("@odata.") && name != "id") {
      return refuse(errors::invalid_property(name));
    }
  }
  if (credential.name.empty() || credential.issuer.empty() || credential.subject.empty() ||
      credential.audiences.empty()) {
    return refuse(errors::bad_request("A federated credential needs name, issuer, subject and audiences."));
  }
  if (nests_deeper_than(credential.key_set, kMaxJsonDepth) || !crypto::read_key_set(credential.key_set)) {
    return refuse(
        errors::bad_request("A federated credential needs the issuer's keys in 'jwks': this cloud fetches "
                            "nothing."));
  }
  return credential;
}

}  // namespace freehold::directory::graph_json
