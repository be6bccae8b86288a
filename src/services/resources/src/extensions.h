// What extends a scope (policies assigned to a group, exemptions of a resource) goes with it.
#pragma once

#include "resource/registry.h"

namespace freehold::resources {

// Resources of every type that extends any scope, at `scope` and below it. Whoever is asked first to make the scope
// again must not find them. May be done twice.
[[nodiscard]] runtime::Task<gate::ApiResult<>> remove_extensions(const gate::resource::Registry& registry,
                                                                 gate::resource::Caller caller,
                                                                 gate::resource::ResourceId scope);

}  // namespace freehold::resources
