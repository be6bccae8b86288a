#include "src/provider_operations.h"

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/own_types.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using gate::resource::ScopeKind;
using http::Method;

std::set<std::string> provider_names(const ArmParts& parts) {
  std::set<std::string> out;
  for (const auto& own : own_types()) out.emplace(own.provider);
  for (const auto& name : parts.registry.providers()) {
    const auto same = [&](const std::string& other) { return equals_ignoring_case(other, name); };
    if (std::ranges::none_of(out, same)) out.insert(name);
  }
  return out;
}

Json types_of(const ArmParts& parts, const std::string& provider) {
  Json out = Json::array();
  for (const auto& own : own_types()) {
    if (!equals_ignoring_case(own.provider, provider)) continue;
    Json versions = Json::array();
    for (const auto version : own.api_versions) versions.push_back(version);
    out.push_back({{"resourceType", own.type},
                   {"locations", Json::array()},
                   {"apiVersions", versions},
                   {"capabilities", "None"}});
  }
  for (const auto& type : parts.registry.types()) {
    if (!equals_ignoring_case(type.provider, provider)) continue;
    Json locations = Json::array();
    if (type.tracked && type.locations.empty()) locations.push_back(parts.site.region);
    for (const auto& location : type.locations) locations.push_back(location);
    std::string capabilities = type.taggable ? "SupportsTags" : "";
    if (type.tracked) capabilities += capabilities.empty() ? "SupportsLocation" : ", SupportsLocation";
    out.push_back({{"resourceType", type.type},
                   {"locations", std::move(locations)},
                   {"apiVersions", type.api_versions},
                   {"defaultApiVersion", type.api_versions.front()},
                   {"capabilities", capabilities.empty() ? "None" : capabilities}});
  }
  return out;
}

bool is_registered(const Subscription* subscription, std::string_view provider) {
  return subscription == nullptr ||
         std::ranges::find(subscription->unregistered, to_lower(provider)) == subscription->unregistered.end();
}

Json provider_json(const ArmParts& parts, const Subscription* subscription, const std::string& provider) {
  const std::string front = subscription != nullptr ? "/subscriptions/" + to_string(subscription->id) : "";
  return {{"id", front + "/providers/" + provider},
          {"namespace", provider},
          {"registrationState", is_registered(subscription, provider) ? "Registered" : "NotRegistered"},
          {"registrationPolicy", "RegistrationRequired"},
          {"resourceTypes", types_of(parts, provider)}};
}

// The segment at that place of "/providers/NS/register": as it is spelt here. 404 InvalidResourceNamespace.
ApiResult<std::string> provider_of(const ArmParts& parts, const ArmCall& call) {
  auto rest = std::string_view(call.rest);
  rest.remove_prefix(std::min(rest.size(), std::string_view("/providers/").size()));
  const std::string name(rest.substr(0, rest.find('/')));
  for (const auto& known : provider_names(parts)) {
    if (equals_ignoring_case(known, name)) return known;
  }
  return std::unexpected(arm_errors::invalid_namespace(name));
}

gate::Task<Reply> list_providers(const ArmParts& parts, Permit<ListProviders> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  std::vector<Json> items;
  for (const auto& name : provider_names(parts)) items.push_back(provider_json(parts, call.subscription.get(), name));
  co_return list_answer(permit.request(), call, std::move(items));
}

gate::Task<Reply> get_provider(const ArmParts& parts, Permit<GetProvider> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto name, provider_of(parts, call));
  co_return json_answer(200, provider_json(parts, call.subscription.get(), name));
}

gate::Task<Reply> list_types(const ArmParts& parts, Permit<ListResourceTypes> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto name, provider_of(parts, call));
  co_return json_answer(200, {{"value", types_of(parts, name)}});
}

gate::Task<ApiResult<Json>> set_registered(const ArmParts& parts, ArmCall call, std::string provider, bool wanted) {
  const std::string key = to_lower(provider);
  Subscription changed = *call.subscription;
  const auto edit = [&](Draft& draft) -> ApiResult<> {
    const auto old = draft.state().subscription(*call.id.subscription);
    if (old == nullptr) return std::unexpected(arm_errors::subscription_not_found(to_string(*call.id.subscription)));
    changed = *old;
    std::erase(changed.unregistered, key);
    if (!wanted) changed.unregistered.push_back(key);
    if (changed.unregistered != old->unregistered) draft.put(changed);
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, edit));
  co_return provider_json(parts, &changed, provider);
}

gate::Task<Reply> register_provider(const ArmParts& parts, Permit<RegisterProvider> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto name, provider_of(parts, call));
  FH_CO_TRY(const auto json, co_await set_registered(parts, call, name, true));
  co_return json_answer(200, json);
}

gate::Task<ApiResult<std::vector<Json>>> resources_of(const ArmParts& parts, ArmCall call, std::string provider) {
  std::vector<Json> out;
  for (const auto& type : parts.registry.types()) {
    const bool listed = type.tracked && type.at == ScopeKind::kResourceGroup && !type.type.contains('/');
    if (!listed || (!provider.empty() && !equals_ignoring_case(type.provider, provider))) continue;
    FH_CO_TRY(auto found,
              co_await type.behind->list(
                  type, {.tenant = call.caller.tenant, .subscription = *call.id.subscription, .group = call.id.group},
                  {.api_version = type.api_versions.front(), .caller = call.caller}));
    for (auto& item : found) out.push_back(std::move(item));
  }
  co_return out;
}

// Not while there are resources of it. Who makes one at this moment may still come first, which harms nobody.
gate::Task<Reply> unregister_provider(const ArmParts& parts, Permit<UnregisterProvider> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto name, provider_of(parts, call));
  const auto is_own = [&](const OwnType& own) { return equals_ignoring_case(own.provider, name); };
  if (std::ranges::any_of(own_types(), is_own)) {
    co_return std::unexpected(arm_errors::make(409, "CannotUnregisterProvider",
                                               "The provider '" + name + "' is part of the resource manager."));
  }
  FH_CO_TRY(const auto left, co_await resources_of(parts, call, name));
  if (!left.empty()) co_return std::unexpected(arm_errors::still_in_use(name));
  FH_CO_TRY(const auto json, co_await set_registered(parts, call, name, false));
  co_return json_answer(200, json);
}

// "Resources - List": not the whole resource. $expand names what there is besides.
Json outline(const Json& resource, std::string_view expand) {
  Json out;
  for (const auto name : {"id", "name", "type", "location", "tags", "kind", "sku", "identity", "managedBy", "plan"}) {
    if (const auto at = resource.find(name); at != resource.end() && !at->is_null()) out[name] = *at;
  }
  const auto wants = [&](std::string_view word) { return to_lower(expand).contains(word); };
  if (wants("provisioningstate") && resource.contains("properties")) {
    const auto& properties = resource["properties"];
    if (properties.contains("provisioningState")) out["provisioningState"] = properties["provisioningState"];
  }
  if (const auto data = resource.find("systemData"); data != resource.end()) {
    if (wants("createdtime") && data->contains("createdAt")) out["createdTime"] = (*data)["createdAt"];
    if (wants("changedtime") && data->contains("lastModifiedAt")) out["changedTime"] = (*data)["lastModifiedAt"];
  }
  return out;
}

bool has_tag(const Json& resource, const std::vector<FilterClause>& clauses) {
  const auto tags = resource.find("tags");
  if (tags == resource.end() || !tags->is_object()) return false;
  for (const auto& [name, value] : tags->items()) {
    const bool all = std::ranges::all_of(clauses, [&](const FilterClause& clause) {
      if (clause.field == "tagname") return holds(clause, name);
      return clause.field != "tagvalue" || (value.is_string() && holds(clause, value.get<std::string>()));
    });
    if (all) return true;
  }
  return false;
}

bool satisfies(const Json& resource, const std::vector<FilterClause>& clauses) {
  bool by_tag = false;
  for (const auto& clause : clauses) {
    if (clause.field.starts_with("tag")) {
      by_tag = true;
      continue;
    }
    const auto id = gate::resource::parse_resource_id(resource.value("id", ""));
    const std::string group = id ? id->group : std::string();
    const bool type = clause.field == "resourcetype";
    const std::string value =
        clause.field == "resourcegroup" ? group : resource.value(type ? "type" : clause.field, std::string());
    if (!holds(clause, value)) return false;
  }
  return !by_tag || has_tag(resource, clauses);
}

gate::Task<Reply> list_all(const ArmParts& parts, Permit<ListAllResources> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  const auto& request = permit.request();
  FH_CO_TRY(const auto clauses,
            read_filter(request, {"resourcetype", "name", "location", "resourcegroup", "tagname", "tagvalue"}));
  FH_CO_CHECK_OK(check_sees(parts, call, "Microsoft.Resources/subscriptions/resources/read", call.id));
  if (!call.id.group.empty()) {
    FH_CO_CHECK_OK(group_of(call));
  }
  FH_CO_TRY(const auto found, co_await resources_of(parts, call, ""));
  std::vector<Json> items;
  for (const auto& resource : found) {
    const auto id = gate::resource::parse_resource_id(resource.value("id", ""));
    const auto* type = id ? parts.registry.find(id->type()) : nullptr;
    if (type == nullptr || !may(parts, call, type->action("read"), *id) || !satisfies(resource, clauses)) continue;
    items.push_back(outline(resource, request.parameter("$expand")));
  }
  co_return list_answer(request, call, std::move(items));
}

}  // namespace

void add_provider_routes(ArmGate& gate, const ArmParts& parts) {
  constexpr std::string_view kRead = "Microsoft.Resources/subscriptions/providers/read";
  const std::string front = "/subscriptions/{subscription}/providers";
  for (const std::string& path : {std::string("/providers"), front}) {
    gate.add_as<ListProviders>(
        kRead, arm_row(Method::kGet, gate.keep(path), path == front ? kRead : ""),
        [&parts](Permit<ListProviders> permit) { return list_providers(parts, std::move(permit)); });
    gate.add_as<GetProvider>(kRead, arm_row(Method::kGet, gate.keep(path + "/{provider}"), path == front ? kRead : ""),
                             [&parts](Permit<GetProvider> permit) { return get_provider(parts, std::move(permit)); });
  }
  gate.add_as<ListResourceTypes>(
      kRead, arm_row(Method::kGet, gate.keep(front + "/{provider}/resourceTypes"), kRead),
      [&parts](Permit<ListResourceTypes> permit) { return list_types(parts, std::move(permit)); });
  constexpr std::string_view kRegister = "Microsoft.Resources/subscriptions/providers/register/action";
  gate.add_as<RegisterProvider>(
      kRegister, arm_row(Method::kPost, gate.keep(front + "/{provider}/register"), kRegister),
      [&parts](Permit<RegisterProvider> permit) { return register_provider(parts, std::move(permit)); });
  constexpr std::string_view kUnregister = "Microsoft.Resources/subscriptions/providers/unregister/action";
  gate.add_as<UnregisterProvider>(
      kUnregister, arm_row(Method::kPost, gate.keep(front + "/{provider}/unregister"), kUnregister),
      [&parts](Permit<UnregisterProvider> permit) { return unregister_provider(parts, std::move(permit)); });
  for (const auto path :
       {"/subscriptions/{subscription}/resources", "/subscriptions/{subscription}/resourceGroups/{group}/resources"}) {
    gate.add_as<ListAllResources>(
        "Microsoft.Resources/subscriptions/resources/read", arm_row(Method::kGet, path, ""),
        [&parts](Permit<ListAllResources> permit) { return list_all(parts, std::move(permit)); });
  }
}

}  // namespace freehold::resources
