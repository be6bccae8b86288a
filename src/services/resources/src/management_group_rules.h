// The tree of management groups. Pure, over one state of a tenant.
//
// Source: "What are Azure management groups?": one root a tenant, six levels below it, one parent each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "resource/change.h"
#include "src/model.h"

namespace freehold::resources {

inline constexpr std::size_t kMaxGroupIdBytes = 90;

// Letters, digits, "-", "_", "(", ")", "."; no period at the end.
[[nodiscard]] bool is_management_group_name(std::string_view name);
[[nodiscard]] std::string management_group_id(std::string_view name);
// The name in ".../managementGroups/NAME" or NAME alone, in lower case; empty for the tenant's root one.
// Takes it children now? 409 for one that is being deleted.
[[nodiscard]] gate::ApiResult<> check_takes_children(const TenantState& state, const std::string& key);
[[nodiscard]] std::string parent_key(std::string_view id, TenantId tenant);
// Levels below the root one: 1 for a child of the root.
[[nodiscard]] std::size_t depth_of(const TenantState& state, const std::string& key);
// Levels of the tree that begins with the group: 1 if it has no children.
[[nodiscard]] std::size_t height_of(const TenantState& state, const std::string& key);
// Is `key` the group `above` or below it?
[[nodiscard]] bool is_below(const TenantState& state, std::string key, const std::string& above);
struct GroupName {
  std::string name;
  std::string display_name;
};
// Of a group by its key; the root one's if that is empty, or nobody's.
[[nodiscard]] GroupName group_name(const TenantState& state, const std::string& key);
// From the root one to that of this key, both included.
[[nodiscard]] std::vector<GroupName> groups_from_root(const TenantState& state, std::string key);
[[nodiscard]] bool has_children(const TenantState& state, const std::string& key);
// May the group stand below that parent? 404 for a parent that isn't there, 400 for a circle or too deep a tree.
[[nodiscard]] gate::ApiResult<> check_parent(const TenantState& state, const std::string& key,
                                             const std::string& parent);

}  // namespace freehold::resources
