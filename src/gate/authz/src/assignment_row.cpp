#include "src/assignment_row.h"

#include "store/json_row.h"

namespace freehold::gate::authz {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "an assignment's row is damaged"); }

Result<Json> parse(BytesView row) { return store::parse_json_row(row, kVersion, "an assignment's row"); }

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

// Members that older programs pass over: they decide nothing.
void put_origin(Json& json, WallTime created, PrincipalId created_by) {
  if (created != WallTime{}) json["created"] = created.time_since_epoch().count();
  if (created_by != PrincipalId{}) json["createdBy"] = to_string(created_by);
}

bool take_time(const Json& json, const char* name, WallTime& out) {
  const auto at = json.find(name);
  if (at == json.end()) return true;
  if (!at->is_number_integer()) return false;
  out = WallTime(std::chrono::microseconds(at->get<std::int64_t>()));
  return true;
}

bool take_principal(const Json& json, const char* name, PrincipalId& out) {
  if (!json.contains(name)) return true;
  const auto id = guid<PrincipalId>(json, name);
  if (id) out = *id;
  return id.has_value();
}

std::vector<std::string> texts_of(const std::vector<PrincipalId>& ids) {
  std::vector<std::string> out;
  for (const auto& id : ids) out.push_back(to_string(id));
  return out;
}

}  // namespace

Bytes row_key(char prefix, RoleAssignmentId id) { return Bytes(1, prefix) + Bytes(id.view()); }
Bytes row_key(RoleId id) { return Bytes(1, kRolePrefix) + Bytes(id.view()); }

Bytes encode(const RoleAssignment& assignment, const AssignmentNote& note) {
  Json json = {{"v", kVersion},
               {"scope", assignment.scope},
               {"principal", to_string(assignment.principal)},
               {"role", to_string(assignment.role)}};
  if (!assignment.condition.empty()) json["condition"] = assignment.condition;
  if (!note.description.empty()) json["description"] = note.description;
  if (!note.principal_type.empty()) json["principalType"] = note.principal_type;
  put_origin(json, note.created, note.created_by);
  return json.dump();
}

Bytes encode(const DenyAssignment& denial, const DenialNote& note) {
  Json json = {{"v", kVersion},
               {"scope", denial.scope},
               {"principals", texts_of(denial.principals)},
               {"excluded", texts_of(denial.excluded)},
               {"actions", denial.permissions.actions},
               {"notActions", denial.permissions.not_actions},
               {"dataActions", denial.permissions.data_actions},
               {"notDataActions", denial.permissions.not_data_actions},
               {"notBelow", denial.not_below}};
  if (!note.name.empty()) json["name"] = note.name;
  if (!note.description.empty()) json["description"] = note.description;
  put_origin(json, note.created, note.created_by);
  return json.dump();
}

Bytes encode(const CustomRole& role) {
  Json json = {{"v", kVersion},
               {"name", role.role.name},
               {"description", role.description},
               {"actions", role.role.permissions.actions},
               {"notActions", role.role.permissions.not_actions},
               {"dataActions", role.role.permissions.data_actions},
               {"notDataActions", role.role.permissions.not_data_actions},
               {"assignableScopes", role.assignable_scopes},
               {"updated", role.updated.time_since_epoch().count()},
               {"updatedBy", to_string(role.updated_by)}};
  put_origin(json, role.created, role.created_by);
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

Result<AssignmentNote> decode_assignment_note(BytesView row) {
  FH_TRY(const Json json, parse(row));
  AssignmentNote out;
  if (!take_time(json, "created", out.created) || !take_principal(json, "createdBy", out.created_by)) return corrupt();
  out.description = text(json, "description").value_or("");
  out.principal_type = text(json, "principalType").value_or("");
  return out;
}

Result<DenialNote> decode_denial_note(BytesView row) {
  FH_TRY(const Json json, parse(row));
  DenialNote out;
  if (!take_time(json, "created", out.created) || !take_principal(json, "createdBy", out.created_by)) return corrupt();
  out.name = text(json, "name").value_or("");
  out.description = text(json, "description").value_or("");
  return out;
}

// A list that can't be read is no empty list: of notActions it would give what was taken away.
Result<CustomRole> decode_role(BytesView key, BytesView row) {
  FH_TRY(const Json json, parse(row));
  CustomRole out;
  const auto id = id_from_bytes<RoleId>(key.substr(1));
  const auto name = text(json, "name");
  auto& permissions = out.role.permissions;
  const bool whole = id && name && take_texts(json, "actions", permissions.actions) &&
                     take_texts(json, "notActions", permissions.not_actions) &&
                     take_texts(json, "dataActions", permissions.data_actions) &&
                     take_texts(json, "notDataActions", permissions.not_data_actions) &&
                     take_texts(json, "assignableScopes", out.assignable_scopes) &&
                     take_time(json, "created", out.created) && take_time(json, "updated", out.updated) &&
                     take_principal(json, "createdBy", out.created_by) &&
                     take_principal(json, "updatedBy", out.updated_by);
  if (!whole) return corrupt();
  out.role.id = *id;
  out.role.name = *name;
  out.description = text(json, "description").value_or("");
  return out;
}

}  // namespace freehold::gate::authz
