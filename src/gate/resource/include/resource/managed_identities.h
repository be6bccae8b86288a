// ManagedIdentities: principals of the directory that act for resources, as services ask for them.
//
// Source: "What are managed identities for Azure resources?".
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "resource/change.h"
#include "runtime/task.h"

namespace freehold::gate::resource {

struct ManagedIdentity {
  PrincipalId object = {};
  PrincipalId application = {};
  friend bool operator==(const ManagedIdentity&, const ManagedIdentity&) = default;
};

// Implemented by app/ over the directory. Thread-safe.
class ManagedIdentities {
 public:
  virtual ~ManagedIdentities() = default;
  // A principal that acts for the resource of that id and has no right yet. kExhausted: the directory is full.
  [[nodiscard]] virtual runtime::Task<Result<ManagedIdentity>> make(TenantId tenant, std::string name,
                                                                    std::string resource_id, WallTime now) = 0;
  // One that isn't there is removed.
  [[nodiscard]] virtual runtime::Task<Result<>> remove(TenantId tenant, PrincipalId object) = 0;
};

// A principal that is a resource of its own, and may act for several others.
struct UserIdentity {
  std::string id;  // of the resource
  ManagedIdentity principal = {};
  friend bool operator==(const UserIdentity&, const UserIdentity&) = default;
};

// Implemented by the service that keeps them. Thread-safe, from memory.
class UserIdentities {
 public:
  virtual ~UserIdentities() = default;
  // The identity of that id, in any case, for a resource that the caller writes. kInvalidArgument: there is none such
  // in the caller's tenant; kDenied: the caller may not give it to a resource (userAssignedIdentities/assign/action).
  [[nodiscard]] virtual Result<UserIdentity> assign(const Caller& caller, std::string_view id) const = 0;
};

}  // namespace freehold::gate::resource
