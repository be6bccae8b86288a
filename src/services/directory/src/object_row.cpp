#include "src/object_row.h"

#include "base/encoding.h"
#include "src/row_json.h"

namespace freehold::directory {
namespace {

using namespace row_json;

// Service principals: 1 without, 2 with what a program that knows only 1 must not pass over (certificates, deletion).
constexpr int kPrincipalVersion = 2;
constexpr int kVersion = 1;

template <class Object>
bool take_object(BytesView key, Object& out) {
  const auto object = id_from_bytes<PrincipalId>(key.substr(1));
  if (object) out.object = *object;
  return object.has_value();
}

std::optional<std::uint32_t> count(const Json& json, const char* name) {
  const auto at = json.find(name);
  if (at == json.end() || !at->is_number_unsigned()) return std::nullopt;
  return at->get<std::uint32_t>();
}

}  // namespace

Bytes row_key(char prefix, PrincipalId object) { return Bytes(1, prefix) + Bytes(object.view()); }

Bytes row_key(TenantId external) { return Bytes(1, kExternalPrefix) + Bytes(external.view()); }

Bytes encode(const ServicePrincipal& principal) {
  const bool plain = principal.certificates.empty() && principal.attributes.empty() && !principal.deleted;
  Json json = {{"v", plain ? 1 : kPrincipalVersion},
               {"application", to_string(principal.application)},
               {"name", principal.name},
               {"enabled", principal.enabled},
               {"secrets", of(principal.secrets)},
               {"directoryRoles", texts_of_ids(principal.directory_roles)}};
  if (!plain) {
    json["certificates"] = of(principal.certificates);
    json["attributes"] = of(principal.attributes, ObjectKind::kServicePrincipal, Personal::kNo);
  }
  put_time(json, "created", principal.created);
  put_time(json, "deleted", principal.deleted);
  return json.dump();
}

Bytes encode(const Group& group) {
  Json json = {{"v", kVersion}, {"name", group.name}, {"members", texts_of_ids(group.members)}};
  if (!group.attributes.empty()) json["attributes"] = of(group.attributes, ObjectKind::kGroup, Personal::kNo);
  put_time(json, "created", group.created);
  return json.dump();
}

Bytes encode(const Application& application) {
  Json json = {{"v", kVersion},
               {"application", to_string(application.application)},
               {"attributes", of(application.attributes, ObjectKind::kApplication, Personal::kNo)},
               {"secrets", of(application.secrets)},
               {"certificates", of(application.certificates)},
               {"federated", of(application.federated)}};
  put_time(json, "created", application.created);
  put_time(json, "deleted", application.deleted);
  return json.dump();
}

Bytes encode(const User& user) {
  Json json = {{"v", kVersion},
               {"puid", user.puid},
               {"enabled", user.enabled},
               {"attributes", of(user.attributes, ObjectKind::kUser, Personal::kNo)},
               {"directoryRoles", texts_of_ids(user.directory_roles)}};
  put_time(json, "created", user.created);
  put_time(json, "passwordChanged", user.password_changed);
  put_time(json, "sessionsFrom", user.sessions_from);
  put_time(json, "deleted", user.deleted);
  return json.dump();
}

Bytes encode(const Device& device) {
  Json json = {{"v", kVersion},
               {"enabled", device.enabled},
               {"attributes", of(device.attributes, ObjectKind::kDevice, Personal::kNo)}};
  put_time(json, "created", device.created);
  return json.dump();
}

Bytes encode(const ExternalDirectory& external) {
  Json json = {{"v", kVersion},
               {"resource", external.resource},
               {"domain", external.domain},
               {"displayName", external.display_name},
               {"country", external.country},
               {"sku", external.sku},
               {"location", external.location},
               {"tags", external.tags},
               {"administratorTenant", to_string(external.administrator.tenant)},
               {"administrator", to_string(external.administrator.object)}};
  put_time(json, "created", external.created);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Bytes encode_personal(const User& user) {
  return Json{{"v", kVersion}, {"attributes", of(user.attributes, ObjectKind::kUser, Personal::kYes)}}.dump();
}

Bytes encode_personal(const Device& device) {
  return Json{{"v", kVersion}, {"attributes", of(device.attributes, ObjectKind::kDevice, Personal::kYes)}}.dump();
}

Bytes encode_credentials(const User& user) {
  Json json = {{"v", kVersion}, {"mustChange", user.must_change_password}};
  if (user.password) {
    json["argon2id"] = {{"memoryKiB", user.password->memory_kib},
                        {"passes", user.password->passes},
                        {"salt", to_base64(user.password->salt)},
                        {"digest", to_base64(user.password->digest)}};
  }
  if (user.one_time_secret) json["oneTimeSecret"] = to_base64(user.one_time_secret->view());
  return json.dump();
}

Result<ServicePrincipal> decode_service_principal(BytesView key, BytesView row) {
  FH_TRY(const Json json, parse(row, kPrincipalVersion));
  ServicePrincipal out;
  const auto application = guid<PrincipalId>(json, "application");
  const auto name = text(json, "name");
  if (!take_object(key, out) || !application || !name || !json.contains("enabled")) return corrupt();
  out.application = *application;
  out.name = *name;
  const bool good = json.contains("secrets") && take_flag(json, "enabled", out.enabled) &&
                    take_secrets(json, out.secrets) && take_ids(json, "directoryRoles", out.directory_roles) &&
                    take_certificates(json, out.certificates) && take_attributes(json, out.attributes) &&
                    take_time(json, "created", out.created) && take_time(json, "deleted", out.deleted);
  if (!good) return corrupt();
  return out;
}

Result<Group> decode_group(BytesView key, BytesView row) {
  FH_TRY(const Json json, parse(row, kVersion));
  Group out;
  const auto name = text(json, "name");
  if (!take_object(key, out) || !name) return corrupt();
  out.name = *name;
  const bool good = take_ids(json, "members", out.members) && take_attributes(json, out.attributes) &&
                    take_time(json, "created", out.created);
  if (!good) return corrupt();
  return out;
}

Result<Application> decode_application(BytesView key, BytesView row) {
  FH_TRY(const Json json, parse(row, kVersion));
  Application out;
  const auto application = guid<PrincipalId>(json, "application");
  if (!take_object(key, out) || !application) return corrupt();
  out.application = *application;
  const bool good = take_attributes(json, out.attributes) && take_secrets(json, out.secrets) &&
                    take_certificates(json, out.certificates) && take_federated(json, out.federated) &&
                    take_time(json, "created", out.created) && take_time(json, "deleted", out.deleted);
  if (!good) return corrupt();
  return out;
}

Result<User> decode_user(BytesView key, BytesView row) {
  FH_TRY(const Json json, parse(row, kVersion));
  User out;
  const auto puid = text(json, "puid");
  if (!take_object(key, out) || !puid || !json.contains("enabled")) return corrupt();
  out.puid = *puid;
  const bool good = take_flag(json, "enabled", out.enabled) && take_attributes(json, out.attributes) &&
                    take_ids(json, "directoryRoles", out.directory_roles) && take_time(json, "created", out.created) &&
                    take_time(json, "passwordChanged", out.password_changed) &&
                    take_time(json, "sessionsFrom", out.sessions_from) && take_time(json, "deleted", out.deleted);
  if (!good) return corrupt();
  return out;
}

Result<Device> decode_device(BytesView key, BytesView row) {
  FH_TRY(const Json json, parse(row, kVersion));
  Device out;
  const bool good = take_object(key, out) && json.contains("enabled") && take_flag(json, "enabled", out.enabled) &&
                    take_attributes(json, out.attributes) && take_time(json, "created", out.created);
  if (!good) return corrupt();
  return out;
}

Result<ExternalDirectory> decode_external(BytesView key, BytesView row) {
  FH_TRY(const Json json, parse(row, kVersion));
  const auto tenant = id_from_bytes<TenantId>(key.substr(1));
  const auto home = guid<TenantId>(json, "administratorTenant");
  const auto administrator = guid<PrincipalId>(json, "administrator");
  ExternalDirectory out;
  bool good = tenant && home && administrator && take_time(json, "created", out.created) && json.contains("tags") &&
              json["tags"].is_object();
  const std::pair<const char*, std::string*> texts[] = {
      {"resource", &out.resource}, {"domain", &out.domain}, {"displayName", &out.display_name},
      {"country", &out.country},   {"sku", &out.sku},       {"location", &out.location}};
  for (const auto& [name, value] : texts) {
    auto held = text(json, name);
    good = good && held;
    if (held) *value = std::move(*held);
  }
  if (!good) return corrupt();
  for (const auto& [name, value] : json["tags"].items())
    out.tags[name] = value.is_string() ? value.get<std::string>() : "";
  out.tenant = *tenant;
  out.administrator = {*home, *administrator};
  return out;
}

Result<> decode_personal(BytesView row, Attributes& attributes) {
  FH_TRY(const Json json, parse(row, kVersion));
  if (!take_attributes(json, attributes)) return corrupt();
  return {};
}

Result<> decode_credentials(BytesView row, User& user) {
  FH_TRY(const Json json, parse(row, kVersion));
  if (!take_flag(json, "mustChange", user.must_change_password)) return corrupt();
  if (const auto at = json.find("argon2id"); at != json.end()) {
    if (!at->is_object()) return corrupt();
    const auto salt = from_base64(text(*at, "salt").value_or("!"));
    const auto digest = from_base64(text(*at, "digest").value_or("!"));
    const auto memory = count(*at, "memoryKiB");
    const auto passes = count(*at, "passes");
    if (!salt || !digest || !memory || !passes) return corrupt();
    user.password = crypto::PasswordHash{*memory, *passes, *salt, *digest};
  }
  if (json.contains("oneTimeSecret")) {
    const auto secret = from_base64(text(json, "oneTimeSecret").value_or("!"));
    if (!secret) return corrupt();
    user.one_time_secret = std::make_shared<const Secret>(BytesView(*secret));
  }
  return {};
}

}  // namespace freehold::directory
