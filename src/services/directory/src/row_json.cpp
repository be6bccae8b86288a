#include "src/row_json.h"

#include "base/encoding.h"
#include "store/json_row.h"

namespace freehold::directory::row_json {

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "a directory row is damaged"); }

Result<Json> parse(BytesView row, int newest) { return store::parse_json_row(row, newest, "a directory row"); }

std::optional<std::string> text(const Json& json, const char* name) {
  const auto at = json.find(name);
  if (at == json.end() || !at->is_string()) return std::nullopt;
  return at->get<std::string>();
}

bool take_time(const Json& json, const char* name, std::optional<WallTime>& out) {
  if (!json.contains(name)) return true;
  out = parse_iso8601(text(json, name).value_or(""));
  return out.has_value();
}

bool take_flag(const Json& json, const char* name, bool& out) {
  const auto at = json.find(name);
  if (at == json.end()) return true;
  if (!at->is_boolean()) return false;
  out = at->get<bool>();
  return true;
}

bool take_texts(const Json& json, const char* name, std::vector<std::string>& out) {
  const auto at = json.find(name);
  if (at == json.end()) return true;
  if (!at->is_array()) return false;
  for (const auto& value : *at) {
    if (!value.is_string()) return false;
    out.push_back(value.get<std::string>());
  }
  return true;
}

namespace {

std::optional<Bytes> bytes(const Json& json, const char* name) {
  const auto value = text(json, name);
  return value ? from_base64(*value) : std::nullopt;
}

std::optional<ClientSecret> secret_of(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const auto id = guid<SecretId>(json, "id");
  const auto salt = bytes(json, "salt");
  const auto digest = bytes(json, "digest");
  if (!id || !salt || !digest) return std::nullopt;
  ClientSecret out{.id = *id, .salt = *salt, .digest = *digest, .hint = text(json, "hint").value_or("")};
  out.name = text(json, "name").value_or("");
  if (!take_time(json, "expiry", out.expiry) || !take_time(json, "start", out.start)) return std::nullopt;
  return out;
}

std::optional<CertificateCredential> certificate_of(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const auto id = guid<SecretId>(json, "id");
  const auto der = bytes(json, "der");
  const auto sha1 = bytes(json, "sha1");
  const auto sha256 = bytes(json, "sha256");
  std::optional<WallTime> start, expiry;
  if (!take_time(json, "start", start) || !take_time(json, "expiry", expiry)) return std::nullopt;
  if (!id || !der || !sha1 || !sha256 || !start || !expiry) return std::nullopt;
  return CertificateCredential{*id, text(json, "name").value_or(""), *der, *sha1, *sha256, *start, *expiry};
}

std::optional<FederatedCredential> federated_of(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const auto id = guid<SecretId>(json, "id");
  const auto name = text(json, "name");
  const auto issuer = text(json, "issuer");
  const auto subject = text(json, "subject");
  const auto keys = text(json, "keySet");
  if (!id || !name || !issuer || !subject || !keys) return std::nullopt;
  FederatedCredential out{*id, *name, *issuer, *subject, {}, *keys, text(json, "description").value_or("")};
  if (!take_texts(json, "audiences", out.audiences)) return std::nullopt;
  return out;
}

template <class T, class Read>
bool take_list(const Json& json, const char* name, std::vector<T>& out, Read read) {
  const auto at = json.find(name);
  if (at == json.end()) return true;
  if (!at->is_array()) return false;
  for (const auto& value : *at) {
    auto item = read(value);
    if (!item) return false;
    out.push_back(std::move(*item));
  }
  return true;
}

}  // namespace

bool take_secrets(const Json& json, std::vector<ClientSecret>& out) {
  return take_list(json, "secrets", out, secret_of);
}
bool take_certificates(const Json& json, std::vector<CertificateCredential>& out) {
  return take_list(json, "certificates", out, certificate_of);
}
bool take_federated(const Json& json, std::vector<FederatedCredential>& out) {
  return take_list(json, "federated", out, federated_of);
}

bool take_attributes(const Json& json, Attributes& out) {
  const auto at = json.find("attributes");
  if (at == json.end()) return true;
  if (!at->is_object()) return false;
  for (const auto& [name, value] : at->items()) {
    if (value.is_boolean()) {
      out[name] = value.get<bool>();
    } else if (value.is_string()) {
      out[name] = value.get<std::string>();
    } else {
      std::vector<std::string> texts;
      if (!take_texts(*at, name.c_str(), texts)) return false;
      out[name] = std::move(texts);
    }
  }
  return true;
}

void put_time(Json& json, const char* name, const std::optional<WallTime>& time) {
  if (!time) return;
  const bool whole = std::chrono::floor<std::chrono::seconds>(*time) == *time;
  json[name] = whole ? rfc3339(*time) : rfc3339_ticks(*time);
}

Json of(const std::vector<ClientSecret>& secrets) {
  Json out = Json::array();
  for (const auto& secret : secrets) {
    Json json = {{"id", to_string(secret.id)},
                 {"salt", to_base64(secret.salt)},
                 {"digest", to_base64(secret.digest)},
                 {"hint", secret.hint}};
    put_time(json, "expiry", secret.expiry);
    put_time(json, "start", secret.start);
    if (!secret.name.empty()) json["name"] = secret.name;
    out.push_back(std::move(json));
  }
  return out;
}

Json of(const std::vector<CertificateCredential>& certificates) {
  Json out = Json::array();
  for (const auto& c : certificates) {
    out.push_back({{"id", to_string(c.id)},
                   {"name", c.name},
                   {"der", to_base64(c.der)},
                   {"sha1", to_base64(c.sha1)},
                   {"sha256", to_base64(c.sha256)},
                   {"start", rfc3339(c.start)},
                   {"expiry", rfc3339(c.expiry)}});
  }
  return out;
}

Json of(const std::vector<FederatedCredential>& credentials) {
  Json out = Json::array();
  for (const auto& c : credentials) {
    out.push_back({{"id", to_string(c.id)},
                   {"name", c.name},
                   {"issuer", c.issuer},
                   {"subject", c.subject},
                   {"audiences", c.audiences},
                   {"keySet", c.key_set},
                   {"description", c.description}});
  }
  return out;
}

Json of(const Attributes& attributes, ObjectKind kind, Personal personal) {
  Json out = Json::object();
  for (const auto& [name, value] : attributes) {
    const auto* spec = find_attribute(kind, name);
    // What a later version wrote and this one doesn't know is taken for personal: it may be.
    if ((spec == nullptr ? Personal::kYes : spec->personal) != personal) continue;
    std::visit([&out, &name](const auto& held) { out[name] = held; }, value);
  }
  return out;
}

}  // namespace freehold::directory::row_json
