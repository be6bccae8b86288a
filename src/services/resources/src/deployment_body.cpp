#include "src/deployment_body.h"

#include <algorithm>

#include "base/encoding.h"
#include "expression/jsonc.h"
#include "src/arm_errors.h"
#include "src/model.h"
#include "src/planning.h"

namespace freehold::resources {
namespace {

using gate::expression::find_member;
using gate::expression::text_member;

gate::ApiResult<> check_supported(const OrderedJson& properties) {
  const auto mode = text_member(properties, "mode");
  if (!equals_ignoring_case(mode, "Incremental") && !equals_ignoring_case(mode, "Complete")) {
    return std::unexpected(arm_errors::invalid_content("the deployment's 'mode' is 'Incremental' or 'Complete'."));
  }
  return {};
}

constexpr std::size_t kUriBytes = 4 * 1024;

gate::ApiResult<TemplateLink> read_link(const OrderedJson& properties, std::string_view name) {
  const auto* link = find_member(properties, name);
  if (link == nullptr || link->is_null()) return TemplateLink{};
  const auto wrong = [name] {
    return std::unexpected(arm_errors::invalid_content("'" + std::string(name) + "' has a 'uri' or a 'relativePath'."));
  };
  if (!link->is_object()) return wrong();
  if (const auto* spec = find_member(*link, "id"); spec != nullptr && !spec->is_null()) {
    return std::unexpected(arm_errors::not_implemented("A template spec"));
  }
  TemplateLink out{.uri = std::string(text_member(*link, "uri")),
                   .query = std::string(text_member(*link, "queryString")),
                   .relative = std::string(text_member(*link, "relativePath")),
                   .content_version = std::string(text_member(*link, "contentVersion"))};
  if (out.query.starts_with('?')) out.query.erase(0, 1);
  const bool one = out.uri.empty() != out.relative.empty();
  if (!one || out.uri.size() + out.query.size() + out.relative.size() > kUriBytes) return wrong();
  return out;
}

gate::ApiResult<OnError> read_on_error(const OrderedJson& properties) {
  const auto* given = find_member(properties, "onErrorDeployment");
  if (given == nullptr || given->is_null()) return OnError{};
  const auto type = text_member(*given, "type");
  const std::string name(text_member(*given, "deploymentName"));
  const bool last = equals_ignoring_case(type, "LastSuccessful") && name.empty();
  if (!last && !(equals_ignoring_case(type, "SpecificDeployment") && is_deployment_name(name))) {
    return std::unexpected(arm_errors::invalid_content(
        "'onErrorDeployment' is of the type 'LastSuccessful', or 'SpecificDeployment' with a 'deploymentName'."));
  }
  return OnError{.wanted = true, .name = name};
}

// A template or a link to one.
gate::ApiResult<> take_template(OrderedJson& properties, DeploymentRequest& out) {
  FH_TRY(out.link, read_link(properties, "templateLink"));
  FH_TRY(out.parameters_link, read_link(properties, "parametersLink"));
  auto* document = find_member(properties, "template");
  const bool given = document != nullptr && !document->is_null();
  if (given == !out.link.empty() || (given && !document->is_object())) {
    return std::unexpected(arm_errors::make(400, "InvalidTemplate",
                                            "The deployment's properties must have a 'template' that is a JSON object, "
                                            "or a 'templateLink', and not both."));
  }
  if (given) out.document = std::move(*document);
  if (auto* parameters = find_member(properties, "parameters"); parameters != nullptr && !parameters->is_null()) {
    out.parameters = inner_parameters(std::move(*parameters));
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

OrderedJson inner_parameters(OrderedJson parameters) {
  if (!text_member(parameters, "$schema").contains("deploymentParameters.json")) return parameters;
  auto* inner = find_member(parameters, "parameters");
  return inner == nullptr ? OrderedJson::object() : OrderedJson(std::move(*inner));
}

gate::ApiResult<DeploymentRequest> deployment_request(OrderedJson body) {
  auto* properties = find_member(body, "properties");
  if (properties == nullptr || !properties->is_object()) {
    return std::unexpected(arm_errors::invalid_content("a deployment has 'properties'."));
  }
  FH_CHECK_OK(check_supported(*properties));
  DeploymentRequest out;
  FH_CHECK_OK(take_template(*properties, out));
  FH_TRY(out.on_error, read_on_error(*properties));
  out.complete = equals_ignoring_case(text_member(*properties, "mode"), "Complete");
  if (const auto* settings = find_member(*properties, "whatIfSettings"); settings != nullptr) {
    out.ids_only = equals_ignoring_case(text_member(*settings, "resultFormat"), "ResourceIdOnly");
  }
  out.location = text_member(body, "location");
  if (const auto* tags = find_member(body, "tags"); tags != nullptr) out.tags = *tags;
  return out;
}

runtime::Task<gate::ApiResult<DeploymentRequest>> read_deployment(http::BodyReader& body, Planning& planning,
                                                                  TenantId tenant) {
  auto text = co_await http::read_all(body, kMaxBodyBytes);
  if (!text) co_return std::unexpected(arm_errors::body_unreadable(text.error()));
  const auto bytes = text->size();
  auto json = co_await planning.run(
      tenant, std::make_shared<PlanningTime>(),
      [text = std::move(*text)]() -> Result<OrderedJson> { return gate::expression::read_jsonc(text); });
  if (!json && json.error().code == ErrorCode::kUnavailable) co_return std::unexpected(arm_errors::of(json.error()));
  if (!json) co_return std::unexpected(arm_errors::invalid_content(json.error().message + "."));
  if (!json->is_object()) co_return std::unexpected(arm_errors::invalid_content("a JSON object is expected."));
  FH_CO_TRY(auto request, deployment_request(std::move(*json)));
  request.bytes = bytes;
  co_return request;
}

}  // namespace freehold::resources
