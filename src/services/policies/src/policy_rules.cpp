#include "src/policy_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "src/policy_errors.h"
#include "src/policy_row.h"

namespace freehold::policies {
namespace {

using gate::ApiResult;
using gate::resource::ScopeKind;

constexpr std::size_t kMaxDefinitionName = 128;
constexpr std::size_t kMaxAssignmentName = 64;
constexpr std::size_t kMaxAssignmentNameOfGroup = 24;  // management group

// Members of "properties", in lower case. Those that the service itself writes may come back in a PUT and are dropped.
struct Members {
  std::vector<std::string_view> kept;
  std::vector<std::string_view> written;
};
const Members& members_of(Kind kind) {
  static const std::array<Members, kKinds> kAll = {{
      {{"displayname", "policytype", "mode", "description", "policyrule", "metadata", "parameters", "version",
        "versions"},
       {}},
      {{"displayname", "policytype", "description", "metadata", "parameters", "policydefinitions",
        "policydefinitiongroups", "version", "versions"},
       {}},
      {{"displayname", "policydefinitionid", "notscopes", "parameters", "description", "metadata", "enforcementmode",
        "noncompliancemessages", "resourceselectors", "overrides", "definitionversion"},
       {"scope", "latestdefinitionversion", "effectivedefinitionversion", "instanceid", "assignmenttype"}},
      {{"policyassignmentid", "policydefinitionreferenceids", "exemptioncategory", "expireson", "displayname",
        "description", "metadata", "resourceselectors"},
       {"assignmentscopevalidation"}},
      {{"level", "allowedlocations"}, {"pendingchange", "setby", "seton", "provisioningstate"}},
  }};
  return kAll[static_cast<std::size_t>(kind)];
}

bool is_in(const std::vector<std::string_view>& list, std::string_view value) {
  return std::ranges::find(list, value) != list.end();
}

std::string member_named(const Json& object, std::string_view name) {
  for (const auto& [key, value] : object.items()) {
    if (equals_ignoring_case(key, name) && value.is_string()) return value.get<std::string>();
  }
  return {};
}

ApiResult<Json> read_properties(Kind kind, const Json& given) {
  const auto& known = members_of(kind);
  Json out = Json::object();
  for (const auto& [name, value] : given.items()) {
    const std::string key = to_lower(name);
    if (is_in(known.written, key) || value.is_null()) continue;
    if (!is_in(known.kept, key)) {
      return std::unexpected(policy_errors::invalid_content(
          fmt::format("Could not find member '{}' on an object of type '{}'.", name, type_of(kind))));
    }
    const bool text = key == "displayname" || key == "description" || key == "mode" || key == "version";
    if (text && !value.is_string()) {
      return std::unexpected(policy_errors::invalid_content(fmt::format("'{}' is a text.", name)));
    }
    if (key == "metadata" && !value.is_object()) {
      return std::unexpected(policy_errors::invalid_content("'metadata' is an object."));
    }
    out[name] = value;
  }
  return out;
}

// Who made it and who changed it last stands in a definition's metadata, and in systemData.
void sign(Json& body, const Json& before, const gate::resource::Caller& caller) {
  const std::string who = to_string(caller.object);
  const std::string now = rfc3339_ticks(caller.now);
  const Json old = before.is_object() && before.contains("systemData") ? before["systemData"] : Json::object();
  const std::string made_by = old.value("createdBy", who);
  const std::string made_at = old.value("createdAt", now);
  body["systemData"] = {{"createdBy", made_by},  {"createdByType", "Application"},      {"createdAt", made_at},
                        {"lastModifiedBy", who}, {"lastModifiedByType", "Application"}, {"lastModifiedAt", now}};
  Json& metadata = body["properties"]["metadata"];
  if (!metadata.is_object()) metadata = Json::object();
  metadata["createdBy"] = made_by;
  metadata["createdOn"] = made_at;
  metadata["updatedBy"] = before.is_null() ? Json(nullptr) : Json(who);
  metadata["updatedOn"] = before.is_null() ? Json(nullptr) : Json(now);
}

void fill_in(Kind kind, const ResourceId& id, Json& properties) {
  if (kind == Kind::kDefinition || kind == Kind::kInitiative) {
    properties["policyType"] = id.scope().kind() == ScopeKind::kTenant ? "BuiltIn" : "Custom";
  }
  if (kind == Kind::kDefinition && member_named(properties, "mode").empty()) properties["mode"] = "All";
  if (kind == Kind::kAssignment) {
    properties["scope"] = id.scope().text();
    if (member_named(properties, "enforcementMode").empty()) properties["enforcementMode"] = "Default";
    if (!properties.contains("notScopes")) properties["notScopes"] = Json::array();
  }
}

}  // namespace

ApiResult<> check_place(Kind kind, const ResourceId& id) {
  const auto scope = id.scope();
  const auto at = scope.kind();
  const bool defines = kind == Kind::kDefinition || kind == Kind::kInitiative;
  const bool good =
      defines ? at == ScopeKind::kTenant || at == ScopeKind::kManagementGroup || at == ScopeKind::kSubscription
              : at != ScopeKind::kTenant;
  if (!good) return std::unexpected(policy_errors::wrong_scope(type_of(kind), scope.text()));
  const std::size_t most = defines                                                          ? kMaxDefinitionName
                           : kind == Kind::kAssignment && at == ScopeKind::kManagementGroup ? kMaxAssignmentNameOfGroup
                                                                                            : kMaxAssignmentName;
  const std::string name = id.name();
  const bool ours = equals_ignoring_case(std::string_view(name).substr(0, kShippedPrefix.size()), kShippedPrefix);
  if (ours) return std::unexpected(policy_errors::reserved_name(name));
  if (name.size() > most || name.ends_with('.') || name.ends_with(' ')) {
    return std::unexpected(policy_errors::bad_name(type_of(kind), name));
  }
  return {};
}

ApiResult<Json> read_body(Kind kind, const gate::resource::ProposedChange& change) {
  const auto properties = change.after.find("properties");
  if (properties == change.after.end() || !properties->is_object()) {
    return std::unexpected(policy_errors::invalid_content("'properties' is missing."));
  }
  Json body = Json::object();
  FH_TRY(body["properties"], read_properties(kind, *properties));
  fill_in(kind, change.id, body["properties"]);
  if (kind == Kind::kAssignment) {
    if (const auto location = change.after.find("location"); location != change.after.end())
      body["location"] = *location;
  }
  sign(body, change.before, change.caller);
  if (body.dump(-1, ' ', false, Json::error_handler_t::replace).size() > kMaxEntryBytes) {
    return std::unexpected(policy_errors::too_large(kMaxEntryBytes));
  }
  return body;
}

ApiResult<> check_room(const EntryMap& all, Kind kind, const ResourceId& id) {
  const std::array<std::size_t, kKinds> limits = {kMaxDefinitions, kMaxInitiatives, kMaxAssignments, kMaxExemptions,
                                                  kMaxClassifications};
  const std::size_t most = limits[static_cast<std::size_t>(kind)];
  if (all.size() >= most) return std::unexpected(policy_errors::too_many(type_of(kind), most));
  if (kind != Kind::kAssignment && kind != Kind::kExemption) return {};
  const std::size_t most_here = kind == Kind::kAssignment ? kMaxAssignmentsOfScope : kMaxExemptionsOfScope;
  const std::string key = key_of(id);
  const std::string front = key.substr(0, key.rfind('/') + 1);
  std::size_t here = 0;
  for (auto at = all.lower_bound(front); at != all.end() && at->first.starts_with(front); ++at) ++here;
  if (here >= most_here) return std::unexpected(policy_errors::too_many(type_of(kind), most_here));
  return {};
}

ApiResult<> check_bytes(std::size_t bytes) {
  if (bytes <= kMaxBytes) return {};
  return std::unexpected(policy_errors::too_many("bytes of policies", kMaxBytes));
}

bool takes_definition_version(std::string_view wanted, std::string_view version) {
  const auto take = [](std::string_view& text) {
    const auto end = text.find_first_of(".-");
    const auto out = text.substr(0, end);
    const bool more = end != text.npos && text[end] == '.';
    text = more ? text.substr(end + 1) : std::string_view();
    return out;
  };
  if (version.empty()) version = "1.0.0";
  while (!wanted.empty()) {
    const auto one = take(wanted);
    const auto other = take(version);
    if (one != "*" && one != other) return false;
  }
  return true;
}

}  // namespace freehold::policies
