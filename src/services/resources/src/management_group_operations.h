// Microsoft.Management: management groups, and the subscriptions in them.
#pragma once

#include "src/arm_call.h"
#include "src/arm_gate.h"

namespace freehold::resources {

struct ListManagementGroups {};
struct GetManagementGroup {};
struct PutManagementGroup {};
struct PatchManagementGroup {};
struct DeleteManagementGroup {};
struct ListDescendants {};
struct PutGroupSubscription {};
struct GetGroupSubscription {};
struct ListGroupSubscriptions {};
struct DeleteGroupSubscription {};
struct ListEntities {};
struct CheckGroupName {};

void add_management_group_routes(ArmGate& gate, const ArmParts& parts);
void add_group_subscription_routes(ArmGate& gate, const ArmParts& parts);
void add_group_entity_routes(ArmGate& gate, const ArmParts& parts);

}  // namespace freehold::resources
