// Providers as a subscription sees them, and all its resources, whatever their type.
#pragma once

#include "src/arm_call.h"
#include "src/arm_gate.h"

namespace freehold::resources {

struct ListProviders {};
struct GetProvider {};
struct RegisterProvider {};
struct UnregisterProvider {};
struct ListAllResources {};
struct ListResourceTypes {};

void add_provider_routes(ArmGate& gate, const ArmParts& parts);

}  // namespace freehold::resources
