#include "src/subscription_operations.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/shown.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using http::Method;

constexpr std::string_view kRead = "Microsoft.Resources/subscriptions/read";

// Who has a role on anything in a subscription sees that it is there, as in Azure.
using Assignments = std::vector<gate::authz::RoleAssignment>;
bool sees(const ArmParts& parts, const ArmCall& call, const Assignments& assignments, SubscriptionId id) {
  if (may(parts, call, kRead, {.subscription = id})) return true;
  const std::string below = "/subscriptions/" + to_string(id) + "/";
  const auto is_mine = [&](const gate::authz::RoleAssignment& assignment) {
    return assignment.scope.starts_with(below) &&
           (assignment.principal == call.who->object ||
            std::ranges::find(call.who->groups, assignment.principal) != call.who->groups.end());
  };
  return std::ranges::any_of(assignments, is_mine);
}

gate::Task<Reply> list_subscriptions(const ArmParts& parts, Permit<ListSubscriptions> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  std::vector<Json> items;
  const auto assignments = parts.assignments.assignments(call.caller.tenant);
  for (const auto& [id, subscription] : call.state->subscriptions) {
    if (sees(parts, call, assignments, id)) items.push_back(subscription_json(*subscription));
  }
  co_return list_answer(permit.request(), call, std::move(items));
}

gate::Task<Reply> get_subscription(const ArmParts& parts, Permit<GetSubscription> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  if (!sees(parts, call, parts.assignments.assignments(call.caller.tenant), call.subscription->id)) {
    co_return std::unexpected(forbidden(call, kRead, call.id.text()));
  }
  co_return json_answer(200, subscription_json(*call.subscription));
}

gate::Task<Reply> list_locations(const ArmParts& parts, Permit<ListLocations> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  const Site& site = parts.site;
  Json location = {{"id", call.id.text() + "/locations/" + site.region},
                   {"name", site.region},
                   {"type", "Region"},
                   {"displayName", site.region},
                   {"regionalDisplayName", "(" + site.geo + ") " + site.region},
                   {"metadata",
                    {{"regionType", "Physical"},
                     {"regionCategory", "Recommended"},
                     {"geography", site.geo},
                     {"geographyGroup", site.geo},
                     {"pairedRegion", Json::array()}}}};
  co_return list_answer(permit.request(), call, {std::move(location)});
}

gate::Task<Reply> list_tenants(const ArmParts& parts, Permit<ListTenants> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  const std::string id = to_string(call.caller.tenant);
  Json tenant = {{"id", "/tenants/" + id},
                 {"tenantId", id},
                 {"displayName", parts.site.geo},
                 {"tenantCategory", "Home"},
                 {"countryCode", nullptr},
                 {"defaultDomain", parts.site.domain},
                 {"domains", Json::array({parts.site.domain})}};
  co_return list_answer(permit.request(), call, {std::move(tenant)});
}

}  // namespace

void add_subscription_routes(ArmGate& gate, const ArmParts& parts) {
  gate.add_as<ListSubscriptions>(
      kRead, arm_row(Method::kGet, "/subscriptions", ""),
      [&parts](Permit<ListSubscriptions> permit) { return list_subscriptions(parts, std::move(permit)); });
  gate.add_as<ListSubscriptions>(
      kRead, arm_row(Method::kGet, "/subscriptions/", ""),
      [&parts](Permit<ListSubscriptions> permit) { return list_subscriptions(parts, std::move(permit)); });
  gate.add_as<GetSubscription>(
      kRead, arm_row(Method::kGet, "/subscriptions/{subscription}", ""),
      [&parts](Permit<GetSubscription> permit) { return get_subscription(parts, std::move(permit)); });
  gate.add_as<ListLocations>(
      "Microsoft.Resources/subscriptions/locations/read",
      arm_row(Method::kGet, "/subscriptions/{subscription}/locations",
              "Microsoft.Resources/subscriptions/locations/read"),
      [&parts](Permit<ListLocations> permit) { return list_locations(parts, std::move(permit)); });
  for (const auto path : {"/tenants", "/tenants/"}) {
    gate.add_as<ListTenants>("Microsoft.Resources/tenants/read", arm_row(Method::kGet, path, ""),
                             [&parts](Permit<ListTenants> permit) { return list_tenants(parts, std::move(permit)); });
  }
}

}  // namespace freehold::resources
