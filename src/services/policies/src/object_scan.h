// What the policies say of the objects inside of one resource (resource provider modes), summed up by policy: a state
// of the resource, with the objects as its components.
//
// Source: "Component-level compliance" of "Get compliance data of Azure resources"; ComponentStateDetails of Policy
// States.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "authz/scope.h"
#include "resource/data_policy.h"
#include "resource/scopes.h"
#include "src/compliance.h"
#include "src/tenant_policies.h"

namespace freehold::policies {

inline constexpr std::size_t kMaxComponents = 1'000;  // named by one state, those that don't comply first
inline constexpr std::size_t kMaxComponentBytes = 256 * std::size_t{1'024};  // of their JSON

// Borrows all of it.
struct ObjectParts {
  gate::resource::DataObjects* objects = nullptr;  // null: nothing has any
  std::span<const gate::resource::DataType> types = {};
  const gate::authz::ManagementTree& tree;
  const gate::resource::Scopes& scopes;
};

// None: no policy of the mode is in force there, or there is no object that one speaks of. `origins` outlives the task.
[[nodiscard]] runtime::Task<Result<std::vector<PolicyState>>> scan_objects(
    ObjectParts parts, std::shared_ptr<const TenantPolicies> policies, ResourceId container,
    gate::resource::Caller caller, PolicyOrigins* origins);

}  // namespace freehold::policies
