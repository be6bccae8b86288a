// storageAccounts/blobServices/default: the properties of an account's Blob service, the same that Set Blob Service
// Properties sets.
//
// Source: "Blob Services - Set Service Properties" (Storage Resource Provider REST API). What a body leaves out stays.
#include "base/check.h"
#include "base/encoding.h"
#include "src/api_versions.h"
#include "src/cors_xml.h"
#include "src/json_input.h"
#include "src/service_properties_xml.h"
#include "src/storage_provider.h"
#include "src/storage_provider_errors.h"
#include "src/xml_text.h"

namespace freehold::blob {
namespace {

using gate::resource::Written;
using provider_errors::invalid_value;
using provider_errors::unsupported_feature;

constexpr std::string_view kDefault = "default";
constexpr std::string_view kNotHere = "this cloud doesn't have it yet.";
constexpr std::size_t kVersionBytes = 10;

// "parent.member" of what may be off and no more.
struct Switch {
  std::string_view parent;
  std::string_view name;
};
constexpr Switch kSwitches[] = {{"deleteRetentionPolicy", "enabled"},
                                {"deleteRetentionPolicy", "allowPermanentDelete"},
                                {"containerDeleteRetentionPolicy", "enabled"},
                                {"changeFeed", "enabled"},
                                {"restorePolicy", "enabled"},
                                {"lastAccessTimeTrackingPolicy", "enable"},
                                {"", "isVersioningEnabled"},
                                {"", "automaticSnapshotPolicyEnabled"}};

ApiResult<> check_members(const Json& properties) {
  for (const auto& [name, value] : properties.items()) {
    bool known = name == "cors" || name == "defaultServiceVersion";
    for (const auto& each : kSwitches) known = known || name == (each.parent.empty() ? each.name : each.parent);
    if (!known) return provider_errors::unknown_property(name);
  }
  for (const auto& each : kSwitches) {
    const auto& parent = each.parent.empty() ? properties : member(properties, each.parent);
    FH_TRY(const auto on, bool_member(parent, each.name));
    if (on.value_or(false)) return unsupported_feature(each.parent.empty() ? each.name : each.parent, kNotHere);
  }
  return {};
}

ApiResult<std::vector<std::string>> read_words(const Json& rule, std::string_view name) {
  FH_TRY(const auto* list, array_member(rule, name, kCorsNames + kCorsPrefixes));
  std::vector<std::string> words;
  if (list == nullptr) return words;
  for (const auto& word : *list) {
    if (!word.is_string() || word.get_ref<const std::string&>().size() > kCorsNameBytes) return invalid_value(name);
    words.push_back(word.get<std::string>());
  }
  return words;
}

// As the data plane's own document: one set of rules judges both.
ApiResult<std::vector<CorsRule>> read_cors(const Json& cors) {
  FH_TRY(const auto* list, array_member(cors, "corsRules", kCorsRules));
  std::vector<CorsRule> rules;
  if (list == nullptr) return rules;
  for (const auto& each : *list) {
    CorsRule rule;
    FH_TRY(rule.origins, read_words(each, "allowedOrigins"));
    FH_TRY(rule.methods, read_words(each, "allowedMethods"));
    FH_TRY(rule.allowed_headers, read_words(each, "allowedHeaders"));
    FH_TRY(rule.exposed_headers, read_words(each, "exposedHeaders"));
    const auto& age = member(each, "maxAgeInSeconds");
    if (!age.is_number_integer() || age.get<std::int64_t>() < 0 || age.get<std::int64_t>() > 0x7fff'ffff)
      return invalid_value("maxAgeInSeconds");
    rule.max_age = age.get<std::uint32_t>();
    rules.push_back(std::move(rule));
  }
  std::string xml = "<StorageServiceProperties>";
  append_cors(xml, rules);
  auto judged = parse_service_properties(xml + "</StorageServiceProperties>");
  if (!judged || !judged->cors) return invalid_value("cors");
  return std::move(*judged->cors);
}

ApiResult<ServicePropertiesChange> read_change(const Json& resource) {
  FH_TRY(const auto* given, object_member(resource, "properties"));
  ServicePropertiesChange change;
  if (given == nullptr) return change;
  FH_CHECK_OK(check_members(*given));
  FH_TRY(const auto* cors, object_member(*given, "cors"));
  if (cors != nullptr) {
    FH_TRY(change.cors, read_cors(*cors));
  }
  FH_TRY(const auto version, text_member(*given, "defaultServiceVersion", kVersionBytes));
  if (version) {
    change.default_version = parse_version(*version);
    if (*change.default_version == 0) return invalid_value("defaultServiceVersion");
  }
  return change;
}

Json show(const AccountRecord& record, const ServiceProperties& properties, const AccountPlace& place) {
  Json rules = Json::array();
  for (const auto& rule : properties.cors) {
    rules.push_back({{"allowedOrigins", rule.origins},
                     {"allowedMethods", rule.methods},
                     {"allowedHeaders", rule.allowed_headers},
                     {"exposedHeaders", rule.exposed_headers},
                     {"maxAgeInSeconds", rule.max_age}});
  }
  Json shown = {{"cors", {{"corsRules", std::move(rules)}}},
                {"deleteRetentionPolicy", {{"allowPermanentDelete", false}, {"enabled", false}}},
                {"isVersioningEnabled", false}};
  if (properties.default_version != 0) shown["defaultServiceVersion"] = version_text(properties.default_version);
  const auto sku = sku_of(record.settings, place);
  return {{"id", account_path(*record.account) + "/blobServices/default"},
          {"name", kDefault},
          {"type", "Microsoft.Storage/storageAccounts/blobServices"},
          {"sku", {{"name", sku}, {"tier", tier_of_sku(sku)}}},
          {"properties", std::move(shown)}};
}

bool names_default(const ResourceId& id) {
  return id.parts.size() == 1 && id.parts.front().names.size() == 2 &&
         equals_ignoring_case(id.parts.front().names[1], kDefault);
}

}  // namespace

Task<ApiResult<Json>> BlobServicesProvider::get(ResourceId id, gate::resource::Reading reading) {
  const auto record = find_account(parts_.accounts, id, reading.caller.tenant);
  if (!record || !names_default(id)) co_return Json(nullptr);
  co_return show(*record, *parts_.properties.find(record->account->id), place_);
}

Task<ApiResult<std::vector<Json>>> BlobServicesProvider::list(const gate::resource::ResourceType&,
                                                              gate::resource::ListScope scope,
                                                              gate::resource::Reading) {
  std::vector<Json> found;
  const auto record = scope.parent ? find_account(parts_.accounts, *scope.parent, scope.tenant) : nullptr;
  if (record) found.push_back(show(*record, *parts_.properties.find(record->account->id), place_));
  co_return found;
}

Task<ApiResult<Written>> BlobServicesProvider::put(gate::resource::ApprovedChange change) {
  const auto record = find_account(parts_.accounts, change->id, change->caller.tenant);
  if (!record) co_return provider_errors::account_not_found(change->id.parts.front().names.front());
  if (!names_default(change->id)) {
    co_return provider_errors::invalid_resource_name("The name of a blob service is 'default'.");
  }
  // Azure gives them no ETag.
  if (!change->if_none_match.empty() || (!change->if_match.empty() && change->if_match != "*")) {
    co_return provider_errors::precondition_failed();
  }
  FH_CO_TRY(const auto wanted, read_change(change->after));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto done = co_await parts_.properties.change(
        ref_of(*record->account), [&wanted](ServiceProperties& properties) { wanted.apply(properties); }, {});
    if (!done) co_return provider_errors::of(done.error());
    if (done->unknown) co_return provider_errors::of({ErrorCode::kUnavailable, "the outcome isn't known yet", ""});
    if (!done->applied) continue;
    co_return Written{.status = 200, .resource = show(*record, *parts_.properties.find(record->account->id), place_)};
  }
  co_return provider_errors::conflict();
}

// No row has these verbs, and nothing else calls them: a blob service goes with its account.
Task<ApiResult<Written>> BlobServicesProvider::remove(gate::resource::ApprovedChange) {
  co_return unsupported_feature("delete", "a blob service goes with its account.");
}
Task<ApiResult<gate::resource::ActionAnswer>> BlobServicesProvider::act(gate::resource::ActionCall) {
  co_return unsupported_feature("action", "there is none.");
}

}  // namespace freehold::blob
