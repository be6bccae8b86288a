// Changes of what the resource manager has itself pass the same checks as those of providers' resources.
#pragma once

#include "src/arm_call.h"

namespace freehold::resources {

// Of a resource group or a subscription, as the API shows it before and after. Keep what it gives until the change is
// written: it was decided by what was in force. 403, 409 as the checks say.
[[nodiscard]] ApiResult<gate::resource::ApprovedChange> approve_own(const ArmParts& parts, const ArmCall& call,
                                                                    gate::resource::ChangeKind kind, ResourceId id,
                                                                    Json before, Json after);

}  // namespace freehold::resources
