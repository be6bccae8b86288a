// From a request to a planned template: where it is deployed, and whether what it names is there and may be written.
#pragma once

#include <memory>

#include "expression/template.h"
#include "src/deployment_evaluator.h"
#include "src/deployment_parts.h"

namespace freehold::resources {

using gate::expression::PlannedResource;
using gate::expression::Template;

// A template that is part of another's deployment.
struct OuterTemplate {
  Template* plan = nullptr;  // null: its expressions are its own
  std::size_t resource = 0;
};

// `scope` is the caller's tenant or something of it: a management group, a subscription, a resource group. 400
// InvalidTemplate says what is wrong.
[[nodiscard]] Task<ApiResult<std::shared_ptr<Template>>> plan_deployment(DeploymentEvaluator& evaluator,
                                                                         const DeploymentParts& parts, ArmCall call,
                                                                         ResourceId scope, std::string name,
                                                                         DeploymentRequest request,
                                                                         OuterTemplate outer);

// Does this cloud have the types, in these versions, and may the caller write them all? What can be known before
// anything is written; each write is decided again when it happens.
[[nodiscard]] ApiResult<> check_resources(const DeploymentParts& parts, const ArmCall& call, const Template& plan);

// The deployment as it is shown before it has run: parameters, providers, dependencies.
[[nodiscard]] OrderedJson shown_deployment(const ResourceId& scope, std::string_view name, const Template& plan,
                                           std::string_view mode, const std::string& correlation, WallTime now);
// "/subscriptions/S/resourceGroups/G/providers/Microsoft.Resources/deployments/N"
[[nodiscard]] std::string deployment_id(const ResourceId& scope, std::string_view name);
// {"id", "resourceType", "resourceName"}
[[nodiscard]] OrderedJson shown_resource(const PlannedResource& resource);

// "InvalidTemplate", or 501 for what isn't supported.
[[nodiscard]] gate::ApiError template_error(const Error& error);

}  // namespace freehold::resources
