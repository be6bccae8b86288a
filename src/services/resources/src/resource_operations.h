// Resources of every type that has a provider: the rows are made from the types' own, and the work is the provider's.
#pragma once

#include "src/arm_call.h"
#include "src/arm_gate.h"

namespace freehold::resources {

struct PutResource {};
struct PatchResource {};
struct GetResource {};
struct CheckResource {};
struct DeleteResource {};
struct ListResources {};
struct ActOnResource {};
struct ActAbove {};

// For each row of the registry, which is complete by now.
void add_resource_routes(ArmGate& gate, const ArmParts& parts);

// The resource, as its provider has it; null if there is none. 404 for what no provider has.
[[nodiscard]] Task<ApiResult<Json>> find_resource(const ArmParts& parts, const ArmCall& call, ResourceId id);

}  // namespace freehold::resources
