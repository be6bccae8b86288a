// Role definitions of Azure RBAC: what whoever has a role may do ("Understand Azure role definitions").
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace freehold::gate::authz {

using RoleId = Guid<struct RoleTag>;

// Azure keeps two lists apart: what is done to a resource, and what is done to the data in it. Owner has `*` of the
// first kind and nothing of the second.
enum class ActionKind { kControl, kData };

// Patterns such as "Microsoft.Storage/*/read": without regard to case, `*` stands for any text, slashes included. A set
// holds what one of `actions` names and none of `not_actions`; what it doesn't hold another role may still give.
struct PermissionSet {
  std::vector<std::string> actions = {};
  std::vector<std::string> not_actions = {};
  std::vector<std::string> data_actions = {};
  std::vector<std::string> not_data_actions = {};
};

struct RoleDefinition {
  RoleId id;
  std::string name;
  PermissionSet permissions;
};

// The built-in roles that concern what this cloud has, with the ids and permissions that Azure publishes for them.
[[nodiscard]] const std::vector<RoleDefinition>& built_in_roles();

namespace roles {
inline constexpr std::string_view kOwner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
inline constexpr std::string_view kContributor = "b24988ac-6180-42a0-ab88-20f7382dd24c";
inline constexpr std::string_view kReader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
inline constexpr std::string_view kUserAccessAdministrator = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9";
inline constexpr std::string_view kRbacAdministrator = "f58310d9-a9f6-439a-9e8d-f62e7b41a168";
inline constexpr std::string_view kStorageBlobDataOwner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";
inline constexpr std::string_view kStorageBlobDataContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
inline constexpr std::string_view kStorageBlobDataReader = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";
inline constexpr std::string_view kStorageBlobDelegator = "db58b8e5-c6ad-4a2a-8342-4190687cbf4a";
inline constexpr std::string_view kStorageAccountContributor = "17d1049b-9a84-46fb-8f53-869881c3d3ab";
inline constexpr std::string_view kStorageAccountKeyOperator = "81a9662b-bebf-436f-a333-f67b29880f12";
inline constexpr std::string_view kReaderAndDataAccess = "c12c1c16-33a1-487b-954d-41c89c60f349";
inline constexpr std::string_view kKeyVaultAdministrator = "00482a5a-887f-4fb3-b363-3b7fe8e74483";
}  // namespace roles

// One of the texts above, which are all good.
[[nodiscard]] RoleId role_id(std::string_view text);

// Does `action` match `pattern`? Both in lower case.
[[nodiscard]] bool matches_action(std::string_view pattern, std::string_view action);

}  // namespace freehold::gate::authz
