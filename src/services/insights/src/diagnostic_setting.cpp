#include "src/diagnostic_setting.h"

#include <algorithm>

#include "base/encoding.h"
#include "resource/refusal.h"
#include "store/json_row.h"

namespace freehold::insights {
namespace {

using gate::ApiResult;
using gate::resource::Refusal;
using gate::resource::refuse;
using gate::resource::ResourceId;

constexpr int kVersion = 1;
constexpr std::string_view kProvider = "Microsoft.Insights";
constexpr std::string_view kType = "diagnosticSettings";
constexpr std::string_view kCategoryType = "diagnosticSettingsCategories";

Refusal bad(std::string message) { return refuse(400, "BadRequest", std::move(message)); }

// Destinations of Azure's that stand for services which this cloud doesn't have.
struct Absent {
  std::string_view member;
  std::string_view what;
};
constexpr Absent kAbsent[] = {{"workspaceId", "Log Analytics workspaces"},
                              {"eventHubAuthorizationRuleId", "Event hubs"},
                              {"eventHubName", "Event hubs"},
                              {"serviceBusRuleId", "Service buses"},
                              {"marketplacePartnerId", "Partner solutions"}};
// Taken and without effect: how a workspace would keep them.
constexpr std::string_view kUnused = "logAnalyticsDestinationType";

ResourceId below(const ResourceId& resource, std::string_view type, std::string_view name) {
  ResourceId out = resource;
  out.parts.push_back({std::string(kProvider), {std::string(type)}, {std::string(name)}});
  return out;
}

bool is_text(const Json& value) { return value.is_string() && !value.get_ref<const std::string&>().empty(); }

ApiResult<> check_members(const Json& properties) {
  for (const auto& [name, value] : properties.items()) {
    const auto* absent = std::ranges::find(kAbsent, name, &Absent::member);
    if (absent != std::end(kAbsent)) {
      if (value.is_null() || (value.is_string() && !is_text(value))) continue;
      return refuse(501, "NotImplemented",
                    std::string(absent->what) + " aren't part of this cloud: '" + name +
                        "' can't be a destination. Send the logs to a storage account.");
    }
    if (name != "storageAccountId" && name != "logs" && name != "metrics" && name != kUnused) {
      return bad("Diagnostic settings have no property " + gate::resource::quoted(name) + ".");
    }
  }
  return {};
}

// Azure gave it up: blobs live as long as their account's own rules say.
ApiResult<> check_retention(const Json& entry) {
  const auto at = entry.find("retentionPolicy");
  if (at == entry.end() || at->is_null()) return {};
  const auto enabled = at->is_object() ? at->value("enabled", Json(false)) : Json();
  const auto days = at->is_object() ? at->value("days", Json(0)) : Json();
  if (!enabled.is_boolean() || !days.is_number_integer() || days.get<std::int64_t>() < 0) {
    return bad("'retentionPolicy' has 'enabled' and 'days'.");
  }
  if (enabled.get<bool>()) return bad("Diagnostic settings does not support retention for new diagnostic settings.");
  return {};
}

ApiResult<std::string> text_of(const Json& entry, const char* name) {
  const auto at = entry.find(name);
  if (at == entry.end() || at->is_null()) return std::string();
  if (!at->is_string()) return bad("'" + std::string(name) + "' is a text.");
  return at->get<std::string>();
}

ApiResult<bool> enabled_of(const Json& entry) {
  const auto at = entry.find("enabled");
  if (at == entry.end() || !at->is_boolean()) return bad("Each log and metric says whether it is 'enabled'.");
  return at->get<bool>();
}

ApiResult<LogChoice> parse_log(LogSource source, const Json& entry) {
  if (!entry.is_object()) return bad("'logs' are objects.");
  for (const auto& [name, value] : entry.items()) {
    if (name != "category" && name != "categoryGroup" && name != "enabled" && name != "retentionPolicy") {
      return bad("A log has no property " + gate::resource::quoted(name) + ".");
    }
  }
  FH_TRY(const auto category, text_of(entry, "category"));
  FH_TRY(auto group, text_of(entry, "categoryGroup"));
  FH_TRY(const bool enabled, enabled_of(entry));
  FH_CHECK_OK(check_retention(entry));
  if (category.empty() == group.empty()) return bad("Each log has either a 'category' or a 'categoryGroup'.");
  if (!group.empty()) {
    if (!categories_of_group(source, group))
      return bad("Category group " + gate::resource::quoted(group) + " is not supported.");
    return LogChoice{.group = std::move(group), .enabled = enabled};
  }
  const auto known = find_category(source, category);
  if (known.empty()) return bad("Category " + gate::resource::quoted(category) + " is not supported.");
  return LogChoice{.category = std::string(known), .enabled = enabled};
}

ApiResult<std::string> parse_metric(LogSource source, const Json& entry) {
  if (!entry.is_object()) return bad("'metrics' are objects.");
  FH_TRY(const auto category, text_of(entry, "category"));
  FH_TRY(const bool enabled, enabled_of(entry));
  FH_CHECK_OK(check_retention(entry));
  const auto known = metrics_of(source);
  const bool any = equals_ignoring_case(category, "AllMetrics");
  const auto at = std::ranges::find_if(known, [&](auto name) { return equals_ignoring_case(name, category); });
  if (at == known.end() && !any)
    return bad("Metric category " + gate::resource::quoted(category) + " is not supported.");
  if (enabled) {
    return refuse(501, "NotImplemented",
                  "This cloud doesn't deliver metrics: metric category " + gate::resource::quoted(category) +
                      " can't be enabled.");
  }
  return at == known.end() ? std::string("AllMetrics") : std::string(*at);
}

ApiResult<const Json*> list_of(const Json& properties, const char* name) {
  static const Json kNone = Json::array();
  const auto at = properties.find(name);
  if (at == properties.end() || at->is_null()) return &kNone;
  if (!at->is_array() || at->size() > kMostLogs) {
    return bad("'" + std::string(name) + "' is a list of at most " + std::to_string(kMostLogs) + " entries.");
  }
  return &*at;
}

ApiResult<ResourceId> account_of(const Json& properties) {
  FH_TRY(const auto text, text_of(properties, "storageAccountId"));
  if (text.empty()) return bad("At least one data sink needs to be specified.");
  auto id = gate::resource::parse_resource_id(text);
  const bool account = id && id->parts.size() == 1 && id->parts.front().types.size() == 1 && !id->group.empty() &&
                       equals_ignoring_case(id->type(), "Microsoft.Storage/storageAccounts");
  if (!account) return bad("'storageAccountId' is no id of a storage account.");
  return std::move(*id);
}

Json retention_json() { return {{"enabled", false}, {"days", 0}}; }

}  // namespace

std::set<std::string> DiagnosticSetting::enabled() const {
  std::set<std::string> out;
  for (const auto& log : logs) {
    if (!log.enabled) continue;
    if (!log.category.empty()) out.insert(log.category);
    if (log.group.empty()) continue;
    for (const auto each : categories_of_group(source, log.group).value_or(std::vector<std::string_view>())) {
      out.emplace(each);
    }
  }
  return out;
}

ResourceId DiagnosticSetting::own_id() const { return below(resource, kType, name); }

bool is_setting_name(std::string_view name) {
  if (name.empty() || name.size() > kSettingNameBytes || name.ends_with(' ')) return false;
  return std::ranges::none_of(name, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || std::string_view("*<>%&:\\?.+/").contains(c);
  });
}

ApiResult<DiagnosticSetting> parse_setting(const ResourceId& id, const Json& body) {
  DiagnosticSetting out{.id = {}, .resource = id.scope(), .name = id.name(), .account = {}};
  const auto source = source_of(out.resource);
  if (!source) {
    return bad("The resource type " + gate::resource::quoted(out.resource.type()) +
               " does not support diagnostic settings. The Blob service of a storage account ('blobServices/default'), "
               "vaults and subscriptions do.");
  }
  out.source = *source;
  if (!is_setting_name(out.name))
    return bad("The name " + gate::resource::quoted(out.name) + " is none of a diagnostic setting.");
  const auto at = body.find("properties");
  if (at == body.end() || !at->is_object()) return bad("A diagnostic setting has 'properties'.");
  FH_CHECK_OK(check_members(*at));
  FH_TRY(const auto* logs, list_of(*at, "logs"));
  for (const auto& entry : *logs) {
    FH_TRY(auto log, parse_log(out.source, entry));
    const bool twice = std::ranges::any_of(out.logs, [&](const LogChoice& each) {
      return each.category == log.category && equals_ignoring_case(each.group, log.group);
    });
    if (twice) return bad("A category or group of them stands in 'logs' twice.");
    out.logs.push_back(std::move(log));
  }
  FH_TRY(const auto* metrics, list_of(*at, "metrics"));
  for (const auto& entry : *metrics) {
    FH_TRY(auto metric, parse_metric(out.source, entry));
    out.metrics.push_back(std::move(metric));
  }
  FH_TRY(out.account, account_of(*at));
  // Azure: every line would be about the writing of the one before.
  const bool itself = out.source == LogSource::kBlob &&
                      equals_ignoring_case(out.account.name(), out.resource.parts.front().names.front());
  if (itself) return bad("The logs of a storage account can't be sent to the account itself.");
  return out;
}

Json setting_json(const DiagnosticSetting& setting) {
  Json logs = Json::array();
  for (const auto& log : setting.logs) {
    const auto text = [](const std::string& value) { return value.empty() ? Json(nullptr) : Json(value); };
    logs.push_back({{"category", text(log.category)},
                    {"categoryGroup", text(log.group)},
                    {"enabled", log.enabled},
                    {"retentionPolicy", retention_json()}});
  }
  Json metrics = Json::array();
  for (const auto& metric : setting.metrics) {
    metrics.push_back({{"category", metric}, {"enabled", false}, {"retentionPolicy", retention_json()}});
  }
  return {{"id", setting.own_id().text()},
          {"name", setting.name},
          {"type", std::string(kProvider) + "/" + std::string(kType)},
          {"properties",
           {{"storageAccountId", setting.account.text()},
            {"serviceBusRuleId", nullptr},
            {"workspaceId", nullptr},
            {"eventHubAuthorizationRuleId", nullptr},
            {"eventHubName", nullptr},
            {"logs", std::move(logs)},
            {"metrics", std::move(metrics)},
            {"logAnalyticsDestinationType", nullptr}}}};
}

Json category_json(const ResourceId& resource, LogSource source, std::string_view name) {
  const auto shown = [&](std::string_view spelled, Json properties) {
    return Json{{"id", below(resource, kCategoryType, spelled).text()},
                {"name", spelled},
                {"type", std::string(kProvider) + "/" + std::string(kCategoryType)},
                {"properties", std::move(properties)}};
  };
  for (const auto& each : categories_of(source)) {
    if (!equals_ignoring_case(each.name, name)) continue;
    Json groups = Json::array({"allLogs"});
    if (each.audit) groups.push_back("audit");
    return shown(each.name, {{"categoryType", "Logs"}, {"categoryGroups", std::move(groups)}});
  }
  return nullptr;
}

std::vector<Json> categories_json(const ResourceId& resource, LogSource source) {
  std::vector<Json> out;
  for (const auto& each : categories_of(source)) out.push_back(category_json(resource, source, each.name));
  return out;
}

ApiResult<> check_beside(const DiagnosticSetting& setting, const std::vector<SettingPtr>& others) {
  const auto mine = setting.enabled();
  for (const auto& other : others) {
    if (!equals_ignoring_case(other->account.name(), setting.account.name())) continue;
    for (const auto& category : other->enabled()) {
      if (!mine.contains(category)) continue;
      return refuse(409, "Conflict",
                    "Data sink '" + setting.account.text() + "' is already used in diagnostic setting " +
                        gate::resource::quoted(other->name) + " for category '" + category +
                        "'. Data sinks can't be reused in different settings on the same category for the same "
                        "resource.");
    }
  }
  if (others.size() >= kSettingsPerResource) {
    return refuse(409, "Conflict",
                  "A resource has at most " + std::to_string(kSettingsPerResource) + " diagnostic settings.");
  }
  return {};
}

Bytes encode(const DiagnosticSetting& setting) {
  Json logs = Json::array();
  for (const auto& log : setting.logs) {
    logs.push_back({{"category", log.category}, {"group", log.group}, {"enabled", log.enabled}});
  }
  return Json{{"v", kVersion},           {"resource", setting.resource.text()},
              {"name", setting.name},    {"account", setting.account.text()},
              {"logs", std::move(logs)}, {"metrics", setting.metrics}}
      .dump();
}

Result<DiagnosticSetting> decode_setting(SettingId id, BytesView row) {
  FH_TRY(const Json json, store::parse_json_row(row, kVersion, "a diagnostic setting"));
  const auto corrupt = [] { return fail(ErrorCode::kCorrupt, "a diagnostic setting is not as it was written"); };
  std::string resource;
  std::string account;
  DiagnosticSetting out{.id = id, .resource = {}, .name = {}, .account = {}};
  store::MemberReader members(json);
  members.take("resource", resource).take("name", out.name).take("account", account).take("metrics", out.metrics);
  auto whose = gate::resource::parse_resource_id(resource);
  auto where = gate::resource::parse_resource_id(account);
  const auto logs = json.find("logs");
  if (!members.ok() || !whose || !where || logs == json.end() || !logs->is_array()) return corrupt();
  const auto source = source_of(*whose);
  if (!source) return corrupt();
  out.source = *source;
  out.resource = std::move(*whose);
  out.account = std::move(*where);
  for (const auto& entry : *logs) {
    if (!entry.is_object()) return corrupt();
    LogChoice log;
    store::MemberReader one(entry);
    one.take("category", log.category).take("group", log.group).take("enabled", log.enabled);
    if (!one.ok()) return corrupt();
    out.logs.push_back(std::move(log));
  }
  return out;
}

}  // namespace freehold::insights
