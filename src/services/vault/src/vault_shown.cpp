// How a vault is shown.
#include "base/encoding.h"
#include "src/vault_rules.h"

namespace freehold::vault {
namespace {

Json show_properties(const Vault& vault, const VaultPlace& place, std::string_view port) {
  const auto& s = vault.settings;
  Json out = {{"tenantId", to_string(vault.tenant)},
              {"sku", {{"family", "A"}, {"name", s.sku}}},
              {"accessPolicies", show_policies(s.policies)},
              {"enabledForDeployment", s.for_deployment},
              {"enabledForDiskEncryption", s.for_disk_encryption},
              {"enabledForTemplateDeployment", s.for_template_deployment},
              {"enableSoftDelete", true},
              {"softDeleteRetentionInDays", s.retention_days},
              {"enableRbacAuthorization", s.rbac},
              {"vaultUri", "https://" + to_lower(vault.name) + "." + place.host_suffix + std::string(port) + "/"},
              {"provisioningState", "Succeeded"},
              {"publicNetworkAccess", s.public_network ? "Enabled" : "Disabled"}};
  if (s.purge_protection) out["enablePurgeProtection"] = true;
  if (s.network_acls) out["networkAcls"] = show_network(s);
  return out;
}

std::string person(PrincipalId id) { return id == PrincipalId{} ? std::string() : to_string(id); }

}  // namespace

Json show_network(const VaultSettings& settings) {
  Json rules = Json::array();
  for (const auto& rule : settings.ip_rules) rules.push_back({{"value", rule}});
  return {{"bypass", settings.bypass},
          {"defaultAction", settings.admits_all ? "Allow" : "Deny"},
          {"ipRules", std::move(rules)},
          {"virtualNetworkRules", Json::array()}};
}

Json show_system_data(const Vault& vault) {
  return {{"createdBy", person(vault.created_by)},
          {"createdAt", rfc3339(vault.created)},
          {"lastModifiedBy", person(vault.updated_by)},
          {"lastModifiedAt", rfc3339(vault.updated)}};
}

Json show_policies(const std::vector<AccessPolicy>& policies) {
  Json out = Json::array();
  for (const auto& policy : policies) {
    Json permissions = Json::object();
    for (std::size_t i = 0; i < kPermissionKinds; ++i) {
      const auto kind = static_cast<PermissionKind>(i);
      permissions[std::string(name_of(kind))] = names_of(kind, policy.may[i]);
    }
    Json one = {{"tenantId", to_string(policy.tenant)},
                {"objectId", to_string(policy.object)},
                {"permissions", std::move(permissions)}};
    if (policy.application != PrincipalId{}) one["applicationId"] = to_string(policy.application);
    out.push_back(std::move(one));
  }
  return out;
}

Json show_vault(const Vault& vault, const VaultPlace& place, std::string_view port) {
  return {{"id", vault_path(vault)},
          {"name", vault.name},
          {"type", "Microsoft.KeyVault/vaults"},
          {"location", vault.settings.location},
          {"tags", vault.settings.tags},
          {"systemData", show_system_data(vault)},
          {"properties", show_properties(vault, place, port)}};
}

Json show_deleted_vault(const Vault& vault) {
  const auto& s = vault.settings;
  Json properties = {{"vaultId", vault_path(vault)},
                     {"location", s.location},
                     {"tags", s.tags},
                     {"deletionDate", rfc3339(vault.deleted)},
                     {"scheduledPurgeDate", rfc3339(vault.purge_at)}};
  if (s.purge_protection) properties["purgeProtectionEnabled"] = true;
  return {{"id", "/subscriptions/" + to_string(vault.subscription) + "/providers/Microsoft.KeyVault/locations/" +
                     s.location + "/deletedVaults/" + vault.name},
          {"name", vault.name},
          {"type", "Microsoft.KeyVault/deletedVaults"},
          {"properties", std::move(properties)}};
}

}  // namespace freehold::vault
