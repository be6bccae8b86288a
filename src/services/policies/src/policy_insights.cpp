#include "src/policy_insights.h"

#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "src/pauses.h"
#include "src/policy_errors.h"
#include "src/policy_summary.h"
#include "src/state_filter.h"

namespace freehold::policies {
namespace {

using gate::ApiResult;
using gate::resource::ActionAnswer;
using gate::resource::ActionCall;

constexpr std::size_t kMaxPage = 1'000;
constexpr std::size_t kMaxSorted = 10'000;  // states in the memory of one request; ours
constexpr std::string_view kContext = "/providers/Microsoft.PolicyInsights/policyStates/$metadata#";

gate::ApiError bad_query(std::string_view what) {
  return {
      .status = 400, .code = "InvalidQueryParameter", .message = "The query isn't understood: " + std::string(what)};
}

// What the request's id says besides where: states of one policy alone.
struct Wanted {
  std::string scope;  // key; empty: the tenant
  std::string field = {};
  std::string value = {};
};
Wanted wanted_of(const ResourceId& id) {
  const auto at = id.scope();
  const auto kind = at.parts.empty() ? std::nullopt : kind_of(at.type());
  const bool policy = kind && at.parts.back().provider.size() > 0 &&
                      equals_ignoring_case(at.parts.back().provider, "Microsoft.Authorization");
  const auto key = [](const ResourceId& one) {
    return one.kind() == gate::resource::ScopeKind::kTenant || one.kind() == gate::resource::ScopeKind::kManagementGroup
               ? std::string()
               : key_of(one);
  };
  if (!policy) return {.scope = key(at)};
  const std::string_view field = *kind == Kind::kDefinition   ? "policyDefinitionId"
                                 : *kind == Kind::kInitiative ? "policySetDefinitionId"
                                                              : "policyAssignmentId";
  return {.scope = key(at.scope()), .field = std::string(field), .value = at.text()};
}

Json selected(Json state, std::string_view select) {
  if (select.empty()) return state;
  Json out = {{"@odata.id", nullptr}, {"@odata.context", state["@odata.context"]}};
  while (!select.empty()) {
    auto name = select.substr(0, select.find(','));
    select.remove_prefix(std::min(select.size(), name.size() + 1));
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    for (auto at = state.begin(); at != state.end(); ++at) {
      if (equals_ignoring_case(at.key(), name)) out[at.key()] = *at;
    }
  }
  return out;
}

std::string next_link(const ActionCall& call, std::size_t from) {
  std::string out = call.caller.origin + call.id.text() + "/" + call.action;
  char separator = '?';
  for (const auto& one : call.query) {
    if (one.name == "$skiptoken") continue;
    out.append(1, std::exchange(separator, '&')).append(percent_encode(one.raw_name, "$-"));
    out.append("=").append(percent_encode(one.value));
  }
  return out.append(1, separator).append("$skiptoken=").append(std::to_string(from));
}

// One of the states that are to be sorted, by what they are sorted.
struct Sorted {
  std::vector<Json> keys;
  ResourceStatesPtr resource;
  const PolicyState* state = nullptr;  // of the resource's
  Json shown;
};

std::vector<Json> keys_of(const Json& shown, const std::vector<StateOrder>& order) {
  std::vector<Json> out;
  for (const auto& one : order) {
    const Json* found = state_field(shown, one.field);
    out.push_back(found == nullptr ? Json(nullptr) : *found);
  }
  return out;
}

void sort(std::vector<Sorted>& states, const std::vector<StateOrder>& order) {
  std::vector<std::size_t> places(states.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
  std::ranges::sort(places, [&](std::size_t a, std::size_t b) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      const int way = compare_values(states[a].keys[i], states[b].keys[i]);
      if (way != 0) return order[i].descending ? way > 0 : way < 0;
    }
    return a < b;
  });
  std::vector<Sorted> sorted;
  sorted.reserve(states.size());
  for (const auto place : places) sorted.push_back(std::move(states[place]));
  states = std::move(sorted);
}

std::string category_of(const TenantPolicies& policies, std::string_view definition) {
  const auto entry = policies.find(Kind::kDefinition, definition);
  if (entry == nullptr) return {};
  const Json body = Json::parse(entry->body, nullptr, false);
  const auto& properties = body["properties"];
  const auto metadata = properties.find("metadata");
  if (metadata == properties.end() || !metadata->is_object()) return {};
  const auto category = metadata->find("category");
  return category != metadata->end() && category->is_string() ? category->get<std::string>() : std::string();
}

std::string scan_url(const ActionCall& call, ScanId id) {
  return call.caller.origin + "/subscriptions/" + to_string(*call.id.subscription) +
         "/providers/Microsoft.PolicyInsights/asyncOperationResults/" + to_string(id) +
         "?api-version=" + percent_encode(call.api_version);
}

// Which of the states, by $top and $skiptoken.
struct Page {
  std::size_t from = 0;
  std::size_t top = kMaxPage;
  bool limited = false;  // by the client: then there is no next one
};
ApiResult<Page> page_of(const ActionCall& call) {
  Page out;
  const auto asked = call.parameter("$top");
  const auto token = call.parameter("$skiptoken");
  out.limited = !asked.empty();
  if (out.limited) {
    const auto number = parse_u64(asked);
    if (!number) return std::unexpected(bad_query("$top is no number."));
    out.top = std::min<std::size_t>(*number, kMaxPage);
  }
  if (!token.empty()) {
    const auto number = parse_u64(token);
    if (!number || *number > kMaxStates) return std::unexpected(bad_query("$skiptoken isn't one of ours."));
    out.from = *number;
  }
  return out;
}

// What is told of each state besides.
struct Expand {
  bool details = false;
  std::optional<StateFilter> components = {};  // which of them
};
// "PolicyEvaluationDetails", "components" and "components($filter=...)", by themselves or with a comma between.
ApiResult<Expand> expand_of(const ActionCall& call) {
  constexpr std::string_view kComponents = "components";
  constexpr std::string_view kFilter = "($filter=";
  Expand out;
  for (auto text = call.parameter("$expand"); !text.empty();) {
    auto name = text.substr(0, text.find(','));
    if (equals_ignoring_case(text.substr(0, kComponents.size()), kComponents)) {
      const auto inner = text.substr(kComponents.size());
      const auto end = inner.starts_with(kFilter) ? inner.rfind(')') : 0;
      if (end == inner.npos) return std::unexpected(bad_query("$expand isn't closed."));
      auto filter =
          StateFilter::parse(end == 0 ? std::string_view() : inner.substr(kFilter.size(), end - kFilter.size()));
      if (!filter) return std::unexpected(bad_query(filter.error().message));
      out.components = std::move(*filter);
      name = text.substr(0, kComponents.size() + (end == 0 ? 0 : end + 1));
    } else if (equals_ignoring_case(name, "PolicyEvaluationDetails")) {
      out.details = true;
    } else {
      return std::unexpected(policy_errors::not_implemented("This $expand"));
    }
    text.remove_prefix(name.size());
    if (!text.empty() && !text.starts_with(',')) return std::unexpected(bad_query("$expand isn't understood."));
    while (text.starts_with(',') || text.starts_with(' ')) text.remove_prefix(1);
  }
  return out;
}

Json components_of(const PolicyState& state, const StateFilter& wanted) {
  Json out = Json::array();
  const Json all = Json::parse(state.components, nullptr, false);
  if (!all.is_array()) return out;
  for (const auto& one : all) {
    if (wanted.matches(one)) out.push_back(one);
  }
  return out;
}

// $from and $to, as the API has them, and its $apply, which isn't there.
ApiResult<StateFilter> filter_of(const ActionCall& call) {
  if (!call.parameter("$apply").empty()) return std::unexpected(policy_errors::not_implemented("$apply"));
  std::string text(call.parameter("$filter"));
  for (const auto& [name, op] : {std::pair("$from", "ge"), {"$to", "le"}}) {
    const auto time = call.parameter(name);
    if (time.empty()) continue;
    if (!parse_iso8601(time)) return std::unexpected(bad_query(std::string(name) + " is no time."));
    text = (text.empty() ? "" : "(" + text + ") and ") + "timestamp " + op + " '" + std::string(time) + "'";
  }
  auto filter = StateFilter::parse(text);
  if (!filter) return std::unexpected(bad_query(filter.error().message));
  return std::move(*filter);
}

}  // namespace

Json state_json(const ResourceStates& resource, const PolicyState& state) {
  const auto& origin = *state.origin;
  Json out = {{"@odata.id", nullptr},
              {"@odata.context", std::string(kContext) + "latest/$entity"},
              {"timestamp", rfc3339_ticks(resource.time)},
              {"resourceId", resource.id},
              {"resourceType", resource.type},
              {"resourceLocation", resource.location},
              {"resourceGroup", resource.group},
              {"resourceTags", resource.tags.empty() ? std::string("tbd") : resource.tags.dump()},
              {"subscriptionId", resource.subscription},
              {"managementGroupIds", resource.management_groups},
              {"policyAssignmentId", origin.assignment_id},
              {"policyAssignmentName", origin.assignment_name},
              {"policyAssignmentScope", origin.assignment_scope},
              {"policyAssignmentOwner", "tbd"},
              {"policyAssignmentParameters", origin.parameters.dump()},
              {"effectiveParameters", ""},
              {"policyDefinitionId", origin.definition_id},
              {"policyDefinitionName", origin.definition_name},
              {"policyDefinitionAction", state.effect},
              {"policyDefinitionReferenceId", origin.reference_id},
              {"policyDefinitionGroupNames", origin.groups},
              {"policySetDefinitionId", origin.set_id},
              {"policySetDefinitionName", origin.set_name},
              {"policySetDefinitionCategory", ""},
              {"policySetDefinitionOwner", ""},
              {"policySetDefinitionParameters", ""},
              {"complianceState", gate::policy::compliance_name(state.compliance)},
              {"isCompliant", state.compliance == gate::policy::Compliance::kCompliant ||
                                  state.compliance == gate::policy::Compliance::kExempt}};
  if (!state.exemption_id.empty()) out["policyExemptionIds"] = Json::array({state.exemption_id});
  return out;
}

void PolicyInsights::add_types(gate::resource::Registry& registry) {
  using namespace gate::resource;
  using At = ResourceAction::At;
  const std::string prefix = "Microsoft.PolicyInsights/";
  const std::vector<std::string> versions = {"2024-10-01",         "2023-03-01", "2022-09-01",         "2022-04-01",
                                             "2022-03-01",         "2021-10-01", "2021-01-01",         "2020-07-01",
                                             "2020-07-01-preview", "2019-10-01", "2018-07-01-preview", "2018-04-04"};
  registry.add({.provider = "Microsoft.PolicyInsights",
                .type = "policyStates",
                .api_versions = versions,
                .at = ScopeKind::kResource,
                .verbs = 0,
                .tracked = false,
                .taggable = false,
                .actions = {{.name = "queryResults",
                             .action = prefix + "policyStates/queryResults/read",
                             .data = gate::DataClass::kCustomerData},
                            {.name = "summarize",
                             .action = prefix + "policyStates/summarize/read",
                             .data = gate::DataClass::kCustomerData},
                            {.name = "triggerEvaluation", .action = prefix + "policyStates/triggerEvaluation/action"},
                            {.name = "checkPolicyRestrictions",
                             .at = At::kScope,
                             .action = prefix + "checkPolicyRestrictions/read",
                             .data = gate::DataClass::kCustomerData},
                            {.name = "asyncOperationResults/{operation}",
                             .at = At::kSubscription,
                             .method = http::Method::kGet,
                             .action = prefix + "asyncOperationResults/read"}},
                .residency = Residency::kRegion,
                .data = {gate::DataClass::kCustomerData},
                .behind = this});
}

Task<ApiResult<Json>> PolicyInsights::get(ResourceId id, gate::resource::Reading) {
  const bool there = equals_ignoring_case(id.name(), "latest") || equals_ignoring_case(id.name(), "default");
  co_return there ? Json{{"id", id.text()}, {"name", id.name()}} : Json(nullptr);
}

Task<ApiResult<std::vector<Json>>> PolicyInsights::list(const gate::resource::ResourceType&, gate::resource::ListScope,
                                                        gate::resource::Reading) {
  co_return std::vector<Json>();
}

Task<ApiResult<gate::resource::Written>> PolicyInsights::put(gate::resource::ApprovedChange) {
  co_return std::unexpected(policy_errors::not_implemented("Writing states of policies"));
}

Task<ApiResult<gate::resource::Written>> PolicyInsights::remove(gate::resource::ApprovedChange) {
  co_return std::unexpected(policy_errors::not_implemented("Removing states of policies"));
}

Task<ApiResult<ActionAnswer>> PolicyInsights::act(ActionCall call) {
  if (call.action == "queryResults") co_return co_await query(std::move(call));
  if (call.action == "summarize") co_return co_await summarize(std::move(call));
  if (call.action == "triggerEvaluation") co_return begin_scan(call);
  if (call.action == "checkPolicyRestrictions") co_return co_await check_restrictions(std::move(call));
  co_return scan_result(call);
}

// A policy that is assigned no more has none. There may be very many.
Task<ApiResult<>> PolicyInsights::visit_states(const ActionCall& call, Visit visit) const {
  FH_CO_TRY(const auto filter, filter_of(call));
  const auto wanted = wanted_of(call.id);
  const auto policies = parts_.store.state(call.caller.tenant);
  const std::string managing = to_lower(call.id.management_group());
  std::map<std::string, std::string> categories;  // by definition
  Pauses pauses;
  for (const auto& resource : parts_.compliance.at(call.caller.tenant, wanted.scope)) {
    if (!managing.empty() && !("," + resource->management_groups + ",").contains("," + managing + ",")) continue;
    for (const auto& state : resource->states) {
      if (pauses.due()) co_await pauses.take();
      if (policies->find(Kind::kAssignment, state.origin->assignment_id) == nullptr) continue;
      Json json = state_json(*resource, state);
      const auto& definition = state.origin->definition_id;
      const auto known = categories.find(definition);
      json["policyDefinitionCategory"] =
          known != categories.end() ? known->second : (categories[definition] = category_of(*policies, definition));
      if (!wanted.field.empty() && !equals_ignoring_case(json[wanted.field].get<std::string>(), wanted.value)) continue;
      if (filter.matches(json) && !visit(resource, state, std::move(json))) co_return ApiResult<>();
    }
  }
  co_return ApiResult<>();
}

Task<PolicyInsights::Answer> PolicyInsights::query(ActionCall call) const {
  FH_CO_TRY(const auto page, page_of(call));
  const auto order = parse_order(call.parameter("$orderby"));
  if (!order) co_return std::unexpected(bad_query(order.error().message));
  FH_CO_TRY(const auto expand, expand_of(call));
  const auto select = call.parameter("$select");
  Json value = Json::array();
  std::size_t seen = 0;
  bool more = false;
  // False: the page is full, and there is one more.
  const auto take = [&](const PolicyState& state, Json shown) {
    if (seen++ < page.from) return true;
    more = value.size() >= page.top;
    if (more) return false;
    if (expand.details && !state.reasons.empty()) {
      shown["policyEvaluationDetails"] = Json::parse(state.reasons, nullptr, false);
    }
    if (expand.components && state.of_objects) shown["components"] = components_of(state, *expand.components);
    value.push_back(selected(std::move(shown), select));
    return true;
  };
  std::vector<Sorted> sorted;
  const auto visit = [&](const ResourceStatesPtr& resource, const PolicyState& state, Json shown) {
    if (order->empty()) return take(state, std::move(shown));
    if (sorted.size() > kMaxSorted) return false;
    sorted.push_back({keys_of(shown, *order), resource, &state, std::move(shown)});
    return true;
  };
  FH_CO_CHECK_OK(co_await visit_states(call, visit));
  if (sorted.size() > kMaxSorted) co_return std::unexpected(bad_query("too much is to be sorted; use a $filter."));
  sort(sorted, *order);
  for (auto& one : sorted) {
    if (!take(*one.state, std::move(one.shown))) break;
  }
  Json body = {{"@odata.context", call.caller.origin + std::string(kContext) + "latest"},
               {"@odata.count", value.size()},
               {"value", std::move(value)}};
  if (!page.limited && more) body["@odata.nextLink"] = next_link(call, page.from + page.top);
  co_return ActionAnswer{.status = 200, .body = std::move(body)};
}

Task<PolicyInsights::Answer> PolicyInsights::summarize(ActionCall call) const {
  PolicySummary summary;
  FH_CO_CHECK_OK(co_await visit_states(call, [&](const ResourceStatesPtr&, const PolicyState&, const Json& shown) {
    summary.add(shown);
    return true;
  }));
  co_return ActionAnswer{.status = 200,
                         .body = {{"@odata.context", call.caller.origin + std::string(kContext) + "summary"},
                                  {"@odata.count", 1},
                                  {"value", Json::array({summary.json()})}}};
}

PolicyInsights::Answer PolicyInsights::begin_scan(const ActionCall& call) const {
  const auto at = call.id.scope();
  if (!at.subscription || !at.parts.empty()) {
    return std::unexpected(bad_query("Evaluations are triggered of subscriptions and resource groups."));
  }
  const auto id = scan_.request(call.caller.tenant, at.text());
  if (!id) return std::unexpected(policy_errors::of(Error{ErrorCode::kExhausted, "too many scans wait", ""}));
  ActionAnswer answer{.status = 202};
  answer.headers.add("location", scan_url(call, *id));
  answer.headers.add("retry-after", "1");
  return answer;
}

PolicyInsights::Answer PolicyInsights::scan_result(const ActionCall& call) const {
  const auto id = parse_guid<ScanId>(call.id.name());  // ".../asyncOperationResults/{operation}" is a whole id
  const auto state = id ? scan_.state_of(call.caller.tenant, *id) : ComplianceScan::State::kUnknown;
  if (state == ComplianceScan::State::kUnknown) {
    return std::unexpected(gate::ApiError{
        .status = 404, .code = "OperationNotFound", .message = "The operation is not known, or ended long ago."});
  }
  if (state == ComplianceScan::State::kFailed) return std::unexpected(policy_errors::unavailable("the scan failed"));
  ActionAnswer answer{.status = state == ComplianceScan::State::kDone ? 200 : 202};
  if (answer.status == 202) {
    answer.headers.add("location", scan_url(call, *id));
    answer.headers.add("retry-after", "1");
  }
  return answer;
}

}  // namespace freehold::policies
