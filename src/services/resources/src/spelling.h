// How the members of a resource are spelled. Azure tells their names apart without regard to case; providers and
// policies go by the very name, so that neither sees what the other doesn't.
#pragma once

#include "resource/provider.h"

namespace freehold::resources {

// `body` with the members that every resource has, and those that the type's aliases name, as they are spelled there.
// 400 InvalidRequestContent where one stands in two spellings: it would say two things.
[[nodiscard]] gate::ApiResult<gate::resource::Json> spelled(gate::resource::Json body,
                                                            const gate::resource::ResourceType& type);

}  // namespace freehold::resources
