#include "src/identities_provider.h"

#include <algorithm>

#include "authz/control_right.h"
#include "base/encoding.h"
#include "resource/refusal.h"

namespace freehold::identities {
namespace {

using gate::ApiResult;
using gate::resource::ActionAnswer;
using gate::resource::ApprovedChange;
using gate::resource::Json;
using gate::resource::refuse;
using gate::resource::refuse_for;
using gate::resource::ResourceId;
using gate::resource::Written;

constexpr std::string_view kProvider = "Microsoft.ManagedIdentity";
constexpr std::string_view kType = "userAssignedIdentities";

// "Naming rules and restrictions for Azure resources": 3 to 128 letters, digits, hyphens and underscores, the first of
// them a letter or digit.
bool is_identity_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return name.size() >= 3 && name.size() <= 128 && plain(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return plain(c) || c == '-' || c == '_'; });
}

// The principal is the directory's to choose: what says so may come back, and is passed over.
ApiResult<> check_members(const Json& resource) {
  constexpr std::string_view kTaken[] = {"id", "name", "type", "location", "tags", "properties", "systemData"};
  for (const auto& [name, value] : resource.items()) {
    if (std::ranges::find(kTaken, name) == std::end(kTaken)) {
      return refuse(400, "InvalidRequestContent",
                    "There is no member " + gate::resource::quoted(name) + " that could be set.");
    }
  }
  const auto properties = resource.find("properties");
  if (properties == resource.end() || properties->is_null()) return {};
  constexpr std::string_view kShown[] = {"tenantId", "principalId", "clientId"};
  for (const auto& [name, value] : properties->items()) {
    if (std::ranges::find(kShown, name) == std::end(kShown)) {
      return refuse(400, "InvalidRequestContent",
                    "There is no property " + gate::resource::quoted(name) + " that could be set.");
    }
  }
  return {};
}

std::map<std::string, std::string> tags_of(const Json& resource) {
  std::map<std::string, std::string> out;
  const auto tags = resource.find("tags");
  if (tags == resource.end() || !tags->is_object()) return out;
  for (const auto& [name, value] : tags->items()) out[name] = value.is_string() ? value.get<std::string>() : "";
  return out;
}

Json show(const AssignableIdentity& identity, TenantId tenant) {
  return {{"id", identity.id.text()},
          {"name", identity.id.name()},
          {"type", std::string(kProvider) + "/" + std::string(kType)},
          {"location", identity.location},
          {"tags", identity.tags},
          {"properties",
           {{"tenantId", to_string(tenant)},
            {"principalId", to_string(identity.principal.object)},
            {"clientId", to_string(identity.principal.application)}}}};
}

gate::resource::Refusal refused(const Error& error) {
  if (error.code != ErrorCode::kExhausted) return refuse_for(error);
  return refuse(409, "QuotaExceeded", "There are as many identities as there may be: " + error.message + ".");
}

}  // namespace

void IdentitiesProvider::add_types(gate::resource::Registry& registry) {
  registry.add({.provider = std::string(kProvider),
                .type = std::string(kType),
                .api_versions = {"2024-11-30", "2023-07-31-preview", "2023-01-31", "2022-01-31-preview", "2018-11-30",
                                 "2015-08-31-preview"},
                .residency = gate::resource::Residency::kGeo,
                .behind = this});
}

Task<ApiResult<Json>> IdentitiesProvider::get(ResourceId id, gate::resource::Reading reading) {
  const auto found = store_.find(reading.caller.tenant, id);
  if (found == nullptr) co_return Json(nullptr);
  co_return show(*found, reading.caller.tenant);
}

Task<ApiResult<std::vector<Json>>> IdentitiesProvider::list(const gate::resource::ResourceType&,
                                                            gate::resource::ListScope scope, gate::resource::Reading) {
  std::vector<Json> out;
  for (const auto& identity : store_.all(scope.tenant)) {
    const bool here = identity->id.subscription == scope.subscription &&
                      (scope.group.empty() || equals_ignoring_case(identity->id.group, scope.group));
    if (here) out.push_back(show(*identity, scope.tenant));
  }
  co_return out;
}

// The principal is made first: a crash leaves one that has no right and that nothing names.
Task<ApiResult<Written>> IdentitiesProvider::put(ApprovedChange change) {
  const auto& caller = change->caller;
  const auto there = store_.find(caller.tenant, change->id);
  FH_CO_CHECK_OK(check_conditions(*change, there != nullptr));
  if (!is_identity_name(change->id.name())) {
    co_return refuse(400, "InvalidResourceName",
                     gate::resource::quoted(change->id.name()) + " is no name of an identity.");
  }
  FH_CO_CHECK_OK(check_members(change->after));
  AssignableIdentity identity{.id = there ? there->id : change->id,
                              .location = change->after.value("location", ""),
                              .tags = tags_of(change->after)};
  if (there != nullptr) {
    identity.principal = there->principal;
  } else {
    const auto made = co_await principals_.make(caller.tenant, change->id.name(), change->id.text(), caller.now);
    if (!made) co_return refused(made.error());
    identity.principal = *made;
  }
  const auto principal = identity.principal.object;
  const auto kept = co_await store_.put(caller.tenant, std::move(identity));
  if (!kept) {
    if (there == nullptr) static_cast<void>(co_await principals_.remove(caller.tenant, principal));
    co_return refused(kept.error());
  }
  const auto now = store_.find(caller.tenant, change->id);
  if (now == nullptr) co_return refuse(409, "Conflict", "Another request removed the identity meanwhile.");
  co_return Written{.status = there ? 200 : 201, .resource = show(*now, caller.tenant)};
}

// The principal first: with it ends whatever was done in its name, and a crash leaves a resource that can be deleted
// again.
Task<ApiResult<Written>> IdentitiesProvider::remove(ApprovedChange change) {
  const auto tenant = change->caller.tenant;
  const auto there = store_.find(tenant, change->id);
  FH_CO_CHECK_OK(check_conditions(*change, there != nullptr));
  if (there == nullptr) co_return Written{.status = 204};
  if (needed_ && needed_(tenant, there->principal.object)) {
    co_return refuse(409, "IdentityInUse",
                     "The identity " + gate::resource::quoted(there->id.name()) +
                         " opens the customer-managed key of a storage account: give the account another one first.");
  }
  const auto gone = co_await principals_.remove(tenant, there->principal.object);
  if (!gone) co_return refused(gone.error());
  const auto done = co_await store_.remove(tenant, change->id);
  if (!done) co_return refused(done.error());
  co_return Written{.status = 200};
}

Task<ApiResult<ActionAnswer>> IdentitiesProvider::act(gate::resource::ActionCall) {
  co_return refuse(404, "NotFound", "There is no such action.");
}

Result<gate::resource::UserIdentity> IdentitiesProvider::assign(const gate::resource::Caller& caller,
                                                                std::string_view id) const {
  constexpr std::string_view kAssign = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
  const auto parsed = gate::resource::parse_resource_id(id);
  const auto found = parsed ? store_.find(caller.tenant, *parsed) : nullptr;
  const auto chain = parsed ? gate::resource::chain_of(*parsed, caller.tenant, tree_) : gate::authz::ScopeChain();
  if (parsed && !gate::authz::may_control(directory_, assignments_, caller.tenant, caller.object, kAssign, chain)) {
    return fail(ErrorCode::kDenied, "the caller may not assign the identity");
  }
  if (found == nullptr) {
    return fail(ErrorCode::kInvalidArgument,
                "There is no identity " + gate::resource::quoted(id) + " that could be assigned.");
  }
  return gate::resource::UserIdentity{found->id.text(), found->principal};
}

}  // namespace freehold::identities
