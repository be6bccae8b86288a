// Graph: groups and who is in them; devices.
#include <algorithm>
#include <array>

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

constexpr std::array<std::string_view, 5> kOwn = {"displayName", "mailEnabled", "securityEnabled", "id", "mail"};
constexpr std::array<std::string_view, 2> kOwnOfDevice = {"accountEnabled", "id"};

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

ApiResult<std::shared_ptr<const Group>> group_at(const GraphCall& call) {
  const auto id = call.id_at(1);
  auto group = id ? live_in(call.directory->objects.groups, *id) : nullptr;
  if (!group) return refuse(errors::not_found(call.text_at(1)));
  return group;
}

// The same, of a group that may be changed here.
ApiResult<std::shared_ptr<const Group>> own_group_at(const GraphParts& parts, const GraphCall& call) {
  FH_TRY(auto group, group_at(call));
  FH_CHECK_OK(check_mastered_here(parts, group->attributes));
  return group;
}

// Security groups are what there is.
ApiResult<> read_group(const Json& body, Group& group) {
  FH_CHECK_OK(graph_json::read_attributes(body, ObjectKind::kGroup, kOwn, group.attributes));
  FH_TRY(const auto mail, graph_json::read_flag(body, "mailEnabled"));
  FH_TRY(const auto security, graph_json::read_flag(body, "securityEnabled"));
  if (mail.value_or(false) || !security.value_or(true)) {
    return refuse(errors::not_implemented("A group that isn't a security group"));
  }
  if (!body.contains("displayName")) return {};
  FH_TRY(group.name, graph_json::read_text(body, "displayName"));
  return {};
}

GraphReply list_groups(GraphParts& parts, GraphCall& call) {
  return graph_list(parts, call, [](const Snapshot& directory) {
    std::vector<Json> out;
    for (const auto& [id, group] : directory.objects.groups) out.push_back(graph_json::of(*group));
    return out;
  });
}

GraphReply create_group(GraphParts& parts, GraphCall& call) {
  Group group{.object = random_id<PrincipalId>(parts.random), .name = {}};
  FH_CO_CHECK_OK(read_group(call.body, group));
  group.created = call.now;
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [group](Draft& draft) { return changes::add(draft, group); }));
  co_return graph_object(call, graph_json::of(group), 201);
}

GraphReply get_group(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto group, group_at(call));
  co_return graph_object(call, graph_json::of(*group));
}

GraphReply update_group(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto group, own_group_at(parts, call));
  Group changed = *group;
  FH_CO_CHECK_OK(read_group(call.body, changed));
  FH_CO_CHECK_OK(co_await graph_change(
      parts, call,
      [id = group->object, name = changed.name, attributes = changed.attributes](Draft& draft) -> Result<> {
        const auto present = live_in(draft.objects().groups, id);
        if (!present) return fail(ErrorCode::kNotFound, "there is no such group");
        Group next = *present;
        next.name = name;
        next.attributes = attributes;
        return changes::replace(draft, std::move(next));
      }));
  co_return graph_nothing();
}

GraphReply delete_group(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto group, own_group_at(parts, call));
  FH_CO_CHECK_OK(co_await graph_change(
      parts, call, [id = group->object, now = call.now](Draft& draft) { return changes::remove(draft, id, now); }));
  co_return graph_nothing();
}

GraphReply list_members(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto group, group_at(call));
  co_return co_await graph_list(parts, call, [group](const Snapshot& directory) {
    std::vector<Json> out;
    for (const PrincipalId id : group->members) {
      auto member = graph_json::of_object(directory, id);
      if (!member.is_null()) out.push_back(std::move(member));
    }
    return out;
  });
}

// Whoever is in the group however deep, groups too.
GraphReply list_all_members(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto group, group_at(call));
  co_return co_await graph_list(parts, call, [id = group->object](const Snapshot& directory) {
    std::vector<Json> out;
    for (const auto& [member, groups] : directory.memberships) {
      if (std::ranges::find(groups, id) == groups.end()) continue;
      auto object = graph_json::of_object(directory, member);
      if (!object.is_null()) out.push_back(std::move(object));
    }
    std::ranges::sort(out, {}, [](const Json& object) { return object["id"].get<std::string>(); });
    return out;
  });
}

GraphReply add_member(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto group, own_group_at(parts, call));
  FH_CO_TRY(const auto member, referenced_object(call));
  if (std::ranges::find(group->members, member) != group->members.end()) {
    co_return refuse(errors::already_there("members"));
  }
  FH_CO_CHECK_OK(co_await graph_change(
      parts, call, [id = group->object, member](Draft& draft) { return changes::add_member(draft, id, member); }));
  co_return graph_nothing();
}

GraphReply remove_member(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto group, own_group_at(parts, call));
  const auto member = call.id_at(3);
  if (!member) co_return refuse(errors::not_found(call.text_at(3)));
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [id = group->object, member = *member](Draft& draft) {
    return changes::remove_member(draft, id, member);
  }));
  co_return graph_nothing();
}

template <bool kTransitive>
GraphReply group_member_of(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto group, group_at(call));
  co_return co_await graph_member_of(parts, call, group->object, kTransitive);
}
GraphReply group_member_groups(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto group, group_at(call));
  co_return co_await graph_member_groups(call, group->object);
}
GraphReply group_check_groups(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto group, group_at(call));
  co_return co_await graph_check_groups(call, group->object);
}

ApiResult<std::shared_ptr<const Device>> device_at(const GraphCall& call) {
  const auto id = call.id_at(1);
  auto device = id ? live_in(call.directory->objects.devices, *id) : nullptr;
  if (!device) return refuse(errors::not_found(call.text_at(1)));
  return device;
}

GraphReply list_devices(GraphParts& parts, GraphCall& call) {
  return graph_list(parts, call, [](const Snapshot& directory) {
    std::vector<Json> out;
    for (const auto& [id, device] : directory.objects.devices) out.push_back(graph_json::of(*device));
    return out;
  });
}

GraphReply create_device(GraphParts& parts, GraphCall& call) {
  Device device{.object = random_id<PrincipalId>(parts.random)};
  FH_CO_CHECK_OK(graph_json::read_attributes(call.body, ObjectKind::kDevice, kOwnOfDevice, device.attributes));
  FH_CO_TRY(const auto enabled, graph_json::read_flag(call.body, "accountEnabled"));
  device.enabled = enabled.value_or(true);
  device.created = call.now;
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [device](Draft& draft) { return changes::add(draft, device); }));
  co_return graph_object(call, graph_json::of(device), 201);
}

GraphReply get_device(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto device, device_at(call));
  co_return graph_object(call, graph_json::of(*device));
}

GraphReply update_device(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto device, device_at(call));
  Device next = *device;
  FH_CO_CHECK_OK(graph_json::read_attributes(call.body, ObjectKind::kDevice, kOwnOfDevice, next.attributes));
  FH_CO_TRY(const auto enabled, graph_json::read_flag(call.body, "accountEnabled"));
  next.enabled = enabled.value_or(next.enabled);
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [next](Draft& draft) { return changes::replace(draft, next); }));
  co_return graph_nothing();
}

GraphReply delete_device(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto device, device_at(call));
  FH_CO_CHECK_OK(co_await graph_change(
      parts, call, [id = device->object, now = call.now](Draft& draft) { return changes::remove(draft, id, now); }));
  co_return graph_nothing();
}

constexpr std::string_view kMembers = "microsoft.directory/groups/members/update";
constexpr GraphRow kRows[] = {
    {Method::kGet, "/v1.0/groups", "Graph.ListGroups", kGraphRead, list_groups},
    {Method::kPost, "/v1.0/groups", "Graph.CreateGroup", "microsoft.directory/groups/create", create_group},
    {Method::kGet, "/v1.0/groups/{id}", "Graph.GetGroup", kGraphRead, get_group},
    {Method::kPatch, "/v1.0/groups/{id}", "Graph.UpdateGroup", "microsoft.directory/groups/update", update_group},
    {Method::kDelete, "/v1.0/groups/{id}", "Graph.DeleteGroup", "microsoft.directory/groups/delete", delete_group},
    {Method::kGet, "/v1.0/groups/{id}/members", "Graph.ListGroupMembers", kGraphRead, list_members},
    {Method::kGet, "/v1.0/groups/{id}/transitiveMembers", "Graph.ListAllGroupMembers", kGraphRead, list_all_members},
    {Method::kPost, "/v1.0/groups/{id}/members/$ref", "Graph.AddGroupMember", kMembers, add_member},
    {Method::kDelete, "/v1.0/groups/{id}/members/{member}/$ref", "Graph.RemoveGroupMember", kMembers, remove_member},
    {Method::kGet, "/v1.0/groups/{id}/memberOf", "Graph.ListGroupGroups", kGraphRead, group_member_of<false>},
    {Method::kGet, "/v1.0/groups/{id}/transitiveMemberOf", "Graph.ListAllGroupGroups", kGraphRead,
     group_member_of<true>},
    {Method::kPost, "/v1.0/groups/{id}/getMemberGroups", "Graph.GetGroupMemberGroups", kGraphRead, group_member_groups},
    {Method::kPost, "/v1.0/groups/{id}/checkMemberGroups", "Graph.CheckGroupMemberGroups", kGraphRead,
     group_check_groups},
    {Method::kGet, "/v1.0/groups/{id}/owners", "Graph.ListGroupOwners", kGraphRead, nullptr},
    {Method::kPost, "/v1.0/groups/{id}/owners/$ref", "Graph.AddGroupOwner", "microsoft.directory/groups/update",
     nullptr},
    {Method::kGet, "/v1.0/devices", "Graph.ListDevices", kGraphRead, list_devices},
    {Method::kPost, "/v1.0/devices", "Graph.CreateDevice", "microsoft.directory/devices/create", create_device},
    {Method::kGet, "/v1.0/devices/{id}", "Graph.GetDevice", kGraphRead, get_device},
    {Method::kPatch, "/v1.0/devices/{id}", "Graph.UpdateDevice", "microsoft.directory/devices/update", update_device},
    {Method::kDelete, "/v1.0/devices/{id}", "Graph.DeleteDevice", "microsoft.directory/devices/delete", delete_device}};

}  // namespace

std::span<const GraphRow> graph_group_rows() { return kRows; }

}  // namespace freehold::directory
