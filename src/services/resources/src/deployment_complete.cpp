// The end of a deployment in the mode Complete: what its group has and no template names goes.
#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/deployment_notes.h"
#include "src/deployment_run.h"

namespace freehold::resources {

// Only what stands in a group by itself: what belongs to a resource goes with it or stays with it, as in Azure.
Task<ApiResult<std::vector<GroupResource>>> resources_of_group(const DeploymentParts& parts, ArmCall call,
                                                               ResourceId group) {
  std::vector<GroupResource> out;
  for (const auto& type : parts.arm.registry.types()) {
    if (type.at != gate::resource::ScopeKind::kResourceGroup || type.type.contains('/')) continue;
    if ((type.verbs & gate::resource::kListInGroup) == 0) continue;
    FH_CO_TRY(auto found,
              co_await type.behind->list(
                  type, {.tenant = call.caller.tenant, .subscription = *group.subscription, .group = group.group},
                  {.api_version = type.api_versions.front(), .caller = call.caller}));
    for (auto& resource : found) {
      auto id = gate::resource::parse_resource_id(resource.value("id", ""));
      if (!id) co_return std::unexpected(arm_errors::unavailable("a provider gave a resource without an id"));
      out.push_back({.id = std::move(*id), .type = &type, .shown = std::move(resource)});
    }
  }
  co_return out;
}

bool is_wanted(const std::set<std::string>& wanted, const std::string& key) {
  const auto below = wanted.lower_bound(key + "/");
  return wanted.contains(key) || (below != wanted.end() && below->starts_with(key + "/"));
}

// One after the other, each by the caller's own right. What the caller may not read isn't its to take away, nor to be
// told of: the deployment fails then, and says no name.
Task<> DeploymentRun::remove_rest(Stage& stage) {
  const auto found = co_await resources_of_group(parts_, call_, stage.scope);
  if (!found) {
    stage.failures.push_back(error_json(found.error()));
    co_return;
  }
  for (const auto& resource : *found) {
    if (is_wanted(wanted_, gate::resource::key_of(resource.id))) continue;
    if (must_stop(stage)) {
      stage.cut_off = true;
      break;
    }
    if (!may(parts_.arm, call_now(), resource.type->action("read"), resource.id)) {
      stage.failures.push_back(error_json(arm_errors::make(
          403, "AuthorizationFailed", "The group has resources that the caller may not read: they were not removed.")));
      continue;
    }
    co_await remove_noted(stage, resource);
  }
}

Task<> DeploymentRun::remove_noted(Stage& stage, const GroupResource& resource) {
  const auto id = resource.id.text();
  if (++writes_ > kDeploymentWrites || stage.operations + 1 >= kMaxDeploymentOperations) {
    stage.failures.push_back(
        error_json(arm_errors::make(400, "DeploymentQuotaExceeded", "Too many resources are to go.")));
    co_return;
  }
  const OrderedJson target = {
      {"id", id}, {"resourceType", resource.type->full_type()}, {"resourceName", resource.id.full_name()}};
  OperationNote operation(stage.shown.value("id", ""), stage.operations++, "Delete", target, parts_.clock.now());
  operation.set_tracking(to_string(random_id<OperationId>(parts_.arm.random)));
  co_await note(stage, operation);
  const auto answer = co_await send(http::Method::kDelete,
                                    url_of(call_.caller.origin, id, resource.type->api_versions.front()), nullptr);
  evaluator_.forget(id);
  OrderedJson error = answer.good() ? OrderedJson(nullptr) : answer.error();
  operation.end(answer.status, error, parts_.clock.now());
  co_await note(stage, operation);
  if (error.is_null()) co_return;
  error["target"] = id;
  stage.failures.push_back(std::move(error));
}

}  // namespace freehold::resources
