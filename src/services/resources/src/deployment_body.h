// What a request to deploy, validate or preview says.
#pragma once

#include <string>
#include <string_view>

#include "expression/json.h"
#include "http/message.h"
#include "route/api_error.h"
#include "runtime/task.h"

namespace freehold::resources {

// Members keep their order: a template's outputs and resources are shown as they were written.
using OrderedJson = gate::expression::Json;

struct DeploymentRequest {
  OrderedJson document;
  OrderedJson parameters = OrderedJson::object();
  std::string location = {};
  OrderedJson tags = nullptr;
};

// Azure's rule: 1 to 64 letters, digits and "-_.()".
[[nodiscard]] bool is_deployment_name(std::string_view name);

// Of "properties" and what stands beside it. 501 for what isn't there: mode Complete, linked templates and parameters,
// onErrorDeployment.
[[nodiscard]] gate::ApiResult<DeploymentRequest> deployment_request(OrderedJson body);
// az sends `template` without quotes, and templates have comments.
[[nodiscard]] runtime::Task<gate::ApiResult<DeploymentRequest>> read_deployment(http::BodyReader& body);

}  // namespace freehold::resources
