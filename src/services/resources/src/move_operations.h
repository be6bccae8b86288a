// moveResources and validateMoveResources: resources change their group.
#pragma once

#include "src/arm_gate.h"

namespace freehold::resources {

struct MoveResources {};
struct ValidateMoveResources {};

void add_move_routes(ArmGate& gate, const ArmParts& parts);

}  // namespace freehold::resources
