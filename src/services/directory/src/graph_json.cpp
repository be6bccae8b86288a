#include "src/graph_json.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/local_identity.h"

namespace freehold::directory::graph_json {
namespace {

Json time_of(const std::optional<WallTime>& time) { return time ? Json(rfc3339(*time)) : Json(nullptr); }

Json json_of(const AttributeValue& value) {
  return std::visit([](const auto& held) { return Json(held); }, value);
}

// Every attribute of the schema; null where it isn't set, as Graph shows it, and an empty list for lists. A dot in a
// name is a level.
void put_attributes(Json& out, const Attributes& attributes, ObjectKind kind) {
  for (const auto& spec : schema_of(kind)) {
    if (spec.setter == Setter::kSourceUnseen) continue;
    const auto at = attributes.find(spec.name);
    Json value = at != attributes.end() ? json_of(at->second) : Json(nullptr);
    if (value.is_null() && spec.type == AttributeType::kTexts) value = Json::array();
    const auto dot = spec.name.find('.');
    if (dot == spec.name.npos) {
      out[std::string(spec.name)] = std::move(value);
    } else {
      out[std::string(spec.name.substr(0, dot))][std::string(spec.name.substr(dot + 1))] = std::move(value);
    }
  }
}

template <class T>
Json list_of(const std::vector<T>& items) {
  Json out = Json::array();
  for (const auto& item : items) out.push_back(of(item));
  return out;
}

template <class Object>
Json typed(const std::shared_ptr<const Object>& object, const char* type) {
  Json out = of(*object);
  out["@odata.type"] = type;
  return out;
}

// "objectIdentity resource type"
Json shown_identities(const Attributes& attributes) {
  Json out = Json::array();
  for (const auto& one : identities_of(attributes)) {
    out.push_back({{"signInType", one.sign_in_type}, {"issuer", one.issuer}, {"issuerAssignedId", one.assigned_id}});
  }
  if (home_of(attributes)) {
    out.push_back({{"signInType", "federated"}, {"issuer", "ExternalAzureAD"}, {"issuerAssignedId", nullptr}});
  }
  const std::string name = text_of(attributes, "userPrincipalName");
  if (name.empty()) return out;  // erased
  out.push_back(
      {{"signInType", "userPrincipalName"}, {"issuer", name.substr(name.find('@') + 1)}, {"issuerAssignedId", name}});
  return out;
}

}  // namespace

Json of(const User& user) {
  Json out = {{"id", to_string(user.object)},
              {"accountEnabled", user.enabled},
              {"createdDateTime", time_of(user.created)},
              {"deletedDateTime", time_of(user.deleted)},
              {"lastPasswordChangeDateTime", time_of(user.password_changed)},
              {"signInSessionsValidFromDateTime", time_of(user.sessions_from)}};
  put_attributes(out, user.attributes, ObjectKind::kUser);
  out["identities"] = shown_identities(user.attributes);
  if (out["userType"].is_null()) out["userType"] = "Member";
  return out;
}

Json of(const Group& group) {
  Json out = {
      {"id", to_string(group.object)}, {"displayName", group.name},   {"createdDateTime", time_of(group.created)},
      {"deletedDateTime", nullptr},    {"groupTypes", Json::array()}, {"mail", nullptr},
      {"mailEnabled", false},          {"securityEnabled", true}};
  put_attributes(out, group.attributes, ObjectKind::kGroup);
  return out;
}

Json of(const Device& device) {
  Json out = {{"id", to_string(device.object)},
              {"accountEnabled", device.enabled},
              {"createdDateTime", time_of(device.created)},
              {"deletedDateTime", nullptr}};
  put_attributes(out, device.attributes, ObjectKind::kDevice);
  return out;
}

Json of(const Application& application) {
  Json out = {{"id", to_string(application.object)},
              {"appId", to_string(application.application)},
              {"createdDateTime", time_of(application.created)},
              {"deletedDateTime", time_of(application.deleted)},
              {"passwordCredentials", list_of(application.secrets)},
              {"keyCredentials", list_of(application.certificates)}};
  put_attributes(out, application.attributes, ObjectKind::kApplication);
  if (out["signInAudience"].is_null()) out["signInAudience"] = "AzureADMyOrg";
  return out;
}

Json of(const ServicePrincipal& principal, const Snapshot& directory) {
  const auto home = home_of(principal.attributes);
  const std::string owner = to_string(home ? home->tenant : directory.tenant);
  const std::string client = to_string(principal.application);
  Json out = {{"id", to_string(principal.object)},
              {"appId", client},
              {"displayName", principal.name},
              {"appDisplayName", principal.name},
              {"accountEnabled", principal.enabled},
              {"appOwnerOrganizationId", owner},
              {"createdDateTime", time_of(principal.created)},
              {"deletedDateTime", time_of(principal.deleted)},
              {"passwordCredentials", list_of(principal.secrets)},
              {"keyCredentials", list_of(principal.certificates)},
              {"servicePrincipalNames", Json::array({client})},
              {"replyUrls", Json::array()}};
  put_attributes(out, principal.attributes, ObjectKind::kServicePrincipal);
  if (out["servicePrincipalType"].is_null()) out["servicePrincipalType"] = "Application";
  const auto application = directory.application(principal.application);
  if (!application) return out;
  for (const auto& uri : texts_of(application->attributes, "identifierUris")) {
    out["servicePrincipalNames"].push_back(uri);
  }
  for (const auto* list : {"web.redirectUris", "publicClient.redirectUris", "spa.redirectUris"}) {
    for (const auto& uri : texts_of(application->attributes, list)) out["replyUrls"].push_back(uri);
  }
  return out;
}

Json of(const DirectoryRole& role) {
  return {{"id", role.id},
          {"roleTemplateId", role.id},
          {"displayName", role.name},
          {"description", role.description},
          {"deletedDateTime", nullptr}};
}

Json of(const ClientSecret& secret) {
  return {{"keyId", to_string(secret.id)},
          {"displayName", secret.name.empty() ? Json(nullptr) : Json(secret.name)},
          {"hint", secret.hint},
          {"startDateTime", time_of(secret.start)},
          {"endDateTime", time_of(secret.expiry)},
          {"secretText", nullptr},
          {"customKeyIdentifier", nullptr}};
}

Json of(const CertificateCredential& certificate) {
  return {{"keyId", to_string(certificate.id)},
          {"displayName", certificate.name},
          {"type", "AsymmetricX509Cert"},
          {"usage", "Verify"},
          {"startDateTime", rfc3339(certificate.start)},
          {"endDateTime", rfc3339(certificate.expiry)},
          {"customKeyIdentifier", to_hex(certificate.sha1)},
          {"key", nullptr}};
}

Json of(const FederatedCredential& credential) {
  return {{"id", to_string(credential.id)},
          {"name", credential.name},
          {"issuer", credential.issuer},
          {"subject", credential.subject},
          {"audiences", credential.audiences},
          {"description", credential.description.empty() ? Json(nullptr) : Json(credential.description)},
          {"jwks", Json::parse(credential.key_set, nullptr, false)}};
}

Json of_object(const Snapshot& directory, PrincipalId object) {
  const auto& objects = directory.objects;
  if (const auto user = live_in(objects.users, object)) return typed(user, "#microsoft.graph.user");
  if (const auto group = live_in(objects.groups, object)) return typed(group, "#microsoft.graph.group");
  if (const auto device = live_in(objects.devices, object)) return typed(device, "#microsoft.graph.device");
  if (const auto application = live_in(objects.applications, object)) {
    return typed(application, "#microsoft.graph.application");
  }
  const auto principal = live_in(objects.principals, object);
  if (!principal) return nullptr;
  Json out = of(*principal, directory);
  out["@odata.type"] = "#microsoft.graph.servicePrincipal";
  return out;
}

}  // namespace freehold::directory::graph_json
