#include "src/deployment_body.h"

#include <algorithm>

#include "base/encoding.h"
#include "expression/jsonc.h"
#include "src/arm_errors.h"
#include "src/model.h"

namespace freehold::resources {
namespace {

using gate::expression::find_member;
using gate::expression::text_member;

gate::ApiResult<> check_supported(const OrderedJson& properties) {
  const auto mode = text_member(properties, "mode");
  if (equals_ignoring_case(mode, "Complete")) {
    return std::unexpected(arm_errors::not_implemented("The deployment mode 'Complete'"));
  }
  if (!equals_ignoring_case(mode, "Incremental")) {
    return std::unexpected(arm_errors::invalid_content("the deployment's 'mode' is 'Incremental' or 'Complete'."));
  }
  for (const auto* name : {"templateLink", "parametersLink", "onErrorDeployment"}) {
    const auto* member = find_member(properties, name);
    if (member != nullptr && !member->is_null()) {
      return std::unexpected(arm_errors::not_implemented("'" + std::string(name) + "' of a deployment"));
    }
  }
  return {};
}

}  // namespace

bool is_deployment_name(std::string_view name) {
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.()").contains(c);
  };
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, is_good);
}

gate::ApiResult<DeploymentRequest> deployment_request(OrderedJson body) {
  auto* properties = find_member(body, "properties");
  if (properties == nullptr || !properties->is_object()) {
    return std::unexpected(arm_errors::invalid_content("a deployment has 'properties'."));
  }
  FH_CHECK_OK(check_supported(*properties));
  auto* document = find_member(*properties, "template");
  if (document == nullptr || !document->is_object()) {
    return std::unexpected(arm_errors::make(
        400, "InvalidTemplate", "The deployment's properties must have a 'template' that is a JSON object."));
  }
  DeploymentRequest out{.document = std::move(*document)};
  if (auto* parameters = find_member(*properties, "parameters"); parameters != nullptr && !parameters->is_null()) {
    out.parameters = std::move(*parameters);
  }
  // A file of parameters, sent as it is.
  if (text_member(out.parameters, "$schema").contains("deploymentParameters.json")) {
    const auto* inner = find_member(out.parameters, "parameters");
    out.parameters = inner == nullptr ? OrderedJson::object() : OrderedJson(*inner);
  }
  out.location = text_member(body, "location");
  if (const auto* tags = find_member(body, "tags"); tags != nullptr) out.tags = *tags;
  return out;
}

runtime::Task<gate::ApiResult<DeploymentRequest>> read_deployment(http::BodyReader& body) {
  const auto text = co_await http::read_all(body, kMaxBodyBytes);
  if (!text) co_return std::unexpected(arm_errors::body_unreadable(text.error()));
  auto json = gate::expression::read_jsonc(*text);
  if (!json) co_return std::unexpected(arm_errors::invalid_content(json.error().message + "."));
  if (!json->is_object()) co_return std::unexpected(arm_errors::invalid_content("a JSON object is expected."));
  co_return deployment_request(std::move(*json));
}

}  // namespace freehold::resources
