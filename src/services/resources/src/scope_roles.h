// What becomes of the roles at a scope that is gone.
#pragma once

#include <string>

#include "authz/assignment_store.h"
#include "base/random.h"
#include "route/api_error.h"
#include "runtime/task.h"

namespace freehold::resources {

// Takes away what is assigned or denied at the scope `key` (lower case) and below it: what is made there later under
// the same name must not find it. Idempotent.
[[nodiscard]] runtime::Task<gate::ApiResult<>> forget_roles(gate::authz::AssignmentStore& assignments, TenantId tenant,
                                                            std::string key);

// Gives and denies the same at `to`, and below it, as is given and denied at `from` and below that.
[[nodiscard]] runtime::Task<gate::ApiResult<>> copy_roles(gate::authz::AssignmentStore& assignments, Random& random,
                                                          TenantId tenant, std::string from, std::string to);

}  // namespace freehold::resources
