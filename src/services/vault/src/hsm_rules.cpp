#include "src/hsm_rules.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/provider_errors.h"

namespace freehold::vault {
namespace {

using provider_errors::bad_request;
using provider_errors::unsupported;

// The result of a reader of members, as the resource manager says it.
template <class T>
ApiResult<T> said(Result<T> result) {
  if (!result) return provider_errors::of(result.error());
  return std::move(*result);
}

ApiResult<> check_members(const Json& properties) {
  constexpr std::string_view kTaken[] = {"tenantId",
                                         "initialAdminObjectIds",
                                         "hsmUri",
                                         "enableSoftDelete",
                                         "softDeleteRetentionInDays",
                                         "enablePurgeProtection",
                                         "createMode",
                                         "statusMessage",
                                         "provisioningState",
                                         "networkAcls",
                                         "publicNetworkAccess",
                                         "regions",
                                         "privateEndpointConnections",
                                         "scheduledPurgeDate",
                                         "securityDomainProperties"};
  for (const auto& [name, value] : properties.items()) {
    if (std::ranges::find(kTaken, name) == std::end(kTaken)) {
      return bad_request("there is no property '" + name.substr(0, 128) + "' that could be set.");
    }
  }
  return {};
}

ApiResult<> read_sku(const Json& resource, const Asked& asked, VaultSettings& settings) {
  FH_TRY(const auto* sku, said(object_member(resource, "sku")));
  if (sku == nullptr) return asked.create ? ApiResult<>(bad_request("'sku' is required.")) : ApiResult<>();
  FH_TRY(const auto family, said(word_member(*sku, "family", {"B"})));
  FH_TRY(const auto name, said(word_member(*sku, "name", {"Standard_B1", "Custom_B32"})));
  if (!family || !name) return bad_request("'sku.family' and 'sku.name' are required.");
  settings.sku = *name;
  return {};
}

// One location: what a pool has in others isn't there.
ApiResult<> check_regions(const Json& properties, const VaultSettings& settings) {
  FH_TRY(const auto* regions, said(array_member(properties, "regions", 16)));
  for (const auto& each : regions == nullptr ? Json::array() : *regions) {
    FH_TRY(const auto name, said(text_member(each, "name")));
    if (!name || !equals_ignoring_case(*name, settings.location)) {
      return unsupported("regions", "this cloud has one region for a pool.");
    }
  }
  return {};
}

ApiResult<std::vector<PrincipalId>> read_administrators(const Json& list) {
  std::vector<PrincipalId> out;
  for (const auto& each : list) {
    const auto id = each.is_string() ? parse_guid<PrincipalId>(each.get_ref<const std::string&>()) : std::nullopt;
    if (!id) return bad_request("'initialAdminObjectIds' are object ids: GUIDs.");
    if (std::ranges::find(out, *id) == out.end()) out.push_back(*id);
  }
  return out;
}

ApiResult<> take_administrators(const Json& properties, const Asked& asked, PoolAsked& pool) {
  FH_TRY(const auto* list, said(array_member(properties, "initialAdminObjectIds", kMaxAdministrators)));
  if (list == nullptr || list->empty()) {
    return asked.create ? ApiResult<>(bad_request("'properties.initialAdminObjectIds' is required.")) : ApiResult<>();
  }
  FH_TRY(auto given, read_administrators(*list));
  if (asked.create) {
    pool.administrators = std::move(given);
  } else if (!std::ranges::is_permutation(given, pool.administrators)) {
    return bad_request(
        "The property \"initialAdminObjectIds\" can't be changed: the pool's own roles say who manages it.");
  }
  return {};
}

Json show_domain(bool activated) {
  return {{"activationStatus", activated ? "Active" : "NotActivated"},
          {"activationStatusMessage",
           activated ? "Your HSM has been activated and can be used for cryptographic operations."
                     : "Your HSM has been provisioned, but cannot be used for cryptographic operations until it is "
                       "activated. To activate the HSM, download the security domain."}};
}

Json administrators_json(const PoolSettings& pool) {
  Json out = Json::array();
  for (const auto& each : pool.administrators) out.push_back(to_string(each));
  return out;
}

}  // namespace

ApiResult<PoolAsked> read_pool(PoolAsked pool, const Json& resource, const Asked& asked) {
  FH_CHECK_OK(read_resource_tags(resource, pool.settings));
  FH_TRY(const auto* given, said(object_member(resource, "properties")));
  const Json properties = given == nullptr ? Json::object() : *given;
  FH_CHECK_OK(check_members(properties));
  FH_TRY(const auto tenant, said(text_member(properties, "tenantId")));
  if ((asked.create || tenant) && parse_guid<TenantId>(tenant.value_or("")) != asked.tenant) {
    return provider_errors::wrong_tenant();
  }
  FH_CHECK_OK(read_sku(resource, asked, pool.settings));
  FH_CHECK_OK(take_administrators(properties, asked, pool));
  FH_CHECK_OK(read_protection(properties, asked, pool.settings));
  FH_CHECK_OK(read_network(properties, pool.settings));
  FH_CHECK_OK(check_regions(properties, pool.settings));
  return pool;
}

Json show_pool(const Vault& pool, const VaultPlace& place, std::string_view port) {
  const auto& s = pool.settings;
  const bool activated = pool.pool->activated;
  Json properties = {{"tenantId", to_string(pool.tenant)},
                     {"initialAdminObjectIds", administrators_json(*pool.pool)},
                     {"hsmUri", "https://" + to_lower(pool.name) + "." + place.host_suffix + std::string(port) + "/"},
                     {"enableSoftDelete", true},
                     {"softDeleteRetentionInDays", s.retention_days},
                     {"enablePurgeProtection", s.purge_protection},
                     {"networkAcls", show_network(s)},
                     {"publicNetworkAccess", s.public_network ? "Enabled" : "Disabled"},
                     {"regions", Json::array()},
                     {"provisioningState", "Succeeded"},
                     {"statusMessage", "The Managed HSM is provisioned and ready to use."},
                     {"securityDomainProperties", show_domain(activated)}};
  return {{"id", vault_path(pool)},
          {"name", pool.name},
          {"type", "Microsoft.KeyVault/managedHSMs"},
          {"location", s.location},
          {"tags", s.tags},
          {"sku", {{"family", "B"}, {"name", s.sku}}},
          {"systemData", show_system_data(pool)},
          {"properties", std::move(properties)}};
}

Json show_deleted_pool(const Vault& pool) {
  const auto& s = pool.settings;
  return {{"id", "/subscriptions/" + to_string(pool.subscription) + "/providers/Microsoft.KeyVault/locations/" +
                     s.location + "/deletedManagedHSMs/" + pool.name},
          {"name", pool.name},
          {"type", "Microsoft.KeyVault/deletedManagedHSMs"},
          {"properties",
           {{"mhsmId", vault_path(pool)},
            {"location", s.location},
            {"deletionDate", rfc3339(pool.deleted)},
            {"scheduledPurgeDate", rfc3339(pool.purge_at)},
            {"purgeProtectionEnabled", s.purge_protection},
            {"tags", s.tags}}}};
}

Json show_regions(const VaultPlace& place) {
  return {
      {"value", Json::array({{{"name", place.location}, {"provisioningState", "Succeeded"}, {"isPrimary", true}}})}};
}

}  // namespace freehold::vault
