// What the rows of directory objects have in common (docs/formats/directory-rows.md).
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "directory/object.h"

namespace freehold::directory::row_json {

using Json = nlohmann::json;

[[nodiscard]] std::unexpected<Error> corrupt();
// kCorrupt: no JSON object; kUnsupported: of a later version than `newest`.
[[nodiscard]] Result<Json> parse(BytesView row, int newest);

[[nodiscard]] std::optional<std::string> text(const Json& json, const char* name);
// False if it is there and no such thing.
[[nodiscard]] bool take_time(const Json& json, const char* name, std::optional<WallTime>& out);
[[nodiscard]] bool take_flag(const Json& json, const char* name, bool& out);
[[nodiscard]] bool take_texts(const Json& json, const char* name, std::vector<std::string>& out);
[[nodiscard]] bool take_secrets(const Json& json, std::vector<ClientSecret>& out);
[[nodiscard]] bool take_certificates(const Json& json, std::vector<CertificateCredential>& out);
[[nodiscard]] bool take_federated(const Json& json, std::vector<FederatedCredential>& out);
[[nodiscard]] bool take_attributes(const Json& json, Attributes& out);

template <class Id>
std::optional<Id> guid(const Json& json, const char* name) {
  const auto value = text(json, name);
  return value ? parse_guid<Id>(*value) : std::nullopt;
}
template <class Id>
std::vector<std::string> texts_of_ids(const std::vector<Id>& ids) {
  std::vector<std::string> out;
  for (const auto& id : ids) out.push_back(to_string(id));
  return out;
}
// False if it is there and no list of ids.
template <class Id>
bool take_ids(const Json& json, const char* name, std::vector<Id>& out) {
  std::vector<std::string> texts;
  if (!take_texts(json, name, texts)) return false;
  for (const auto& item : texts) {
    const auto id = parse_guid<Id>(item);
    if (!id) return false;
    out.push_back(*id);
  }
  return true;
}

[[nodiscard]] Json of(const std::vector<ClientSecret>& secrets);
[[nodiscard]] Json of(const std::vector<CertificateCredential>& certificates);
[[nodiscard]] Json of(const std::vector<FederatedCredential>& credentials);
// Those of one kind's attributes that are personal, or that aren't.
[[nodiscard]] Json of(const Attributes& attributes, ObjectKind kind, Personal personal);
void put_time(Json& json, const char* name, const std::optional<WallTime>& time);

}  // namespace freehold::directory::row_json
