#include "src/deployment_operations.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "http/json_response.h"
#include "src/arm_errors.h"
#include "src/deployment_jobs.h"
#include "src/deployment_links.h"
#include "src/deployment_plan.h"
#include "src/deployment_preview.h"
#include "src/deployment_run.h"
#include "src/lock_rules.h"
#include "src/scope_rules.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using gate::expression::find_member;
using gate::expression::text_member;
using http::Method;

constexpr const char* kLookAgain = "1";  // seconds until a client asks how it goes

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

gate::ApiResult<> check_location(const Asked& asked, const DeploymentRequest& request, const Site& site) {
  if (!asked.scope.group.empty()) return {};
  if (request.location.empty()) return std::unexpected(arm_errors::location_required());
  if (normal_location(request.location) == normal_location(site.region)) return {};
  return std::unexpected(
      arm_errors::location_not_available(request.location, "Microsoft.Resources/deployments", site.region));
}

ApiResult<> check_mode(const Asked& asked, const DeploymentRequest& request) {
  if (!request.complete || !asked.scope.group.empty()) return {};
  return std::unexpected(arm_errors::make(
      400, "InvalidRequestContent", "The mode 'Complete' is for deployments at a resource group; use 'Incremental'."));
}

// Asks in nobody's name: what a link brings must suffice.
template <class Operation>
AskDoor stranger_of(const Permit<Operation>& permit) {
  return [&permit](http::Request& part) { return permit.ask(part, gate::AskedBy::kItself); };
}

// The body, which the door lets through for whom it still knows then; and the place as it is now.
template <class Operation>
Task<ApiResult<DeploymentRequest>> read_request(const DeploymentParts& parts, const Permit<Operation>& permit,
                                                Asked& asked) {
  const TenantId tenant = asked.call.caller.tenant;
  FH_CO_TRY(auto request, co_await read_deployment(*permit.request().body, parts.planning, tenant));
  asked.call.who = parts.arm.identities.find(tenant, asked.call.caller.object);
  asked.call.state = parts.arm.store.state(tenant);
  FH_CO_CHECK_OK(check_location(asked, request, parts.arm.site));
  FH_CO_CHECK_OK(check_mode(asked, request));
  co_return request;
}

// The rows' own shapes are no others: a deployment in a group, a subscription, a management group or the tenant.
bool names_deployment(const ResourceId& id) {
  return !id.parts.empty() && equals_ignoring_case(id.parts.back().provider, "Microsoft.Resources") &&
         equals_ignoring_case(id.parts.back().types.front(), "deployments");
}

template <class Operation>
ApiResult<Asked> read_asked(const DeploymentParts& parts, const Permit<Operation>& permit) {
  FH_TRY(auto call, read_call(parts.arm, permit));
  Asked asked{.call = std::move(call)};
  const auto& id = asked.call.id;
  const bool whole = names_deployment(id);
  asked.scope = whole ? id.scope() : id;
  asked.name = whole ? id.name() : name_behind_group(asked.call.rest);
  if (!asked.scope.group.empty()) {
    FH_CHECK_OK(group_of(asked.call));
  }
  if ((whole || !asked.name.empty()) && !is_deployment_name(asked.name)) {
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

// One that no process runs any more, though it never ended, failed when its process did. Looked at twice: it may have
// ended just after the first look.
Task<ApiResult<OrderedJson>> find(const DeploymentParts& parts, Asked asked) {
  for (int look = 0;; ++look) {
    FH_CO_TRY(auto found, co_await parts.store.find(asked.key()));
    if (!found || !is_of_group(asked, *found)) co_return std::unexpected(no_deployment(asked));
    const bool ended = is_ended(text_member((*found)["properties"], "provisioningState"));
    if (!ended && !parts.active.is_active(asked.key())) {
      if (look == 0) continue;
      show_interrupted(*found);
    }
    co_return std::move(*found);
  }
}

http::Response answer(int status, const OrderedJson& json) {
  return http::json_response(status, json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
}

std::string status_url(const Asked& asked, const OrderedJson& deployment) {
  return url_of(asked.call.caller.origin,
                fmt::format("{}/operationStatuses/{}", asked.call.id.text(),
                            text_member(deployment["properties"], "correlationId")),
                asked.call.api_version);
}

gate::Job job_of(const Permit<PutDeployment>& permit, const Asked& asked) {
  const auto& caller = asked.call.caller;
  return {.tenant = caller.tenant,
          .principal = {},
          .resource = asked.call.id.text(),
          .account = {},
          .on_behalf = gate::OnBehalf{.tenant = caller.tenant,
                                      .object = caller.object,
                                      .application = caller.application,
                                      .audience = permit.principal().audience,
                                      .peer = permit.request().peer}};
}

// Answered when it is planned and written down; it goes on behind the answer.
gate::Task<Reply> put(const DeploymentParts& parts, Permit<PutDeployment> permit) {
  FH_CO_TRY(auto asked, read_asked(parts, permit));
  FH_CO_TRY(auto request, co_await read_request(parts, permit, asked));
  FH_CO_CHECK_OK(check_locks(*asked.call.state, asked.call.id.text(), LockedVerb::kWrite));
  if (!parts.jobs.is_started()) co_return std::unexpected(arm_errors::unavailable("deployments aren't started"));
  FH_CO_TRY(const auto before, co_await parts.store.find(asked.key()));
  const bool replaces = before && is_of_group(asked, *before);
  const auto run = std::make_shared<DeploymentRun>(parts, asked.call, stranger_of(permit));
  FH_CO_CHECK_OK(co_await run->open(asked.scope, asked.name, std::move(request)));
  auto response = answer(replaces ? 200 : 201, run->shown());
  response.headers.add("azure-asyncoperation", status_url(asked, run->shown()));
  response.headers.add("retry-after", kLookAgain);
  if (!parts.jobs.begin(run, job_of(permit, asked))) {
    co_await run->abandon();
    co_return std::unexpected(arm_errors::unavailable("the region is shutting down"));
  }
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

// Pages are bounded by bytes too: a deployment may be large.
gate::Task<Reply> list(const DeploymentParts& parts, Permit<ListDeployments> permit) {
  constexpr std::size_t kPageBytes = 4 * 1024 * 1024;
  const auto& request = permit.request();
  FH_CO_TRY(const auto asked, read_asked(parts, permit));
  FH_CO_TRY(const auto clauses, read_filter(request, {"provisioningstate"}));
  FH_CO_TRY(const auto top, top_of(request));
  const auto behind = from_base64url(request.parameter("$skiptoken"));
  if (!behind) co_return std::unexpected(arm_errors::invalid_skip_token());
  FH_CO_TRY(auto all, co_await parts.store.list(asked.call.caller.tenant, asked.scope.text()));
  OrderedJson out = {{"value", OrderedJson::array()}};
  std::size_t bytes = 0;
  for (const auto& summary : all) {
    if (summary.name <= *behind) continue;
    if (out["value"].size() >= top || bytes > kPageBytes) {
      out["nextLink"] = next_link(request, asked.call, to_lower(out["value"].back().value("name", "")));
      break;
    }
    Asked one = asked;
    one.name = summary.name;
    const auto found = co_await find(parts, one);
    if (!found) continue;  // removed meanwhile, or of an earlier group
    const auto state = text_member((*found)["properties"], "provisioningState");
    const auto wanted = [&](const FilterClause& clause) { return holds(clause, state); };
    if (!std::ranges::all_of(clauses, wanted)) continue;
    bytes += summary.bytes;
    out["value"].push_back(*found);
  }
  co_return answer(200, out);
}

gate::Task<Reply> remove(const DeploymentParts& parts, Permit<DeleteDeployment> permit) {
  FH_CO_TRY(const auto asked, read_asked(parts, permit));
  FH_CO_CHECK_OK(check_locks(*asked.call.state, asked.call.id.text(), LockedVerb::kDelete));
  // Its place is held, so that none of that name begins meanwhile.
  FH_CO_CHECK_OK(check_group_stands(*asked.call.state, asked.scope));
  const auto place = parts.active.begin(asked.key(), 0, true);
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
  FH_CO_TRY(auto asked, read_asked(parts, permit));
  FH_CO_TRY(auto request, co_await read_request(parts, permit, asked));
  FH_CO_CHECK_OK(co_await follow_links({.stranger = stranger_of(permit),
                                        .planning = parts.planning,
                                        .tenant = asked.call.caller.tenant,
                                        .domain = parts.arm.site.domain},
                                       request, {}));
  const std::string mode(request.mode());
  DeploymentEvaluator evaluator(parts.planning, asked.call.caller.tenant, asked.call.caller.origin);
  FH_CO_TRY(const auto plan,
            co_await plan_deployment(evaluator, parts, asked.call, asked.scope, asked.name, std::move(request), {}));
  FH_CO_CHECK_OK(check_resources(parts, asked.call, *plan));
  OrderedJson resources = OrderedJson::array();
  for (std::size_t i = 0; i < plan->resources().size(); ++i) {
    const auto& resource = plan->resources()[i];
    if (!resource.deploy) continue;
    const auto body = co_await evaluator.preview(plan, body_of(i), DeploymentLive::Reach::kNothing, nullptr);
    if (!body) co_return std::unexpected(template_error(body.error()));
    resources.push_back(OrderedJson{{"id", resource.id}});
  }
  auto shown = shown_deployment(asked.scope, asked.name, *plan, mode,
                                to_string(random_id<OperationId>(parts.arm.random)), parts.clock.now());
  shown["properties"]["provisioningState"] = "Succeeded";
  shown["properties"]["validatedResources"] = std::move(resources);
  co_return answer(200, shown);
}

// Done when answered: nothing is written, so there is nothing to go on with behind it.
gate::Task<Reply> preview(const DeploymentParts& parts, Permit<PreviewDeployment> permit) {
  FH_CO_TRY(auto asked, read_asked(parts, permit));
  FH_CO_TRY(auto request, co_await read_request(parts, permit, asked));
  const AskDoor door = [&permit](http::Request& part) { return permit.ask(part, gate::AskedBy::kCaller); };
  DeploymentPreview preview(parts, asked.call, door, stranger_of(permit));
  FH_CO_TRY(auto changes, co_await preview.look(asked.scope, asked.name, std::move(request)));
  co_return answer(
      200,
      {{"status", "Succeeded"},
       {"properties",
        {{"correlationId", to_string(random_id<OperationId>(parts.arm.random))}, {"changes", std::move(changes)}}}});
}

gate::Task<Reply> export_template(const DeploymentParts& parts, Permit<ExportDeployment> permit) {
  FH_CO_TRY(const auto asked, read_asked(parts, permit));
  FH_CO_TRY(const auto found, co_await find(parts, asked));
  FH_CO_TRY(auto source, co_await parts.store.source(asked.key()));
  if (!source || !is_source_of(*source, found)) {
    co_return std::unexpected(
        arm_errors::make(404, "DeploymentTemplateNotFound",
                         "The template isn't kept: it is larger than 1 MiB, or that of a deployment in a deployment."));
  }
  co_return answer(200, {{"template", std::move((*source)["template"])}});
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
  auto response = answer(200, status);
  if (!is_ended(text_member(properties, "provisioningState"))) response.headers.add("retry-after", kLookAgain);
  co_return response;
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
    row<CancelDeployment>(Method::kPost, item + "/cancel", "cancel/action", cancel);
    row<ValidateDeployment>(Method::kPost, item + "/validate", "validate/action", validate);
    row<ListDeploymentOperations>(Method::kGet, item + "/operations", "operations/read", list_operations);
    row<GetDeploymentOperation>(Method::kGet, item + "/operations/{operation}", "operations/read", get_operation);
    row<GetDeploymentStatus>(Method::kGet, item + "/operationStatuses/{operation}", "operationstatuses/read",
                             get_status);
    row<PreviewDeployment>(Method::kPost, item + "/whatIf", "whatIf/action", preview);
    row<ExportDeployment>(Method::kPost, item + "/exportTemplate", "exportTemplate/action", export_template);
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

  ArmGate& gate_;
  const DeploymentParts& parts_;
  std::string list_;
  std::string front_;
};

}  // namespace

void add_deployment_routes(ArmGate& gate, const DeploymentParts& parts) {
  gate.add_job<RunDeployment>(gate::DataClass::kCustomerData, gate::AuditClass::kControl);
  DeploymentRows(gate, parts, "/subscriptions/{subscription}/resourceGroups/{group}").add_with_old_paths();
  DeploymentRows(gate, parts, "/subscriptions/{subscription}").add();
  DeploymentRows(gate, parts, "/providers/Microsoft.Management/managementGroups/{managementGroup}").add();
  DeploymentRows(gate, parts, "").add();
}

}  // namespace freehold::resources
