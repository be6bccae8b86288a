#include "src/diagnostic_settings.h"

#include "authz/control_right.h"
#include "base/encoding.h"
#include "resource/refusal.h"

namespace freehold::insights {
namespace {

using gate::ApiResult;
using gate::resource::ActionAnswer;
using gate::resource::refuse;
using gate::resource::ResourceId;
using gate::resource::Written;

constexpr std::string_view kListKeys = "Microsoft.Storage/storageAccounts/listKeys/action";

#define FH_SETTING "Microsoft.Insights/diagnosticSettings"
constexpr gate::resource::PropertyAlias kAliases[] = {
    {FH_SETTING "/storageAccountId", "properties.storageAccountId"},
    {FH_SETTING "/workspaceId", "properties.workspaceId"},
    {FH_SETTING "/eventHubAuthorizationRuleId", "properties.eventHubAuthorizationRuleId"},
    {FH_SETTING "/eventHubName", "properties.eventHubName"},
    {FH_SETTING "/serviceBusRuleId", "properties.serviceBusRuleId"},
    {FH_SETTING "/logAnalyticsDestinationType", "properties.logAnalyticsDestinationType"},
    {FH_SETTING "/logs", "properties.logs"},
    {FH_SETTING "/logs[*]", "properties.logs[*]"},
    {FH_SETTING "/logs[*].category", "properties.logs[*].category"},
    {FH_SETTING "/logs[*].categoryGroup", "properties.logs[*].categoryGroup"},
    {FH_SETTING "/logs[*].enabled", "properties.logs[*].enabled"},
    {FH_SETTING "/logs.enabled", "properties.logs[*].enabled"},
    {FH_SETTING "/logs[*].retentionPolicy", "properties.logs[*].retentionPolicy"},
    {FH_SETTING "/logs[*].retentionPolicy.enabled", "properties.logs[*].retentionPolicy.enabled"},
    {FH_SETTING "/logs[*].retentionPolicy.days", "properties.logs[*].retentionPolicy.days"},
    {FH_SETTING "/metrics", "properties.metrics"},
    {FH_SETTING "/metrics[*]", "properties.metrics[*]"},
    {FH_SETTING "/metrics[*].category", "properties.metrics[*].category"},
    {FH_SETTING "/metrics[*].enabled", "properties.metrics[*].enabled"},
    {FH_SETTING "/metrics.enabled", "properties.metrics[*].enabled"},
    {FH_SETTING "/metrics[*].retentionPolicy", "properties.metrics[*].retentionPolicy"},
    {FH_SETTING "/metrics[*].retentionPolicy.enabled", "properties.metrics[*].retentionPolicy.enabled"},
    {FH_SETTING "/metrics[*].retentionPolicy.days", "properties.metrics[*].retentionPolicy.days"},
};
#undef FH_SETTING

bool is_category(const ResourceId& id) {
  return equals_ignoring_case(id.type(), "Microsoft.Insights/diagnosticSettingsCategories");
}

// "West Europe" and "westeurope" are the same.
std::string normal(std::string_view location) {
  std::string out = to_lower(location);
  std::erase(out, ' ');
  return out;
}

std::string location_of(const Json& json) {
  if (!json.is_object()) return {};
  const auto at = json.find("location");
  return at != json.end() && at->is_string() ? normal(at->get<std::string>()) : std::string();
}

}  // namespace

void DiagnosticSettings::add_to(gate::resource::Registry& registry) {
  registry_ = &registry;
  registry.add(
      {.provider = "Microsoft.Insights",
       .type = "diagnosticSettings",
       .api_versions = {"2021-05-01-preview", "2017-05-01-preview", "2016-09-01"},
       .at = gate::resource::ScopeKind::kResource,
       .verbs = gate::resource::kGet | gate::resource::kPut | gate::resource::kDelete | gate::resource::kListInGroup,
       .tracked = false,
       .taggable = false,
       .residency = gate::resource::Residency::kGeo,
       .data = {gate::DataClass::kSystemMetadata},
       .aliases = kAliases,
       .absence = {"ResourceNotFound", "diagnostic setting"},
       .behind = this});
  registry.add({.provider = "Microsoft.Insights",
                .type = "diagnosticSettingsCategories",
                .api_versions = {"2021-05-01-preview", "2017-05-01-preview"},
                .at = gate::resource::ScopeKind::kResource,
                .verbs = gate::resource::kGet | gate::resource::kListInGroup,
                .tracked = false,
                .taggable = false,
                .data = {gate::DataClass::kSystemMetadata},
                .absence = {"ResourceNotFound", "diagnostic settings category"},
                .behind = this});
}

Task<ApiResult<Json>> DiagnosticSettings::get(ResourceId id, gate::resource::Reading reading) {
  if (reading.caller.tenant != parts_.store.tenant()) co_return Json(nullptr);
  if (is_category(id)) {
    const auto source = source_of(id.scope());
    co_return source ? category_json(id.scope(), *source, id.name()) : Json(nullptr);
  }
  const auto setting = parts_.store.find(key_of(id));
  co_return setting == nullptr ? Json(nullptr) : setting_json(*setting);
}

Task<ApiResult<std::vector<Json>>> DiagnosticSettings::list(const gate::resource::ResourceType& type,
                                                            gate::resource::ListScope scope,
                                                            gate::resource::Reading reading) {
  std::vector<Json> out;
  if (reading.caller.tenant != parts_.store.tenant() || !scope.at) co_return out;
  if (type.type == "diagnosticSettingsCategories") {
    const auto source = source_of(*scope.at);
    if (!source) {
      co_return refuse(
          400, "ResourceTypeNotSupported",
          "The resource type " + gate::resource::quoted(scope.at->type()) + " does not support diagnostic settings.");
    }
    co_return categories_json(*scope.at, *source);
  }
  const auto key = key_of(*scope.at);
  for (const auto& each : reading.caller.origin.empty() ? parts_.store.at_and_below(key) : parts_.store.of(key)) {
    out.push_back(setting_json(*each));
  }
  co_return out;
}

// Who may list an account's keys may do with it whatever a delivery does: Azure asks for that.
ApiResult<> DiagnosticSettings::check_rights(const DiagnosticSetting& setting,
                                             const gate::resource::Caller& caller) const {
  if (gate::authz::may_control(parts_.identities, parts_.assignments, caller.tenant, caller.object, kListKeys,
                               chain_of(setting.account, caller.tenant, parts_.tree))) {
    return {};
  }
  return refuse(403, "LinkedAuthorizationFailed",
                "The client with object id '" + to_string(caller.object) +
                    "' may write diagnostic settings at scope '" + setting.own_id().text() +
                    "'; however, it does not have permission to perform action '" + std::string(kListKeys) +
                    "' on the linked scope '" + setting.account.text() + "'.");
}

Task<ApiResult<Json>> DiagnosticSettings::read(ResourceId id, gate::resource::Caller caller) const {
  const auto* type = registry_->find(id.type());
  if (type == nullptr) co_return Json(nullptr);
  co_return co_await type->behind->get(std::move(id),
                                       {.api_version = type->api_versions.front(), .caller = std::move(caller)});
}

// There, and in the region of whose logs it gets: a subscription has none.
Task<ApiResult<>> DiagnosticSettings::check_account(const DiagnosticSetting& setting,
                                                    gate::resource::Caller caller) const {
  FH_CO_TRY(const auto account, co_await read(setting.account, caller));
  if (account.is_null()) {
    co_return refuse(404, "ResourceNotFound",
                     "The Resource 'Microsoft.Storage/storageAccounts/" + setting.account.name() +
                         "' under resource group '" + setting.account.group + "' was not found.");
  }
  if (setting.source == LogSource::kActivity) co_return ApiResult<>();
  FH_CO_TRY(const auto resource, co_await read(setting.resource, caller));
  auto location = location_of(resource);
  if (location.empty() && setting.source == LogSource::kBlob) {
    FH_CO_TRY(const auto parent, co_await read(setting.resource.parent(), caller));
    location = location_of(parent);
  }
  const auto there = location_of(account);
  if (!location.empty() && location != there) {
    co_return refuse(400, "BadRequest",
                     "Resources should be in the same region: '" + setting.resource.text() + "' is in region '" +
                         location + "' and '" + setting.account.text() + "' is in region '" + there + "'.");
  }
  co_return ApiResult<>();
}

Task<ApiResult<Written>> DiagnosticSettings::put(gate::resource::ApprovedChange change) {
  FH_CO_CHECK_OK(check_conditions(*change, change->before.is_object()));
  FH_CO_TRY(auto setting, parse_setting(change->id, change->after));
  FH_CO_CHECK_OK(check_rights(setting, change->caller));
  FH_CO_CHECK_OK(co_await check_account(setting, change->caller));
  const auto end = co_await parts_.log.end();
  if (!end) co_return gate::resource::refuse_for(end.error());
  FH_CO_TRY(const auto kept,
            co_await parts_.store.put(std::move(setting), {.leaf = *end}, random_id<SettingId>(parts_.random)));
  co_return Written{.status = 200, .resource = setting_json(*kept)};
}

Task<ApiResult<Written>> DiagnosticSettings::remove(gate::resource::ApprovedChange change) {
  const bool there = parts_.store.find(key_of(change->id)) != nullptr;
  const auto removed = co_await parts_.store.remove(key_of(change->id));
  if (!removed) co_return gate::resource::refuse_for(removed.error());
  co_return Written{.status = there ? 200 : 204};
}

Task<ApiResult<ActionAnswer>> DiagnosticSettings::act(gate::resource::ActionCall) {
  co_return refuse(404, "ResourceNotFound", "Diagnostic settings have no actions.");
}

}  // namespace freehold::insights
