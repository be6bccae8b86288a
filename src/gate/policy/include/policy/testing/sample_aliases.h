// Alias rows for tests: the aliases of storage accounts, vaults, HSM pools and keys that Microsoft's published
// built-ins of those categories use, and a type with arrays as Azure's documentation has it. The rows in force are
// those that the resource types bring.
#pragma once

#include "base/check.h"
#include "policy/alias_table.h"

namespace freehold::gate::policy::testing {

#define FH_STORAGE "Microsoft.Storage/storageAccounts"
inline constexpr AliasRow kStorageAccount[] = {
    {FH_STORAGE "/allowBlobPublicAccess", "properties.allowBlobPublicAccess", Modifiable::kYes},
    {FH_STORAGE "/allowCrossTenantReplication", "properties.allowCrossTenantReplication", Modifiable::kYes},
    {FH_STORAGE "/allowSharedKeyAccess", "properties.allowSharedKeyAccess", Modifiable::kYes},
    {FH_STORAGE "/enableBlobEncryption", "properties.encryption.services.blob.enabled"},
    {FH_STORAGE "/encryption.keySource", "properties.encryption.keySource"},
    {FH_STORAGE "/encryption.requireInfrastructureEncryption", "properties.encryption.requireInfrastructureEncryption"},
    {FH_STORAGE "/encryption.services.queue.keyType", "properties.encryption.services.queue.keyType"},
    {FH_STORAGE "/encryption.services.table.keyType", "properties.encryption.services.table.keyType"},
    {FH_STORAGE "/keyCreationTime.key1", "properties.keyCreationTime.key1"},
    {FH_STORAGE "/keyCreationTime.key2", "properties.keyCreationTime.key2"},
    {FH_STORAGE "/keyPolicy.keyExpirationPeriodInDays", "properties.keyPolicy.keyExpirationPeriodInDays"},
    {FH_STORAGE "/minimumTlsVersion", "properties.minimumTlsVersion", Modifiable::kYes},
    {FH_STORAGE "/networkAcls.bypass", "properties.networkAcls.bypass", Modifiable::kYes},
    {FH_STORAGE "/networkAcls.defaultAction", "properties.networkAcls.defaultAction", Modifiable::kYes},
    {FH_STORAGE "/networkAcls.ipRules", "properties.networkAcls.ipRules"},
    {FH_STORAGE "/networkAcls.ipRules[*]", "properties.networkAcls.ipRules[*]", Modifiable::kYes},
    {FH_STORAGE "/networkAcls.ipRules[*].value", "properties.networkAcls.ipRules[*].value"},
    {FH_STORAGE "/networkAcls.virtualNetworkRules[*].id", "properties.networkAcls.virtualNetworkRules[*].id"},
    {FH_STORAGE "/privateEndpointConnections/privateLinkServiceConnectionState.status",
     "properties.privateEndpointConnections[*].properties.privateLinkServiceConnectionState.status"},
    {FH_STORAGE "/publicNetworkAccess", "properties.publicNetworkAccess", Modifiable::kYes},
    {FH_STORAGE "/sasPolicy", "properties.sasPolicy"},
    {FH_STORAGE "/sasPolicy.expirationAction", "properties.sasPolicy.expirationAction"},
    {FH_STORAGE "/sasPolicy.sasExpirationPeriod", "properties.sasPolicy.sasExpirationPeriod"},
    {FH_STORAGE "/sku.name", "sku.name"},
    {FH_STORAGE "/supportsHttpsTrafficOnly", "properties.supportsHttpsTrafficOnly", Modifiable::kYes},
};
inline constexpr AliasRow kBlobServices[] = {
    {FH_STORAGE "/blobServices/containerDeleteRetentionPolicy.enabled",
     "properties.containerDeleteRetentionPolicy.enabled"},
    {FH_STORAGE "/blobServices/deleteRetentionPolicy.enabled", "properties.deleteRetentionPolicy.enabled"},
    {FH_STORAGE "/blobServices/isVersioningEnabled", "properties.isVersioningEnabled"},
};
#undef FH_STORAGE

#define FH_VAULT "Microsoft.KeyVault/vaults"
inline constexpr AliasRow kVault[] = {
    {FH_VAULT "/createMode", "properties.createMode"},
    {FH_VAULT "/enablePurgeProtection", "properties.enablePurgeProtection"},
    {FH_VAULT "/enableRbacAuthorization", "properties.enableRbacAuthorization", Modifiable::kYes},
    {FH_VAULT "/enableSoftDelete", "properties.enableSoftDelete"},
    {FH_VAULT "/networkAcls.defaultAction", "properties.networkAcls.defaultAction", Modifiable::kYes},
    {FH_VAULT "/networkAcls.ipRules[*]", "properties.networkAcls.ipRules[*]"},
    {FH_VAULT "/networkAcls.ipRules[*].value", "properties.networkAcls.ipRules[*].value"},
    {FH_VAULT "/networkAcls.virtualNetworkRules[*].id", "properties.networkAcls.virtualNetworkRules[*].id"},
    {FH_VAULT "/privateEndpointConnections", "properties.privateEndpointConnections"},
    {FH_VAULT "/privateEndpointConnections/privateLinkServiceConnectionState.status",
     "properties.privateEndpointConnections[*].properties.privateLinkServiceConnectionState.status"},
    {FH_VAULT "/privateEndpointConnections[*]", "properties.privateEndpointConnections[*]"},
    {FH_VAULT "/privateEndpointConnections[*].privateLinkServiceConnectionState.status",
     "properties.privateEndpointConnections[*].properties.privateLinkServiceConnectionState.status"},
    {FH_VAULT "/publicNetworkAccess", "properties.publicNetworkAccess", Modifiable::kYes},
};
#undef FH_VAULT

#define FH_POOL "Microsoft.KeyVault/managedHSMs"
inline constexpr AliasRow kManagedHsm[] = {
    {FH_POOL "/createMode", "properties.createMode"},
    {FH_POOL "/enablePurgeProtection", "properties.enablePurgeProtection"},
    {FH_POOL "/enableSoftDelete", "properties.enableSoftDelete"},
    {FH_POOL "/networkAcls.defaultAction", "properties.networkAcls.defaultAction", Modifiable::kYes},
    {FH_POOL "/privateEndpointConnections", "properties.privateEndpointConnections"},
    {FH_POOL "/privateEndpointConnections/privateLinkServiceConnectionState.status",
     "properties.privateEndpointConnections[*].properties.privateLinkServiceConnectionState.status"},
    {FH_POOL "/privateEndpointConnections[*]", "properties.privateEndpointConnections[*]"},
    {FH_POOL "/privateEndpointConnections[*].privateLinkServiceConnectionState.status",
     "properties.privateEndpointConnections[*].properties.privateLinkServiceConnectionState.status"},
};
#undef FH_POOL

#define FH_KEY "Microsoft.KeyVault.Data/vaults/keys"
inline constexpr AliasRow kKey[] = {
    {FH_KEY "/attributes.createdOn", "properties.attributes.createdOn"},
    {FH_KEY "/attributes.expiresOn", "properties.attributes.expiresOn"},
    {FH_KEY "/attributes.notBefore", "properties.attributes.notBefore"},
    {FH_KEY "/ellipticCurveName", "properties.ellipticCurveName"},
    {FH_KEY "/keySize", "properties.keySize"},
    {FH_KEY "/keyType", "properties.keyType"},
    {FH_KEY "/scheduledRotationDate", "properties.scheduledRotationDate"},
};
#undef FH_KEY

#define FH_TYPE "Microsoft.Test/resourceType"
inline constexpr AliasRow kDocumented[] = {
    {FH_TYPE "/missingArray", "properties.missingArray"},
    {FH_TYPE "/missingArray[*]", "properties.missingArray[*]"},
    {FH_TYPE "/missingArray[*].property", "properties.missingArray[*].property"},
    {FH_TYPE "/stringArray", "properties.stringArray", Modifiable::kYes},
    {FH_TYPE "/stringArray[*]", "properties.stringArray[*]", Modifiable::kYes},
    {FH_TYPE "/objectArray[*]", "properties.objectArray[*]"},
    {FH_TYPE "/objectArray[*].property", "properties.objectArray[*].property", Modifiable::kYes},
    {FH_TYPE "/objectArray[*].nestedArray", "properties.objectArray[*].nestedArray"},
    {FH_TYPE "/objectArray[*].nestedArray[*]", "properties.objectArray[*].nestedArray[*]"},
    {FH_TYPE "/nested.inner", "properties.nested.inner", Modifiable::kYes},
    {FH_TYPE "/fixed", "properties.fixed"},
    {FH_TYPE "/number", "properties.number", Modifiable::kYes},
};
#undef FH_TYPE

[[nodiscard]] inline const AliasTable& sample_aliases() {
  static const AliasTable kTable = [] {
    AliasTable table;
    FH_CHECK(table.add_type("Microsoft.Storage/storageAccounts", kStorageAccount).has_value());
    FH_CHECK(table.add_type("Microsoft.Storage/storageAccounts/blobServices", kBlobServices).has_value());
    FH_CHECK(table.add_type("Microsoft.KeyVault/vaults", kVault).has_value());
    FH_CHECK(table.add_type("Microsoft.KeyVault/managedHSMs", kManagedHsm).has_value());
    FH_CHECK(table.add_type("Microsoft.KeyVault.Data/vaults/keys", kKey).has_value());
    FH_CHECK(table.add_type("Microsoft.Test/resourceType", kDocumented).has_value());
    table.add_absent_type("Microsoft.Storage/storageAccounts/encryptionScopes");
    return table;
  }();
  return kTable;
}

}  // namespace freehold::gate::policy::testing
