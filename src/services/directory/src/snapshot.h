// Snapshot: a tenant's whole directory at one moment, for readers. Immutable; each change makes a new one, which shares
// the objects that didn't change.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "authn/identity.h"
#include "base/result.h"
#include "directory/object.h"
#include "src/membership_rules.h"

namespace freehold::directory {

template <class Object>
using ObjectMap = std::map<PrincipalId, std::shared_ptr<const Object>>;

// Deleted users, applications and service principals are among them until they are purged.
struct Objects {
  ObjectMap<User> users;
  ObjectMap<Group> groups;
  ObjectMap<Device> devices;
  ObjectMap<Application> applications;
  ObjectMap<ServicePrincipal> principals;
  std::map<TenantId, std::shared_ptr<const ExternalDirectory>> externals = {};  // that the tenant made
  std::shared_ptr<const ExternalDirectory> self = {};  // of an external directory, which it is; null: of another tenant
};

template <class Object>
[[nodiscard]] std::shared_ptr<const Object> find_in(const ObjectMap<Object>& map, PrincipalId id) {
  const auto at = map.find(id);
  return at == map.end() ? nullptr : at->second;
}
template <class Object>
[[nodiscard]] bool is_deleted(const Object& object) {
  if constexpr (requires { object.deleted; }) return object.deleted.has_value();
  return false;
}
// Null if it isn't there or deleted.
template <class Object>
[[nodiscard]] std::shared_ptr<const Object> live_in(const ObjectMap<Object>& map, PrincipalId id) {
  auto found = find_in(map, id);
  return found && !is_deleted(*found) ? found : nullptr;
}

struct Snapshot {
  TenantId tenant;
  Objects objects;
  // Of what isn't deleted.
  std::unordered_map<PrincipalId, std::shared_ptr<const gate::Identity>> identities;  // users and service principals
  Memberships memberships;  // each group somebody is in, however deep
  std::unordered_map<PrincipalId, PrincipalId> principal_of_application;
  std::unordered_map<PrincipalId, PrincipalId> object_of_application;  // the application's
  std::unordered_map<std::string, PrincipalId> user_by_name;           // user principal name in lower case
  std::unordered_map<std::string, PrincipalId> user_by_identity;       // what a local account signs in as, the same
  std::unordered_map<PrincipalId, Home> homes;  // of guests, and of service principals of other tenants' applications
  std::map<std::pair<TenantId, PrincipalId>, PrincipalId> guests;  // the other way round, users alone

  // Of a change: groups in groups in groups are followed at every one, on a loop that others need too.
  static constexpr std::size_t kMaxMembershipSteps = 1'000'000;
  // kExhausted: somebody would be in too many groups, or groups stand in each other too often. What decides must know
  // all of them or not begin.
  [[nodiscard]] static Result<std::shared_ptr<const Snapshot>> of(TenantId tenant, Objects objects,
                                                                  std::size_t most_steps = kMaxMembershipSteps);

  [[nodiscard]] std::shared_ptr<const User> user_named(std::string_view principal_name) const;
  // By whatever name a user of the tenant may sign in.
  [[nodiscard]] std::shared_ptr<const User> user_signing_in(std::string_view name) const;
  [[nodiscard]] std::shared_ptr<const User> guest_from(TenantId home, PrincipalId object) const;
  [[nodiscard]] bool is_external() const { return objects.self != nullptr; }
  // Where names of its users end: `otherwise` where it is no external directory.
  [[nodiscard]] std::string domain(std::string_view otherwise) const {
    return is_external() ? objects.self->domain : std::string(otherwise);
  }
  // By its client id.
  [[nodiscard]] std::shared_ptr<const Application> application(PrincipalId client) const;
  [[nodiscard]] std::shared_ptr<const ServicePrincipal> principal(PrincipalId client) const;
  // Is there any object of that id that isn't deleted?
  [[nodiscard]] bool has(PrincipalId object) const;
};

}  // namespace freehold::directory
