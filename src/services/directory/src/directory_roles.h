// The directory's own roles ("Microsoft Entra built-in roles"), which say who may change the directory; they give
// nothing on resources. Rows of data, by Azure's template ids.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "directory/object.h"

namespace freehold::directory {

struct DirectoryRole {
  std::string_view id;  // the template's, which is the role's here too
  std::string_view name;
  std::string_view description;
  // "microsoft.directory/users/create"; "*" at the end takes all that begin so.
  std::vector<std::string_view> actions;
};

[[nodiscard]] std::span<const DirectoryRole> directory_roles();
[[nodiscard]] const DirectoryRole* find_directory_role(std::string_view id);

// Do these roles give the action?
[[nodiscard]] bool roles_allow(const std::vector<DirectoryRoleId>& roles, std::string_view action);
// Who has one of them could make itself more by what it may change of others: only a Global Administrator touches the
// credentials, state or roles of such a user or application.
[[nodiscard]] bool are_privileged(const std::vector<DirectoryRoleId>& roles);
[[nodiscard]] bool is_global_administrator(const std::vector<DirectoryRoleId>& roles);

}  // namespace freehold::directory
