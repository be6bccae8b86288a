// The changes that a directory's objects may go through: rules over a draft, which refuse or put. What they make is in
// effect when the draft is committed.
#pragma once

#include "src/draft.h"

namespace freehold::directory::changes {

// All of them: kNotFound, no such object (deleted ones are none); kConflict, a name or an id is taken;
// kInvalidArgument, an attribute isn't as the schema says or one that must be there isn't; kExhausted, too many.
[[nodiscard]] Result<> add(Draft& draft, ServicePrincipal principal);
[[nodiscard]] Result<> add(Draft& draft, Group group);
[[nodiscard]] Result<> add(Draft& draft, User user);
[[nodiscard]] Result<> add(Draft& draft, Device device);
[[nodiscard]] Result<> add(Draft& draft, Application application);
// Puts the new form of one that is there, by the rules of add().
[[nodiscard]] Result<> replace(Draft& draft, User user);
[[nodiscard]] Result<> replace(Draft& draft, Group group);
[[nodiscard]] Result<> replace(Draft& draft, Device device);
[[nodiscard]] Result<> replace(Draft& draft, Application application);
[[nodiscard]] Result<> replace(Draft& draft, ServicePrincipal principal);

// Of an application or a service principal.
[[nodiscard]] Result<> add_secret(Draft& draft, PrincipalId object, const ClientSecret& secret);
[[nodiscard]] Result<> remove_secret(Draft& draft, PrincipalId object, SecretId secret);

[[nodiscard]] Result<> add_member(Draft& draft, PrincipalId group, PrincipalId member);
[[nodiscard]] Result<> remove_member(Draft& draft, PrincipalId group, PrincipalId member);

// Users, applications and service principals go where they can be restored from for 30 days; an application takes its
// service principal along. Groups and devices go at once, as Azure's security groups do.
[[nodiscard]] Result<> remove(Draft& draft, PrincipalId object, WallTime now);
// kConflict: what was its own has been given to another meanwhile.
[[nodiscard]] Result<> restore(Draft& draft, PrincipalId object);
// For good, and with it everything personal.
[[nodiscard]] Result<> purge(Draft& draft, PrincipalId object);
// Whatever was deleted longer ago than it is kept; at most 100 objects a time. False: there is nothing (more) to purge.
[[nodiscard]] bool purge_old(Draft& draft, WallTime now);

}  // namespace freehold::directory::changes
