// Deployments of templates, at resource groups, subscriptions, management groups and the tenant.
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
struct PreviewDeployment {};
struct ExportDeployment {};
struct ListDeploymentOperations {};
struct GetDeploymentOperation {};
struct GetDeploymentStatus {};

void add_deployment_routes(ArmGate& gate, const DeploymentParts& parts);

}  // namespace freehold::resources
