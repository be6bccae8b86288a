#include "src/snapshot.h"

#include "base/encoding.h"
#include "src/local_identity.h"

namespace freehold::directory {

Result<std::shared_ptr<const Snapshot>> Snapshot::of(TenantId tenant, Objects objects, std::size_t most_steps) {
  auto out = std::make_shared<Snapshot>();
  out->tenant = tenant;
  auto memberships = all_groups(objects.groups, most_steps);
  if (!memberships) return fail(ErrorCode::kExhausted, "groups are members of each other too often and too deep");
  out->memberships = std::move(*memberships);
  bool too_many = false;
  const auto add_identity = [&](PrincipalId id, PrincipalId application, bool enabled) {
    const auto groups = out->memberships.find(id);
    auto list = groups == out->memberships.end() ? std::vector<PrincipalId>() : groups->second;
    too_many |= list.size() > kMaxGroupsOfPrincipal;
    out->identities.emplace(id,
                            std::make_shared<const gate::Identity>(tenant, id, application, enabled, std::move(list)));
  };
  for (const auto& [id, user] : objects.users) {
    if (user->deleted) continue;
    add_identity(id, {}, user->enabled);
    const std::string name = to_lower(text_of(user->attributes, "userPrincipalName"));
    if (!name.empty()) out->user_by_name.emplace(name, id);
    for (const auto& identity : identities_of(user->attributes)) {
      out->user_by_identity.emplace(to_lower(identity.assigned_id), id);
    }
    if (const auto home = home_of(user->attributes)) {
      out->homes.emplace(id, *home);
      out->guests.emplace(std::pair(home->tenant, home->object), id);
    }
  }
  for (const auto& [id, principal] : objects.principals) {
    if (principal->deleted) continue;
    add_identity(id, principal->application, principal->enabled);
    out->principal_of_application.emplace(principal->application, id);
    if (const auto home = home_of(principal->attributes)) out->homes.emplace(id, *home);
  }
  for (const auto& [id, application] : objects.applications) {
    if (!application->deleted) out->object_of_application.emplace(application->application, id);
  }
  if (too_many) return fail(ErrorCode::kExhausted, "a principal is in too many groups");
  out->objects = std::move(objects);
  return out;
}

std::shared_ptr<const User> Snapshot::user_named(std::string_view principal_name) const {
  const auto at = user_by_name.find(to_lower(principal_name));
  return at == user_by_name.end() ? nullptr : find_in(objects.users, at->second);
}

std::shared_ptr<const User> Snapshot::user_signing_in(std::string_view name) const {
  if (auto user = user_named(name)) return user;
  const auto at = user_by_identity.find(to_lower(name));
  return at == user_by_identity.end() ? nullptr : find_in(objects.users, at->second);
}

std::shared_ptr<const User> Snapshot::guest_from(TenantId home, PrincipalId object) const {
  const auto at = guests.find({home, object});
  return at == guests.end() ? nullptr : find_in(objects.users, at->second);
}

std::shared_ptr<const Application> Snapshot::application(PrincipalId client) const {
  const auto at = object_of_application.find(client);
  return at == object_of_application.end() ? nullptr : find_in(objects.applications, at->second);
}

std::shared_ptr<const ServicePrincipal> Snapshot::principal(PrincipalId client) const {
  const auto at = principal_of_application.find(client);
  return at == principal_of_application.end() ? nullptr : find_in(objects.principals, at->second);
}

bool Snapshot::has(PrincipalId object) const {
  return live_in(objects.users, object) || live_in(objects.groups, object) || live_in(objects.devices, object) ||
         live_in(objects.applications, object) || live_in(objects.principals, object);
}

}  // namespace freehold::directory
