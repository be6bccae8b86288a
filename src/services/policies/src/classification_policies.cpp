#include "src/classification_policies.h"

#include <fmt/format.h>

#include "base/check.h"

namespace freehold::policies {
namespace {

// One control: from which level on, of which resource type, and what must not be.
struct Control {
  std::string_view name;
  std::string_view display;
  Level from;
  std::string_view mode;
  std::string_view condition;
};

// A property that isn't in a request is not what is demanded: who writes secret data says so.
constexpr Control kControls[] = {
    {"storage-private-network", "Storage accounts are closed to the public network", Level::kConfidential, "Indexed",
     R"({"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
         {"not": {"field": "Microsoft.Storage/storageAccounts/publicNetworkAccess", "equals": "Disabled"}}]})"},
    {"storage-no-public-blobs", "Storage accounts let no container be public", Level::kConfidential, "Indexed",
     R"({"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
         {"not": {"field": "Microsoft.Storage/storageAccounts/allowBlobPublicAccess", "equals": "false"}}]})"},
    {"container-private", "Containers are private", Level::kConfidential, "All",
     R"({"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts/blobServices/containers"},
         {"field": "Microsoft.Storage/storageAccounts/blobServices/containers/publicAccess", "in": ["Blob", "Container"]}]})"},
    {"storage-secure-transfer", "Storage accounts demand secure transfer", Level::kConfidential, "Indexed",
     R"({"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
         {"not": {"field": "Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly", "equals": "true"}}]})"},
    {"storage-tls12", "Storage accounts demand TLS 1.2", Level::kConfidential, "Indexed",
     R"({"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
         {"field": "Microsoft.Storage/storageAccounts/minimumTlsVersion", "notIn": ["TLS1_2", "TLS1_3"]}]})"},
    {"storage-customer-key", "Storage accounts are encrypted with a customer-managed key", Level::kConfidential,
     "Indexed",
     R"({"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
         {"not": {"field": "Microsoft.Storage/storageAccounts/encryption.keySource", "equals": "Microsoft.Keyvault"}}]})"},
    {"scope-customer-key", "Encryption scopes are under a customer-managed key", Level::kConfidential, "All",
     R"({"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts/encryptionScopes"},
         {"not": {"field": "Microsoft.Storage/storageAccounts/encryptionScopes/source", "equals": "Microsoft.KeyVault"}}]})"},
    {"allowed-locations", "Resources stand in allowed locations", Level::kConfidential, "Indexed",
     R"({"allOf": [{"field": "location", "notIn": "[parameters('allowedLocations')]"},
         {"value": "[length(parameters('allowedLocations'))]", "greater": 0}]})"},
    {"vault-private-network", "Vaults and Managed HSM pools are closed to the public network", Level::kConfidential,
     "Indexed",
     R"({"anyOf": [
         {"allOf": [{"field": "type", "equals": "Microsoft.KeyVault/vaults"},
             {"not": {"field": "Microsoft.KeyVault/vaults/publicNetworkAccess", "equals": "Disabled"}}]},
         {"allOf": [{"field": "type", "equals": "Microsoft.KeyVault/managedHSMs"},
             {"not": {"field": "Microsoft.KeyVault/managedHSMs/publicNetworkAccess", "equals": "Disabled"}}]}]})"},
    {"vault-purge-protection", "Vaults and Managed HSM pools are protected against purging", Level::kConfidential,
     "Indexed",
     R"({"anyOf": [
         {"allOf": [{"field": "type", "equals": "Microsoft.KeyVault/vaults"},
             {"not": {"field": "Microsoft.KeyVault/vaults/enablePurgeProtection", "equals": "true"}}]},
         {"allOf": [{"field": "type", "equals": "Microsoft.KeyVault/managedHSMs"},
             {"not": {"field": "Microsoft.KeyVault/managedHSMs/enablePurgeProtection", "equals": "true"}}]}]})"},
    {"vault-hsm", "Vaults are backed by a hardware security module", Level::kConfidential, "Indexed",
     R"({"allOf": [{"field": "type", "equals": "Microsoft.KeyVault/vaults"},
         {"not": {"field": "Microsoft.KeyVault/vaults/sku.name", "equals": "premium"}}]})"},
    {"storage-managed-hsm", "Keys of storage accounts are in a Managed HSM", Level::kSecret, "Indexed",
     R"({"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
         {"not": {"field": "Microsoft.Storage/storageAccounts/encryption.keyvaultproperties.keyvaulturi",
                  "contains": ".managedhsm."}}]})"},
    {"scope-managed-hsm", "Keys of encryption scopes are in a Managed HSM", Level::kSecret, "All",
     R"({"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts/encryptionScopes"},
         {"not": {"field": "Microsoft.Storage/storageAccounts/encryptionScopes/keyVaultProperties.keyUri",
                  "contains": ".managedhsm."}}]})"},
    {"storage-no-shared-key", "Storage accounts take no account keys", Level::kSecret, "Indexed",
     R"({"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
         {"not": {"field": "Microsoft.Storage/storageAccounts/allowSharedKeyAccess", "equals": "false"}}]})"},
    {"storage-no-firewall-exceptions", "Storage accounts have no exceptions from their firewall", Level::kTopSecret,
     "Indexed",
     R"({"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
         {"anyOf": [{"not": {"field": "Microsoft.Storage/storageAccounts/networkAcls.defaultAction", "equals": "Deny"}},
                    {"not": {"field": "Microsoft.Storage/storageAccounts/networkAcls.bypass", "equals": "None"}},
                    {"count": {"field": "Microsoft.Storage/storageAccounts/networkAcls.ipRules[*]"}, "greater": 0}]}]})"},
};

bool takes_locations(const Control& control) { return control.name == "allowed-locations"; }

Json parameters_json() {
  return {
      {"allowedLocations",
       {{"type", "Array"},
        {"metadata", {{"displayName", "Allowed locations"}, {"description", "None named: every one of this cloud."}}},
        {"defaultValue", Json::array()}}}};
}

Json definition_json(const Control& control) {
  Json properties = {{"displayName", control.display},
                     {"policyType", "BuiltIn"},
                     {"mode", control.mode},
                     {"metadata", {{"category", "Classification"}, {"version", "1.0.0"}}},
                     {"version", "1.0.0"},
                     {"policyRule", {{"if", Json::parse(control.condition)}, {"then", {{"effect", "deny"}}}}}};
  if (takes_locations(control)) properties["parameters"] = parameters_json();
  return {{"properties", std::move(properties)}};
}

Json initiative_json(Level level) {
  Json references = Json::array();
  for (const auto& control : kControls) {
    if (control.from > level) continue;
    Json one = {{"policyDefinitionId", shipped_id(Kind::kDefinition, control.name).text()},
                {"policyDefinitionReferenceId", control.name}};
    if (takes_locations(control)) {
      one["parameters"] = {{"allowedLocations", {{"value", "[parameters('allowedLocations')]"}}}};
    }
    references.push_back(std::move(one));
  }
  return {{"properties",
           {{"displayName", fmt::format("Data classified as {}", level_name(level))},
            {"policyType", "BuiltIn"},
            {"metadata", {{"category", "Classification"}, {"version", "1.0.0"}}},
            {"version", "1.0.0"},
            {"parameters", parameters_json()},
            {"policyDefinitions", std::move(references)}}}};
}

EntryPtr shipped(Kind kind, ResourceId id, const Json& body, const gate::policy::AliasTable& aliases) {
  auto entry = make_entry(kind, std::move(id), body, aliases, true);
  FH_CHECK(entry.has_value());
  return std::move(*entry);
}

}  // namespace

std::vector<EntryPtr> shipped_policies(const gate::policy::AliasTable& aliases) {
  std::vector<EntryPtr> out;
  for (const auto& control : kControls) {
    out.push_back(
        shipped(Kind::kDefinition, shipped_id(Kind::kDefinition, control.name), definition_json(control), aliases));
  }
  for (const Level level : {Level::kConfidential, Level::kSecret, Level::kTopSecret}) {
    out.push_back(
        shipped(Kind::kInitiative, shipped_id(Kind::kInitiative, level_name(level)), initiative_json(level), aliases));
  }
  return out;
}

}  // namespace freehold::policies
