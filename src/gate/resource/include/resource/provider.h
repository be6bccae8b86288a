// The contract between the resource manager and whoever has resources: a type is a row of data (ResourceType), and
// behind it stands a ResourceProvider.
//
// THE PROVIDER OWNS its resources: their one truth, tags, location and properties included, is in its own rows, written
// in its own commits. The resource manager keeps subscriptions, groups, locks and management groups, and asks the
// provider for everything else, so that no two stores can disagree after a crash.
//
// How to bring a provider: fill in one ResourceType for each type, implement ResourceProvider, and let app/ put the
// rows into the registry (Registry::add) before the server starts. Routes, RBAC operations, the provider's listing,
// locks, group deletion and audit records follow from the rows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "resource/change.h"
#include "route/route.h"
#include "runtime/task.h"

namespace freehold::gate::resource {

using runtime::Task;

// What a provider answers to a write. 200 or 201 with the resource as it is now; 200 or 204 to a deletion.
struct Written {
  int status = 200;
  Json resource = nullptr;
};

// Which resources of a type are asked for: those of a subscription, or of one of its groups, or below one parent.
struct ListScope {
  TenantId tenant;
  SubscriptionId subscription;
  std::string group = {};                 // empty: all groups
  std::optional<ResourceId> parent = {};  // of nested types: "storageAccounts/a" of its containers
  // Of types that extend any scope (ScopeKind::kResource): where it was asked. The provider says what belongs there.
  std::optional<ResourceId> at = {};
};

struct Reading {
  std::string api_version;
  Caller caller;
  std::string filter = {};  // of lists of types that extend any scope: $filter, which the provider reads
  // Of lists of types that page (ResourceType::pages): in the order of their ids in lower case, those behind this one
  // alone, and so many at most.
  std::string behind = {};
  std::size_t most = std::numeric_limits<std::size_t>::max();
};

struct ActionCall {
  std::string action;       // the row's name: "listKeys", "locations/usages"
  ResourceId id;            // what it is done to; of actions above a resource the subscription or the tenant
  std::string path = {};    // what comes behind the id, as sent: "/providers/NS/locations/west/usages"
  Json body = nullptr;      // null if there was none
  Json resource = nullptr;  // of actions on a resource: as get() gave it
  std::string api_version;
  Caller caller;
  std::vector<http::QueryParameter> query = {};

  // The first query parameter of that (lower-case) name, or empty.
  [[nodiscard]] std::string_view parameter(std::string_view name) const {
    for (const auto& one : query) {
      if (one.name == name) return one.value;
    }
    return {};
  }
};

struct ActionAnswer {
  int status = 200;
  Json body = nullptr;
  http::Headers headers = {};
};

// Implemented by services; outlives the registry. Thread-safe: called from all loops. A resource is JSON in the API's
// own form ("id", "name", "type", "location", "tags", "properties", "sku", "kind", "etag" where it has one, ...).
// Writes of one resource group come one at a time. Errors are the resource manager's ({"error": {"code", "message"}}).
class ResourceProvider {
 public:
  virtual ~ResourceProvider() = default;
  // Null: there is none.
  [[nodiscard]] virtual Task<ApiResult<Json>> get(ResourceId id, Reading reading) = 0;
  // Complete, in any order; the resource manager sorts, filters and pages.
  [[nodiscard]] virtual Task<ApiResult<std::vector<Json>>> list(const ResourceType& type, ListScope scope,
                                                                Reading reading) = 0;
  // PUT and PATCH. Conditions (if_match, if_none_match) are the provider's to keep, in its commit: 412
  // PreconditionFailed.
  [[nodiscard]] virtual Task<ApiResult<Written>> put(ApprovedChange change) = 0;
  // Idempotent: 204 if there was none. Also called by the deletion of a group.
  [[nodiscard]] virtual Task<ApiResult<Written>> remove(ApprovedChange change) = 0;
  // An action of the type's row. Those that alter something were approved (ChangeKind::kAction) before.
  [[nodiscard]] virtual Task<ApiResult<ActionAnswer>> act(ActionCall call) = 0;
};

// Which requests a type has besides those of its actions.
enum Verb : std::uint32_t {
  kGet = 1u << 0,
  kPut = 1u << 1,
  kPatch = 1u << 2,
  kDelete = 1u << 3,
  kHead = 1u << 4,
  kListInGroup = 1u << 5,         // or, of a nested type, below its parent
  kListInSubscription = 1u << 6,  // of types at a group or a subscription
};
using VerbSet = std::uint32_t;
inline constexpr VerbSet kEveryVerb = kGet | kPut | kPatch | kDelete | kHead | kListInGroup | kListInSubscription;

// POST (or GET) of something that is no resource. Its path is built from where it stands:
//   kResource      {id of the resource}/listKeys
//   kSubscription  /subscriptions/S/providers/NS/checkNameAvailability
//   kTenant        /providers/NS/operations
//   kScope         {tenant, group or resource}/providers/NS/checkPolicyRestrictions
struct ResourceAction {
  enum class At : std::uint8_t { kResource, kSubscription, kTenant, kScope };
  std::string name;  // may have {...} in it: "locations/{location}/usages"
  At at = At::kResource;
  http::Method method = http::Method::kPost;
  std::string action = {};  // RBAC: "Microsoft.Storage/storageAccounts/listKeys/action"
  bool alters = false;      // passes the checks (locks: a read-only one forbids it)
  // POSTs of a read-only lock: listing keys is forbidden too, since who has them can write (Azure says so).
  bool reveals_keys = false;
  bool any_caller = false;  // for whoever has a token: GET /providers/NS/operations
  DataClass data = DataClass::kSystemMetadata;
};

// Where what a type's instances hold rests (PROMISES R3).
enum class Residency : std::uint8_t {
  kRegion,  // rests in its location's region
  kGeo,     // in the tenant's Geo: what has no region of its own
};

// The name that policies have for a property: "Microsoft.Storage/storageAccounts/minimumTlsVersion" is
// properties.minimumTlsVersion; "[*]" stands for an array's elements. A modifiable one a policy may alter in a request.
struct PropertyAlias {
  std::string_view alias;
  std::string_view path;
  bool modifiable = false;
};

// A row of data. Everything said of a type anywhere comes from here.
struct ResourceType {
  std::string provider;                      // "Microsoft.Storage"
  std::string type;                          // "storageAccounts", "storageAccounts/blobServices/containers"
  std::vector<std::string> api_versions;     // newest first; newer ones are taken too
  ScopeKind at = ScopeKind::kResourceGroup;  // kTenant, kSubscription, kResourceGroup, kResource (extends any)
  VerbSet verbs = kEveryVerb;
  bool tracked = true;  // has a location and tags of its own, and stands among a group's resources
  bool taggable = true;
  bool movable =
      false;  // put() takes ChangeKind::kMove: to another group, with all that stands below it, as one change
  std::vector<std::string> locations = {};  // empty: every location of this cloud
  std::vector<ResourceAction> actions = {};
  Residency residency = Residency::kRegion;
  std::vector<DataClass> data = {DataClass::kCustomerData};  // what its properties may hold
  // RBAC: "Microsoft.Storage/storageAccounts" + "/read", "/write", "/delete", unless Azure has another word for it.
  std::string action_prefix = {};
  // Azure Policy: a type without aliases is known to policies by its type, name, location and tags alone.
  std::span<const PropertyAlias> aliases = {};
  // Types below it that Azure has and this cloud doesn't: policies may name their aliases, which never match.
  std::span<const std::string_view> absent_types = {};
  // Of types that extend any scope: those at the tenant itself may be read by whoever has a token of it (built-ins).
  bool shared_at_tenant = false;
  bool pages = false;  // there may be very many: list() keeps to Reading::behind and most
  // Where Azure tells with a code and a word of its own that there is none: {"PolicyDefinitionNotFound", "policy
  // definition"}. Empty: ResourceNotFound.
  std::pair<std::string, std::string> absence = {};
  ResourceProvider* behind = nullptr;

  [[nodiscard]] std::string full_type() const { return provider + "/" + type; }
  [[nodiscard]] std::string action(std::string_view verb) const {
    return (action_prefix.empty() ? full_type() : action_prefix) + "/" + std::string(verb);
  }
};

// Is this api-version one of the row's, or newer than its newest? ("2022-09-01", "2023-01-01-preview")
[[nodiscard]] bool takes_version(const ResourceType& type, std::string_view api_version);

}  // namespace freehold::gate::resource
