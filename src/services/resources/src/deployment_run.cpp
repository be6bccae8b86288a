#include "src/deployment_run.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/log.h"
#include "src/arm_errors.h"
#include "src/deployment_jobs.h"
#include "src/deployment_links.h"
#include "src/deployment_notes.h"
#include "src/lock_rules.h"
#include "src/scope_rules.h"

namespace freehold::resources {
namespace {

using gate::expression::find_member;
using gate::expression::text_member;

constexpr std::string_view kTypeName = "Microsoft.Resources/deployments";
constexpr int kRetries = 5;  // of a request that found the house full
constexpr std::chrono::milliseconds kPause{200};

gate::ApiError active_error(ActiveDeployments::Refusal refusal, std::string_view name) {
  if (refusal == ActiveDeployments::Refusal::kTooMany) {
    auto error = arm_errors::make(429, "DeploymentQuotaExceeded",
                                  "Too many deployments of this tenant are active. Please try again later.");
    error.headers.emplace_back("retry-after", "5");
    return error;
  }
  return arm_errors::make(
      409, "DeploymentActive",
      fmt::format("Unable to edit or replace deployment '{}': previous deployment is still active. Please see "
                  "https://aka.ms/arm-deploy for usage details.",
                  name));
}

bool is_deployment_scope(const ResourceId& scope) {
  if (scope.subscription) return scope.parts.empty();
  return scope.parts.empty() ||
         (!scope.management_group().empty() && scope.parts.size() == 1 && scope.parts.front().types.size() == 1);
}

// How many of a template's resources are written at once. Of nested ones fewer, so that the whole stays bounded.
std::size_t width(std::size_t depth) { return depth == 0 ? kWritesAtOnce : depth == 1 ? 2 : 1; }

}  // namespace

Task<ApiResult<>> DeploymentRun::open(ResourceId scope, std::string name, DeploymentRequest request) {
  Stage& stage = *root_;
  stage.key = {.tenant = call_.caller.tenant, .scope = scope.text(), .name = name};
  stage.scope = std::move(scope);
  on_error_ = request.on_error;
  FH_CO_CHECK_OK(co_await follow_links(link_reader(), request, {}));
  stage.source = {{"template", request.document}};
  FH_CO_CHECK_OK(co_await prepare(stage, std::move(request), {}));
  stage.source["parameters"] = stage.plan->shown_parameters();
  co_return co_await begin(stage);
}

// Plans it, and holds its name against others, and against a group that begins to go.
Task<ApiResult<>> DeploymentRun::prepare(Stage& stage, DeploymentRequest request, OuterTemplate outer) {
  const auto location = request.location;
  const auto tags = request.tags;
  const auto bytes = request.bytes;
  const std::string mode(request.mode());
  stage.complete = request.complete;
  stage.link = request.link;
  FH_CO_TRY(stage.plan, co_await plan_deployment(evaluator_, parts_, call_, stage.scope, stage.key.name,
                                                 std::move(request), outer));
  auto place = parts_.active.begin(stage.key, bytes, stage.outer != nullptr);
  if (!place) co_return std::unexpected(active_error(place.error(), stage.key.name));
  stage.place.emplace(std::move(*place));
  FH_CO_CHECK_OK(check_group_stands(*parts_.arm.store.state(stage.key.tenant), stage.scope));
  stage.shown = shown_deployment(stage.scope, stage.key.name, *stage.plan, mode,
                                 to_string(random_id<OperationId>(parts_.arm.random)), parts_.clock.now());
  if (!location.empty()) stage.shown["location"] = location;
  if (tags.is_object()) stage.shown["tags"] = tags;
  if (!stage.link.uri.empty()) stage.shown["properties"]["templateLink"] = {{"uri", stage.link.uri}};
  for (const auto& resource : stage.plan->resources()) {
    if (resource.deploy || resource.existing) wanted_.insert(to_lower(resource.id));
  }
  co_return ApiResult<>();
}

// Takes the place of an earlier one of that name, and of the oldest of the scope if they are too many.
Task<ApiResult<>> DeploymentRun::begin(Stage& stage) {
  FH_CO_CHECK_OK(co_await parts_.store.remove_details(stage.key));
  if (!stage.source.empty()) {
    stage.source["correlationId"] = stage.shown["properties"]["correlationId"];
    FH_CO_TRY(stage.source_bytes, co_await parts_.store.put_source(stage.key, std::move(stage.source)));
  }
  FH_CO_CHECK_OK(co_await parts_.store.put(stage.key, stage.shown, stage.source_bytes));
  FH_CO_TRY(const auto all, co_await parts_.store.list(stage.key.tenant, stage.key.scope));
  for (const auto& name : too_many_of(all)) {
    DeploymentKey key = stage.key;
    key.name = name;
    if (!parts_.active.is_active(key)) {
      FH_CO_CHECK_OK(co_await parts_.store.remove(std::move(key)));
    }
  }
  co_return ApiResult<>();
}

Task<> DeploymentRun::carry_out(AskDoor caller, AskDoor stranger) {
  caller_ = std::move(caller);
  stranger_ = std::move(stranger);
  co_await carry_out_stage(*root_);
  const bool failed = text_member(root_->shown["properties"], "provisioningState") == "Failed";
  root_->place.reset();
  if (failed && on_error_.wanted && !parts_.jobs.stopping()) co_await redeploy();
}

LinkReader DeploymentRun::link_reader() const {
  return {.stranger = stranger_,
          .planning = parts_.planning,
          .tenant = call_.caller.tenant,
          .domain = parts_.arm.site.domain};
}

// Of those that succeeded at the same scope the one that is named, or the last.
Task<ApiResult<DeploymentKey>> DeploymentRun::earlier() const {
  FH_CO_TRY(auto all, co_await parts_.store.list(root_->key.tenant, root_->key.scope));
  const auto own = to_lower(root_->key.name);
  const auto wanted = to_lower(on_error_.name);
  std::erase_if(all, [&](const DeploymentSummary& one) {
    return one.name == own || one.state != "Succeeded" || (!wanted.empty() && one.name != wanted);
  });
  const auto last = std::ranges::max_element(all, {}, &DeploymentSummary::timestamp);
  if (last == all.end()) {
    co_return std::unexpected(
        arm_errors::make(404, "DeploymentNotFound", "There is no earlier deployment that succeeded."));
  }
  co_return DeploymentKey{.tenant = root_->key.tenant, .scope = root_->key.scope, .name = last->name};
}

Task<ApiResult<>> DeploymentRun::deploy_again(DeploymentKey key) {
  FH_CO_TRY(const auto before, co_await parts_.store.find(key));
  FH_CO_TRY(auto source, co_await parts_.store.source(key));
  if (!before || !source || !is_source_of(*source, *before)) {
    co_return std::unexpected(
        arm_errors::make(404, "DeploymentNotFound", "The earlier deployment's template isn't kept."));
  }
  DeploymentRequest request{.document = std::move((*source)["template"]),
                            .parameters = given_parameters((*source)["parameters"]),
                            .location = before->value("location", "")};
  DeploymentRun again(parts_, call_, stranger_);
  FH_CO_CHECK_OK(co_await again.open(root_->scope, before->value("name", ""), std::move(request)));
  co_await again.carry_out(caller_, stranger_);
  co_return ApiResult<>();
}

// What the caller wants to have instead; how that ended is told by the earlier deployment itself.
Task<> DeploymentRun::redeploy() {
  auto key = co_await earlier();
  OrderedJson told = {{"type", on_error_.name.empty() ? "LastSuccessful" : "SpecificDeployment"},
                      {"deploymentName", key ? key->name : on_error_.name}};
  ApiResult<> done;
  if (key) {
    done = co_await deploy_again(*key);
  } else {
    done = std::unexpected(key.error());
  }
  told["provisioningState"] = done ? "Succeeded" : "Failed";
  if (!done) told["error"] = error_json(done.error());
  root_->shown["properties"]["onErrorDeployment"] = std::move(told);
  co_await keep_end(*root_);
}

Task<> DeploymentRun::abandon() {
  show_interrupted(root_->shown);
  (void)co_await parts_.store.put(root_->key, root_->shown, root_->source_bytes);
  root_->place.reset();
}

Task<> DeploymentRun::carry_out_stage(Stage& stage) {
  if (stage.outer == nullptr) {
    stage.shown["properties"]["provisioningState"] = "Running";
    if (auto kept = co_await parts_.store.put(stage.key, stage.shown, stage.source_bytes); !kept) {
      stage.lost = std::move(kept.error());
    }
  }
  co_await write_all(stage);
  co_await finish(stage);
}

bool DeploymentRun::is_cancelled(const Stage& stage) const {
  for (const Stage* at = &stage; at != nullptr; at = at->outer) {
    if (*at->place->cancelled()) return true;
  }
  return false;
}

bool DeploymentRun::must_stop(const Stage& stage) const {
  return stage.lost || parts_.jobs.stopping() || is_cancelled(stage);
}

// Each after what it waits for, some of them at once; what a failure doesn't concern goes on.
Task<> DeploymentRun::write_all(Stage& stage) {
  gate::expression::DeploymentOrder order(stage.plan->resources());
  std::deque<std::size_t> ready;
  for (;;) {
    for (const auto place : order.take_ready()) ready.push_back(place);
    while (!ready.empty() && stage.running < width(stage.depth) && !must_stop(stage)) {
      ++stage.running;
      if (!parts_.jobs.spawn(write_and_tell(stage, order, ready.front()))) {
        --stage.running;
        break;
      }
      ready.pop_front();
    }
    if (stage.running == 0) break;
    stage.changed = {};
    stage.waits = true;
    co_await stage.changed.wait();
  }
  stage.cut_off = !ready.empty();
}

// On the loop of write_all, which waits for it and has `stage` and `order` in its frame.
Task<> DeploymentRun::write_and_tell(Stage& stage, gate::expression::DeploymentOrder& order, std::size_t place) {
  Outcome outcome;
  try {
    outcome = co_await write_noted(stage, place);
  } catch (const std::exception& thrown) {
    log_error("a part of a deployment threw", {{"error", std::string_view(thrown.what())}});
    outcome = {500, error_json(arm_errors::make(500, "InternalServerError", "The resource couldn't be written."))};
    stage.failures.push_back(outcome.error);
  }
  if (outcome.error.is_null()) {
    order.succeeded(place);
  } else {
    order.failed(place);
  }
  --stage.running;
  if (std::exchange(stage.waits, false)) stage.changed.complete(true);
}

Task<DeploymentRun::Outcome> DeploymentRun::write_noted(Stage& stage, std::size_t place) {
  const auto target = shown_resource(stage.plan->resources()[place]);
  OperationNote operation(stage.shown.value("id", ""), stage.operations++, "Create", target, parts_.clock.now());
  operation.set_tracking(to_string(random_id<OperationId>(parts_.arm.random)));
  co_await note(stage, operation);
  Outcome outcome = co_await write(stage, place);
  if (!outcome.error.is_null()) outcome.error = without_secrets(stage, std::move(outcome.error));
  operation.end(outcome.status, outcome.error, parts_.clock.now());
  co_await note(stage, operation);
  const std::string id = target.value("id", "");
  if (outcome.error.is_null()) {
    stage.written.push_back(OrderedJson{{"id", id}});
  } else {
    OrderedJson failure = outcome.error;
    failure["target"] = id;
    stage.failures.push_back(std::move(failure));
  }
  co_return outcome;
}

Task<> DeploymentRun::note(Stage& stage, const OperationNote& operation) {
  auto kept = co_await parts_.store.put_operation(stage.key, operation.number(), operation.shown());
  if (!kept && !stage.lost) stage.lost = std::move(kept.error());
}

Task<DeploymentRun::Outcome> DeploymentRun::write(Stage& stage, std::size_t place) {
  const auto& resource = stage.plan->resources()[place];
  if (++writes_ > kDeploymentWrites) {
    co_return Outcome{400,
                      {{"code", "DeploymentQuotaExceeded"}, {"message", "The deployment has too many resources."}}};
  }
  auto body = co_await evaluator_.evaluate(stage.plan, body_of(place), caller_);
  if (!body) {
    const auto error = template_error(body.error());
    if (error.status >= 500) co_return Outcome{error.status, error_json(error)};
    co_return Outcome{
        400,
        {{"code", "InvalidTemplate"},
         {"message", fmt::format("Unable to process template language expressions for resource '{}'. '{}'", resource.id,
                                 body.error().message)}}};
  }
  if (equals_ignoring_case(resource.type, kTypeName)) co_return co_await nest(stage, place, std::move(*body));
  for (const auto* own : {"type", "name", "apiVersion"}) body->erase(own);
  const auto answer = co_await send(http::Method::kPut, url_of(call_.caller.origin, resource.id, resource.api_version),
                                    std::move(*body));
  evaluator_.forget(resource.id);
  if (!answer.good()) co_return Outcome{answer.status, answer.error()};
  co_return Outcome{answer.status, nullptr};
}

// A full house is no reason to fail: the caller would only have to begin anew.
Task<DoorAnswer> DeploymentRun::send(http::Method method, std::string url, OrderedJson body) {
  for (int tries = 0;; ++tries) {
    auto answer = co_await ask_manager(caller_, method, url, body);
    const bool busy = answer.status == 429 || answer.status == 503;
    if (!busy || tries == kRetries) co_return answer;
    if (!co_await parts_.jobs.sleep(kPause * (1 << tries))) co_return answer;
  }
}

// The caller as the directory has it now.
ArmCall DeploymentRun::call_now() const {
  ArmCall call = call_;
  call.who = parts_.arm.identities.find(call_.caller.tenant, call_.caller.object);
  return call;
}

// May the caller deploy there, by its own right? As the request of a deployment is asked.
ApiResult<> DeploymentRun::check_nested(const ResourceId& id, std::size_t depth) const {
  const bool whole = !id.parts.empty() && is_deployment_name(id.name()) && is_deployment_scope(id.scope());
  if (!whole) {
    return std::unexpected(
        arm_errors::make(400, "InvalidTemplate", "The nested deployment's name or scope is not valid."));
  }
  if (depth >= kDeploymentNesting) {
    return std::unexpected(
        arm_errors::make(400, "DeploymentNestingLimitExceeded",
                         fmt::format("Deployments are nested at most {} deep.", kDeploymentNesting)));
  }
  constexpr std::string_view kWrite = "Microsoft.Resources/deployments/write";
  if (!may(parts_.arm, call_now(), kWrite, id)) return std::unexpected(forbidden(call_, kWrite, id.text()));
  return check_locks(*parts_.arm.store.state(call_.caller.tenant), id.text(), LockedVerb::kWrite);
}

Task<DeploymentRun::Outcome> DeploymentRun::nest(Stage& outer, std::size_t place, OrderedJson body) {
  const auto& resource = outer.plan->resources()[place];
  const auto refuse = [](const gate::ApiError& error) { return Outcome{error.status, error_json(error)}; };
  const auto id = gate::resource::parse_resource_id(resource.id);
  if (!id) co_return refuse(arm_errors::make(400, "InvalidTemplate", "The nested deployment's id is not valid."));
  if (auto good = check_nested(*id, outer.depth); !good) co_return refuse(good.error());
  const bool inner = evaluates_inside(body);
  auto request = deployment_request(std::move(body));
  if (!request) co_return refuse(request.error());
  if (request->complete) {
    co_return refuse(arm_errors::make(400, "InvalidTemplate",
                                      "Nested deployments support the mode 'Incremental' alone; the mode 'Complete' is "
                                      "for the deployment itself."));
  }
  Stage stage{.key = {.tenant = call_.caller.tenant, .scope = id->scope().text(), .name = resource.name},
              .scope = id->scope(),
              .outer = &outer,
              .depth = outer.depth + 1};
  const OuterTemplate around{.plan = inner ? nullptr : outer.plan.get(), .resource = place};
  auto begun = co_await follow_links(link_reader(), *request, outer.link);
  if (begun) begun = co_await prepare(stage, std::move(*request), around);
  if (begun) {
    stage.shown["properties"]["provisioningState"] = "Running";
    begun = co_await begin(stage);
  }
  if (!begun) co_return refuse(begun.error());
  co_await carry_out_stage(stage);
  evaluator_.forget(resource.id);
  const auto* error = find_member(stage.shown["properties"], "error");
  if (error != nullptr) co_return Outcome{409, *error};
  co_return Outcome{200, nullptr};
}

OrderedJson DeploymentRun::without_secrets(const Stage& stage, OrderedJson error) const {
  auto secrets = evaluator_.secrets();
  for (const Stage* at = &stage; at != nullptr; at = at->outer) {
    for (auto& secret : at->plan->secrets()) secrets.push_back(std::move(secret));
  }
  return masked(std::move(error), secrets);
}

Task<> DeploymentRun::finish(Stage& stage) {
  OrderedJson& properties = stage.shown["properties"];
  const bool all = !stage.cut_off && stage.failures.empty() && !stage.lost;
  if (all && stage.complete) co_await remove_rest(stage);
  std::string state = "Failed";
  if (stage.lost) {
    properties["error"] = error_json(*stage.lost);
  } else if (stage.cut_off && !is_cancelled(stage)) {
    show_interrupted(stage.shown);
  } else if (is_cancelled(stage) && (stage.cut_off || !stage.failures.empty())) {
    state = "Canceled";
    properties["error"] = {{"code", "DeploymentCanceled"}, {"message", "The deployment was canceled."}};
  } else if (stage.failures.empty()) {
    auto made = co_await evaluator_.evaluate(stage.plan, outputs_of(), caller_);
    if (made) {
      state = "Succeeded";
      properties["outputs"] = std::move(*made);
    } else {
      stage.failures.push_back(without_secrets(
          stage, error_json(arm_errors::make(400, "DeploymentOutputEvaluationFailed", made.error().message))));
    }
  }
  if (state == "Failed" && !stage.failures.empty() && !stage.lost) properties["error"] = failed_error(stage.failures);
  const auto now = parts_.clock.now();
  properties["provisioningState"] = state;
  properties["duration"] = duration_text(call_.caller.now, now);
  properties["timestamp"] = rfc3339_ticks(now);
  properties["outputResources"] = stage.written;
  co_await keep_end(stage);
}

// What can't be written down now is ended by the next start, as if the process had ended here.
Task<> DeploymentRun::keep_end(Stage& stage) {
  auto kept = co_await parts_.store.put(stage.key, stage.shown, stage.source_bytes);
  if (!kept && kept.error().status == 413) {
    // Too large to be kept: that is how it ended.
    OrderedJson& properties = stage.shown["properties"];
    properties.erase("outputs");
    properties["parameters"] = OrderedJson::object();
    properties["provisioningState"] = "Failed";
    properties["error"] = error_json(kept.error());
    kept = co_await parts_.store.put(stage.key, stage.shown, stage.source_bytes);
  }
  if (!kept) log_warning("the end of a deployment can't be written down", {{"detail", kept.error().detail}});
}

}  // namespace freehold::resources
