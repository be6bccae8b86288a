// ResourceId: an ARM id taken apart. Strict and bounded; nothing here looks anything up.
//
// Source: "Resource ID" of the resource manager's documentation; CLIENTS.md: ids are compared without regard to case.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/scope.h"
#include "base/ids.h"

namespace freehold::gate::resource {

inline constexpr std::size_t kMaxNameBytes = 260;
inline constexpr std::size_t kMaxGroupNameBytes = 90;
inline constexpr std::size_t kMaxParts = 3;  // a resource, what extends it, and what extends that
inline constexpr std::size_t kMaxTypes = 8;  // nested, in one part

enum class ScopeKind : std::uint8_t { kTenant, kManagementGroup, kSubscription, kResourceGroup, kResource };

// "/providers/Microsoft.Storage/storageAccounts/a/blobServices/default": namespace, and a type with a name each.
struct IdPart {
  std::string provider;
  std::vector<std::string> types;
  std::vector<std::string> names;
  // "Microsoft.Storage/storageAccounts/blobServices"
  [[nodiscard]] std::string type() const;
  friend bool operator==(const IdPart&, const IdPart&) = default;
};

// Everything as it was written. Of the tenant itself everything is empty.
struct ResourceId {
  std::optional<SubscriptionId> subscription = {};
  std::string group = {};          // resource group; only below a subscription
  std::vector<IdPart> parts = {};  // the last one is what the id names, what comes before is what it stands on

  [[nodiscard]] ScopeKind kind() const;
  // "/subscriptions/S/resourceGroups/G/providers/...": the usual case of the fixed words; "/" of the tenant.
  [[nodiscard]] std::string text() const;
  // The last part's; of a group or subscription the resource manager's own type for it.
  [[nodiscard]] std::string type() const;
  [[nodiscard]] std::string name() const;       // the last name: "default"
  [[nodiscard]] std::string full_name() const;  // all names of the last part: "a/default"
  // The name of the management group that the id begins with; empty: none.
  [[nodiscard]] std::string_view management_group() const;
  // What it stands on: the group of a resource, the subscription of a group, the parent of a nested or extending one.
  // Of the tenant itself: the tenant.
  [[nodiscard]] ResourceId parent() const;
  // The scope before the last "/providers/".
  [[nodiscard]] ResourceId scope() const;
  friend bool operator==(const ResourceId&, const ResourceId&) = default;
};

// Text and type in lower case: what two ids are compared by.
[[nodiscard]] std::string key_of(const ResourceId& id);

// The id that a text is. nullopt: no leading slash, empty segments, a type without a name, a malformed subscription id,
// too long or too deep, or characters that no name has.
[[nodiscard]] std::optional<ResourceId> parse_resource_id(std::string_view text);

// What a request's path, as it was sent, points at: an id as above after each segment was decoded (a slash in a name
// is refused), and what comes behind the last whole one: "/resources", "/providers/Microsoft.Storage/storageAccounts",
// "/listKeys", as sent. nullopt: no path of the resource manager's has this form.
struct ResourcePath {
  ResourceId id;
  std::string_view rest = {};
};
[[nodiscard]] std::optional<ResourcePath> parse_resource_path(std::string_view path);

// Every scope whose assignments reach it, outermost first.
[[nodiscard]] authz::ScopeChain chain_of(const ResourceId& id, TenantId tenant, const authz::ManagementTree& tree);

// Azure's rules for the name of a resource group: letters, digits, "-_.()", no period at the end, 90 at most.
[[nodiscard]] bool is_group_name(std::string_view name);

}  // namespace freehold::gate::resource
