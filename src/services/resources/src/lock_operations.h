// Microsoft.Authorization/locks, at a subscription, a group or a resource.
#pragma once

#include "src/arm_call.h"
#include "src/arm_gate.h"

namespace freehold::resources {

struct PutLock {};
struct GetLock {};
struct ListLocks {};
struct DeleteLock {};

void add_lock_routes(ArmGate& gate, const ArmParts& parts);

}  // namespace freehold::resources
