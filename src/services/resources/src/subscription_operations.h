// Subscriptions, tenants and locations: what `az login` asks for first.
#pragma once

#include "src/arm_call.h"
#include "src/arm_gate.h"

namespace freehold::resources {

struct ListSubscriptions {};
struct GetSubscription {};
struct ListLocations {};
struct ListTenants {};
struct PutSubscriptionAlias {};
struct GetSubscriptionAlias {};
struct ListSubscriptionAliases {};
struct DeleteSubscriptionAlias {};
struct RenameSubscription {};

void add_subscription_routes(ArmGate& gate, const ArmParts& parts);
// Microsoft.Subscription: making subscriptions.
void add_subscription_alias_routes(ArmGate& gate, const ArmParts& parts);

}  // namespace freehold::resources
