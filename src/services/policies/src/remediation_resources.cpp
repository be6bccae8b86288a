#include "src/remediation_resources.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/policy_errors.h"
#include "src/remediation_rules.h"

namespace freehold::policies {
namespace {

using gate::ApiResult;
using gate::resource::ActionAnswer;
using gate::resource::ActionCall;
using gate::resource::ScopeKind;
using gate::resource::Written;

constexpr std::size_t kPage = 500;  // deployments

gate::ApiError bad_query(std::string_view what) {
  return {
      .status = 400, .code = "InvalidQueryParameter", .message = "The query isn't understood: " + std::string(what)};
}

// Those that end without having begun never do.
Remedy as_shown(Remedy remedy, bool ended) {
  if (ended && (remedy.state == RemedyState::kAccepted || remedy.state == RemedyState::kRunning)) {
    remedy.state = RemedyState::kCanceled;
  }
  return remedy;
}

std::string next_link(const ActionCall& call, std::size_t from) {
  return call.caller.origin + percent_encode(call.id.text(), "/") +
         "/listDeployments?api-version=" + percent_encode(call.api_version) + "&$skiptoken=" + std::to_string(from);
}

// "policyAssignmentId eq '/subscriptions/...'", which is all that the list can be filtered by; nullopt: something else.
std::optional<std::string> filtered_assignment(std::string_view filter) {
  if (filter.empty()) return std::string();
  constexpr std::string_view kFront = "policyassignmentid eq '";
  const auto lower = to_lower(filter);
  const bool good = lower.starts_with(kFront) && lower.ends_with('\'') && lower.size() > kFront.size() + 1 &&
                    lower.find('\'', kFront.size()) == lower.size() - 1;
  if (!good) return std::nullopt;
  return lower.substr(kFront.size(), lower.size() - kFront.size() - 1);
}

}  // namespace

void RemediationResources::add_types(gate::resource::Registry& registry) {
  using namespace gate::resource;
  const std::string prefix = "Microsoft.PolicyInsights/remediations/";
  registry.add({.provider = "Microsoft.PolicyInsights",
                .type = "remediations",
                .api_versions = {"2024-10-01", "2021-10-01", "2019-07-01", "2018-07-01-preview"},
                .at = ScopeKind::kResource,
                .verbs = kGet | kPut | kDelete | kListInGroup,
                .tracked = false,
                .taggable = false,
                .actions = {{.name = "cancel", .action = prefix + "cancel/action", .alters = true},
                            {.name = "listDeployments",
                             .action = prefix + "listDeployments/read",
                             .data = gate::DataClass::kCustomerData}},
                .residency = Residency::kGeo,
                .data = {gate::DataClass::kCustomerData},
                .pages = true,
                .absence = {"RemediationNotFound", "remediation"},
                .behind = this});
}

Task<ApiResult<Json>> RemediationResources::get(ResourceId id, gate::resource::Reading reading) {
  const auto found = parts_.store.find(reading.caller.tenant, key_of(id));
  co_return found == nullptr ? Json(nullptr) : remediation_json(*found);
}

Task<ApiResult<std::vector<Json>>> RemediationResources::list(const gate::resource::ResourceType&,
                                                              gate::resource::ListScope scope,
                                                              gate::resource::Reading reading) {
  const auto assignment = filtered_assignment(reading.filter);
  if (!assignment) co_return std::unexpected(policy_errors::bad_filter(reading.filter));
  const std::string here = key_of(*scope.at);
  const bool below = scope.at->subscription.has_value();
  const auto all = parts_.store.all(scope.tenant);
  std::vector<Json> out;
  for (auto at = all.upper_bound(reading.behind); at != all.end() && out.size() < reading.most; ++at) {
    const auto& order = *at->second;
    const std::string stands = key_of(order.id.scope());
    const bool there = stands == here || (below && stands.starts_with(here + "/"));
    if (!there || (!assignment->empty() && !equals_ignoring_case(order.assignment_id, *assignment))) continue;
    out.push_back(remediation_json(order));
  }
  co_return out;
}

Task<ApiResult<Written>> RemediationResources::put(gate::resource::ApprovedChange change) {
  const auto& caller = change->caller;
  const auto id = random_id<Guid<struct CorrelationTag>>(parts_.random);
  FH_CO_TRY(const auto order, read_remediation(*change, to_string(id)));
  FH_CO_CHECK_OK(check_remediable(*parts_.scan.store.state(caller.tenant), order,
                                  gate::resource::chain_of(order.id.scope(), caller.tenant, parts_.scan.tree)));
  const auto before = parts_.store.all(caller.tenant);
  FH_CO_CHECK_OK(check_may_begin(before, order));
  const bool fresh = !before.contains(order.key());
  if (fresh) {
    if (const auto oldest = oldest_to_go(before)) {
      FH_CO_CHECK_OK(co_await parts_.store.remove(caller.tenant, oldest->key()));
    }
  }
  const auto edit = [&order](const RemediationStore::Map& all) -> ApiResult<std::optional<Remediation>> {
    FH_CHECK_OK(check_may_begin(all, order));
    return order;
  };
  FH_CO_CHECK_OK(co_await parts_.store.change(caller.tenant, edit));
  parts_.jobs.begin(caller.tenant, order.key());
  co_return Written{.status = fresh ? 201 : 200, .resource = remediation_json(order)};
}

Task<bool> RemediationResources::stands(TenantId tenant, ResourceId scope) const {
  const auto& scopes = parts_.scan.scopes;
  if (scope.parts.empty() && !scope.group.empty()) {
    const auto names = scopes.group_names(tenant, *scope.subscription);
    co_return std::ranges::any_of(names, [&](const auto& name) { return equals_ignoring_case(name, scope.group); });
  }
  if (scope.kind() == ScopeKind::kManagementGroup) {
    co_return scopes.has_management_group(tenant, scope.management_group());
  }
  const auto* type = scope.parts.empty() ? nullptr : parts_.scan.registry.find(scope.type());
  if (type == nullptr) co_return true;
  const gate::resource::Reading reading{.api_version = type->api_versions.front(),
                                        .caller = {.tenant = tenant, .object = {}, .now = parts_.scan.clock.now()}};
  const auto found = co_await type->behind->get(std::move(scope), reading);
  co_return !found || !found->is_null();
}

// Those of a scope that goes are ended by going.
Task<ApiResult<Written>> RemediationResources::remove(gate::resource::ApprovedChange change) {
  const TenantId tenant = change->caller.tenant;
  const auto found = parts_.store.find(tenant, key_of(change->id));
  if (found == nullptr) co_return Written{.status = 204};
  if (co_await stands(tenant, found->id.scope())) {
    FH_CO_CHECK_OK(check_may_go(*found));
  }
  FH_CO_CHECK_OK(co_await parts_.store.remove(tenant, found->key()));
  co_return Written{.status = 200, .resource = remediation_json(*found)};
}

Task<ApiResult<ActionAnswer>> RemediationResources::act(ActionCall call) {
  if (call.action == "cancel") co_return co_await cancel(std::move(call));
  co_return co_await list_deployments(std::move(call));
}

Task<RemediationResources::Answer> RemediationResources::cancel(ActionCall call) {
  const auto key = key_of(call.id);
  Json shown;
  const auto edit = [&](const RemediationStore::Map& all) -> ApiResult<std::optional<Remediation>> {
    const auto at = all.find(key);
    if (at == all.end()) return std::unexpected(policy_errors::remediation_not_found(call.id.name()));
    FH_TRY(auto next, cancelled(*at->second, call.caller.now));
    shown = remediation_json(next);
    return next;
  };
  FH_CO_CHECK_OK(co_await parts_.store.change(call.caller.tenant, edit));
  co_return ActionAnswer{.status = 200, .body = std::move(shown)};
}

Task<RemediationResources::Answer> RemediationResources::list_deployments(ActionCall call) {
  const auto key = key_of(call.id);
  const auto order = parts_.store.find(call.caller.tenant, key);
  if (order == nullptr) co_return std::unexpected(policy_errors::remediation_not_found(call.id.name()));
  const auto asked = call.parameter("$top");
  const auto token = call.parameter("$skiptoken");
  const auto top = asked.empty() ? std::optional<std::uint64_t>(kPage) : parse_u64(asked);
  const auto from = token.empty() ? std::optional<std::uint64_t>(0) : parse_u64(token);
  if (!top || *top == 0) co_return std::unexpected(bad_query("$top is no number."));
  if (!from || *from > kMostResourcesToRemedy) co_return std::unexpected(bad_query("$skiptoken isn't one of ours."));
  const std::size_t page = std::min<std::size_t>(*top, kPage);
  FH_CO_TRY(auto block, co_await parts_.store.remedies(call.caller.tenant, key, *from / kRemediesInBlock));
  Json value = Json::array();
  std::size_t next = *from;
  for (auto& one : block) {
    if (one.number < *from || value.size() == page) continue;
    next = one.number + 1;
    value.push_back(remedy_json(as_shown(std::move(one), is_ended(order->state))));
  }
  Json body = {{"value", std::move(value)}};
  if (asked.empty() && next > *from && next < order->total) body["nextLink"] = next_link(call, next);
  co_return ActionAnswer{.status = 200, .body = std::move(body)};
}

}  // namespace freehold::policies
