// Deployments of templates, at resource groups and subscriptions.
#pragma once

#include "src/arm_gate.h"
#include "src/deployment_parts.h"

namespace freehold::resources {

struct PutDeployment {};
struct GetDeployment {};
struct CheckDeployment {};
struct ListDeployments {};
struct DeleteDeployment {};
struct CancelDeployment {};
struct ValidateDeployment {};
struct ListDeploymentOperations {};
struct GetDeploymentOperation {};
struct GetDeploymentStatus {};

void add_deployment_routes(ArmGate& gate, const DeploymentParts& parts);

}  // namespace freehold::resources
