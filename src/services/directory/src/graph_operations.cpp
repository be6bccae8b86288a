#include "src/graph_operations.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/graph_errors.h"
#include "src/graph_list.h"

namespace freehold::directory {
namespace {

using Json = nlohmann::json;
namespace errors = graph_errors;

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

http::Response json_answer(int status, const Json& json) {
  http::Response response;
  response.status = status;
  response.headers.add("content-type", "application/json; odata.metadata=minimal; charset=utf-8");
  response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

std::vector<PrincipalId> groups_of(const Snapshot& directory, PrincipalId object, bool transitive) {
  const auto all = directory.memberships.find(object);
  if (all == directory.memberships.end()) return {};
  if (transitive) return all->second;
  std::vector<PrincipalId> out;
  for (const PrincipalId id : all->second) {
    const auto group = find_in(directory.objects.groups, id);
    if (group && std::ranges::find(group->members, object) != group->members.end()) out.push_back(id);
  }
  return out;
}

gate::ApiResult<> check_roles(const GraphCall& call, const std::vector<DirectoryRoleId>& roles) {
  if (are_privileged(roles) && !is_global_administrator(call.roles())) return refuse(errors::denied());
  return {};
}

}  // namespace

std::optional<PrincipalId> GraphCall::id_at(std::size_t index) const {
  return index < segments.size() ? parse_guid<PrincipalId>(segments[index]) : std::nullopt;
}

std::vector<DirectoryRoleId> GraphCall::roles() const {
  if (const auto user = live_in(directory->objects.users, caller)) return user->directory_roles;
  if (const auto principal = live_in(directory->objects.principals, caller)) return principal->directory_roles;
  return {};
}

gate::Reply graph_object(const GraphCall& call, Json object, int status) {
  FH_TRY(const auto query, read_query(call.request));
  object["@odata.context"] = call.origin + "/v1.0/$metadata#" + call.segments.front() + "/$entity";
  return json_answer(status, selected(std::move(object), query.select));
}

gate::Reply graph_nothing() {
  http::Response response;
  response.status = 204;
  return response;
}

GraphReply graph_list(GraphParts& parts, GraphCall& call, GraphObjects make) {
  FH_CO_TRY(auto query, read_query(call.request));
  // The request outlives the answer, and nothing changes it meanwhile.
  auto page = co_await parts.pool.run(std::hash<TenantId>{}(call.tenant()) | 1,
                                      [&request = call.request, directory = call.directory, origin = call.origin,
                                       query = std::move(query), make = std::move(make)]() mutable -> Result<Json> {
                                        return list_page(query, request, origin, make(*directory));
                                      });
  if (!page) co_return refuse(errors::of(page.error()));
  co_return json_answer(200, *page);
}

runtime::Task<gate::ApiResult<>> graph_change(GraphParts& parts, const GraphCall& call, DirectoryStore::Edit edit) {
  const auto done = co_await parts.store.change(call.tenant(), std::move(edit));
  if (!done) co_return refuse(errors::of(done.error()));
  co_return gate::ApiResult<>();
}

std::shared_ptr<const Snapshot> graph_after(const GraphParts& parts, const GraphCall& call) {
  return parts.store.snapshot(call.tenant());
}

gate::ApiResult<> check_reach(const GraphParts& parts, const GraphCall& call, const User& user) {
  FH_CHECK_OK(check_roles(call, user.directory_roles));
  for (const TenantId tenant : parts.store.tenants()) {
    const auto other = tenant == call.tenant() ? nullptr : parts.store.snapshot(tenant);
    const auto guest = other ? other->guest_from(call.tenant(), user.object) : nullptr;
    if (!guest) continue;
    FH_CHECK_OK(check_roles(call, guest->directory_roles));
  }
  return {};
}

gate::ApiResult<> check_reach(const GraphParts& parts, const GraphCall& call, const ServicePrincipal& principal) {
  FH_CHECK_OK(check_roles(call, principal.directory_roles));
  for (const TenantId tenant : parts.store.tenants()) {
    const auto other = tenant == call.tenant() ? nullptr : parts.store.snapshot(tenant);
    const auto there = other ? other->principal(principal.application) : nullptr;
    const auto home = there ? home_of(there->attributes) : std::nullopt;
    if (!home || home->tenant != call.tenant() || home->object != principal.object) continue;
    FH_CHECK_OK(check_roles(call, there->directory_roles));
  }
  return {};
}

gate::ApiResult<> check_reach_of_client(const GraphParts& parts, const GraphCall& call, PrincipalId client) {
  for (const auto& [id, principal] : call.directory->objects.principals) {
    if (principal->application != client) continue;
    FH_CHECK_OK(check_reach(parts, call, *principal));
  }
  return {};
}

gate::ApiResult<> check_mastered_here(const GraphParts& parts, const Attributes& attributes) {
  if (parts.has_source && is_synchronised(attributes)) return refuse(errors::mastered_elsewhere());
  return {};
}

gate::ApiResult<PrincipalId> referenced_object(const GraphCall& call) {
  FH_TRY(const auto reference, graph_json::read_text(call.body, "@odata.id"));
  const auto id = parse_guid<PrincipalId>(std::string_view(reference).substr(reference.rfind('/') + 1));
  if (!id) return refuse(errors::bad_request("Invalid URL format specified in '@odata.id'."));
  if (!call.directory->has(*id)) return refuse(errors::not_found(to_string(*id)));
  return *id;
}

GraphReply graph_member_of(GraphParts& parts, GraphCall& call, PrincipalId object, bool transitive) {
  return graph_list(parts, call, [object, transitive](const Snapshot& directory) {
    std::vector<Json> out;
    for (const PrincipalId id : groups_of(directory, object, transitive)) {
      out.push_back(graph_json::of_object(directory, id));
    }
    return out;
  });
}

GraphReply graph_member_groups(GraphCall& call, PrincipalId object) {
  Json out = {{"@odata.context", call.origin + "/v1.0/$metadata#Collection(Edm.String)"}, {"value", Json::array()}};
  for (const PrincipalId id : groups_of(*call.directory, object, true)) out["value"].push_back(to_string(id));
  co_return json_answer(200, out);
}

GraphReply graph_check_groups(GraphCall& call, PrincipalId object) {
  const auto ids = call.body.find("groupIds");
  if (ids == call.body.end() || !ids->is_array() || ids->size() > 20) {
    co_return refuse(errors::bad_request("'groupIds' is a list of at most 20 ids."));
  }
  const auto mine = groups_of(*call.directory, object, true);
  Json out = {{"@odata.context", call.origin + "/v1.0/$metadata#Collection(Edm.String)"}, {"value", Json::array()}};
  for (const auto& text : *ids) {
    const auto id = text.is_string() ? parse_guid<PrincipalId>(text.get<std::string>()) : std::nullopt;
    if (!id) co_return refuse(errors::invalid_property("groupIds"));
    if (std::ranges::find(mine, *id) != mine.end()) out["value"].push_back(to_string(*id));
  }
  co_return json_answer(200, out);
}

}  // namespace freehold::directory
