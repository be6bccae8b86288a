// How an account is shown.
#include "src/json_input.h"
#include "src/storage_account_rules.h"

namespace freehold::blob {
namespace {

Json show_networks(const AccountSettings& settings, const Json& kept) {
  Json acls = {{"bypass", kept.value("bypass", "AzureServices")},
               {"virtualNetworkRules", Json::array()},
               {"ipRules", Json::array()},
               {"defaultAction", settings.admits_all ? "Allow" : "Deny"}};
  for (const auto& rule : settings.ip_rules) {
    const bool v4 = gate::is_ipv4(*gate::parse_ip_network(rule));
    acls[v4 ? "ipRules" : "ipv6Rules"].push_back({{"value", rule}, {"action", "Allow"}});
  }
  return acls;
}

// Azure's names; of a pinned key its version, of any other which one has wrapped the account's.
Json show_customer_key(const AccountRecord& record, const AccountPlace& place, std::string_view port) {
  const auto& key = *record.customer_key;
  const auto vault = key_host_uri(key, place, port);
  Json out = {{"keyvaulturi", vault},
              {"keyname", key.name},
              {"currentVersionedKeyIdentifier", vault + "/keys/" + key.name + "/" + record.customer_key_version}};
  if (!key.version.empty()) out["keyversion"] = key.version;
  return out;
}

Json show_encryption(const AccountRecord& record, const AccountPlace& place, std::string_view port, const Json& kept) {
  Json services = {{"blob", {{"enabled", true}, {"keyType", "Account"}}}};
  if (const auto set = kept.find("encryption"); set != kept.end() && set->contains("services")) {
    services.update((*set)["services"]);
  }
  for (auto& [name, service] : services.items()) service["lastEnabledTime"] = rfc3339_ticks(record.created);
  Json out = {{"services", std::move(services)}, {"keySource", "Microsoft.Storage"}};
  if (record.settings.infrastructure_encryption) out["requireInfrastructureEncryption"] = true;
  if (record.customer_key) {
    out["keySource"] = "Microsoft.Keyvault";
    out["keyvaultproperties"] = show_customer_key(record, place, port);
    for (const auto& one : record.identity.assigned) {
      if (one.principal.object == record.customer_key->identity) {
        out["identity"] = {{"userAssignedIdentity", one.id}};
      }
    }
  }
  return out;
}

Json show_identity(const AccountRecord& record) {
  const auto& identity = record.identity;
  const bool own = identity.own != PrincipalId{};
  Json out = {{"type", identity.assigned.empty() ? "SystemAssigned"
                       : own                     ? "SystemAssigned,UserAssigned"
                                                 : "UserAssigned"}};
  if (own) out.update({{"principalId", to_string(identity.own)}, {"tenantId", to_string(record.account->tenant)}});
  for (const auto& one : identity.assigned) {
    out["userAssignedIdentities"][one.id] = {{"principalId", to_string(one.principal.object)},
                                             {"clientId", to_string(one.principal.application)}};
  }
  return out;
}

Json show_properties(const AccountRecord& record, const AccountPlace& place, std::string_view port) {
  const auto& settings = record.settings;
  const auto kept = kept_properties(settings);
  const std::string location = settings.location.empty() ? place.location : settings.location;
  Json out = {
      {"provisioningState", "Succeeded"},
      {"creationTime", rfc3339_ticks(record.created)},
      {"keyCreationTime",
       {{"key1", rfc3339_ticks(record.keys_created[0])}, {"key2", rfc3339_ticks(record.keys_created[1])}}},
      {"primaryLocation", location},
      {"statusOfPrimary", "available"},
      {"primaryEndpoints",
       {{"blob", "https://" + record.account->name + "." + place.endpoint_suffix + std::string(port) + "/"}}},
      {"supportsHttpsTrafficOnly", settings.secure_transfer_required},
      {"allowBlobPublicAccess", settings.allow_public_access},
      {"allowSharedKeyAccess", settings.allow_shared_key},
      {"minimumTlsVersion", "TLS1_" + std::to_string(settings.minimum_tls - kTls10)},
      {"publicNetworkAccess", settings.public_network ? "Enabled" : "Disabled"},
      {"networkAcls", show_networks(settings, kept)},
      {"encryption", show_encryption(record, place, port, kept)},
      {"privateEndpointConnections", Json::array()},
      {"isHnsEnabled", false},
  };
  if (settings.kind != "Storage") out["accessTier"] = settings.access_tier.empty() ? "Hot" : settings.access_tier;
  for (const std::string_view name :
       {"keyPolicy", "sasPolicy", "defaultToOAuthAuthentication", "allowCrossTenantReplication"}) {
    if (const auto& value = member(kept, name); !value.is_null()) out[std::string(name)] = value;
  }
  return out;
}

}  // namespace

Json kept_properties(const AccountSettings& settings) {
  auto kept = Json::parse(settings.kept, nullptr, /*allow_exceptions=*/false);
  return kept.is_object() ? kept : Json::object();
}

Json show_account(const AccountRecord& record, const AccountPlace& place, std::string_view port) {
  const auto& settings = record.settings;
  const auto sku = sku_of(settings, place);
  Json out = {{"id", account_path(*record.account)},
              {"name", record.account->name},
              {"type", "Microsoft.Storage/storageAccounts"},
              {"location", settings.location.empty() ? place.location : settings.location},
              {"tags", settings.tags},
              {"kind", settings.kind.empty() ? "StorageV2" : settings.kind},
              {"sku", {{"name", sku}, {"tier", tier_of_sku(sku)}}},
              {"properties", show_properties(record, place, port)}};
  if (record.identity != AccountIdentity{}) out["identity"] = show_identity(record);
  return out;
}

std::string account_path(const gate::StorageAccount& account) {
  return "/subscriptions/" + to_string(account.subscription) + "/resourceGroups/" + account.resource_group +
         "/providers/Microsoft.Storage/storageAccounts/" + account.name;
}

std::string sku_of(const AccountSettings& settings, const AccountPlace& place) {
  return settings.sku.empty() ? place.skus.front() : settings.sku;
}

std::string tier_of_sku(std::string_view sku) { return std::string(sku.substr(0, sku.find('_'))); }

}  // namespace freehold::blob
