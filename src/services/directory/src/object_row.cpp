#include "src/object_row.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"

namespace freehold::directory {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "a directory row is not as it was written"); }

Result<Json> parse(BytesView row) {
  Json json = Json::parse(row, nullptr, false);
  if (!json.is_object() || !json["v"].is_number_integer()) return corrupt();
  if (json["v"] != kVersion) return fail(ErrorCode::kUnsupported, "a directory row needs a newer program");
  return json;
}

std::optional<std::string> text(const Json& json, const char* name) {
  const auto at = json.find(name);
  if (at == json.end() || !at->is_string()) return std::nullopt;
  return at->get<std::string>();
}

template <class Id>
std::optional<Id> guid(const Json& json, const char* name) {
  const auto value = text(json, name);
  return value ? parse_guid<Id>(*value) : std::nullopt;
}

template <class Id>
std::vector<std::string> texts_of(const std::vector<Id>& ids) {
  std::vector<std::string> out;
  for (const auto& id : ids) out.push_back(to_string(id));
  return out;
}

// False if it is there and no list of ids.
template <class Id>
bool take_ids(const Json& json, const char* name, std::vector<Id>& out) {
  const auto at = json.find(name);
  if (at == json.end()) return true;
  if (!at->is_array()) return false;
  for (const auto& value : *at) {
    const auto id = value.is_string() ? parse_guid<Id>(value.template get<std::string>()) : std::nullopt;
    if (!id) return false;
    out.push_back(*id);
  }
  return true;
}

Json secret_json(const ClientSecret& secret) {
  Json json = {{"id", to_string(secret.id)},
               {"salt", to_base64(secret.salt)},
               {"digest", to_base64(secret.digest)},
               {"hint", secret.hint}};
  if (secret.expiry) json["expiry"] = rfc3339(*secret.expiry);
  return json;
}

std::optional<ClientSecret> secret_of(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  ClientSecret out;
  const auto id = guid<SecretId>(json, "id");
  const auto salt = from_base64(text(json, "salt").value_or("!"));
  const auto digest = from_base64(text(json, "digest").value_or("!"));
  if (!id || !salt || !digest) return std::nullopt;
  out = {.id = *id, .salt = *salt, .digest = *digest, .hint = text(json, "hint").value_or("")};
  if (!json.contains("expiry")) return out;
  out.expiry = parse_iso8601(text(json, "expiry").value_or(""));
  if (!out.expiry) return std::nullopt;
  return out;
}

bool take_secrets(const Json& json, std::vector<ClientSecret>& out) {
  const auto at = json.find("secrets");
  if (at == json.end() || !at->is_array()) return false;
  for (const auto& value : *at) {
    auto secret = secret_of(value);
    if (!secret) return false;
    out.push_back(std::move(*secret));
  }
  return true;
}

}  // namespace

Bytes row_key(char prefix, PrincipalId object) { return Bytes(1, prefix) + Bytes(object.view()); }

Bytes encode(const ServicePrincipal& principal) {
  Json json = {{"v", kVersion},
               {"application", to_string(principal.application)},
               {"name", principal.name},
               {"enabled", principal.enabled},
               {"secrets", Json::array()},
               {"directoryRoles", texts_of(principal.directory_roles)}};
  for (const auto& secret : principal.secrets) json["secrets"].push_back(secret_json(secret));
  return json.dump();
}

Bytes encode(const Group& group) {
  return Json{{"v", kVersion}, {"name", group.name}, {"members", texts_of(group.members)}}.dump();
}

Result<ServicePrincipal> decode_service_principal(BytesView key, BytesView row) {
  FH_TRY(const Json json, parse(row));
  ServicePrincipal out;
  const auto object = id_from_bytes<PrincipalId>(key.substr(1));
  const auto application = guid<PrincipalId>(json, "application");
  const auto name = text(json, "name");
  const auto enabled = json.find("enabled");
  if (!object || !application || !name || enabled == json.end() || !enabled->is_boolean()) return corrupt();
  out.object = *object;
  out.application = *application;
  out.name = *name;
  out.enabled = enabled->get<bool>();
  if (!take_secrets(json, out.secrets) || !take_ids(json, "directoryRoles", out.directory_roles)) return corrupt();
  return out;
}

Result<Group> decode_group(BytesView key, BytesView row) {
  FH_TRY(const Json json, parse(row));
  const auto object = id_from_bytes<PrincipalId>(key.substr(1));
  const auto name = text(json, "name");
  if (!object || !name) return corrupt();
  Group out{*object, *name, {}};
  if (!take_ids(json, "members", out.members)) return corrupt();
  return out;
}

}  // namespace freehold::directory
