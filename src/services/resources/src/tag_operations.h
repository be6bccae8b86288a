// Tags of subscriptions, groups and resources by one address, and the tag names that a subscription knows.
#pragma once

#include "src/arm_call.h"
#include "src/arm_gate.h"

namespace freehold::resources {

struct GetTags {};
struct PutTags {};
struct PatchTags {};
struct DeleteTags {};
struct ListTagNames {};
struct PutTagName {};
struct DeleteTagName {};
struct PutTagValue {};
struct DeleteTagValue {};

void add_tag_routes(ArmGate& gate, const ArmParts& parts);
void add_tag_name_routes(ArmGate& gate, const ArmParts& parts);

}  // namespace freehold::resources
