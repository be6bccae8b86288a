#include "src/storage_account_rules.h"

#include <algorithm>
#include <span>

#include "base/encoding.h"
#include "src/json_input.h"
#include "src/storage_provider_errors.h"

namespace freehold::blob {
namespace {

using gate::ApiResult;
using provider_errors::invalid_content;
using provider_errors::invalid_value;
using provider_errors::unsupported_feature;

constexpr std::string_view kNotHere = "this cloud doesn't have it.";

// What answers have and bodies may bring back: it says nothing.
constexpr std::string_view kReadOnly[] = {"provisioningState",
                                          "primaryEndpoints",
                                          "secondaryEndpoints",
                                          "primaryLocation",
                                          "secondaryLocation",
                                          "statusOfPrimary",
                                          "statusOfSecondary",
                                          "creationTime",
                                          "keyCreationTime",
                                          "privateEndpointConnections",
                                          "lastGeoFailoverTime",
                                          "geoReplicationStats",
                                          "failoverInProgress",
                                          "blobRestoreStatus",
                                          "storageAccountSkuConversionStatus",
                                          "accountMigrationInProgress",
                                          "isSkuConversionBlocked"};
// Switches that may be off.
constexpr std::string_view kSwitches[] = {"isHnsEnabled", "isNfsV3Enabled", "isSftpEnabled", "isLocalUserEnabled",
                                          "enableExtendedGroups"};
// Kept and shown: nothing here would work otherwise for them.
constexpr std::string_view kKeptSwitches[] = {"defaultToOAuthAuthentication", "allowCrossTenantReplication"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

ApiResult<> read_switches(const Json& properties, AccountSettings& settings) {
  FH_TRY(const auto https, bool_member(properties, "supportsHttpsTrafficOnly"));
  FH_TRY(const auto opened, bool_member(properties, "allowBlobPublicAccess"));
  FH_TRY(const auto keys, bool_member(properties, "allowSharedKeyAccess"));
  settings.secure_transfer_required = https.value_or(settings.secure_transfer_required);
  settings.allow_public_access = opened.value_or(settings.allow_public_access);
  settings.allow_shared_key = keys.value_or(settings.allow_shared_key);
  FH_TRY(const auto tls, word_member(properties, "minimumTlsVersion", {"TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3"}));
  if (tls) settings.minimum_tls = static_cast<std::uint16_t>(kTls10 + (tls->back() - '0'));
  FH_TRY(const auto network, word_member(properties, "publicNetworkAccess", {"Enabled", "Disabled"}));
  if (network) settings.public_network = *network == "Enabled";
  FH_TRY(const auto tier, word_member(properties, "accessTier", {"Hot", "Cool", "Cold"}));
  if (tier) settings.access_tier = *tier;
  for (const auto name : kSwitches) {
    FH_TRY(const auto on, bool_member(properties, name));
    if (on.value_or(false)) return unsupported_feature(name, kNotHere);
  }
  return {};
}

ApiResult<> read_ip_rules(const Json& rules, bool v4, std::vector<std::string>& out) {
  for (const auto& rule : rules) {
    if (!rule.is_object()) return invalid_content("a rule of networkAcls must be an object.");
    FH_TRY(const auto value, text_member(rule, "value", 64));
    FH_TRY(const auto action, word_member(rule, "action", {"Allow"}));
    static_cast<void>(action);
    const auto range = value ? gate::parse_ip_network(*value) : std::nullopt;
    if (!range || gate::is_ipv4(*range) != v4)
      return invalid_value(v4 ? "networkAcls.ipRules" : "networkAcls.ipv6Rules");
    out.push_back(*value);
  }
  return {};
}

ApiResult<> read_network(const Json& acls, AccountSettings& settings, Json& kept) {
  constexpr std::string_view kKnown[] = {"bypass",    "defaultAction",       "ipRules",
                                         "ipv6Rules", "virtualNetworkRules", "resourceAccessRules"};
  for (const auto& [name, value] : acls.items()) {
    if (!is_one_of(name, kKnown)) return provider_errors::unknown_property("networkAcls." + name);
  }
  for (const std::string_view name : {"virtualNetworkRules", "resourceAccessRules"}) {
    FH_TRY(const auto* rules, array_member(acls, name, kIpRules));
    if (rules != nullptr && !rules->empty()) return unsupported_feature(name, "there are no such networks here.");
  }
  FH_TRY(const auto action, word_member(acls, "defaultAction", {"Allow", "Deny"}));
  if (action) settings.admits_all = *action == "Allow";
  FH_TRY(const auto* v4, array_member(acls, "ipRules", kIpRules));
  FH_TRY(const auto* v6, array_member(acls, "ipv6Rules", kIpRules));
  if (v4 != nullptr || v6 != nullptr) {
    std::vector<std::string> rules;
    for (const auto& rule : settings.ip_rules) {
      const bool is_v4 = gate::is_ipv4(*gate::parse_ip_network(rule));
      if ((is_v4 ? v4 : v6) == nullptr) rules.push_back(rule);
    }
    if (v4 != nullptr) {
      FH_CHECK_OK(read_ip_rules(*v4, true, rules));
    }
    if (v6 != nullptr) {
      FH_CHECK_OK(read_ip_rules(*v6, false, rules));
    }
    settings.ip_rules = std::move(rules);
  }
  // Nothing passes by: there are no services inside this cloud that the rules would keep out.
  FH_TRY(const auto bypass, text_member(acls, "bypass", 64));
  if (bypass) kept["bypass"] = *bypass;
  return {};
}

ApiResult<> read_encrypted_services(const Json& services, Json& encryption) {
  constexpr std::string_view kServices[] = {"blob", "file", "queue", "table"};
  for (const auto& [name, value] : services.items()) {
    if (!is_one_of(name, kServices)) return provider_errors::unknown_property("encryption.services." + name);
    FH_TRY(const auto enabled, bool_member(value, "enabled"));
    FH_TRY(const auto key_type, word_member(value, "keyType", {"Account", "Service"}));
    if (name == "blob" && !enabled.value_or(true)) return invalid_value("encryption.services.blob.enabled");
    auto& shown = encryption["services"][name];
    shown["enabled"] = enabled.value_or(true);
    shown["keyType"] = key_type.value_or("Account");
  }
  return {};
}

// "Enable infrastructure encryption for double encryption of data": when an account is made, and never after.
ApiResult<> read_infrastructure(const Json& encryption, Asked asked, AccountSettings& settings) {
  FH_TRY(const auto twice, bool_member(encryption, "requireInfrastructureEncryption"));
  if (!twice || *twice == settings.infrastructure_encryption) return {};
  if (asked == Asked::kUpdate) return provider_errors::read_only_property("encryption.requireInfrastructureEncryption");
  settings.infrastructure_encryption = *twice;
  return {};
}

ApiResult<> read_encryption(const Json& asked, Json& kept) {
  constexpr std::string_view kKnown[] = {"services", "keySource", "keyvaultproperties", "identity",
                                         "requireInfrastructureEncryption"};
  for (const auto& [name, value] : asked.items()) {
    if (!is_one_of(name, kKnown)) return provider_errors::unknown_property("encryption." + name);
  }
  FH_TRY(const auto* services, object_member(asked, "services"));
  if (services != nullptr) {
    FH_CHECK_OK(read_encrypted_services(*services, kept["encryption"]));
  }
  return {};
}

ApiResult<> read_customer_key(const Json& properties, const AccountPlace& place, AskedCustody& asked) {
  constexpr std::size_t kMaxUri = 1'024;
  constexpr std::size_t kMaxName = 127;
  constexpr std::string_view kKnown[] = {"keyname",
                                         "keyversion",
                                         "keyvaulturi",
                                         "currentVersionedKeyIdentifier",
                                         "lastKeyRotationTimestamp",
                                         "currentVersionedKeyExpirationTimestamp"};
  for (const auto& [name, value] : properties.items()) {
    if (!is_one_of(name, kKnown)) return provider_errors::unknown_property("encryption.keyvaultproperties." + name);
  }
  FH_TRY(const auto uri, text_member(properties, "keyvaulturi", kMaxUri));
  FH_TRY(const auto key, text_member(properties, "keyname", kMaxName));
  FH_TRY(const auto version, text_member(properties, "keyversion", kMaxName));
  if (!uri) return provider_errors::missing_property("encryption.keyvaultproperties.keyvaulturi");
  if (!key || key->empty()) return provider_errors::missing_property("encryption.keyvaultproperties.keyname");
  const auto host = key_host_of(*uri, place);
  if (!host) return invalid_value("encryption.keyvaultproperties.keyvaulturi");
  asked.home = host->home;
  asked.vault = host->name;
  asked.key = to_lower(*key);
  asked.version = to_lower(version.value_or(""));
  return {};
}

// Reminders: Azure doesn't enforce them either, but sasPolicy's "Block".
ApiResult<> read_policies(const Json& properties, Json& kept) {
  FH_TRY(const auto* keys, object_member(properties, "keyPolicy"));
  if (keys != nullptr) {
    const auto& days = member(*keys, "keyExpirationPeriodInDays");
    if (!days.is_number_integer() || days.get<std::int64_t>() < 0 || days.get<std::int64_t>() > 3'650) {
      return invalid_value("keyPolicy.keyExpirationPeriodInDays");
    }
    kept["keyPolicy"] = {{"keyExpirationPeriodInDays", days}};
  }
  FH_TRY(const auto* sas, object_member(properties, "sasPolicy"));
  if (sas != nullptr) {
    FH_TRY(const auto period, text_member(*sas, "sasExpirationPeriod", 64));
    FH_TRY(const auto action, word_member(*sas, "expirationAction", {"Log", "Block"}));
    if (!period) return provider_errors::missing_property("sasPolicy.sasExpirationPeriod");
    if (action && *action == "Block") return unsupported_feature("sasPolicy.expirationAction Block", kNotHere);
    kept["sasPolicy"] = {{"sasExpirationPeriod", *period}, {"expirationAction", "Log"}};
  }
  for (const auto name : kKeptSwitches) {
    FH_TRY(const auto on, bool_member(properties, name));
    if (on) kept[std::string(name)] = *on;
  }
  return {};
}

// Features that may be said to be as they are here.
ApiResult<> refuse_features(const Json& properties) {
  FH_TRY(const auto shares, word_member(properties, "largeFileSharesState", {"Enabled", "Disabled"}));
  if (shares && *shares == "Enabled") return unsupported_feature("largeFileSharesState", kNotHere);
  FH_TRY(const auto dns, word_member(properties, "dnsEndpointType", {"Standard", "AzureDnsZone"}));
  if (dns && *dns == "AzureDnsZone") return unsupported_feature("dnsEndpointType AzureDnsZone", kNotHere);
  if (!member(properties, "allowedCopyScope").is_null()) return unsupported_feature("allowedCopyScope", kNotHere);
  FH_TRY(const auto* domain, object_member(properties, "customDomain"));
  if (domain != nullptr && !member(*domain, "name").is_null() && member(*domain, "name") != Json("")) {
    return unsupported_feature("customDomain", kNotHere);
  }
  FH_TRY(const auto* worm, object_member(properties, "immutableStorageWithVersioning"));
  if (worm != nullptr && member(*worm, "enabled") != Json(false)) {
    return unsupported_feature("immutableStorageWithVersioning", kNotHere);
  }
  FH_TRY(const auto* files, object_member(properties, "azureFilesIdentityBasedAuthentication"));
  if (files != nullptr && member(*files, "directoryServiceOptions") != Json("None")) {
    return unsupported_feature("azureFilesIdentityBasedAuthentication", kNotHere);
  }
  FH_TRY(const auto* routing, object_member(properties, "routingPreference"));
  if (routing == nullptr) return {};
  FH_TRY(const auto choice, word_member(*routing, "routingChoice", {"MicrosoftRouting", "InternetRouting"}));
  if ((choice && *choice == "InternetRouting") || member(*routing, "publishMicrosoftEndpoints") == Json(true) ||
      member(*routing, "publishInternetEndpoints") == Json(true)) {
    return unsupported_feature("routingPreference", kNotHere);
  }
  return {};
}

ApiResult<> check_members(const Json& properties) {
  constexpr std::string_view kTaken[] = {"supportsHttpsTrafficOnly",
                                         "allowBlobPublicAccess",
                                         "allowSharedKeyAccess",
                                         "minimumTlsVersion",
                                         "publicNetworkAccess",
                                         "accessTier",
                                         "networkAcls",
                                         "encryption",
                                         "keyPolicy",
                                         "sasPolicy",
                                         "largeFileSharesState",
                                         "dnsEndpointType",
                                         "allowedCopyScope",
                                         "customDomain",
                                         "immutableStorageWithVersioning",
                                         "azureFilesIdentityBasedAuthentication",
                                         "routingPreference"};
  for (const auto& [name, value] : properties.items()) {
    if (!is_one_of(name, kTaken) && !is_one_of(name, kReadOnly) && !is_one_of(name, kSwitches) &&
        !is_one_of(name, kKeptSwitches)) {
      return provider_errors::unknown_property(name);
    }
  }
  return {};
}

ApiResult<> read_tags(const Json& resource, AccountSettings& settings) {
  FH_TRY(const auto* tags, object_member(resource, "tags"));
  settings.tags.clear();
  if (tags == nullptr) return {};
  if (tags->size() > kAccountTags) return invalid_content("a resource has at most 50 tags.");
  for (const auto& [name, value] : tags->items()) {
    if (!value.is_string() && !value.is_null()) return invalid_content("the value of a tag must be a text.");
    auto text = value.is_null() ? std::string() : value.get<std::string>();
    if (name.empty() || name.size() > kTagNameBytes || text.size() > kTagValueBytes) {
      return invalid_content("a tag's name has at most 128 characters and its value 256.");
    }
    settings.tags[name] = std::move(text);
  }
  return {};
}

// Besides the properties: what the account is.
ApiResult<> read_frame(const Json& resource, const AccountPlace& place, Asked asked, AccountSettings& settings) {
  constexpr std::string_view kTaken[] = {"id",    "name",     "type", "etag",       "systemData", "location",
                                         "kind",  "sku",      "tags", "properties", "identity",   "extendedLocation",
                                         "zones", "placement"};
  for (const auto& [name, value] : resource.items()) {
    if (!is_one_of(name, kTaken)) return provider_errors::unknown_property(name);
  }
  for (const std::string_view name : {"extendedLocation", "zones", "placement"}) {
    if (!member(resource, name).is_null() && !member(resource, name).empty())
      return unsupported_feature(name, kNotHere);
  }
  FH_TRY(const auto* sku, object_member(resource, "sku"));
  const Json none = nullptr;
  FH_TRY(const auto sku_name, text_member(sku == nullptr ? none : *sku, "name"));
  FH_TRY(const auto kind,
         word_member(resource, "kind", {"StorageV2", "Storage", "BlobStorage", "BlockBlobStorage", "FileStorage"}));
  if (asked == Asked::kCreate && !sku_name) return provider_errors::missing_property("sku.name");
  if (asked == Asked::kCreate && !kind) return provider_errors::missing_property("kind");
  if (sku_name) {
    const auto found =
        std::ranges::find_if(place.skus, [&](const auto& s) { return equals_ignoring_case(s, *sku_name); });
    std::string available;
    for (const auto& each : place.skus) available += (available.empty() ? "" : ", ") + each;
    if (found == place.skus.end()) return provider_errors::sku_not_available(*sku_name, available);
    settings.sku = *found;
  }
  if (!kind) return {};
  if (*kind == "BlockBlobStorage" || *kind == "FileStorage") return unsupported_feature("kind " + *kind, kNotHere);
  const std::string has = settings.kind.empty() ? "StorageV2" : settings.kind;
  const bool upgrade = *kind == "StorageV2";
  if (asked == Asked::kUpdate && *kind != has && !upgrade) return provider_errors::read_only_property("kind");
  settings.kind = *kind;
  return {};
}

std::size_t size_of(const AccountSettings& settings) {
  std::size_t size = settings.kept.size();
  for (const auto& [name, value] : settings.tags) size += name.size() + value.size() + 16;
  for (const auto& rule : settings.ip_rules) size += rule.size() + 8;
  return size;
}

}  // namespace

namespace {

// What the type names is meant, and what it doesn't name goes, whatever else stands there: a PATCH is laid over it.
ApiResult<> read_identity(const Json& identity, AskedCustody& asked) {
  FH_TRY(const auto type,
         word_member(identity, "type", {"None", "SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned"}));
  if (!type) return provider_errors::missing_property("identity.type");
  asked.own_identity = type->starts_with("SystemAssigned");
  asked.assigned.emplace();
  if (!type->ends_with("UserAssigned")) return {};
  FH_TRY(const auto* ids, object_member(identity, "userAssignedIdentities"));
  if (ids == nullptr || ids->empty()) return provider_errors::missing_property("identity.userAssignedIdentities");
  if (ids->size() > kAccountIdentities) return invalid_value("identity.userAssignedIdentities");
  for (const auto& [id, value] : ids->items()) asked.assigned->push_back(id);
  return {};
}

ApiResult<> read_key_source(const Json& encryption, const AccountPlace& place, AskedCustody& asked) {
  constexpr std::size_t kMaxId = 2'048;
  FH_TRY(const auto source, word_member(encryption, "keySource", {"Microsoft.Storage", "Microsoft.Keyvault"}));
  if (!source) return {};
  asked.source = *source == "Microsoft.Keyvault" ? AskedCustody::Source::kCustomer : AskedCustody::Source::kService;
  if (asked.source == AskedCustody::Source::kService) return {};
  FH_TRY(const auto* key, object_member(encryption, "keyvaultproperties"));
  if (key == nullptr) return provider_errors::missing_property("encryption.keyvaultproperties");
  FH_CHECK_OK(read_customer_key(*key, place, asked));
  FH_TRY(const auto* by, object_member(encryption, "identity"));
  if (by == nullptr) return {};
  if (!member(*by, "federatedIdentityClientId").is_null()) {
    return unsupported_feature("encryption.identity.federatedIdentityClientId", kNotHere);
  }
  FH_TRY(const auto id, text_member(*by, "userAssignedIdentity", kMaxId));
  asked.by = id.value_or("");
  return {};
}

}  // namespace

std::optional<KeyHost> key_host_of(std::string_view uri, const AccountPlace& place) {
  constexpr std::string_view kScheme = "https://";
  auto host = to_lower(uri);
  if (!host.starts_with(kScheme)) return std::nullopt;
  host = host.substr(kScheme.size(), host.find_first_of(":/?#", kScheme.size()) - kScheme.size());
  const auto dot = host.find('.');
  if (dot == host.npos || dot == 0 || dot + 1 == host.size()) return std::nullopt;
  const auto suffix = std::string_view(host).substr(dot + 1);
  if (suffix == place.vault_suffix) return KeyHost{keys::KeyHome::kVault, host.substr(0, dot)};
  if (suffix == place.pool_suffix) return KeyHost{keys::KeyHome::kManagedHsm, host.substr(0, dot)};
  return std::nullopt;
}

std::string key_host_uri(const keys::CustomerKey& key, const AccountPlace& place, std::string_view port) {
  const auto& suffix = key.home == keys::KeyHome::kVault ? place.vault_suffix : place.pool_suffix;
  return "https://" + key.vault + "." + suffix + std::string(port);
}

ApiResult<AskedCustody> read_custody(const Json& resource, const AccountPlace& place) {
  AskedCustody asked;
  FH_TRY(const auto* identity, object_member(resource, "identity"));
  if (identity != nullptr) {
    FH_CHECK_OK(read_identity(*identity, asked));
  }
  FH_TRY(const auto* properties, object_member(resource, "properties"));
  const Json none = nullptr;
  FH_TRY(const auto* encryption, object_member(properties == nullptr ? none : *properties, "encryption"));
  if (encryption != nullptr) {
    FH_CHECK_OK(read_key_source(*encryption, place, asked));
  }
  return asked;
}

ApiResult<AccountSettings> read_account(AccountSettings settings, const Json& resource, const AccountPlace& place,
                                        Asked asked) {
  if (!resource.is_object()) return invalid_content("a storage account is an object.");
  FH_CHECK_OK(read_frame(resource, place, asked, settings));
  FH_CHECK_OK(read_tags(resource, settings));
  if (settings.location.empty()) settings.location = place.location;
  FH_TRY(const auto* given, object_member(resource, "properties"));
  const Json properties = given == nullptr ? Json::object() : *given;
  FH_CHECK_OK(check_members(properties));
  FH_CHECK_OK(read_switches(properties, settings));
  FH_CHECK_OK(refuse_features(properties));
  auto kept = kept_properties(settings);
  FH_TRY(const auto* acls, object_member(properties, "networkAcls"));
  if (acls != nullptr) {
    FH_CHECK_OK(read_network(*acls, settings, kept));
  }
  FH_TRY(const auto* encryption, object_member(properties, "encryption"));
  if (encryption != nullptr) {
    FH_CHECK_OK(read_encryption(*encryption, kept));
    FH_CHECK_OK(read_infrastructure(*encryption, asked, settings));
  }
  FH_CHECK_OK(read_policies(properties, kept));
  settings.kept = kept.empty() ? std::string() : kept.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (size_of(settings) > kSettingsBytes) return invalid_content("tags and network rules are too long together.");
  return settings;
}

}  // namespace freehold::blob
