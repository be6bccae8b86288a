#include "src/directory_roles.h"

#include <algorithm>

namespace freehold::directory {
namespace {

constexpr std::string_view kRead = "microsoft.directory/read";
constexpr std::string_view kDirectoryReaders = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";
constexpr std::string_view kGlobalReader = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";

const std::vector<DirectoryRole>& table() {
  static const std::vector<DirectoryRole> rows = {
      {kGlobalAdministrator, "Global Administrator", "Can manage all aspects of the directory.", {"*"}},
      {kGlobalReader, "Global Reader", "Can read everything that a Global Administrator can.", {kRead}},
      {kDirectoryReaders, "Directory Readers", "Can read basic directory information.", {kRead}},
      {"9360feb5-f418-4baa-8175-e2a00bac4301",
       "Directory Writers",
       "Can read and write basic directory information.",
       {kRead, "microsoft.directory/users/update", "microsoft.directory/groups/*"}},
      {"fe930be7-5e62-47db-91af-98c3a49a38b1",
       "User Administrator",
       "Can manage all aspects of users and groups.",
       {kRead, "microsoft.directory/users/*", "microsoft.directory/groups/*", "microsoft.directory/deletedItems/*"}},
      {"fdd7a751-b60b-444a-984c-02652fe8fa1c",
       "Groups Administrator",
       "Can manage all aspects of groups.",
       {kRead, "microsoft.directory/groups/*"}},
      {"95e79109-95c0-4d8e-aee3-d01accf2d47b",
       "Guest Inviter",
       "Can invite guests.",
       {kRead, "microsoft.directory/users/inviteGuest"}},
      {"966707d0-3269-4727-9be2-8c3a10f19b9d",
       "Password Administrator",
       "Can reset passwords of who has no role.",
       {kRead, "microsoft.directory/users/password", "microsoft.directory/users/invalidateAllRefreshTokens"}},
      {"729827e3-9c14-49f7-bb1b-9608f156bbb8",
       "Helpdesk Administrator",
       "Can reset passwords of who has no role.",
       {kRead, "microsoft.directory/users/password", "microsoft.directory/users/invalidateAllRefreshTokens"}},
      {"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
       "Application Administrator",
       "Can manage all aspects of applications.",
       {kRead, "microsoft.directory/applications/*", "microsoft.directory/servicePrincipals/*",
        "microsoft.directory/deletedItems/*"}},
      {"158c047a-c907-4556-b7ef-446551a6b5f7",
       "Cloud Application Administrator",
       "Can manage all aspects of applications.",
       {kRead, "microsoft.directory/applications/*", "microsoft.directory/servicePrincipals/*",
        "microsoft.directory/deletedItems/*"}},
      {"7698a772-787b-4ac8-901f-60d6b08affd2",
       "Cloud Device Administrator",
       "Can manage devices.",
       {kRead, "microsoft.directory/devices/*"}}};
  return rows;
}

bool gives(std::string_view pattern, std::string_view action) {
  if (!pattern.ends_with('*')) return pattern == action;
  return action.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

std::span<const DirectoryRole> directory_roles() { return table(); }

const DirectoryRole* find_directory_role(std::string_view id) {
  const auto at = std::ranges::find(table(), id, &DirectoryRole::id);
  return at == table().end() ? nullptr : &*at;
}

bool roles_allow(const std::vector<DirectoryRoleId>& roles, std::string_view action) {
  return std::ranges::any_of(roles, [action](const DirectoryRoleId& id) {
    const auto* role = find_directory_role(to_string(id));
    return role != nullptr &&
           std::ranges::any_of(role->actions, [action](std::string_view pattern) { return gives(pattern, action); });
  });
}

bool are_privileged(const std::vector<DirectoryRoleId>& roles) {
  return std::ranges::any_of(roles, [](const DirectoryRoleId& id) {
    const std::string text = to_string(id);
    return text != kDirectoryReaders && text != kGlobalReader;
  });
}

bool is_global_administrator(const std::vector<DirectoryRoleId>& roles) {
  return std::ranges::any_of(roles, [](const DirectoryRoleId& id) { return to_string(id) == kGlobalAdministrator; });
}

}  // namespace freehold::directory
