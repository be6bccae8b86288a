#include "src/policy_insights.h"

#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "src/policy_errors.h"
#include "src/state_filter.h"

namespace freehold::policies {
namespace {

using gate::ApiResult;
using gate::resource::ActionAnswer;
using gate::resource::ActionCall;

constexpr std::size_t kMaxPage = 1'000;
constexpr std::string_view kContext = "/providers/Microsoft.PolicyInsights/policyStates/$metadata#";

std::string parameter(const ActionCall& call, std::string_view name) {
  for (const auto& one : call.query) {
    if (one.name == name) return one.value;
  }
  return {};
}

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

ApiResult<> sort(std::vector<Json>& states, std::string_view order_by) {
  const auto order = parse_order(order_by);
  if (!order) return std::unexpected(bad_query(order.error().message));
  if (order->empty()) return {};
  const Json none = nullptr;
  std::vector<std::pair<std::size_t, Json>> keyed;
  for (std::size_t i = 0; i < states.size(); ++i) keyed.emplace_back(i, std::move(states[i]));
  std::ranges::sort(keyed, [&](const auto& a, const auto& b) {
    for (const auto& one : *order) {
      const Json* x = state_field(a.second, one.field);
      const Json* y = state_field(b.second, one.field);
      const int way = compare_values(x == nullptr ? none : *x, y == nullptr ? none : *y);
      if (way != 0) return one.descending ? way > 0 : way < 0;
    }
    return a.first < b.first;
  });
  for (std::size_t i = 0; i < states.size(); ++i) states[i] = std::move(keyed[i].second);
  return {};
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

// $from and $to, as the API has them, and its $apply, which isn't there.
ApiResult<StateFilter> filter_of(const ActionCall& call) {
  if (!parameter(call, "$apply").empty()) return std::unexpected(policy_errors::not_implemented("$apply"));
  const auto expand = parameter(call, "$expand");
  if (!expand.empty() && !equals_ignoring_case(expand, "PolicyEvaluationDetails")) {
    return std::unexpected(policy_errors::not_implemented("This $expand"));
  }
  std::string text = parameter(call, "$filter");
  for (const auto& [name, op] : {std::pair("$from", "ge"), {"$to", "le"}}) {
    const auto time = parameter(call, name);
    if (time.empty()) continue;
    if (!parse_iso8601(time)) return std::unexpected(bad_query(std::string(name) + " is no time."));
    text = (text.empty() ? "" : "(" + text + ") and ") + "timestamp " + op + " '" + time + "'";
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
  if (!state.reasons.empty()) out["policyEvaluationDetails"] = Json::parse(state.reasons, nullptr, false);
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
  if (call.action == "queryResults") co_return query(call);
  if (call.action == "summarize") co_return summarize(call);
  if (call.action == "triggerEvaluation") co_return begin_scan(call);
  if (call.action == "checkPolicyRestrictions") co_return check_restrictions(call);
  co_return scan_result(call);
}

// Those that the request is about. A policy that is assigned no more has none.
ApiResult<std::vector<Json>> PolicyInsights::states(const ActionCall& call) const {
  const auto filter = filter_of(call);
  if (!filter) return std::unexpected(filter.error());
  const auto wanted = wanted_of(call.id);
  const auto policies = parts_.store.state(call.caller.tenant);
  const std::string managing = to_lower(call.id.management_group());
  std::map<std::string, std::string> categories;  // by definition
  std::vector<Json> out;
  for (const auto& resource : parts_.compliance.at(call.caller.tenant, wanted.scope)) {
    if (!managing.empty() && !("," + resource->management_groups + ",").contains("," + managing + ",")) continue;
    for (const auto& state : resource->states) {
      if (policies->find(Kind::kAssignment, state.origin->assignment_id) == nullptr) continue;
      Json json = state_json(*resource, state);
      const auto& definition = state.origin->definition_id;
      const auto known = categories.find(definition);
      json["policyDefinitionCategory"] =
          known != categories.end() ? known->second : (categories[definition] = category_of(*policies, definition));
      if (!wanted.field.empty() && !equals_ignoring_case(json[wanted.field].get<std::string>(), wanted.value)) continue;
      if (filter->matches(json)) out.push_back(std::move(json));
    }
  }
  return out;
}

PolicyInsights::Answer PolicyInsights::query(const ActionCall& call) const {
  FH_TRY(auto all, states(call));
  FH_CHECK_OK(sort(all, parameter(call, "$orderby")));
  std::size_t top = kMaxPage;
  std::size_t from = 0;
  const auto asked = parameter(call, "$top");
  const auto token = parameter(call, "$skiptoken");
  const bool limited = !asked.empty();
  if (limited) {
    const auto number = parse_u64(asked);
    if (!number) return std::unexpected(bad_query("$top is no number."));
    top = std::min<std::size_t>(*number, kMaxPage);
  }
  if (!token.empty()) {
    const auto number = parse_u64(token);
    if (!number) return std::unexpected(bad_query("$skiptoken isn't one of ours."));
    from = *number;
  }
  const bool details = !parameter(call, "$expand").empty();
  const auto select = parameter(call, "$select");
  Json value = Json::array();
  std::size_t at = std::min(from, all.size());
  for (; at < all.size() && value.size() < top; ++at) {
    if (!details) all[at].erase("policyEvaluationDetails");
    value.push_back(selected(std::move(all[at]), select));
  }
  Json body = {{"@odata.context", call.caller.origin + std::string(kContext) + "latest"},
               {"@odata.count", value.size()},
               {"value", std::move(value)}};
  if (!limited && at < all.size()) body["@odata.nextLink"] = next_link(call, at);
  return ActionAnswer{.status = 200, .body = std::move(body)};
}

PolicyInsights::Answer PolicyInsights::summarize(const ActionCall& call) const {
  FH_TRY(const auto all, states(call));
  return ActionAnswer{.status = 200,
                      .body = {{"@odata.context", call.caller.origin + std::string(kContext) + "summary"},
                               {"@odata.count", 1},
                               {"value", Json::array({summary_json(all)})}}};
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
