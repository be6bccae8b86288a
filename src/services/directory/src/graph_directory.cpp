// Graph: objects of whatever kind, deleted ones, the organization and its domains.
#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "src/changes.h"
#include "src/graph_errors.h"
#include "src/graph_operations.h"

namespace freehold::directory {
namespace {

using Json = nlohmann::json;
using gate::ApiResult;
using http::Method;
namespace errors = graph_errors;

constexpr std::size_t kMaxIds = 1'000;

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

ApiResult<PrincipalId> object_at(const GraphCall& call) {
  const auto id = call.id_at(1);
  if (!id || !call.directory->has(*id)) return refuse(errors::not_found(call.text_at(1)));
  return *id;
}

GraphReply get_object(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto id, object_at(call));
  co_return graph_object(call, graph_json::of_object(*call.directory, id));
}

GraphReply get_by_ids(GraphParts& parts, GraphCall& call) {
  const auto ids = call.body.find("ids");
  if (ids == call.body.end() || !ids->is_array() || ids->size() > kMaxIds) {
    co_return refuse(errors::bad_request("'ids' is a list of at most 1000 ids."));
  }
  std::vector<PrincipalId> wanted;
  for (const auto& text : *ids) {
    const auto id = text.is_string() ? parse_guid<PrincipalId>(text.get<std::string>()) : std::nullopt;
    if (!id) co_return refuse(errors::bad_request("Invalid object identifier in 'ids'."));
    wanted.push_back(*id);
  }
  std::set<std::string> types;
  if (const auto list = call.body.find("types"); list != call.body.end() && list->is_array()) {
    for (const auto& type : *list) {
      if (type.is_string()) types.insert("#microsoft.graph." + type.get<std::string>());
    }
  }
  if (types.contains("#microsoft.graph.directoryObject")) types.clear();
  co_return co_await graph_list(parts, call, [wanted, types](const Snapshot& directory) {
    std::vector<Json> out;
    for (const PrincipalId id : wanted) {
      auto object = graph_json::of_object(directory, id);
      if (object.is_null()) continue;
      if (types.empty() || types.contains(object["@odata.type"].get<std::string>())) out.push_back(std::move(object));
    }
    return out;
  });
}

GraphReply object_member_groups(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto id, object_at(call));
  co_return co_await graph_member_groups(call, id);
}
GraphReply object_check_groups(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto id, object_at(call));
  co_return co_await graph_check_groups(call, id);
}

// What is deleted and may be restored; null: nothing of that id.
Json deleted_object(const Snapshot& directory, PrincipalId id) {
  const auto& objects = directory.objects;
  Json out;
  if (const auto user = find_in(objects.users, id); user && user->deleted) {
    out = graph_json::of(*user);
    out["@odata.type"] = "#microsoft.graph.user";
  } else if (const auto application = find_in(objects.applications, id); application && application->deleted) {
    out = graph_json::of(*application);
    out["@odata.type"] = "#microsoft.graph.application";
  } else if (const auto principal = find_in(objects.principals, id); principal && principal->deleted) {
    out = graph_json::of(*principal, directory);
    out["@odata.type"] = "#microsoft.graph.servicePrincipal";
  }
  return out;
}

// "directory/deletedItems/microsoft.graph.user"
GraphReply list_deleted(GraphParts& parts, GraphCall& call) {
  const std::string type = "#" + call.text_at(2);
  return graph_list(parts, call, [type](const Snapshot& directory) {
    std::vector<Json> out;
    const auto add = [&](const auto& map) {
      for (const auto& [id, object] : map) {
        if (!object->deleted) continue;
        auto json = deleted_object(directory, id);
        if (json["@odata.type"] == type) out.push_back(std::move(json));
      }
    };
    add(directory.objects.users);
    add(directory.objects.applications);
    add(directory.objects.principals);
    return out;
  });
}

GraphReply list_or_get_deleted(GraphParts& parts, GraphCall& call) {
  const auto& text = call.text_at(2);
  if (text == "microsoft.graph.user" || text == "microsoft.graph.application" ||
      text == "microsoft.graph.servicePrincipal" || text == "microsoft.graph.group") {
    co_return co_await list_deleted(parts, call);
  }
  const auto id = call.id_at(2);
  auto object = id ? deleted_object(*call.directory, *id) : Json();
  if (object.is_null()) co_return refuse(errors::not_found(text));
  co_return graph_object(call, std::move(object));
}

// Who may bring back or end a user may not do so with applications; and an administrator's is an administrator's.
ApiResult<> check_reach_of_deleted(const GraphParts& parts, const GraphCall& call, PrincipalId id) {
  const auto& objects = call.directory->objects;
  const auto may = [&call](std::string_view action) -> ApiResult<> {
    if (!roles_allow(call.roles(), action)) return refuse(errors::denied());
    return {};
  };
  if (const auto user = find_in(objects.users, id)) {
    FH_CHECK_OK(may("microsoft.directory/users/restore"));
    return check_reach(parts, call, *user);
  }
  FH_CHECK_OK(may("microsoft.directory/applications/restore"));
  if (const auto principal = find_in(objects.principals, id)) return check_reach(parts, call, *principal);
  const auto application = find_in(objects.applications, id);
  return application ? check_reach_of_client(parts, call, application->application) : ApiResult<>();
}

GraphReply restore(GraphParts& parts, GraphCall& call) {
  const auto id = call.id_at(2);
  if (!id || deleted_object(*call.directory, *id).is_null()) co_return refuse(errors::not_found(call.text_at(2)));
  FH_CO_CHECK_OK(check_reach_of_deleted(parts, call, *id));
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [id = *id](Draft& draft) { return changes::restore(draft, id); }));
  co_return graph_object(call, graph_json::of_object(*graph_after(parts, call), *id));
}

GraphReply purge(GraphParts& parts, GraphCall& call) {
  const auto id = call.id_at(2);
  if (!id || deleted_object(*call.directory, *id).is_null()) co_return refuse(errors::not_found(call.text_at(2)));
  FH_CO_CHECK_OK(check_reach_of_deleted(parts, call, *id));
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [id = *id](Draft& draft) { return changes::purge(draft, id); }));
  co_return graph_nothing();
}

Json domain(const std::string& name) {
  return {{"id", name},
          {"authenticationType", "Managed"},
          {"isDefault", true},
          {"isInitial", true},
          {"isRoot", true},
          {"isVerified", true},
          {"isAdminManaged", true},
          {"supportedServices", Json::array()}};
}

GraphReply list_organization(GraphParts& parts, GraphCall& call) {
  return graph_list(parts, call, [home = parts.domain](const Snapshot& directory) {
    const std::string name = directory.domain(home);
    const auto& self = directory.objects.self;
    return std::vector<Json>{
        {{"id", to_string(directory.tenant)},
         {"displayName", self ? self->display_name : name},
         {"countryLetterCode", self ? Json(self->country) : Json(nullptr)},
         {"tenantType", self ? "AAD B2C" : "AAD"},
         {"verifiedDomains",
          Json::array({Json{
              {"name", name}, {"isDefault", true}, {"isInitial", true}, {"type", "Managed"}, {"capabilities", ""}}})}}};
  });
}

GraphReply list_domains(GraphParts& parts, GraphCall& call) {
  return graph_list(parts, call, [home = parts.domain](const Snapshot& directory) {
    return std::vector<Json>{domain(directory.domain(home))};
  });
}

GraphReply get_domain(GraphParts& parts, GraphCall& call) {
  const std::string own = call.directory->domain(parts.domain);
  if (to_lower(call.text_at(1)) != own) co_return refuse(errors::not_found(call.text_at(1)));
  co_return graph_object(call, domain(own));
}

constexpr std::string_view kRestore = "microsoft.directory/deletedItems/restore";
constexpr std::string_view kPurge = "microsoft.directory/deletedItems/delete";
constexpr GraphRow kRows[] = {
    {Method::kPost, "/v1.0/directoryObjects/getByIds", "Graph.GetObjectsByIds", kGraphRead, get_by_ids},
    {Method::kGet, "/v1.0/directoryObjects/{id}", "Graph.GetObject", kGraphRead, get_object},
    {Method::kPost, "/v1.0/directoryObjects/{id}/getMemberGroups", "Graph.GetMemberGroups", kGraphRead,
     object_member_groups},
    {Method::kPost, "/v1.0/directoryObjects/{id}/checkMemberGroups", "Graph.CheckMemberGroups", kGraphRead,
     object_check_groups},
    {Method::kGet, "/v1.0/directory/deletedItems/{id}", "Graph.GetDeleted", kGraphRead, list_or_get_deleted},
    {Method::kDelete, "/v1.0/directory/deletedItems/{id}", "Graph.DeleteForGood", kPurge, purge},
    {Method::kPost, "/v1.0/directory/deletedItems/{id}/restore", "Graph.Restore", kRestore, restore},
    {Method::kGet, "/v1.0/organization", "Graph.ListOrganization", kGraphRead, list_organization},
    {Method::kGet, "/v1.0/domains", "Graph.ListDomains", kGraphRead, list_domains},
    {Method::kGet, "/v1.0/domains/{id}", "Graph.GetDomain", kGraphRead, get_domain}};

}  // namespace

std::span<const GraphRow> graph_directory_rows() { return kRows; }

}  // namespace freehold::directory
