// The names that policies have for properties of vaults: Azure's own aliases, and which of them a policy may alter.
#include "src/vault_aliases.h"

namespace freehold::vault {
namespace {

#define FH_VAULT "Microsoft.KeyVault/vaults"

constexpr gate::resource::PropertyAlias kVault[] = {
    {FH_VAULT "/accessPolicies", "properties.accessPolicies"},
    {FH_VAULT "/accessPolicies[*]", "properties.accessPolicies[*]"},
    {FH_VAULT "/accessPolicies[*].applicationId", "properties.accessPolicies[*].applicationId"},
    {FH_VAULT "/accessPolicies[*].objectId", "properties.accessPolicies[*].objectId"},
    {FH_VAULT "/accessPolicies[*].tenantId", "properties.accessPolicies[*].tenantId"},
    {FH_VAULT "/accessPolicies[*].permissions.certificates", "properties.accessPolicies[*].permissions.certificates"},
    {FH_VAULT "/accessPolicies[*].permissions.certificates[*]",
     "properties.accessPolicies[*].permissions.certificates[*]"},
    {FH_VAULT "/accessPolicies[*].permissions.keys", "properties.accessPolicies[*].permissions.keys"},
    {FH_VAULT "/accessPolicies[*].permissions.keys[*]", "properties.accessPolicies[*].permissions.keys[*]"},
    {FH_VAULT "/accessPolicies[*].permissions.secrets", "properties.accessPolicies[*].permissions.secrets"},
    {FH_VAULT "/accessPolicies[*].permissions.secrets[*]", "properties.accessPolicies[*].permissions.secrets[*]"},
    {FH_VAULT "/accessPolicies[*].permissions.storage", "properties.accessPolicies[*].permissions.storage"},
    {FH_VAULT "/accessPolicies[*].permissions.storage[*]", "properties.accessPolicies[*].permissions.storage[*]"},
    {FH_VAULT "/createMode", "properties.createMode"},
    {FH_VAULT "/enabledForDeployment", "properties.enabledForDeployment", true},
    {FH_VAULT "/enabledForDiskEncryption", "properties.enabledForDiskEncryption", true},
    {FH_VAULT "/enabledForTemplateDeployment", "properties.enabledForTemplateDeployment", true},
    {FH_VAULT "/enablePurgeProtection", "properties.enablePurgeProtection"},
    {FH_VAULT "/enableRbacAuthorization", "properties.enableRbacAuthorization", true},
    {FH_VAULT "/enableSoftDelete", "properties.enableSoftDelete"},
    {FH_VAULT "/networkAcls", "properties.networkAcls"},
    {FH_VAULT "/networkAcls.bypass", "properties.networkAcls.bypass", true},
    {FH_VAULT "/networkAcls.defaultAction", "properties.networkAcls.defaultAction", true},
    {FH_VAULT "/networkAcls.ipRules", "properties.networkAcls.ipRules"},
    {FH_VAULT "/networkAcls.ipRules[*]", "properties.networkAcls.ipRules[*]", true},
    {FH_VAULT "/networkAcls.ipRules[*].value", "properties.networkAcls.ipRules[*].value"},
    {FH_VAULT "/networkAcls.virtualNetworkRules", "properties.networkAcls.virtualNetworkRules"},
    {FH_VAULT "/networkAcls.virtualNetworkRules[*]", "properties.networkAcls.virtualNetworkRules[*]", true},
    {FH_VAULT "/networkAcls.virtualNetworkRules[*].id", "properties.networkAcls.virtualNetworkRules[*].id"},
    {FH_VAULT "/privateEndpointConnections", "properties.privateEndpointConnections"},
    {FH_VAULT "/privateEndpointConnections[*]", "properties.privateEndpointConnections[*]"},
    {FH_VAULT "/privateEndpointConnections[*].privateLinkServiceConnectionState.status",
     "properties.privateEndpointConnections[*].properties.privateLinkServiceConnectionState.status"},
    {FH_VAULT "/privateEndpointConnections/privateLinkServiceConnectionState.status",
     "properties.privateEndpointConnections[*].properties.privateLinkServiceConnectionState.status"},
    {FH_VAULT "/provisioningState", "properties.provisioningState"},
    {FH_VAULT "/publicNetworkAccess", "properties.publicNetworkAccess", true},
    {FH_VAULT "/sku.family", "properties.sku.family"},
    {FH_VAULT "/sku.name", "properties.sku.name"},
    {FH_VAULT "/softDeleteRetentionInDays", "properties.softDeleteRetentionInDays"},
    {FH_VAULT "/tenantId", "properties.tenantId"},
    {FH_VAULT "/vaultUri", "properties.vaultUri"},
};

constexpr std::string_view kAbsent[] = {
    FH_VAULT "/accessPolicies",
    FH_VAULT "/keys",
    FH_VAULT "/secrets",
    FH_VAULT "/certificates",
};

#undef FH_VAULT

}  // namespace

std::span<const gate::resource::PropertyAlias> vault_aliases() { return kVault; }
std::span<const std::string_view> absent_vault_types() { return kAbsent; }

}  // namespace freehold::vault
