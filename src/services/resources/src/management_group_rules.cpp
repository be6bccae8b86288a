#include "src/management_group_rules.h"

#include <algorithm>

#include "authz/scope.h"
#include "base/encoding.h"
#include "src/arm_errors.h"

namespace freehold::resources {

bool is_management_group_name(std::string_view name) {
  const auto good = [](char c) {
    const char l = ascii_lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || std::string_view("-_().").contains(c);
  };
  return !name.empty() && name.size() <= kMaxGroupIdBytes && !name.ends_with('.') && std::ranges::all_of(name, good);
}

std::string management_group_id(std::string_view name) {
  return "/providers/Microsoft.Management/managementGroups/" + std::string(name);
}

std::string parent_key(std::string_view id, TenantId tenant) {
  std::string key = to_lower(id.substr(id.rfind('/') + 1));
  return key == to_string(tenant) ? std::string() : key;
}

std::size_t depth_of(const TenantState& state, const std::string& key) { return state.groups_from_root(key).size(); }

std::size_t height_of(const TenantState& state, const std::string& key) {
  const std::size_t top = depth_of(state, key);
  std::size_t lowest = top;
  for (const auto& [other, group] : state.management_groups) {
    if (is_below(state, other, key)) lowest = std::max(lowest, depth_of(state, other));
  }
  return lowest - top + 1;
}

bool is_below(const TenantState& state, std::string key, const std::string& above) {
  const auto path = state.groups_from_root(std::move(key));
  return std::ranges::find(path, above) != path.end();
}

GroupName group_name(const TenantState& state, const std::string& key) {
  const auto at = state.management_groups.find(key);
  if (at == state.management_groups.end()) return {to_string(state.tenant), "Tenant Root Group"};
  return {at->second->name, at->second->display_name};
}

std::vector<GroupName> groups_from_root(const TenantState& state, std::string key) {
  std::vector<GroupName> out;
  for (auto at = state.management_groups.find(key); at != state.management_groups.end();
       at = state.management_groups.find(key)) {
    out.push_back({at->second->name, at->second->display_name});
    key = at->second->parent;
  }
  out.push_back(group_name(state, ""));
  std::ranges::reverse(out);
  return out;
}

bool has_children(const TenantState& state, const std::string& key) {
  const auto is_child = [&](const auto& each) { return each.second->parent == key; };
  return std::ranges::any_of(state.management_groups, is_child) || std::ranges::any_of(state.subscriptions, is_child);
}

gate::ApiResult<> check_takes_children(const TenantState& state, const std::string& key) {
  const auto at = state.management_groups.find(key);
  if (at == state.management_groups.end() || !at->second->deleting) return {};
  return std::unexpected(arm_errors::make(409, "ManagementGroupBeingDeleted",
                                          "The management group '" + at->second->name + "' is being deleted."));
}

gate::ApiResult<> check_parent(const TenantState& state, const std::string& key, const std::string& parent) {
  FH_CHECK_OK(check_takes_children(state, parent));
  if (!parent.empty() && !state.management_groups.contains(parent)) {
    return std::unexpected(arm_errors::make(404, "ParentManagementGroupNotFound",
                                            "The parent management group '" + parent + "' is not found."));
  }
  if (is_below(state, parent, key)) {
    return std::unexpected(arm_errors::make(400, "InvalidParent", "A management group can't stand below itself."));
  }
  const std::size_t height = state.management_groups.contains(key) ? height_of(state, key) : 1;
  if (depth_of(state, parent) + height > gate::authz::kMaxGroupDepth) {
    return std::unexpected(arm_errors::make(400, "ManagementGroupTreeTooDeep",
                                            "Management groups are at most six levels deep below the root one."));
  }
  return {};
}

}  // namespace freehold::resources
