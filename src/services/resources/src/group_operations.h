// Resource groups, and the long work that deleting one is.
#pragma once

#include "src/arm_call.h"
#include "src/arm_gate.h"

namespace freehold::resources {

struct PutResourceGroup {};
struct PatchResourceGroup {};
struct GetResourceGroup {};
struct CheckResourceGroup {};
struct ListResourceGroups {};
struct DeleteResourceGroup {};
struct GetOperationResult {};

void add_group_routes(ArmGate& gate, const ArmParts& parts);

}  // namespace freehold::resources
