#include "authz/role.h"

#include "authz/vault_roles.h"
#include "base/check.h"

namespace freehold::gate::authz {
namespace {

RoleDefinition role(std::string_view id, std::string name, PermissionSet permissions) {
  return {role_id(id), std::move(name), std::move(permissions)};
}

// "Azure built-in roles for Privileged" and "for General".
void add_general_roles(std::vector<RoleDefinition>& out) {
  out.push_back(role(roles::kOwner, "Owner", {.actions = {"*"}}));
  out.push_back(role(
      roles::kContributor, "Contributor",
      {.actions = {"*"},
       .not_actions = {"Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write",
                       "Microsoft.Authorization/elevateAccess/Action", "Microsoft.Blueprint/blueprintAssignments/write",
                       "Microsoft.Blueprint/blueprintAssignments/delete", "Microsoft.Compute/galleries/share/action",
                       "Microsoft.Purview/consents/write", "Microsoft.Purview/consents/delete",
                       "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
                       "Microsoft.Subscription/cancel/action", "Microsoft.Subscription/enable/action"}}));
  out.push_back(role(roles::kReader, "Reader", {.actions = {"*/read"}}));
  out.push_back(role(roles::kUserAccessAdministrator, "User Access Administrator",
                     {.actions = {"*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"}}));
  out.push_back(role(roles::kRbacAdministrator, "Role Based Access Control Administrator",
                     {.actions = {"Microsoft.Authorization/roleAssignments/write",
                                  "Microsoft.Authorization/roleAssignments/delete", "*/read", "Microsoft.Support/*"}}));
}

// "Azure built-in roles for Storage", of the Blob service's data.
void add_blob_roles(std::vector<RoleDefinition>& out) {
  const std::string containers = "Microsoft.Storage/storageAccounts/blobServices/containers/";
  const std::string delegate = "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action";
  out.push_back(role(roles::kStorageBlobDataOwner, "Storage Blob Data Owner",
                     {.actions = {containers + "*", delegate}, .data_actions = {containers + "blobs/*"}}));
  out.push_back(
      role(roles::kStorageBlobDataContributor, "Storage Blob Data Contributor",
           {.actions = {containers + "delete", containers + "read", containers + "write", delegate},
            .data_actions = {containers + "blobs/delete", containers + "blobs/read", containers + "blobs/write",
                             containers + "blobs/move/action", containers + "blobs/add/action"}}));
  out.push_back(role(roles::kStorageBlobDataReader, "Storage Blob Data Reader",
                     {.actions = {containers + "read", delegate}, .data_actions = {containers + "blobs/read"}}));
  out.push_back(role(roles::kStorageBlobDelegator, "Storage Blob Delegator", {.actions = {delegate}}));
}

void add_account_roles(std::vector<RoleDefinition>& out) {
  const std::string accounts = "Microsoft.Storage/storageAccounts/";
  out.push_back(role(
      roles::kStorageAccountContributor, "Storage Account Contributor",
      {.actions = {"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*",
                   "Microsoft.Insights/diagnosticSettings/*",
                   "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action",
                   "Microsoft.ResourceHealth/availabilityStatuses/read", "Microsoft.Resources/deployments/*",
                   "Microsoft.Resources/subscriptions/resourceGroups/read", accounts + "*", "Microsoft.Support/*"}}));
  out.push_back(role(roles::kStorageAccountKeyOperator, "Storage Account Key Operator Service Role",
                     {.actions = {accounts + "listkeys/action", accounts + "regeneratekey/action"}}));
  out.push_back(
      role(roles::kReaderAndDataAccess, "Reader and Data Access",
           {.actions = {accounts + "listKeys/action", accounts + "ListAccountSas/action", accounts + "read"}}));
}

// "Azure built-in roles for Identity".
void add_identity_roles(std::vector<RoleDefinition>& out) {
  const std::string identities = "Microsoft.ManagedIdentity/userAssignedIdentities/";
  const std::vector<std::string> sees = {"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*",
                                         "Microsoft.Resources/subscriptions/resourceGroups/read",
                                         "Microsoft.Resources/deployments/*", "Microsoft.Support/*"};
  const auto add = [&](std::string_view id, std::string name, std::vector<std::string> actions) {
    actions.insert(actions.end(), sees.begin(), sees.end());
    out.push_back(role(id, std::move(name), {.actions = std::move(actions)}));
  };
  add("e40ec5ca-96e0-45a2-b4ff-59039f2c2b59", "Managed Identity Contributor",
      {identities + "read", identities + "write", identities + "delete",
       identities + "federatedIdentityCredentials/*"});
  add("f1a07417-d97a-45cb-824c-7a7467783830", "Managed Identity Operator",
      {identities + "read", identities + "*/read", identities + "assign/action", identities + "*/assign/action"});
}

// "Azure built-in roles for Security", those of Key Vault.
void add_vault_roles(std::vector<RoleDefinition>& out) {
  const std::string provider = "Microsoft.KeyVault/";
  const std::string vaults = provider + "vaults/";
  // What all roles for data may see of the control plane.
  const std::vector<std::string> sees = {"Microsoft.Authorization/*/read",
                                         "Microsoft.Insights/alertRules/*",
                                         "Microsoft.Resources/deployments/*",
                                         "Microsoft.Resources/subscriptions/resourceGroups/read",
                                         "Microsoft.Support/*",
                                         provider + "checkNameAvailability/read",
                                         provider + "deletedVaults/read",
                                         provider + "locations/*/read",
                                         vaults + "*/read",
                                         provider + "operations/read"};
  const auto of_data = [&](std::string_view id, std::string name, std::vector<std::string> data) {
    out.push_back(role(id, std::move(name), {.actions = sees, .data_actions = std::move(data)}));
  };
  const auto of_data_only = [&](std::string_view id, std::string name, std::vector<std::string> data) {
    out.push_back(role(id, std::move(name), {.data_actions = std::move(data)}));
  };
  of_data(roles::kKeyVaultAdministrator, "Key Vault Administrator", {vaults + "*"});
  out.push_back(role(roles::kKeyVaultContributor, "Key Vault Contributor",
                     {.actions = {"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", provider + "*",
                                  "Microsoft.Resources/deployments/*",
                                  "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*"},
                      .not_actions = {provider + "locations/deletedVaults/purge/action", provider + "hsmPools/*",
                                      provider + "managedHsms/*"}}));
  of_data(roles::kKeyVaultReader, "Key Vault Reader", {vaults + "*/read", vaults + "secrets/readMetadata/action"});
  of_data(roles::kKeyVaultSecretsOfficer, "Key Vault Secrets Officer", {vaults + "secrets/*"});
  of_data_only(roles::kKeyVaultSecretsUser, "Key Vault Secrets User",
               {vaults + "secrets/getSecret/action", vaults + "secrets/readMetadata/action"});
  of_data(roles::kKeyVaultCryptoOfficer, "Key Vault Crypto Officer",
          {vaults + "keys/*", vaults + "keyrotationpolicies/*"});
  of_data_only(roles::kKeyVaultCryptoUser, "Key Vault Crypto User",
               {vaults + "keys/read", vaults + "keys/update/action", vaults + "keys/backup/action",
                vaults + "keys/encrypt/action", vaults + "keys/decrypt/action", vaults + "keys/wrap/action",
                vaults + "keys/unwrap/action", vaults + "keys/sign/action", vaults + "keys/verify/action"});
  out.push_back(
      role(roles::kKeyVaultCryptoServiceEncryptionUser, "Key Vault Crypto Service Encryption User",
           {.actions = {"Microsoft.EventGrid/eventSubscriptions/write", "Microsoft.EventGrid/eventSubscriptions/read",
                        "Microsoft.EventGrid/eventSubscriptions/delete"},
            .data_actions = {vaults + "keys/read", vaults + "keys/wrap/action", vaults + "keys/unwrap/action"}}));
  of_data_only(roles::kKeyVaultCryptoServiceReleaseUser, "Key Vault Crypto Service Release User",
               {vaults + "keys/release/action"});
  of_data(roles::kKeyVaultCertificatesOfficer, "Key Vault Certificates Officer",
          {vaults + "certificatecas/*", vaults + "certificates/*", vaults + "certificatecontacts/write"});
  of_data_only(roles::kKeyVaultCertificateUser, "Key Vault Certificate User",
               {vaults + "certificates/read", vaults + "secrets/getSecret/action",
                vaults + "secrets/readMetadata/action", vaults + "keys/read"});
  out.push_back(role(
      roles::kKeyVaultPurgeOperator, "Key Vault Purge Operator",
      {.actions = {provider + "deletedVaults/read", provider + "locations/deletedVaults/read",
                   provider + "locations/deletedVaults/purge/action", provider + "locations/operationResults/read"}}));
}

std::vector<RoleDefinition> make_built_in_roles() {
  std::vector<RoleDefinition> out;
  add_general_roles(out);
  add_blob_roles(out);
  add_account_roles(out);
  add_vault_roles(out);
  add_identity_roles(out);
  return out;
}

}  // namespace

const std::vector<RoleDefinition>& built_in_roles() {
  static const std::vector<RoleDefinition> all = make_built_in_roles();
  return all;
}

RoleId role_id(std::string_view text) {
  const auto id = parse_guid<RoleId>(text);
  FH_CHECK(id.has_value());
  return *id;
}

// Goes back to the last star only: what an earlier star could take, the last one can take too.
bool matches_action(std::string_view pattern, std::string_view action) {
  std::size_t p = 0;
  std::size_t a = 0;
  std::size_t star = pattern.npos;
  std::size_t taken = 0;  // where the action went on after the last star
  while (a < action.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = a;
    } else if (p < pattern.size() && pattern[p] == action[a]) {
      ++p;
      ++a;
    } else if (star != pattern.npos) {
      p = star + 1;
      a = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace freehold::gate::authz
