// Does what a request names as its scope stand? What is said of a scope that isn't there says nothing now, and would
// say it of whatever is made there later. Resources themselves are their providers' to know. Pure.
#pragma once

#include <memory>

#include "resource/resource_id.h"
#include "route/api_error.h"
#include "src/model.h"

namespace freehold::resources {

// The group that the scope is, or stands in: 404 ResourceGroupNotFound, 409 ResourceGroupBeingDeleted.
[[nodiscard]] gate::ApiResult<std::shared_ptr<const ResourceGroup>> standing_group(
    const TenantState& state, const gate::resource::ResourceId& scope);

// The same, of scopes outside groups too.
[[nodiscard]] gate::ApiResult<> check_group_stands(const TenantState& state, const gate::resource::ResourceId& scope);

// And its management group: 404 NotFound. The root one always stands.
[[nodiscard]] gate::ApiResult<> check_scope_stands(const TenantState& state, TenantId tenant,
                                                   const gate::resource::ResourceId& scope);

}  // namespace freehold::resources
