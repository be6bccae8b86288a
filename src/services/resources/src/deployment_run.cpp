#include "src/deployment_run.h"

#include <fmt/format.h>

#include <deque>

#include "base/encoding.h"
#include "src/arm_errors.h"

namespace freehold::resources {
namespace {

using gate::expression::find_member;

constexpr std::string_view kTypeName = "Microsoft.Resources/deployments";

OrderedJson error_json(const gate::ApiError& error) { return {{"code", error.code}, {"message", error.message}}; }

std::string duration(WallTime from, WallTime to) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
  return fmt::format("PT{:.3f}S", static_cast<double>(std::max<std::int64_t>(micros, 0)) / 1e6);
}

// "Created", as .NET calls a status.
std::string status_name(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 400:
      return "BadRequest";
    case 403:
      return "Forbidden";
    case 404:
      return "NotFound";
    case 409:
      return "Conflict";
    case 503:
      return "ServiceUnavailable";
    default:
      return fmt::format("{}", status);
  }
}

}  // namespace

Task<ApiResult<OrderedJson>> DeploymentRun::deploy(ResourceId scope, std::string name, DeploymentRequest request,
                                                   OuterTemplate outer, std::size_t depth) {
  const auto location = request.location;
  const auto tags = request.tags;
  FH_CO_TRY(auto plan, plan_deployment(parts_, call_, scope, name, std::move(request), outer));
  Stage stage{.key = {.tenant = call_.caller.tenant, .scope = scope.text(), .name = name}, .depth = depth};
  auto place = parts_.active.begin(stage.key);
  if (!place) {
    co_return std::unexpected(arm_errors::make(
        409, "DeploymentActive",
        fmt::format("Unable to edit or replace deployment '{}': previous deployment is still active. Please see "
                    "https://aka.ms/arm-deploy for usage details.",
                    name)));
  }
  stage.cancelled = place->cancelled();
  stage.shown =
      shown_deployment(scope, name, *plan, to_string(random_id<OperationId>(parts_.arm.random)), parts_.clock.now());
  if (!location.empty()) stage.shown["location"] = location;
  if (tags.is_object()) stage.shown["tags"] = tags;
  stage.plan = std::move(plan);
  FH_CO_CHECK_OK(co_await begin(stage));
  FH_CO_CHECK_OK(co_await write_all(stage));
  FH_CO_CHECK_OK(co_await finish(stage));
  co_return std::move(stage.shown);
}

// Takes the place of an earlier one of that name, and of the oldest of the scope if there are too many.
Task<ApiResult<>> DeploymentRun::begin(Stage& stage) {
  FH_CO_CHECK_OK(co_await parts_.store.remove_operations(stage.key));
  FH_CO_CHECK_OK(co_await parts_.store.put(stage.key, stage.shown));
  FH_CO_TRY(const auto all, co_await parts_.store.list(stage.key.tenant, stage.key.scope));
  if (all.size() <= kMaxDeployments) co_return ApiResult<>();
  const auto time_of = [](const OrderedJson& deployment) { return deployment["properties"].value("timestamp", ""); };
  const auto oldest = std::ranges::min_element(all, {}, time_of);
  DeploymentKey key = stage.key;
  key.name = oldest->value("name", "");
  if (parts_.active.is_active(key)) co_return ApiResult<>();
  co_return co_await parts_.store.remove(key);
}

// One after the other, each after what it waits for; what a failure doesn't concern goes on.
Task<ApiResult<>> DeploymentRun::write_all(Stage& stage) {
  gate::expression::DeploymentOrder order(stage.plan->resources());
  std::deque<std::size_t> ready;
  while (!*stage.cancelled) {
    for (const auto place : order.take_ready()) ready.push_back(place);
    if (ready.empty()) break;
    const auto place = ready.front();
    ready.pop_front();
    const auto began = parts_.clock.now();
    auto outcome = co_await write(stage, place);
    if (outcome.error.is_null()) {
      order.succeeded(place);
    } else {
      order.failed(place);
    }
    FH_CO_CHECK_OK(co_await note(stage, place, std::move(outcome), began));
  }
  co_return ApiResult<>();
}

Task<DeploymentRun::Outcome> DeploymentRun::write(Stage& stage, std::size_t place) {
  const auto& resource = stage.plan->resources()[place];
  if (++writes_ > kDeploymentWrites) {
    co_return Outcome{400,
                      {{"code", "DeploymentQuotaExceeded"}, {"message", "The deployment has too many resources."}}};
  }
  auto body = stage.plan->body(place, live_);
  while (!body && co_await live_.fetch()) body = stage.plan->body(place, live_);
  if (!body) {
    co_return Outcome{
        400,
        {{"code", "InvalidTemplate"},
         {"message", fmt::format("Unable to process template language expressions for resource '{}'. '{}'", resource.id,
                                 body.error().message)}}};
  }
  if (equals_ignoring_case(resource.type, kTypeName)) co_return co_await nest(stage, place, std::move(*body));
  for (const auto* own : {"type", "name", "apiVersion"}) body->erase(own);
  const auto answer = co_await ask_manager(
      door_, http::Method::kPut, url_of(call_.caller.origin, resource.id, resource.api_version), std::move(*body));
  live_.forget(resource.id);
  if (!answer.good()) co_return Outcome{answer.status, answer.error()};
  co_return Outcome{answer.status, nullptr};
}

// A deployment in a deployment: by the caller's own right where it takes place.
Task<DeploymentRun::Outcome> DeploymentRun::nest(Stage& stage, std::size_t place, OrderedJson body) {
  const auto& resource = stage.plan->resources()[place];
  const auto refuse = [](const gate::ApiError& error) { return Outcome{error.status, error_json(error)}; };
  const auto id = gate::resource::parse_resource_id(resource.id);
  if (!id || !id->subscription || !is_deployment_name(resource.name)) {
    co_return refuse(arm_errors::make(400, "InvalidTemplate", "The nested deployment's name or scope is not valid."));
  }
  if (stage.depth >= kDeploymentNesting) {
    co_return refuse(arm_errors::make(400, "DeploymentNestingLimitExceeded",
                                      fmt::format("Deployments are nested at most {} deep.", kDeploymentNesting)));
  }
  constexpr std::string_view kWrite = "Microsoft.Resources/deployments/write";
  if (!may(parts_.arm, call_, kWrite, *id)) {
    const auto& who = call_.caller;
    const auto client = who.application != PrincipalId{} ? who.application : who.object;
    co_return refuse(arm_errors::authorization_failed(to_string(client), to_string(who.object), kWrite, resource.id));
  }
  const auto* properties = find_member(body, "properties");
  const auto* options = properties == nullptr ? nullptr : find_member(*properties, "expressionEvaluationOptions");
  const bool inner =
      options != nullptr && equals_ignoring_case(gate::expression::text_member(*options, "scope"), "inner");
  const OuterTemplate outer{.plan = inner ? nullptr : stage.plan.get(), .resource = place};
  auto request = deployment_request(std::move(body));
  if (!request) co_return refuse(request.error());
  const auto ended = co_await deploy(id->scope(), resource.name, std::move(*request), outer, stage.depth + 1);
  live_.forget(resource.id);
  if (!ended) co_return refuse(ended.error());
  const auto* error = find_member((*ended)["properties"], "error");
  if (error != nullptr) co_return Outcome{409, *error};
  co_return Outcome{200, nullptr};
}

Task<ApiResult<>> DeploymentRun::note(Stage& stage, std::size_t place, Outcome outcome, WallTime began) {
  const auto& resource = stage.plan->resources()[place];
  const auto number = stage.operations++;
  const auto id = fmt::format("{:016X}", number + 1);
  const auto now = parts_.clock.now();
  const bool good = outcome.error.is_null();
  OrderedJson operation = {{"id", fmt::format("{}/operations/{}", stage.shown.value("id", ""), id)},
                           {"operationId", id},
                           {"properties",
                            {{"provisioningOperation", "Create"},
                             {"provisioningState", good ? "Succeeded" : "Failed"},
                             {"timestamp", rfc3339_ticks(now)},
                             {"duration", duration(began, now)},
                             {"trackingId", to_string(random_id<OperationId>(parts_.arm.random))},
                             {"statusCode", status_name(outcome.status)},
                             {"targetResource", shown_resource(resource)}}}};
  if (good) {
    stage.written.push_back(OrderedJson{{"id", resource.id}});
  } else {
    operation["properties"]["statusMessage"] = {{"status", "Failed"}, {"error", outcome.error}};
    outcome.error["target"] = resource.id;
    stage.failures.push_back(std::move(outcome.error));
  }
  co_return co_await parts_.store.put_operation(stage.key, number, std::move(operation));
}

Task<ApiResult<OrderedJson>> DeploymentRun::outputs(Stage& stage) {
  auto made = stage.plan->outputs(live_);
  while (!made && co_await live_.fetch()) made = stage.plan->outputs(live_);
  if (made) co_return std::move(*made);
  co_return std::unexpected(arm_errors::make(400, "DeploymentOutputEvaluationFailed", made.error().message));
}

Task<ApiResult<>> DeploymentRun::finish(Stage& stage) {
  OrderedJson& properties = stage.shown["properties"];
  std::string state = "Succeeded";
  if (!stage.failures.empty()) {
    state = "Failed";
  } else if (*stage.cancelled) {
    state = "Canceled";
    properties["error"] = {{"code", "DeploymentCanceled"}, {"message", "The deployment was canceled."}};
  } else {
    auto made = co_await outputs(stage);
    if (made) {
      properties["outputs"] = std::move(*made);
    } else {
      state = "Failed";
      stage.failures.push_back(error_json(made.error()));
    }
  }
  if (state == "Failed") {
    properties["error"] = {{"code", "DeploymentFailed"},
                           {"message",
                            "At least one resource deployment operation failed. Please list deployment operations for "
                            "details. Please see https://aka.ms/arm-deployment-operations for usage details."},
                           {"details", stage.failures}};
  }
  const auto now = parts_.clock.now();
  properties["provisioningState"] = state;
  properties["duration"] = duration(call_.caller.now, now);
  properties["timestamp"] = rfc3339_ticks(now);
  properties["outputResources"] = stage.written;
  auto kept = co_await parts_.store.put(stage.key, stage.shown);
  if (kept || kept.error().status != 413) co_return kept;
  // Too large to be kept: that is how it ended.
  properties.erase("outputs");
  properties["parameters"] = OrderedJson::object();
  properties["provisioningState"] = "Failed";
  properties["error"] = error_json(kept.error());
  co_return co_await parts_.store.put(stage.key, stage.shown);
}

}  // namespace freehold::resources
