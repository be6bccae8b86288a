#include "src/deployment_preview.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/deployment_changes.h"
#include "src/deployment_links.h"
#include "src/deployment_notes.h"
#include "src/deployment_run.h"

namespace freehold::resources {
namespace {

constexpr std::string_view kTypeName = "Microsoft.Resources/deployments";

// As the resource would be: what its id says stands in it too.
OrderedJson shown_body(const PlannedResource& resource, const OrderedJson& body) {
  OrderedJson out = {{"apiVersion", resource.api_version}, {"id", resource.id}};
  for (const auto& [name, member] : body.items()) out[name] = member;
  return out;
}

OrderedJson without_own(OrderedJson body) {
  for (const auto* own : {"type", "name", "apiVersion", "id"}) body.erase(own);
  return body;
}

}  // namespace

Task<ApiResult<OrderedJson>> DeploymentPreview::look(ResourceId scope, std::string name, DeploymentRequest request) {
  ids_only_ = request.ids_only;
  const bool complete = request.complete;
  const bool group = !scope.group.empty();
  FH_CO_CHECK_OK(co_await look_at({.scope = scope, .name = std::move(name)}, std::move(request), {}));
  if (group) {
    FH_CO_CHECK_OK(co_await look_around(scope, complete));
  }
  co_return std::move(changes_);
}

Task<ApiResult<>> DeploymentPreview::look_at(Place place, DeploymentRequest request, OuterTemplate outer) {
  FH_CO_CHECK_OK(co_await follow_links({.stranger = stranger_,
                                        .planning = parts_.planning,
                                        .tenant = call_.caller.tenant,
                                        .domain = parts_.arm.site.domain},
                                       request, place.link));
  place.link = request.link;
  FH_CO_TRY(const auto plan,
            co_await plan_deployment(evaluator_, parts_, call_, place.scope, place.name, std::move(request), outer));
  FH_CO_CHECK_OK(check_resources(parts_, call_, *plan));
  for (const auto& resource : plan->resources()) {
    if (resource.deploy || resource.existing) wanted_.insert(to_lower(resource.id));
  }
  if (wanted_.size() > kDeploymentWrites) {
    co_return std::unexpected(
        arm_errors::make(400, "DeploymentQuotaExceeded", "The deployment has too many resources."));
  }
  for (std::size_t i = 0; i < plan->resources().size(); ++i) {
    if (!plan->resources()[i].deploy) continue;
    FH_CO_CHECK_OK(co_await look_at_resource(place, plan, i));
  }
  co_return ApiResult<>();
}

Task<ApiResult<>> DeploymentPreview::look_at_resource(Place place, std::shared_ptr<Template> plan, std::size_t which) {
  const auto& resource = plan->resources()[which];
  auto body = co_await evaluator_.preview(plan, body_of(which), DeploymentLive::Reach::kResources, door_);
  if (!body) co_return std::unexpected(template_error(body.error()));
  if (equals_ignoring_case(resource.type, kTypeName)) {
    co_return co_await look_inside(std::move(place), plan, which, std::move(*body));
  }
  co_await compare(resource, std::move(*body));
  co_return ApiResult<>();
}

// What can't be known of a nested deployment before its parent has run can't be told: the parent's preview goes on.
Task<ApiResult<>> DeploymentPreview::look_inside(Place place, std::shared_ptr<Template> plan, std::size_t which,
                                                 OrderedJson body) {
  const auto& resource = plan->resources()[which];
  const auto id = gate::resource::parse_resource_id(resource.id);
  if (!id || id->parts.empty() || place.depth >= kDeploymentNesting) {
    add_unsupported(resource.id, "The nested deployment's scope or depth is not valid.");
    co_return ApiResult<>();
  }
  const bool inner = evaluates_inside(body);
  auto request = deployment_request(std::move(body));
  if (!request) {
    add_unsupported(resource.id, request.error().message);
    co_return ApiResult<>();
  }
  const OuterTemplate around{.plan = inner ? nullptr : plan.get(), .resource = which};
  auto looked =
      co_await look_at({.scope = id->scope(), .name = resource.name, .depth = place.depth + 1, .link = place.link},
                       std::move(*request), around);
  if (!looked && looked.error().status == 403) co_return looked;
  if (!looked) add_unsupported(resource.id, looked.error().message);
  co_return ApiResult<>();
}

Task<> DeploymentPreview::compare(PlannedResource resource, OrderedJson body) {
  auto found = co_await ask_manager(door_, http::Method::kGet,
                                    url_of(call_.caller.origin, resource.id, resource.api_version), nullptr);
  auto after = shown_body(resource, body);
  if (found.status == 404) {
    add(resource.id, "Create", nullptr, std::move(after));
    co_return;
  }
  if (!found.good()) {
    add_unsupported(resource.id, fmt::format("The resource can't be read: {}",
                                             gate::expression::text_member(found.error(), "message")));
    co_return;
  }
  if (ids_only_) {
    add(resource.id, "Deploy", nullptr, nullptr);
    co_return;
  }
  auto delta = property_changes(found.body, without_own(std::move(body)));
  found.body["apiVersion"] = resource.api_version;
  add(resource.id, delta.empty() ? "NoChange" : "Modify", std::move(found.body), std::move(after));
  if (!delta.empty()) changes_.back()["delta"] = std::move(delta);
}

// What else is in the group, of what the caller may see.
Task<ApiResult<>> DeploymentPreview::look_around(ResourceId group, bool complete) {
  FH_CO_TRY(const auto found, co_await resources_of_group(parts_, call_, group));
  for (const auto& resource : found) {
    if (is_wanted(wanted_, gate::resource::key_of(resource.id))) continue;
    if (!may(parts_.arm, call_, resource.type->action("read"), resource.id)) continue;
    auto shown = OrderedJson::parse(resource.shown.dump(), nullptr, false);
    shown["apiVersion"] = resource.type->api_versions.front();
    const OrderedJson after = complete ? OrderedJson(nullptr) : shown;
    add(resource.id.text(), complete ? "Delete" : "Ignore", shown, after);
  }
  co_return ApiResult<>();
}

void DeploymentPreview::add(std::string_view id, std::string_view type, OrderedJson before, OrderedJson after) {
  if (ids_only_) before = after = nullptr;
  changes_.push_back(resource_change(id, type, std::move(before), std::move(after)));
}

void DeploymentPreview::add_unsupported(std::string_view id, std::string reason) {
  changes_.push_back(resource_change(id, "Unsupported", nullptr, nullptr));
  changes_.back()["unsupportedReason"] = std::move(reason);
}

}  // namespace freehold::resources
