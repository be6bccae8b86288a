#include "src/changes.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/authorize_rules.h"
#include "src/local_identity.h"

namespace freehold::directory {

bool is_managed(const ServicePrincipal& principal) {
  return text_of(principal.attributes, "servicePrincipalType") == kManagedIdentity;
}

}  // namespace freehold::directory

namespace freehold::directory::changes {
namespace {

constexpr std::size_t kPurgedAtOnce = 100;

std::unexpected<Error> no_such(std::string_view what) {
  return fail(ErrorCode::kNotFound, "there is no such " + std::string(what));
}
std::unexpected<Error> too_many(std::string_view what) {
  return fail(ErrorCode::kExhausted, "there are too many " + std::string(what));
}
std::unexpected<Error> taken(std::string_view property) {
  return fail(ErrorCode::kConflict,
              "Another object with the same value for property " + std::string(property) + " already exists.");
}

Result<> check_name(const std::string& name) {
  if (name.empty() || name.size() > kMaxNameBytes || !is_valid_utf8(name)) {
    return fail(ErrorCode::kInvalidArgument, "a name has 1 to 256 bytes of UTF-8");
  }
  return {};
}

Result<> check_attributes(const Attributes& attributes, ObjectKind kind) {
  for (const auto& [name, value] : attributes) {
    const auto* spec = find_attribute(kind, name);
    if (spec == nullptr) continue;  // kept by a later version
    FH_CHECK_OK(check_attribute(*spec, value));
  }
  return {};
}

Result<> require(const Attributes& attributes, std::string_view name) {
  if (!text_of(attributes, name).empty()) return {};
  return fail(ErrorCode::kInvalidArgument, "A value is required for property '" + std::string(name) + "' of resource.");
}

// A form is posted there and a browser sent there: nothing that runs as a script, nor without https.
Result<> check_redirects(const Attributes& attributes) {
  for (const auto* list : {"web.redirectUris", "spa.redirectUris", "publicClient.redirectUris"}) {
    for (const auto& uri : texts_of(attributes, list)) {
      if (is_registrable_redirect(uri)) continue;
      return fail(ErrorCode::kInvalidArgument, "A redirect URI in '" + std::string(list) + "' is invalid.");
    }
  }
  return {};
}

// A name to sign in by is one user's, whether it is a principal name or an identity.
Result<> check_identities(const Draft& draft, const User& user) {
  const auto own = identities_of(user.attributes);
  if (own.size() > kMaxIdentities) return too_many("identities");
  const auto is_own = [&own](std::string_view name) {
    return std::ranges::any_of(own, [name](const auto& one) { return equals_ignoring_case(one.assigned_id, name); });
  };
  for (const auto& one : own) {
    FH_CHECK_OK(check_identity(one));
  }
  const std::string name = text_of(user.attributes, "userPrincipalName");
  for (const auto& [id, other] : draft.objects().users) {
    if (id == user.object || other->deleted) continue;
    if (!own.empty() && is_own(text_of(other->attributes, "userPrincipalName"))) return taken("identities");
    for (const auto& theirs : identities_of(other->attributes)) {
      if (is_own(theirs.assigned_id)) return taken("identities");
      if (equals_ignoring_case(theirs.assigned_id, name)) return taken("userPrincipalName");
    }
  }
  return {};
}

// An account of another tenant is one guest here: who signs in by it is nobody else.
Result<> check_guest(const Draft& draft, const User& user) {
  const auto home = home_of(user.attributes);
  if (!home) return {};
  for (const auto& [id, other] : draft.objects().users) {
    const auto theirs = id == user.object || other->deleted ? std::nullopt : home_of(other->attributes);
    if (!theirs || theirs->tenant != home->tenant || theirs->object != home->object) continue;
    return fail(ErrorCode::kConflict, "This account is a guest there already.");
  }
  return {};
}

// A user principal name is one user's, also of those that could come back? No: a deleted user's name is free, and who
// took it keeps it (restore() refuses).
Result<> check(const Draft& draft, const User& user) {
  FH_CHECK_OK(check_attributes(user.attributes, ObjectKind::kUser));
  FH_CHECK_OK(require(user.attributes, "userPrincipalName"));
  FH_CHECK_OK(require(user.attributes, "displayName"));
  const std::string name = text_of(user.attributes, "userPrincipalName");
  const auto at = name.find('@');
  if (at == 0 || at == name.npos || name.find('@', at + 1) != name.npos ||
      name.find_first_of(" '\"<>/\\") != name.npos) {
    return fail(ErrorCode::kInvalidArgument, "Property userPrincipalName is invalid.");
  }
  for (const auto& [id, other] : draft.objects().users) {
    if (id == user.object || other->deleted) continue;
    if (equals_ignoring_case(text_of(other->attributes, "userPrincipalName"), name)) return taken("userPrincipalName");
  }
  FH_CHECK_OK(check_guest(draft, user));
  return check_identities(draft, user);
}

Result<> check(const Draft&, const Group& group) {
  FH_CHECK_OK(check_name(group.name));
  return check_attributes(group.attributes, ObjectKind::kGroup);
}

Result<> check(const Draft&, const Device& device) {
  FH_CHECK_OK(require(device.attributes, "displayName"));
  return check_attributes(device.attributes, ObjectKind::kDevice);
}

Result<> check(const Draft& draft, const Application& application) {
  FH_CHECK_OK(check_attributes(application.attributes, ObjectKind::kApplication));
  FH_CHECK_OK(require(application.attributes, "displayName"));
  FH_CHECK_OK(check_redirects(application.attributes));
  if (application.secrets.size() > kMaxSecrets) return too_many("secrets");
  if (application.certificates.size() > kMaxCertificates) return too_many("certificates");
  if (application.federated.size() > kMaxFederated) return too_many("federated credentials");
  const auto uris = texts_of(application.attributes, "identifierUris");
  for (const auto& [id, other] : draft.objects().applications) {
    if (id == application.object || other->deleted) continue;
    if (other->application == application.application) return taken("appId");
    for (const auto& uri : texts_of(other->attributes, "identifierUris")) {
      if (std::ranges::find(uris, uri) != uris.end()) return taken("identifierUris");
    }
  }
  return {};
}

Result<> check(const Draft& draft, const ServicePrincipal& principal) {
  FH_CHECK_OK(check_name(principal.name));
  FH_CHECK_OK(check_attributes(principal.attributes, ObjectKind::kServicePrincipal));
  if (principal.secrets.size() > kMaxSecrets) return too_many("secrets");
  if (principal.certificates.size() > kMaxCertificates) return too_many("certificates");
  if (is_managed(principal) && !(principal.secrets.empty() && principal.certificates.empty())) {
    return fail(ErrorCode::kInvalidArgument, "Credentials of a managed identity can't be set.");
  }
  for (const auto& [id, other] : draft.objects().principals) {
    if (id != principal.object && !other->deleted && other->application == principal.application) return taken("appId");
  }
  return {};
}

template <class Object>
const ObjectMap<Object>& map_of(const Objects& objects);
template <>
const ObjectMap<User>& map_of<User>(const Objects& objects) {
  return objects.users;
}
template <>
const ObjectMap<Group>& map_of<Group>(const Objects& objects) {
  return objects.groups;
}
template <>
const ObjectMap<Device>& map_of<Device>(const Objects& objects) {
  return objects.devices;
}
template <>
const ObjectMap<Application>& map_of<Application>(const Objects& objects) {
  return objects.applications;
}
template <>
const ObjectMap<ServicePrincipal>& map_of<ServicePrincipal>(const Objects& objects) {
  return objects.principals;
}

template <class Object>
Result<> add_to(Draft& draft, Object object, std::size_t most, std::string_view what) {
  FH_CHECK_OK(check(draft, object));
  if (map_of<Object>(draft.objects()).size() >= most) return too_many(what);
  draft.put(std::move(object));
  return {};
}

template <class Object>
Result<> replace_in(Draft& draft, Object object, std::string_view what) {
  if (!live_in(map_of<Object>(draft.objects()), object.object)) return no_such(what);
  FH_CHECK_OK(check(draft, object));
  draft.put(std::move(object));
  return {};
}

// Calls `with` with a copy of the application or service principal, to put afterwards.
template <class With>
Result<> change_client(Draft& draft, PrincipalId object, With with) {
  if (const auto found = live_in(draft.objects().principals, object)) {
    ServicePrincipal principal = *found;
    FH_CHECK_OK(with(principal.secrets));
    FH_CHECK_OK(check(draft, principal));
    draft.put(std::move(principal));
    return {};
  }
  const auto found = live_in(draft.objects().applications, object);
  if (!found) return no_such("application or service principal");
  Application application = *found;
  FH_CHECK_OK(with(application.secrets));
  draft.put(std::move(application));
  return {};
}

template <class Object>
bool mark(Draft& draft, PrincipalId object, std::optional<WallTime> deleted) {
  const auto found = find_in(map_of<Object>(draft.objects()), object);
  if (!found || found->deleted.has_value() == deleted.has_value()) return false;
  Object changed = *found;
  changed.deleted = deleted;
  draft.put(std::move(changed));
  return true;
}

// The service principals of an application that went or comes with it.
std::vector<PrincipalId> principals_of(const Draft& draft, PrincipalId application, std::optional<WallTime> deleted) {
  std::vector<PrincipalId> out;
  for (const auto& [id, principal] : draft.objects().principals) {
    if (principal->application == application && principal->deleted == deleted) out.push_back(id);
  }
  return out;
}

}  // namespace

Result<> add(Draft& draft, ServicePrincipal principal) {
  return add_to(draft, std::move(principal), kMaxServicePrincipals, "service principals");
}
Result<> add(Draft& draft, Group group) { return add_to(draft, std::move(group), kMaxGroups, "groups"); }
Result<> add(Draft& draft, User user) { return add_to(draft, std::move(user), kMaxUsers, "users"); }
Result<> add(Draft& draft, Device device) { return add_to(draft, std::move(device), kMaxDevices, "devices"); }
Result<> add(Draft& draft, Application application) {
  return add_to(draft, std::move(application), kMaxApplications, "applications");
}
Result<> replace(Draft& draft, User user) { return replace_in(draft, std::move(user), "user"); }
Result<> replace(Draft& draft, Group group) { return replace_in(draft, std::move(group), "group"); }
Result<> replace(Draft& draft, Device device) { return replace_in(draft, std::move(device), "device"); }
Result<> replace(Draft& draft, Application application) {
  return replace_in(draft, std::move(application), "application");
}
// Which resource a managed identity acts for is the service's to say: others go by it.
Result<> replace(Draft& draft, ServicePrincipal principal) {
  const auto before = live_in(draft.objects().principals, principal.object);
  if (before && is_managed(*before)) {
    for (const auto* own : {"alternativeNames", "servicePrincipalType", "actsFor"}) {
      const auto at = principal.attributes.find(own);
      const auto was = before->attributes.find(own);
      const bool there = at != principal.attributes.end();
      if (there == (was != before->attributes.end()) && (!there || at->second == was->second)) continue;
      return fail(ErrorCode::kInvalidArgument,
                  "Property '" + std::string(own) + "' of a managed identity cannot be set.");
    }
  }
  return replace_in(draft, std::move(principal), "service principal");
}

Result<> add_secret(Draft& draft, PrincipalId object, const ClientSecret& secret) {
  return change_client(draft, object, [&secret](std::vector<ClientSecret>& secrets) -> Result<> {
    if (secrets.size() >= kMaxSecrets) return too_many("secrets");
    secrets.push_back(secret);
    return {};
  });
}

Result<> remove_secret(Draft& draft, PrincipalId object, SecretId secret) {
  return change_client(draft, object, [secret](std::vector<ClientSecret>& secrets) -> Result<> {
    if (std::erase_if(secrets, [secret](const ClientSecret& s) { return s.id == secret; }) == 0) {
      return no_such("secret");
    }
    return {};
  });
}

Result<> add_member(Draft& draft, PrincipalId group, PrincipalId member) {
  const auto& objects = draft.objects();
  const auto found = live_in(objects.groups, group);
  if (!found) return no_such("group");
  const bool can_join = live_in(objects.users, member) || live_in(objects.groups, member) ||
                        live_in(objects.devices, member) || live_in(objects.principals, member);
  if (!can_join) return no_such("member");
  if (std::ranges::find(found->members, member) != found->members.end()) {
    return fail(ErrorCode::kConflict, "it is a member already");
  }
  if (found->members.size() >= kMaxMembers) return fail(ErrorCode::kExhausted, "the group has too many members");
  Group joined = *found;
  joined.members.push_back(member);
  draft.put(std::move(joined));
  return {};
}

Result<> remove_member(Draft& draft, PrincipalId group, PrincipalId member) {
  const auto found = live_in(draft.objects().groups, group);
  if (!found) return no_such("group");
  Group left = *found;
  if (std::erase(left.members, member) == 0) return no_such("member");
  draft.put(std::move(left));
  return {};
}

Result<> remove(Draft& draft, PrincipalId object, WallTime now) {
  const auto& objects = draft.objects();
  if (live_in(objects.groups, object) || live_in(objects.devices, object)) {
    draft.remove(object);
    return {};
  }
  if (const auto principal = live_in(objects.principals, object); principal && is_managed(*principal)) {
    return fail(ErrorCode::kInvalidArgument, "A managed identity goes with the resource that it acts for.");
  }
  if (const auto user = live_in(objects.users, object)) {
    User gone = *user;
    gone.deleted = gone.sessions_from = now;  // what was begun elsewhere as a guest doesn't come back with the account
    draft.put(std::move(gone));
    return {};
  }
  if (mark<ServicePrincipal>(draft, object, now)) return {};
  const auto application = live_in(objects.applications, object);
  if (!application) return no_such("object");
  const auto own = principals_of(draft, application->application, std::nullopt);
  static_cast<void>(mark<Application>(draft, object, now));
  for (const PrincipalId principal : own) static_cast<void>(mark<ServicePrincipal>(draft, principal, now));
  return {};
}

Result<> restore(Draft& draft, PrincipalId object) {
  const auto& objects = draft.objects();
  if (const auto user = find_in(objects.users, object); user && user->deleted) {
    FH_CHECK_OK(check(draft, *user));
    static_cast<void>(mark<User>(draft, object, std::nullopt));
    return {};
  }
  if (const auto principal = find_in(objects.principals, object); principal && principal->deleted) {
    FH_CHECK_OK(check(draft, *principal));
    static_cast<void>(mark<ServicePrincipal>(draft, object, std::nullopt));
    return {};
  }
  const auto application = find_in(objects.applications, object);
  if (!application || !application->deleted) return no_such("deleted object");
  FH_CHECK_OK(check(draft, *application));
  for (const PrincipalId principal : principals_of(draft, application->application, application->deleted)) {
    FH_CHECK_OK(check(draft, *find_in(objects.principals, principal)));
    static_cast<void>(mark<ServicePrincipal>(draft, principal, std::nullopt));
  }
  static_cast<void>(mark<Application>(draft, object, std::nullopt));
  return {};
}

Result<> purge(Draft& draft, PrincipalId object) {
  const auto& objects = draft.objects();
  const auto gone = [object](const auto& map) {
    const auto found = find_in(map, object);
    return found && found->deleted;
  };
  if (!gone(objects.users) && !gone(objects.applications) && !gone(objects.principals)) {
    return no_such("deleted object");
  }
  draft.remove(object);
  return {};
}

bool purge_old(Draft& draft, WallTime now) {
  std::vector<PrincipalId> old;
  const auto look = [&](const auto& map) {
    for (const auto& [id, object] : map) {
      if (object->deleted && *object->deleted + kKeepDeleted < now && old.size() < kPurgedAtOnce) old.push_back(id);
    }
  };
  look(draft.objects().users);
  look(draft.objects().applications);
  look(draft.objects().principals);
  for (const PrincipalId id : old) draft.remove(id);
  return !old.empty();
}

}  // namespace freehold::directory::changes
