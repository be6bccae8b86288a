#include "src/deployment_operations.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/deployment_plan.h"
#include "src/deployment_run.h"
#include "src/lock_rules.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using gate::expression::find_member;
using gate::expression::text_member;
using http::Method;

// A deployment that a request is about: where, and under which name.
struct Asked {
  ArmCall call;
  ResourceId scope = {};
  std::string name = {};
  [[nodiscard]] DeploymentKey key() const { return {call.caller.tenant, scope.text(), name}; }
};

// "/deployments/{name}/operations" right behind the group, as az writes it; empty for any other rest.
std::string name_behind_group(std::string_view rest) {
  constexpr std::string_view kFront = "/deployments/";
  if (!equals_ignoring_case(rest.substr(0, kFront.size()), kFront)) return {};
  rest.remove_prefix(kFront.size());
  return std::string(rest.substr(0, rest.find('/')));
}

template <class Operation>
ApiResult<Asked> read_asked(const DeploymentParts& parts, const Permit<Operation>& permit) {
  FH_TRY(auto call, read_call(parts.arm, permit));
  Asked asked{.call = std::move(call)};
  asked.scope = asked.call.id.parts.empty() ? asked.call.id : asked.call.id.scope();
  asked.name = asked.call.id.parts.empty() ? name_behind_group(asked.call.rest) : asked.call.id.name();
  if (!asked.scope.group.empty()) {
    FH_CHECK_OK(group_of(asked.call));
  }
  const bool named = !asked.call.id.parts.empty() || !asked.name.empty();
  if (named && !is_deployment_name(asked.name)) {
    return std::unexpected(
        arm_errors::make(400, "InvalidDeploymentName",
                         fmt::format("The deployment name '{}' is not valid: 1 to 64 letters, digits "
                                     "and '-', '_', '.', '(', ')'.",
                                     asked.name)));
  }
  return asked;
}

gate::ApiError no_deployment(const Asked& asked) {
  return arm_errors::make(404, "DeploymentNotFound", fmt::format("Deployment '{}' could not be found.", asked.name));
}

// Is it of this group, or of one of the same name that was deleted?
bool is_of_group(const Asked& asked, const OrderedJson& deployment) {
  const auto group =
      asked.scope.group.empty() ? nullptr : asked.call.state->group(*asked.scope.subscription, asked.scope.group);
  if (group == nullptr) return true;
  const auto time = parse_iso8601(text_member(deployment["properties"], "timestamp"));
  return time && *time >= group->created;
}

// One that no process runs any more, though it never ended, failed when its process did.
OrderedJson as_it_is(const DeploymentParts& parts, const Asked& asked, OrderedJson deployment) {
  OrderedJson& properties = deployment["properties"];
  DeploymentKey key = asked.key();
  key.name = text_member(deployment, "name");
  if (text_member(properties, "provisioningState") != "Running" || parts.active.is_active(key)) return deployment;
  properties["provisioningState"] = "Failed";
  properties["error"] = {{"code", "DeploymentFailed"},
                         {"message",
                          "The deployment was interrupted before it ended: what its operations name was written. "
                          "Deploy again to go on."}};
  return deployment;
}

Task<ApiResult<OrderedJson>> find(const DeploymentParts& parts, Asked asked) {
  FH_CO_TRY(auto found, co_await parts.store.find(asked.key()));
  if (!found || !is_of_group(asked, *found)) co_return std::unexpected(no_deployment(asked));
  co_return as_it_is(parts, asked, std::move(*found));
}

http::Response answer(int status, const OrderedJson& json) {
  http::Response response;
  response.status = status;
  response.headers.add("content-type", "application/json; charset=utf-8");
  response.body = json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  return response;
}

gate::ApiResult<> check_location(const Asked& asked, const DeploymentRequest& request, const Site& site) {
  if (!asked.scope.group.empty()) return {};
  if (request.location.empty()) return std::unexpected(arm_errors::location_required());
  if (normal_location(request.location) == normal_location(site.region)) return {};
  return std::unexpected(
      arm_errors::location_not_available(request.location, "Microsoft.Resources/deployments", site.region));
}

gate::Task<Reply> put(const DeploymentParts& parts, Permit<PutDeployment> permit) {
  FH_CO_TRY(const auto asked, read_asked(parts, permit));
  FH_CO_CHECK_OK(check_locks(*asked.call.state, asked.call.id.text(), LockedVerb::kWrite));
  FH_CO_TRY(auto request, co_await read_deployment(*permit.request().body));
  FH_CO_CHECK_OK(check_location(asked, request, parts.arm.site));
  FH_CO_TRY(const auto before, co_await parts.store.find(asked.key()));
  const AskDoor door = [&permit](http::Request& part) { return permit.ask(part, gate::AskedBy::kCaller); };
  DeploymentRun run(parts, asked.call, door);
  FH_CO_TRY(const auto ended, co_await run.deploy(asked.scope, asked.name, std::move(request), {}, 0));
  auto response = answer(before ? 200 : 201, ended);
  // How it ended is told there, as clients expect it.
  const auto correlation = text_member(ended["properties"], "correlationId");
  response.headers.add(
      "azure-asyncoperation",
      url_of(asked.call.caller.origin, fmt::format("{}/operationStatuses/{}", asked.call.id.text(), correlation),
             asked.call.api_version));
  co_return response;
}

gate::Task<Reply> get(const DeploymentParts& parts, Permit<GetDeployment> permit) {
  FH_CO_TRY(const auto asked, read_asked(parts, permit));
  FH_CO_TRY(const auto found, co_await find(parts, asked));
  co_return answer(200, found);
}

gate::Task<Reply> check(const DeploymentParts& parts, Permit<CheckDeployment> permit) {
  FH_CO_TRY(const auto asked, read_asked(parts, permit));
  FH_CO_CHECK_OK(co_await find(parts, asked));
  co_return empty_answer(204);
}

// The newest first; $filter=provisioningState eq 'Failed', $top.
gate::Task<Reply> list(const DeploymentParts& parts, Permit<ListDeployments> permit) {
  FH_CO_TRY(const auto asked, read_asked(parts, permit));
  FH_CO_TRY(const auto clauses, read_filter(permit.request(), {"provisioningstate"}));
  FH_CO_TRY(auto all, co_await parts.store.list(asked.call.caller.tenant, asked.scope.text()));
  std::vector<Json> shown;
  for (auto& deployment : all) {
    if (!is_of_group(asked, deployment)) continue;
    const auto now = as_it_is(parts, asked, std::move(deployment));
    const auto state = text_member(now["properties"], "provisioningState");
    const auto wanted = [&](const FilterClause& clause) { return holds(clause, state); };
    if (std::ranges::all_of(clauses, wanted)) shown.push_back(Json::parse(now.dump()));
  }
  co_return list_answer(permit.request(), asked.call, std::move(shown));
}

gate::Task<Reply> remove(const DeploymentParts& parts, Permit<DeleteDeployment> permit) {
  FH_CO_TRY(const auto asked, read_asked(parts, permit));
  FH_CO_CHECK_OK(check_locks(*asked.call.state, asked.call.id.text(), LockedVerb::kDelete));
  // Its place is held, so that none of that name begins meanwhile.
  const auto place = parts.active.begin(asked.key());
  if (!place) {
    co_return std::unexpected(arm_errors::make(
        409, "DeploymentActive",
        fmt::format("Unable to delete deployment '{}': it is still active. Cancel it first.", asked.name)));
  }
  FH_CO_CHECK_OK(co_await parts.store.remove(asked.key()));
  co_return empty_answer(204);
}

gate::Task<Reply> cancel(const DeploymentParts& parts, Permit<CancelDeployment> permit) {
  FH_CO_TRY(const auto asked, read_asked(parts, permit));
  if (parts.active.cancel(asked.key())) co_return empty_answer(204);
  FH_CO_CHECK_OK(co_await find(parts, asked));
  co_return std::unexpected(
      arm_errors::make(409, "DeploymentCannotBeCancelled",
                       fmt::format("The deployment '{}' cannot be cancelled because it is not running.", asked.name)));
}

// Everything that can be known without writing: the template, its parameters, types, rights.
gate::Task<Reply> validate(const DeploymentParts& parts, Permit<ValidateDeployment> permit) {
  FH_CO_TRY(const auto asked, read_asked(parts, permit));
  FH_CO_TRY(auto request, co_await read_deployment(*permit.request().body));
  FH_CO_CHECK_OK(check_location(asked, request, parts.arm.site));
  FH_CO_TRY(const auto plan, plan_deployment(parts, asked.call, asked.scope, asked.name, std::move(request), {}));
  FH_CO_CHECK_OK(check_resources(parts, asked.call, *plan));
  const AskDoor nobody = nullptr;
  DeploymentLive nothing(nobody, {});
  OrderedJson resources = OrderedJson::array();
  for (std::size_t i = 0; i < plan->resources().size(); ++i) {
    const auto& resource = plan->resources()[i];
    if (!resource.deploy) continue;
    const auto body = plan->body(i, nothing, gate::expression::Unknown::kStays);
    if (!body) co_return std::unexpected(template_error(body.error()));
    resources.push_back(OrderedJson{{"id", resource.id}});
  }
  auto shown = shown_deployment(asked.scope, asked.name, *plan, to_string(random_id<OperationId>(parts.arm.random)),
                                parts.clock.now());
  shown["properties"]["provisioningState"] = "Succeeded";
  shown["properties"]["validatedResources"] = std::move(resources);
  co_return answer(200, shown);
}

gate::Task<Reply> list_operations(const DeploymentParts& parts, Permit<ListDeploymentOperations> permit) {
  FH_CO_TRY(const auto asked, read_asked(parts, permit));
  FH_CO_CHECK_OK(co_await find(parts, asked));
  FH_CO_TRY(const auto all, co_await parts.store.operations(asked.key()));
  std::vector<Json> shown;
  for (const auto& operation : all) shown.push_back(Json::parse(operation.dump()));
  co_return list_answer(permit.request(), asked.call, std::move(shown));
}

// The last word of the path: "/operations/0000000000000001", "/operationStatuses/...".
std::string_view last_word(const ArmCall& call) { return std::string_view(call.rest).substr(call.rest.rfind('/') + 1); }

template <class Operation>
ApiResult<Asked> read_below(const DeploymentParts& parts, const Permit<Operation>& permit, std::string& last) {
  FH_TRY(auto asked, read_asked(parts, permit));
  // A type and a name behind the deployment's: they belong to the id.
  auto& parts_of_id = asked.call.id.parts;
  if (parts_of_id.empty() || parts_of_id.back().types.size() == 1) {
    last = last_word(asked.call);
    return asked;
  }
  auto& part = parts_of_id.back();
  last = part.names.back();
  part.types.pop_back();
  part.names.pop_back();
  asked.name = asked.call.id.name();
  return asked;
}

gate::Task<Reply> get_operation(const DeploymentParts& parts, Permit<GetDeploymentOperation> permit) {
  std::string id;
  FH_CO_TRY(const auto asked, read_below(parts, permit, id));
  FH_CO_CHECK_OK(co_await find(parts, asked));
  FH_CO_TRY(const auto all, co_await parts.store.operations(asked.key()));
  for (const auto& operation : all) {
    if (equals_ignoring_case(text_member(operation, "operationId"), id)) co_return answer(200, operation);
  }
  co_return std::unexpected(arm_errors::make(404, "DeploymentOperationNotFound",
                                             fmt::format("The deployment operation '{}' could not be found.", id)));
}

gate::Task<Reply> get_status(const DeploymentParts& parts, Permit<GetDeploymentStatus> permit) {
  std::string id;
  FH_CO_TRY(const auto asked, read_below(parts, permit, id));
  FH_CO_TRY(const auto found, co_await find(parts, asked));
  const auto& properties = found["properties"];
  if (!equals_ignoring_case(text_member(properties, "correlationId"), id)) {
    co_return std::unexpected(arm_errors::operation_not_found(id));
  }
  OrderedJson status = {{"status", text_member(properties, "provisioningState")}};
  if (const auto* error = find_member(properties, "error")) status["error"] = *error;
  co_return answer(200, status);
}

// The rows of one kind of scope.
class DeploymentRows {
 public:
  DeploymentRows(ArmGate& gate, const DeploymentParts& parts, std::string front)
      : gate_(gate),
        parts_(parts),
        list_(front + "/providers/Microsoft.Resources/deployments"),
        front_(std::move(front)) {}

  void add() {
    const auto item = list_ + "/{deployment}";
    row<PutDeployment>(Method::kPut, item, "write", put);
    row<GetDeployment>(Method::kGet, item, "read", get);
    row<CheckDeployment>(Method::kHead, item, "read", check);
    row<DeleteDeployment>(Method::kDelete, item, "delete", remove);
    row<ListDeployments>(Method::kGet, list_, "read", list);
    row<ListDeployments>(Method::kGet, list_ + "/", "read", list);  // as az writes it
    row<CancelDeployment>(Method::kPost, item + "/cancel", "cancel/action", cancel);
    row<ValidateDeployment>(Method::kPost, item + "/validate", "validate/action", validate);
    row<ListDeploymentOperations>(Method::kGet, item + "/operations", "operations/read", list_operations);
    row<GetDeploymentOperation>(Method::kGet, item + "/operations/{operation}", "operations/read", get_operation);
    row<GetDeploymentStatus>(Method::kGet, item + "/operationStatuses/{operation}", "operationstatuses/read",
                             get_status);
    unimplemented(item + "/whatIf", "whatIf/action");
    unimplemented(item + "/exportTemplate", "exportTemplate/action");
  }
  // Of groups: operations have a path of the resource manager's first years besides, which az still uses.
  void add_with_old_paths() {
    add();
    const std::string old = front_ + "/deployments/{deployment}/operations";
    row<ListDeploymentOperations>(Method::kGet, old, "operations/read", list_operations);
    row<GetDeploymentOperation>(Method::kGet, old + "/{operation}", "operations/read", get_operation);
  }

 private:
  std::string_view action_of(std::string_view verb) {
    return gate_.keep(fmt::format("Microsoft.Resources/deployments/{}", verb));
  }
  template <class Operation>
  void row(Method method, std::string path, std::string_view verb,
           gate::Task<Reply> (*handler)(const DeploymentParts&, Permit<Operation>)) {
    const auto action = action_of(verb);
    gate_.add_as<Operation>(
        action, arm_row(method, gate_.keep(std::move(path)), action),
        [&parts = parts_, handler](Permit<Operation> permit) { return handler(parts, std::move(permit)); });
  }
  void unimplemented(std::string path, std::string_view verb) {
    const auto action = action_of(verb);
    auto spec = arm_row(Method::kPost, gate_.keep(std::move(path)), action);
    spec.operation = action;
    gate_.add_unimplemented(spec);
  }

  ArmGate& gate_;
  const DeploymentParts& parts_;
  std::string list_;
  std::string front_;
};

}  // namespace

void add_deployment_routes(ArmGate& gate, const DeploymentParts& parts) {
  DeploymentRows(gate, parts, "/subscriptions/{subscription}/resourceGroups/{group}").add_with_old_paths();
  DeploymentRows(gate, parts, "/subscriptions/{subscription}").add();
}

}  // namespace freehold::resources
