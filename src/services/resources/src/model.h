// What the resource manager itself keeps: subscriptions, management groups, resource groups, locks, operations.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace freehold::resources {

// Azure's limits ("Azure subscription and service limits", general, resource group, management group).
inline constexpr std::size_t kMaxSubscriptions = 1'000;      // a tenant; ours
inline constexpr std::size_t kMaxGroups = 980;               // a subscription
inline constexpr std::size_t kMaxManagementGroups = 10'000;  // a tenant
inline constexpr std::size_t kMaxLocksOfScope = 20;
inline constexpr std::size_t kMaxLocks = 20'000;  // a tenant; ours
inline constexpr std::size_t kMaxTags = 50;
inline constexpr std::size_t kMaxTagNameBytes = 512;
inline constexpr std::size_t kMaxTagValueBytes = 256;
inline constexpr std::size_t kMaxNotesBytes = 512;
inline constexpr std::size_t kMaxOwners = 50;  // of a lock; ours
inline constexpr std::size_t kMaxDisplayNameBytes = 256;
inline constexpr std::size_t kMaxTagNames = 1'000;             // kept by name at a subscription; ours
inline constexpr std::size_t kMaxOperations = 2'000;           // kept, a tenant; the oldest that ended go first
inline constexpr std::size_t kMaxBodyBytes = 4 * 1024 * 1024;  // "Request size" of a template

using Tags = std::map<std::string, std::string>;
using OperationId = Guid<struct AsyncOperationTag>;

struct Subscription {
  SubscriptionId id;
  TenantId tenant;
  std::string name;
  bool enabled = true;
  std::string parent = {};  // the management group it is in, lower case; empty: the root one
  std::string alias = {};   // by which it was made (Microsoft.Subscription/aliases); empty: none, or it was deleted
  Tags tags = {};
  std::vector<std::string> unregistered = {};                      // providers that it doesn't want, in lower case
  std::map<std::string, std::vector<std::string>> tag_names = {};  // predefined names with their values
};

struct ManagementGroup {
  std::string name;  // as written; unique in the tenant without regard to case
  std::string display_name;
  std::string parent = {};  // lower case; empty: the root one
  WallTime updated = {};
  PrincipalId updated_by = {};
  std::uint64_t version = 1;
  bool deleting = false;  // takes no children; another PUT ends that
};

struct ResourceGroup {
  SubscriptionId subscription;
  std::string name;  // as it was first written
  std::string location;
  Tags tags = {};
  std::string managed_by = {};
  WallTime created = {};
  WallTime changed = {};
  // Being deleted: by this operation. It takes nothing new any more.
  OperationId deletion = {};
  [[nodiscard]] bool deleting() const { return deletion != OperationId{}; }
};

enum class LockLevel : std::uint8_t { kCanNotDelete, kReadOnly };
struct Lock {
  std::string scope;  // as written: the id of what is locked
  std::string name;
  LockLevel level = LockLevel::kCanNotDelete;
  std::string notes = {};
  std::vector<std::string> owners = {};  // application ids
  WallTime created = {};
  PrincipalId created_by = {};
};

// Work that a request began and that goes on behind it.
struct Operation {
  enum class State : std::uint8_t { kRunning, kSucceeded, kFailed };
  OperationId id;
  SubscriptionId subscription;
  std::string kind;      // "DeleteResourceGroup"
  std::string resource;  // whose
  PrincipalId caller;    // in whose name
  State state = State::kRunning;
  std::string code = {};  // of a failure
  std::string message = {};
  WallTime started = {};
  WallTime ended = {};
};

// Everything of one tenant; immutable once it can be seen, so that a request decides by one state of it.
struct TenantState {
  TenantId tenant;
  std::map<SubscriptionId, std::shared_ptr<const Subscription>> subscriptions;
  std::map<std::string, std::shared_ptr<const ManagementGroup>> management_groups;  // by name, lower case
  std::map<std::string, std::shared_ptr<const ResourceGroup>> groups;               // by id, lower case
  std::map<std::string, std::shared_ptr<const Lock>> locks;                         // by lock_key()
  std::map<OperationId, std::shared_ptr<const Operation>> operations;

  // Null: there is none.
  [[nodiscard]] std::shared_ptr<const Subscription> subscription(SubscriptionId id) const;
  [[nodiscard]] std::shared_ptr<const ResourceGroup> group(SubscriptionId subscription, std::string_view name) const;
  // Below the root one, outermost first, of something in the group `parent` (lower case; empty: the root one).
  [[nodiscard]] std::vector<std::string> groups_from_root(std::string parent) const;
};

[[nodiscard]] std::string group_key(SubscriptionId subscription, std::string_view name);
// The locked scope in lower case, a line feed, and the lock's name in lower case: the locks of a scope stand together.
[[nodiscard]] std::string lock_key(std::string_view scope, std::string_view name);

}  // namespace freehold::resources
