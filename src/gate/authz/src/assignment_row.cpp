#include "src/assignment_row.h"

#include <nlohmann/json.hpp>

namespace freehold::gate::authz {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "an assignment's row is not as it was written"); }

Result<Json> parse(BytesView row) {
  Json json = Json::parse(row, nullptr, false);
  if (!json.is_object() || !json["v"].is_number_integer()) return corrupt();
  if (json["v"] != kVersion) return fail(ErrorCode::kUnsupported, "an assignment's row needs a newer program");
  return json;
}

Result<RoleAssignmentId> id_of(BytesView key) {
  const auto id = id_from_bytes<RoleAssignmentId>(key.substr(1));
  if (!id) return corrupt();
  return *id;
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

// False if it isn't a list of texts. An absent one is empty.
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

bool take_principals(const Json& json, const char* name, std::vector<PrincipalId>& out) {
  std::vector<std::string> texts;
  if (!take_texts(json, name, texts)) return false;
  for (const auto& value : texts) {
    const auto id = parse_guid<PrincipalId>(value);
    if (!id) return false;
    out.push_back(*id);
  }
  return true;
}

std::vector<std::string> texts_of(const std::vector<PrincipalId>& ids) {
  std::vector<std::string> out;
  for (const auto& id : ids) out.push_back(to_string(id));
  return out;
}

}  // namespace

Bytes row_key(char prefix, RoleAssignmentId id) { return Bytes(1, prefix) + Bytes(id.view()); }

Bytes encode(const RoleAssignment& assignment) {
  Json json = {{"v", kVersion},
               {"scope", assignment.scope},
               {"principal", to_string(assignment.principal)},
               {"role", to_string(assignment.role)}};
  if (!assignment.condition.empty()) json["condition"] = assignment.condition;
  return json.dump();
}

Bytes encode(const DenyAssignment& denial) {
  const Json json = {{"v", kVersion},
                     {"scope", denial.scope},
                     {"principals", texts_of(denial.principals)},
                     {"excluded", texts_of(denial.excluded)},
                     {"actions", denial.permissions.actions},
                     {"notActions", denial.permissions.not_actions},
                     {"dataActions", denial.permissions.data_actions},
                     {"notDataActions", denial.permissions.not_data_actions},
                     {"notBelow", denial.not_below}};
  return json.dump();
}

Result<RoleAssignment> decode_assignment(TenantId tenant, BytesView key, BytesView row) {
  FH_TRY(const Json json, parse(row));
  RoleAssignment out{.id = {}, .tenant = tenant, .scope = {}, .principal = {}, .role = {}};
  FH_TRY(out.id, id_of(key));
  const auto scope = text(json, "scope");
  const auto principal = guid<PrincipalId>(json, "principal");
  const auto role = guid<RoleId>(json, "role");
  if (!scope || !principal || !role || (json.contains("condition") && !text(json, "condition"))) return corrupt();
  out.scope = *scope;
  out.principal = *principal;
  out.role = *role;
  out.condition = text(json, "condition").value_or("");
  return out;
}

Result<DenyAssignment> decode_denial(TenantId tenant, BytesView key, BytesView row) {
  FH_TRY(const Json json, parse(row));
  DenyAssignment out{.id = {}, .tenant = tenant, .scope = {}, .principals = {}};
  FH_TRY(out.id, id_of(key));
  const auto scope = text(json, "scope");
  const auto not_below = json.find("notBelow");
  const bool whole = scope && not_below != json.end() && not_below->is_boolean() &&
                     take_principals(json, "principals", out.principals) &&
                     take_principals(json, "excluded", out.excluded) &&
                     take_texts(json, "actions", out.permissions.actions) &&
                     take_texts(json, "notActions", out.permissions.not_actions) &&
                     take_texts(json, "dataActions", out.permissions.data_actions) &&
                     take_texts(json, "notDataActions", out.permissions.not_data_actions);
  if (!whole) return corrupt();
  out.scope = *scope;
  out.not_below = not_below->get<bool>();
  return out;
}

}  // namespace freehold::gate::authz
