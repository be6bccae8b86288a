#include "src/deployment_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/metadata.h"
#include "src/own_types.h"
#include "src/scope_rules.h"

namespace freehold::resources {
namespace {

using gate::expression::TemplateFrame;
using gate::expression::TemplateScope;

constexpr std::string_view kType = "Microsoft.Resources/deployments";

OrderedJson group_value(const ResourceGroup& group, const ResourceId& id) {
  return {{"id", id.text()},
          {"name", group.name},
          {"type", "Microsoft.Resources/resourceGroups"},
          {"location", group.location},
          {"managedBy", group.managed_by},
          {"tags", group.tags},
          {"properties", {{"provisioningState", "Succeeded"}}}};
}

// environment(): what this cloud publishes of itself.
OrderedJson environment_value(const Site& site, std::string_view origin) {
  const std::string_view front = "https://management.";
  const auto port = origin.substr(std::min(origin.size(), front.size() + site.domain.size()));
  const auto published = metadata_endpoints(site, port, "2022-09-01");
  return published ? OrderedJson::parse(*published, nullptr, false) : OrderedJson(nullptr);
}

ApiResult<> place_in_group(TemplateFrame& frame, const TenantState& state, const ResourceId& scope) {
  FH_TRY(const auto group, standing_group(state, scope));
  frame.scope = TemplateScope::kResourceGroup;
  frame.resource_group = group->name;
  frame.resource_group_value = group_value(*group, {.subscription = scope.subscription, .group = group->name});
  return {};
}

ApiResult<> place_in_management_group(TemplateFrame& frame, const TenantState& state, std::string_view name,
                                      const std::string& tenant) {
  const auto key = to_lower(name);
  const auto at = state.management_groups.find(key);
  if (at == state.management_groups.end() && key != tenant) {
    return std::unexpected(arm_errors::management_group_not_found(name));
  }
  const bool root = at == state.management_groups.end();
  const std::string_view kManagementType = "Microsoft.Management/managementGroups";
  frame.scope = TemplateScope::kManagementGroup;
  frame.management_group = root ? tenant : at->second->name;
  frame.management_group_value = {
      {"id", fmt::format("/providers/{}/{}", kManagementType, frame.management_group)},
      {"name", frame.management_group},
      {"type", kManagementType},
      {"properties", {{"tenantId", tenant}, {"displayName", root ? "Tenant Root Group" : at->second->display_name}}}};
  return {};
}

ApiResult<> place_frame(TemplateFrame& frame, const TenantState& state, const ResourceId& scope,
                        const std::string& tenant) {
  if (const auto name = scope.management_group(); !name.empty()) {
    return place_in_management_group(frame, state, name, tenant);
  }
  if (!scope.subscription) return {};
  const auto subscription = state.subscription(*scope.subscription);
  if (subscription == nullptr) {
    return std::unexpected(arm_errors::subscription_not_found(to_string(*scope.subscription)));
  }
  frame.scope = TemplateScope::kSubscription;
  frame.subscription = to_string(subscription->id);
  frame.subscription_value = {{"id", "/subscriptions/" + frame.subscription},
                              {"subscriptionId", frame.subscription},
                              {"tenantId", tenant},
                              {"displayName", subscription->name}};
  if (scope.group.empty()) return {};
  return place_in_group(frame, state, scope);
}

ApiResult<TemplateFrame> frame_of(const DeploymentParts& parts, const ArmCall& call, const ResourceId& scope,
                                  std::string_view name, const DeploymentRequest& request) {
  const auto state = parts.arm.store.state(call.caller.tenant);
  const auto tenant = to_string(call.caller.tenant);
  TemplateFrame frame{.scope = TemplateScope::kTenant};
  FH_CHECK_OK(place_frame(frame, *state, scope, tenant));
  frame.tenant_value = {{"tenantId", tenant}};
  frame.deployment_value = {{"name", name},
                            {"properties", {{"mode", request.mode()}, {"provisioningState", "Running"}}}};
  if (!request.link.uri.empty()) {
    frame.deployment_value["properties"]["templateLink"] = {{"uri", request.link.uri}};
  }
  if (scope.group.empty()) frame.deployment_value["location"] = parts.arm.site.region;
  frame.deployer_value = {{"objectId", to_string(call.caller.object)}, {"tenantId", tenant}};
  frame.environment_value = environment_value(parts.arm.site, call.caller.origin);
  frame.now = gate::expression::ticks_of(call.caller.now);
  frame.new_guid = [&random = parts.arm.random] { return to_string(random_id<OperationId>(random)); };
  return frame;
}

ApiResult<> check_known(const DeploymentParts& parts, const PlannedResource& resource) {
  const auto& registry = parts.arm.registry;
  if (const auto* type = registry.find(resource.type)) {
    if (gate::resource::takes_version(*type, to_lower(resource.api_version))) return {};
    return std::unexpected(arm_errors::unsupported_version(parts.arm.site.region, resource.api_version,
                                                           type->full_type(), type->api_versions));
  }
  for (const auto& own : own_types()) {
    if (equals_ignoring_case(fmt::format("{}/{}", own.provider, own.type), resource.type)) return {};
  }
  const auto slash = resource.type.find('/');
  const auto provider = resource.type.substr(0, slash);
  if (registry.find_provider(provider) == nullptr) return std::unexpected(arm_errors::invalid_namespace(provider));
  return std::unexpected(arm_errors::invalid_type(provider, resource.type.substr(slash + 1), resource.api_version));
}

std::string write_action(const DeploymentParts& parts, const PlannedResource& resource) {
  const auto* type = parts.arm.registry.find(resource.type);
  if (type != nullptr) return type->action("write");
  if (equals_ignoring_case(resource.type, "Microsoft.Resources/resourceGroups")) {
    return "Microsoft.Resources/subscriptions/resourceGroups/write";
  }
  return resource.type + "/write";
}

OrderedJson shown_providers(const Template& plan) {
  std::map<std::string, std::map<std::string, OrderedJson>> providers;
  for (const auto& resource : plan.resources()) {
    const auto slash = resource.type.find('/');
    providers[resource.type.substr(0, slash)].emplace(to_lower(resource.type.substr(slash + 1)),
                                                      resource.type.substr(slash + 1));
  }
  OrderedJson out = OrderedJson::array();
  for (const auto& [provider, types] : providers) {
    OrderedJson shown = OrderedJson::array();
    for (const auto& [key, type] : types)
      shown.push_back({{"resourceType", type}, {"locations", OrderedJson::array()}});
    out.push_back({{"namespace", provider}, {"resourceTypes", std::move(shown)}});
  }
  return out;
}

OrderedJson shown_dependencies(const Template& plan) {
  OrderedJson out = OrderedJson::array();
  for (const auto& resource : plan.resources()) {
    if (!resource.deploy || resource.after.empty()) continue;
    OrderedJson shown = {{"dependsOn", OrderedJson::array()}};
    for (const auto before : resource.after) shown["dependsOn"].push_back(shown_resource(plan.resources()[before]));
    shown.update(shown_resource(resource));
    out.push_back(std::move(shown));
  }
  return out;
}

}  // namespace

gate::ApiError template_error(const Error& error) {
  if (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kInternal) return arm_errors::of(error);
  if (error.code == ErrorCode::kUnsupported) return arm_errors::make(501, "NotImplemented", error.message);
  return arm_errors::make(400, "InvalidTemplate", error.message);
}

Task<ApiResult<std::shared_ptr<Template>>> plan_deployment(DeploymentEvaluator& evaluator, const DeploymentParts& parts,
                                                           ArmCall call, ResourceId scope, std::string name,
                                                           DeploymentRequest request, OuterTemplate outer) {
  FH_CO_TRY(auto frame, frame_of(parts, call, scope, name, request));
  auto plan = co_await evaluator.plan({.document = std::move(request.document),
                                       .parameters = std::move(request.parameters),
                                       .frame = std::move(frame),
                                       .outer = outer.plan,
                                       .outer_resource = outer.resource});
  if (!plan) co_return std::unexpected(template_error(plan.error()));
  co_return std::move(*plan);
}

ApiResult<> check_resources(const DeploymentParts& parts, const ArmCall& call, const Template& plan) {
  for (const auto& resource : plan.resources()) {
    if (!resource.deploy) continue;
    FH_CHECK_OK(check_known(parts, resource));
    const auto id = gate::resource::parse_resource_id(resource.id);
    if (!id) {
      return std::unexpected(arm_errors::make(
          400, "InvalidTemplate", fmt::format("The resource id '{}' of the template is not valid.", resource.id)));
    }
    const auto action = write_action(parts, resource);
    if (may(parts.arm, call, action, *id)) continue;
    return std::unexpected(forbidden(call, action, resource.id));
  }
  return {};
}

OrderedJson shown_resource(const PlannedResource& resource) {
  return {{"id", resource.id}, {"resourceType", resource.type}, {"resourceName", resource.name}};
}

std::string deployment_id(const ResourceId& scope, std::string_view name) {
  const auto front = scope.text();
  return fmt::format("{}/providers/{}/{}", front == "/" ? "" : front, kType, name);
}

OrderedJson shown_deployment(const ResourceId& scope, std::string_view name, const Template& plan,
                             std::string_view mode, const std::string& correlation, WallTime now) {
  return {{"id", deployment_id(scope, name)},
          {"name", name},
          {"type", kType},
          {"properties",
           {{"mode", mode},
            {"provisioningState", "Accepted"},
            {"timestamp", rfc3339_ticks(now)},
            {"duration", "PT0S"},
            {"correlationId", correlation},
            {"parameters", plan.shown_parameters()},
            {"providers", shown_providers(plan)},
            {"dependencies", shown_dependencies(plan)}}}};
}

}  // namespace freehold::resources
