// What a request to deploy, validate or preview says.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "expression/json.h"
#include "http/message.h"
#include "route/api_error.h"
#include "runtime/task.h"

namespace freehold::resources {

class Planning;

// Members keep their order: a template's outputs and resources are shown as they were written.
using OrderedJson = gate::expression::Json;

// Where a template is that stands elsewhere.
struct TemplateLink {
  std::string uri = {};
  std::string query = {};  // what proves the right to read it: never kept, never shown
  std::string relative = {};
  std::string content_version = {};
  [[nodiscard]] bool empty() const { return uri.empty() && relative.empty(); }
};

// What is deployed when the deployment fails.
struct OnError {
  bool wanted = false;
  std::string name = {};  // empty: the last that succeeded
};

struct DeploymentRequest {
  OrderedJson document = nullptr;  // null: it is linked
  OrderedJson parameters = OrderedJson::object();
  std::string location = {};
  OrderedJson tags = nullptr;
  bool complete = false;  // what the template doesn't name goes
  bool ids_only = false;  // of what-if: no more than what would happen to which resource
  TemplateLink link = {};
  TemplateLink parameters_link = {};
  OnError on_error = {};
  std::size_t bytes = 0;  // as it came
  [[nodiscard]] std::string_view mode() const { return complete ? "Complete" : "Incremental"; }
};

// Azure's rule: 1 to 64 letters, digits and "-_.()".
[[nodiscard]] bool is_deployment_name(std::string_view name);

// Of "properties" and what stands beside it. 501 for what isn't there: template specs.
[[nodiscard]] gate::ApiResult<DeploymentRequest> deployment_request(OrderedJson body);
// A file of parameters, as it is, or what stands in it.
[[nodiscard]] OrderedJson inner_parameters(OrderedJson parameters);
// az sends `template` without quotes, and templates have comments.
[[nodiscard]] runtime::Task<gate::ApiResult<DeploymentRequest>> read_deployment(http::BodyReader& body,
                                                                                Planning& planning, TenantId tenant);

}  // namespace freehold::resources
