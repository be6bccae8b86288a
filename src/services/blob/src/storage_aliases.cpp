// The names that policies have for properties of Microsoft.Storage's types: Azure's own aliases, and which of them a
// policy may alter ("modifiable" in Azure's table of aliases).
#include "src/storage_provider.h"

namespace freehold::blob {
namespace {

using gate::resource::PropertyAlias;

#define FH_ACCOUNT "Microsoft.Storage/storageAccounts"
#define FH_SERVICE FH_ACCOUNT "/blobServices"
#define FH_CONTAINER FH_SERVICE "/containers"

constexpr PropertyAlias kAccount[] = {
    {FH_ACCOUNT "/accessTier", "properties.accessTier", true},
    {FH_ACCOUNT "/allowBlobPublicAccess", "properties.allowBlobPublicAccess", true},
    {FH_ACCOUNT "/allowCrossTenantReplication", "properties.allowCrossTenantReplication", true},
    {FH_ACCOUNT "/allowedCopyScope", "properties.allowedCopyScope", true},
    {FH_ACCOUNT "/allowSharedKeyAccess", "properties.allowSharedKeyAccess", true},
    {FH_ACCOUNT "/creationTime", "properties.creationTime"},
    {FH_ACCOUNT "/customDomain", "properties.customDomain"},
    {FH_ACCOUNT "/customDomain.name", "properties.customDomain.name"},
    {FH_ACCOUNT "/defaultToOAuthAuthentication", "properties.defaultToOAuthAuthentication", true},
    {FH_ACCOUNT "/dnsEndpointType", "properties.dnsEndpointType"},
    {FH_ACCOUNT "/enableBlobEncryption", "properties.encryption.services.blob.enabled"},
    {FH_ACCOUNT "/enableFileEncryption", "properties.encryption.services.file.enabled"},
    {FH_ACCOUNT "/encryption", "properties.encryption"},
    {FH_ACCOUNT "/encryption.identity.userAssignedIdentity", "properties.encryption.identity.userAssignedIdentity"},
    {FH_ACCOUNT "/encryption.keySource", "properties.encryption.keySource"},
    {FH_ACCOUNT "/encryption.keyvaultproperties", "properties.encryption.keyvaultproperties"},
    {FH_ACCOUNT "/encryption.keyvaultproperties.keyname", "properties.encryption.keyvaultproperties.keyname"},
    {FH_ACCOUNT "/encryption.keyvaultproperties.keyvaulturi", "properties.encryption.keyvaultproperties.keyvaulturi"},
    {FH_ACCOUNT "/encryption.keyvaultproperties.keyversion", "properties.encryption.keyvaultproperties.keyversion"},
    {FH_ACCOUNT "/encryption.requireInfrastructureEncryption", "properties.encryption.requireInfrastructureEncryption"},
    {FH_ACCOUNT "/encryption.services", "properties.encryption.services"},
    {FH_ACCOUNT "/encryption.services.blob", "properties.encryption.services.blob"},
    {FH_ACCOUNT "/encryption.services.blob.enabled", "properties.encryption.services.blob.enabled"},
    {FH_ACCOUNT "/encryption.services.blob.keyType", "properties.encryption.services.blob.keyType"},
    {FH_ACCOUNT "/encryption.services.file", "properties.encryption.services.file"},
    {FH_ACCOUNT "/encryption.services.file.enabled", "properties.encryption.services.file.enabled"},
    {FH_ACCOUNT "/encryption.services.file.keyType", "properties.encryption.services.file.keyType"},
    {FH_ACCOUNT "/encryption.services.queue", "properties.encryption.services.queue"},
    {FH_ACCOUNT "/encryption.services.queue.enabled", "properties.encryption.services.queue.enabled"},
    {FH_ACCOUNT "/encryption.services.queue.keyType", "properties.encryption.services.queue.keyType"},
    {FH_ACCOUNT "/encryption.services.table", "properties.encryption.services.table"},
    {FH_ACCOUNT "/encryption.services.table.enabled", "properties.encryption.services.table.enabled"},
    {FH_ACCOUNT "/encryption.services.table.keyType", "properties.encryption.services.table.keyType"},
    {FH_ACCOUNT "/immutableStorageWithVersioning.enabled", "properties.immutableStorageWithVersioning.enabled"},
    {FH_ACCOUNT "/isHnsEnabled", "properties.isHnsEnabled"},
    {FH_ACCOUNT "/isLocalUserEnabled", "properties.isLocalUserEnabled", true},
    {FH_ACCOUNT "/isNfsV3Enabled", "properties.isNfsV3Enabled"},
    {FH_ACCOUNT "/isSftpEnabled", "properties.isSftpEnabled", true},
    {FH_ACCOUNT "/keyCreationTime", "properties.keyCreationTime"},
    {FH_ACCOUNT "/keyCreationTime.key1", "properties.keyCreationTime.key1"},
    {FH_ACCOUNT "/keyCreationTime.key2", "properties.keyCreationTime.key2"},
    {FH_ACCOUNT "/keyPolicy", "properties.keyPolicy"},
    {FH_ACCOUNT "/keyPolicy.keyExpirationPeriodInDays", "properties.keyPolicy.keyExpirationPeriodInDays"},
    {FH_ACCOUNT "/largeFileSharesState", "properties.largeFileSharesState"},
    {FH_ACCOUNT "/minimumTlsVersion", "properties.minimumTlsVersion", true},
    {FH_ACCOUNT "/networkAcls", "properties.networkAcls"},
    {FH_ACCOUNT "/networkAcls.bypass", "properties.networkAcls.bypass", true},
    {FH_ACCOUNT "/networkAcls.defaultAction", "properties.networkAcls.defaultAction", true},
    {FH_ACCOUNT "/networkAcls.ipRules", "properties.networkAcls.ipRules"},
    {FH_ACCOUNT "/networkAcls.ipRules[*]", "properties.networkAcls.ipRules[*]", true},
    {FH_ACCOUNT "/networkAcls.ipRules[*].action", "properties.networkAcls.ipRules[*].action"},
    {FH_ACCOUNT "/networkAcls.ipRules[*].value", "properties.networkAcls.ipRules[*].value"},
    {FH_ACCOUNT "/networkAcls.virtualNetworkRules", "properties.networkAcls.virtualNetworkRules"},
    {FH_ACCOUNT "/networkAcls.virtualNetworkRules[*]", "properties.networkAcls.virtualNetworkRules[*]", true},
    {FH_ACCOUNT "/networkAcls.virtualNetworkRules[*].action", "properties.networkAcls.virtualNetworkRules[*].action"},
    {FH_ACCOUNT "/networkAcls.virtualNetworkRules[*].id", "properties.networkAcls.virtualNetworkRules[*].id"},
    {FH_ACCOUNT "/networkAcls.virtualNetworkRules[*].state", "properties.networkAcls.virtualNetworkRules[*].state"},
    {FH_ACCOUNT "/networkAcls.resourceAccessRules", "properties.networkAcls.resourceAccessRules"},
    {FH_ACCOUNT "/networkAcls.resourceAccessRules[*]", "properties.networkAcls.resourceAccessRules[*]", true},
    {FH_ACCOUNT "/networkAcls.resourceAccessRules[*].resourceId",
     "properties.networkAcls.resourceAccessRules[*].resourceId"},
    {FH_ACCOUNT "/networkAcls.resourceAccessRules[*].tenantId",
     "properties.networkAcls.resourceAccessRules[*].tenantId"},
    {FH_ACCOUNT "/primaryEndpoints.blob", "properties.primaryEndpoints.blob"},
    {FH_ACCOUNT "/primaryLocation", "properties.primaryLocation"},
    {FH_ACCOUNT "/privateEndpointConnections", "properties.privateEndpointConnections"},
    {FH_ACCOUNT "/privateEndpointConnections[*]", "properties.privateEndpointConnections[*]"},
    {FH_ACCOUNT "/privateEndpointConnections[*].privateLinkServiceConnectionState.status",
     "properties.privateEndpointConnections[*].properties.privateLinkServiceConnectionState.status"},
    {FH_ACCOUNT "/privateEndpointConnections/privateLinkServiceConnectionState.status",
     "properties.privateEndpointConnections[*].properties.privateLinkServiceConnectionState.status"},
    {FH_ACCOUNT "/provisioningState", "properties.provisioningState"},
    {FH_ACCOUNT "/publicNetworkAccess", "properties.publicNetworkAccess", true},
    {FH_ACCOUNT "/routingPreference.publishInternetEndpoints", "properties.routingPreference.publishInternetEndpoints"},
    {FH_ACCOUNT "/routingPreference.publishMicrosoftEndpoints",
     "properties.routingPreference.publishMicrosoftEndpoints"},
    {FH_ACCOUNT "/routingPreference.routingChoice", "properties.routingPreference.routingChoice"},
    {FH_ACCOUNT "/sasPolicy", "properties.sasPolicy"},
    {FH_ACCOUNT "/sasPolicy.expirationAction", "properties.sasPolicy.expirationAction"},
    {FH_ACCOUNT "/sasPolicy.sasExpirationPeriod", "properties.sasPolicy.sasExpirationPeriod"},
    {FH_ACCOUNT "/secondaryLocation", "properties.secondaryLocation"},
    {FH_ACCOUNT "/sku.name", "sku.name"},
    {FH_ACCOUNT "/sku.tier", "sku.tier"},
    {FH_ACCOUNT "/statusOfPrimary", "properties.statusOfPrimary"},
    {FH_ACCOUNT "/supportsHttpsTrafficOnly", "properties.supportsHttpsTrafficOnly", true},
};

constexpr PropertyAlias kService[] = {
    {FH_SERVICE "/automaticSnapshotPolicyEnabled", "properties.automaticSnapshotPolicyEnabled"},
    {FH_SERVICE "/changeFeed.enabled", "properties.changeFeed.enabled"},
    {FH_SERVICE "/changeFeed.retentionInDays", "properties.changeFeed.retentionInDays"},
    {FH_SERVICE "/containerDeleteRetentionPolicy", "properties.containerDeleteRetentionPolicy"},
    {FH_SERVICE "/containerDeleteRetentionPolicy.days", "properties.containerDeleteRetentionPolicy.days"},
    {FH_SERVICE "/containerDeleteRetentionPolicy.enabled", "properties.containerDeleteRetentionPolicy.enabled"},
    {FH_SERVICE "/cors.corsRules", "properties.cors.corsRules"},
    {FH_SERVICE "/cors.corsRules[*]", "properties.cors.corsRules[*]"},
    {FH_SERVICE "/cors.corsRules[*].allowedHeaders", "properties.cors.corsRules[*].allowedHeaders"},
    {FH_SERVICE "/cors.corsRules[*].allowedHeaders[*]", "properties.cors.corsRules[*].allowedHeaders[*]"},
    {FH_SERVICE "/cors.corsRules[*].allowedMethods", "properties.cors.corsRules[*].allowedMethods"},
    {FH_SERVICE "/cors.corsRules[*].allowedMethods[*]", "properties.cors.corsRules[*].allowedMethods[*]"},
    {FH_SERVICE "/cors.corsRules[*].allowedOrigins", "properties.cors.corsRules[*].allowedOrigins"},
    {FH_SERVICE "/cors.corsRules[*].allowedOrigins[*]", "properties.cors.corsRules[*].allowedOrigins[*]"},
    {FH_SERVICE "/cors.corsRules[*].exposedHeaders", "properties.cors.corsRules[*].exposedHeaders"},
    {FH_SERVICE "/cors.corsRules[*].exposedHeaders[*]", "properties.cors.corsRules[*].exposedHeaders[*]"},
    {FH_SERVICE "/cors.corsRules[*].maxAgeInSeconds", "properties.cors.corsRules[*].maxAgeInSeconds"},
    {FH_SERVICE "/defaultServiceVersion", "properties.defaultServiceVersion"},
    {FH_SERVICE "/deleteRetentionPolicy", "properties.deleteRetentionPolicy"},
    {FH_SERVICE "/deleteRetentionPolicy.allowPermanentDelete", "properties.deleteRetentionPolicy.allowPermanentDelete"},
    {FH_SERVICE "/deleteRetentionPolicy.days", "properties.deleteRetentionPolicy.days"},
    {FH_SERVICE "/deleteRetentionPolicy.enabled", "properties.deleteRetentionPolicy.enabled"},
    {FH_SERVICE "/isVersioningEnabled", "properties.isVersioningEnabled"},
    {FH_SERVICE "/lastAccessTimeTrackingPolicy.enable", "properties.lastAccessTimeTrackingPolicy.enable"},
    {FH_SERVICE "/restorePolicy.days", "properties.restorePolicy.days"},
    {FH_SERVICE "/restorePolicy.enabled", "properties.restorePolicy.enabled"},
};

constexpr PropertyAlias kContainer[] = {
    {FH_CONTAINER "/defaultEncryptionScope", "properties.defaultEncryptionScope"},
    {FH_CONTAINER "/deleted", "properties.deleted"},
    {FH_CONTAINER "/denyEncryptionScopeOverride", "properties.denyEncryptionScopeOverride"},
    {FH_CONTAINER "/enableNfsV3AllSquash", "properties.enableNfsV3AllSquash"},
    {FH_CONTAINER "/enableNfsV3RootSquash", "properties.enableNfsV3RootSquash"},
    {FH_CONTAINER "/hasImmutabilityPolicy", "properties.hasImmutabilityPolicy"},
    {FH_CONTAINER "/hasLegalHold", "properties.hasLegalHold"},
    {FH_CONTAINER "/immutableStorageWithVersioning.enabled", "properties.immutableStorageWithVersioning.enabled"},
    {FH_CONTAINER "/leaseState", "properties.leaseState"},
    {FH_CONTAINER "/leaseStatus", "properties.leaseStatus"},
    {FH_CONTAINER "/metadata", "properties.metadata"},
    {FH_CONTAINER "/publicAccess", "properties.publicAccess"},
};

constexpr PropertyAlias kEncryptionScope[] = {
    {FH_ACCOUNT "/encryptionScopes/keyVaultProperties", "properties.keyVaultProperties"},
    {FH_ACCOUNT "/encryptionScopes/keyVaultProperties.keyUri", "properties.keyVaultProperties.keyUri"},
    {FH_ACCOUNT "/encryptionScopes/requireInfrastructureEncryption", "properties.requireInfrastructureEncryption"},
    {FH_ACCOUNT "/encryptionScopes/source", "properties.source"},
    {FH_ACCOUNT "/encryptionScopes/state", "properties.state"},
};

constexpr std::string_view kAbsent[] = {
    FH_ACCOUNT "/fileServices",         FH_ACCOUNT "/fileServices/shares",    FH_ACCOUNT "/inventoryPolicies",
    FH_ACCOUNT "/localUsers",           FH_ACCOUNT "/managementPolicies",     FH_ACCOUNT "/objectReplicationPolicies",
    FH_ACCOUNT "/queueServices",        FH_ACCOUNT "/queueServices/queues",   FH_ACCOUNT "/tableServices",
    FH_ACCOUNT "/tableServices/tables", FH_CONTAINER "/immutabilityPolicies",
};

#undef FH_CONTAINER
#undef FH_SERVICE
#undef FH_ACCOUNT

}  // namespace

std::span<const PropertyAlias> storage_account_aliases() { return kAccount; }
std::span<const PropertyAlias> blob_service_aliases() { return kService; }
std::span<const PropertyAlias> container_aliases() { return kContainer; }
std::span<const PropertyAlias> encryption_scope_aliases() { return kEncryptionScope; }
std::span<const std::string_view> absent_storage_types() { return kAbsent; }

}  // namespace freehold::blob
